//! The keys of a place, from the table of keys.

use crate::tui::forms::Verb;
use crate::tui::keymap::{self, Scope};
use crate::tui::state::Place;
use crate::tui::theme::Tone;
use crate::tui::widgets::text::width;
use crate::tui::widgets::words::Words;

/// Cells of the column with the keys.
const KEYS: usize = 20;

/// Help's title and lines.
pub(super) fn lines(place: Place) -> (String, Vec<Words>) {
    let mut lines = Vec::new();
    let mut scope = None;
    for (keys, binding) in keymap::bindings(place) {
        if scope != Some(binding.scope) {
            if scope.is_some() {
                lines.push(Words::blank());
            }
            lines.push(Words::new(Tone::Strong, heading(binding.scope)));
            scope = Some(binding.scope);
        }
        let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
        let keys = keys.join("  ");
        let pad = KEYS.saturating_sub(usize::from(width(&keys))).max(2);
        let line = Words::new(Tone::Key, keys).and(Tone::Plain, " ".repeat(pad));
        let indent = u16::try_from(KEYS).unwrap_or(0);
        lines.push(line.and(Tone::Plain, binding.words).hanging(indent));
    }
    if let Place::Pane(_) = place {
        lines.push(Words::blank());
        lines.extend(signs());
    }
    (title(place), lines)
}

fn title(place: Place) -> String {
    match place {
        Place::Pane(pane) => format!("Keys in {}", pane.name()),
        _ => "Keys".to_owned(),
    }
}

fn heading(scope: Scope) -> String {
    match scope {
        Scope::Pane(pane) => pane.name().to_owned(),
        Scope::Panes => "in every pane".to_owned(),
        Scope::Always => "everywhere".to_owned(),
        Scope::Form => "in every form".to_owned(),
        Scope::Sheet(Verb::Replicate) => "in the form (digits set the replicas)".to_owned(),
        Scope::Sheet(Verb::Share) => "in the form".to_owned(),
        Scope::Sheet(Verb::Deploy) => "in the form (digits set the machines)".to_owned(),
        Scope::Submission => "before it is submitted".to_owned(),
        Scope::Text
        | Scope::List
        | Scope::Menu
        | Scope::Machines
        | Scope::SignIn
        | Scope::Jump
        | Scope::Filter
        | Scope::Edit
        | Scope::YesNo
        | Scope::Name
        | Scope::Terms => "here".to_owned(),
    }
}

fn signs() -> Vec<Words> {
    vec![
        Words::new(Tone::Strong, "signs"),
        Words::plain("3✔ three replicas, there   ▶62 being copied, 62 %   2✘ failed   · not there"),
        Words::plain(
            "vms machines   old machines that a newer version could replace in their region",
        ),
        Words::plain("? not known   ! in trouble: enter shows why and what to do"),
        Words::plain("G2 generation 2   TL Trusted Launch   CVM confidential   arm Arm64"),
    ]
}
