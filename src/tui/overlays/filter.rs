//! The line where one types a filter, in place of the footer; the rows change as one types.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::tui::state::FilterLine;
use crate::tui::theme::{Theme, Tone};
use crate::tui::widgets::text::{put, put_right, width};

/// Draws the line; the cursor stands where one types.
pub fn draw(line: &FilterLine, buffer: &mut Buffer, area: Rect, theme: &Theme) -> Position {
    for x in area.left()..area.right() {
        buffer[(x, area.y)].reset();
    }
    let typed = line.input.value();
    let mut x = area.x + 1;
    x += put(buffer, (x, area.y), 8, "filter /", Tone::Key, theme);
    let room = area.right().saturating_sub(x);
    put(buffer, (x, area.y), room, typed, Tone::Plain, theme);
    let end = x + width(typed);
    let hint = "enter keeps, esc lifts, ! first for what isn't so";
    let (tone, text) = match &line.wrong {
        Some(wrong) => (Tone::Bad, format!("{} {wrong}", theme.glyphs.failed)),
        None => (Tone::Dim, hint.to_owned()),
    };
    put_right(
        buffer,
        (end + 2, area.right().saturating_sub(1), area.y),
        &text,
        tone,
        theme,
    );
    let before: String = typed.chars().take(line.input.cursor()).collect();
    Position {
        x: (x + width(&before)).min(area.right().saturating_sub(1)),
        y: area.y,
    }
}
