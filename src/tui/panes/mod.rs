//! The five panes: each draws what the state knows, and says so when it knows nothing.

pub mod galleries;
pub mod log;
pub mod queue;
pub mod tenants;
pub mod versions;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::filter::Filter;
use super::state::{Pane, State};
use super::theme::{Theme, Tone};
use super::widgets::frame::Frame;
use super::widgets::words::{Words, draw_lines, wrap_all};

/// Draws a pane; returns where its cursor stands.
pub fn draw(state: &State, pane: Pane, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
    match pane {
        Pane::Tenants => tenants::draw(state, buffer, theme),
        Pane::Galleries => galleries::draw(state, buffer, theme),
        Pane::Versions => versions::draw(state, buffer, theme),
        Pane::Queue => queue::draw(state, buffer, theme),
        Pane::Log => log::draw(state, buffer, theme),
    }
}

/// Draws a pane's frame and returns what is inside of it; nothing where only the title is seen.
fn open(
    state: &State,
    pane: Pane,
    (note, foot): (&str, Option<(Tone, &str)>),
    buffer: &mut Buffer,
    theme: &Theme,
) -> Option<Rect> {
    let area = state.layout().pane(pane)?;
    let title = format!("{} {}", pane.number(), pane.name());
    let focused = state.focus == pane;
    let inside = Frame {
        title: &title,
        note,
        foot,
        focused,
    }
    .draw(buffer, area, theme);
    (area.height > 1).then_some(inside)
}

/// A filter as a pane's frame shows it.
fn filter_note(filter: Option<&Filter>) -> Option<String> {
    filter.map(|filter| format!("/{}", filter.typed()))
}

/// Says what a pane without rows is about.
fn say(buffer: &mut Buffer, area: Rect, tone: Tone, text: &str, theme: &Theme) {
    let inner = Rect {
        x: area.x + 1,
        width: area.width.saturating_sub(2),
        ..area
    };
    let paragraphs: Vec<Words> = text.lines().map(|line| Words::new(tone, line)).collect();
    draw_lines(buffer, inner, &wrap_all(&paragraphs, inner.width), 0, theme);
}
