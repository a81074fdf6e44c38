//! A line that is typed in place of the footer: what rows are narrowed to, or a part of a form.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use tui_input::Input;

use crate::tui::state::{EditLine, FilterLine};
use crate::tui::theme::{Theme, Tone};
use crate::tui::widgets::input;
use crate::tui::widgets::text::{put, put_right, width};

/// Cells that are kept for what is typed, before there is room for a hint.
const TYPED: u16 = 24;

/// Draws the line of a filter; the cursor stands where one types.
pub(super) fn filter(
    line: &FilterLine,
    buffer: &mut Buffer,
    area: Rect,
    theme: &Theme,
) -> Position {
    let hint = "enter keeps, esc lifts, ! first for what isn't so";
    let after = hint_or_wrong(line.wrong.as_deref(), hint, theme);
    draw("filter /", &line.input, &after, buffer, area, theme)
}

/// Draws the line of a part of a form; the cursor stands where one types.
pub(super) fn edit(line: &EditLine, buffer: &mut Buffer, area: Rect, theme: &Theme) -> Position {
    let hint = if line.input.value().is_empty() {
        line.hint.as_str()
    } else {
        "enter keeps, esc drops"
    };
    let after = hint_or_wrong(line.wrong.as_deref(), hint, theme);
    let prompt = format!("{}: ", line.prompt);
    draw(&prompt, &line.input, &after, buffer, area, theme)
}

fn hint_or_wrong(wrong: Option<&str>, hint: &str, theme: &Theme) -> (Tone, String) {
    match wrong {
        Some(wrong) => (Tone::Bad, format!("{} {wrong}", theme.glyphs.failed)),
        None => (Tone::Dim, hint.to_owned()),
    }
}

fn draw(
    prompt: &str,
    typed: &Input,
    (tone, after): &(Tone, String),
    buffer: &mut Buffer,
    area: Rect,
    theme: &Theme,
) -> Position {
    for x in area.left()..area.right() {
        buffer[(x, area.y)].reset();
    }
    let left = area.x + 1;
    let right = area.right().saturating_sub(1);
    let x = left
        + put(
            buffer,
            (left, area.y),
            area.width / 2,
            prompt,
            Tone::Key,
            theme,
        );
    let room = right.saturating_sub(x);
    // What is wrong is seen whatever is typed; a hint only where there is room.
    let cells = width(after) + 2;
    let needed = match typed.value() {
        "" => 0,
        value => TYPED.max(width(value) + 1),
    };
    let beside = *tone == Tone::Bad || cells + needed <= room;
    let typed_room = if beside {
        room.saturating_sub(cells)
    } else {
        room
    };
    if beside {
        put_right(buffer, (x, right, area.y), after, *tone, theme);
    }
    input::draw(typed, buffer, (x, area.y), typed_room, theme)
}
