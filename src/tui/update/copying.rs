//! Texts for the clipboard of the terminal that the operator sits at.

use super::commands::selected;
use crate::tui::message::Effect;
use crate::tui::state::{Pane, State, Subject};

/// Clipboards of terminals take no more than this (k9s measured 74,994 encoded bytes).
const CLIPBOARD: usize = 56_000;

pub(super) fn copy_id(state: &mut State, pane: Pane, effects: &mut Vec<Effect>) {
    let text = match selected(state, pane) {
        Some(Subject::Tenant(id)) => id.to_string(),
        Some(Subject::Gallery(id) | Subject::Definition(id) | Subject::Version(id)) => {
            id.to_string()
        }
        Some(Subject::Job(id)) => id.0.to_string(),
        Some(Subject::Line(_)) => state
            .log
            .selected()
            .map(|line| line.text.clone())
            .unwrap_or_default(),
        _ => return,
    };
    copy(state, text, effects);
}

pub(super) fn copy(state: &mut State, text: String, effects: &mut Vec<Effect>) {
    if text.len() > CLIPBOARD {
        state.complain("too long for a terminal's clipboard");
        return;
    }
    let shown: String = text
        .lines()
        .next()
        .unwrap_or_default()
        .chars()
        .take(60)
        .collect();
    state.say(format!(
        "sent to your terminal's clipboard (OSC 52): {shown}"
    ));
    effects.push(Effect::Copy(text));
}
