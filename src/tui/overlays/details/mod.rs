//! Everything that is known of one thing, in lines.

mod definition;
mod document;
mod gallery;
mod job;
mod machine;
mod machines;
mod tenant;
mod version;

use jiff::Timestamp;

use crate::estate::Trouble;
use crate::tui::state::State;
use crate::tui::theme::{Theme, Tone};
use crate::tui::times;
use crate::tui::widgets::text;
use crate::tui::widgets::words::Words;

pub(super) use definition::definition;
pub(super) use document::document;
pub(super) use gallery::gallery;
pub(super) use job::job;
pub(super) use machine::machine;
pub(super) use tenant::tenant;
pub(super) use version::version;

type Text = Option<(String, Vec<Words>)>;

fn trouble(trouble: Option<&Trouble>, theme: &Theme) -> Vec<Words> {
    let Some(trouble) = trouble else {
        return Vec::new();
    };
    let mut lines = vec![Words::blank()];
    let message = format!("{} {}", theme.glyphs.failed, trouble.message);
    lines.push(Words::new(Tone::Bad, message).hanging(2));
    if let Some(advice) = &trouble.advice {
        lines.push(Words::plain(format!("{} {advice}", theme.glyphs.leads)).hanging(2));
    }
    lines
}

fn read_at(state: &State, at: Option<Timestamp>) -> String {
    at.map_or_else(|| "never".to_owned(), |at| times::moment(at, &state.zone))
}

fn yes_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

fn machines(count: u32) -> String {
    text::counted(usize::try_from(count).unwrap_or(usize::MAX), "machine")
}
