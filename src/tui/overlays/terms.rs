//! The sheet of terms: a field on a line, beside it what belongs there or what is wrong with it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::tui::state::{Field, Instructions, State, TermsSheet, after};
use crate::tui::theme::{Theme, Tone};
use crate::tui::times::moment;
use crate::tui::widgets::frame::Frame;
use crate::tui::widgets::text::{counted, put, width};
use crate::tui::widgets::words::{Words, draw_lines};
use crate::tui::widgets::{input, popup};

/// Cells of the sheet.
const WIDTH: u16 = 76;

/// Cells of the marker and a field's name.
const NAME: u16 = 14;

/// Cells of what is typed, where something stands beside it.
const TYPED: u16 = 22;

/// Cells of what stands beside it; where there are fewer, what is wrong stands below.
const BESIDE: u16 = 36;

/// Lines of a field: its own, and one that sets it off.
const LINES: u16 = 2;

/// Draws the sheet; the cursor stands where one types.
pub(super) fn draw(
    state: &State,
    sheet: &TermsSheet,
    buffer: &mut Buffer,
    body: Rect,
    theme: &Theme,
) -> Position {
    let cells = WIDTH.min(body.width).saturating_sub(4);
    let rows = Field::ALL.map(|field| Row::of(state, sheet, field, cells, theme));
    let height: u16 = rows.iter().map(|row| row.height).sum();
    let frame = Frame {
        title: "Terms",
        focused: true,
        ..Frame::default()
    };
    // The last field is set off from nothing, and the frame takes two.
    let area = popup::centred(body, WIDTH, height + 1);
    let inside = popup::open(buffer, area, &frame, theme);
    let mut cursor = Position {
        x: inside.x,
        y: inside.y,
    };
    let mut y = inside.y;
    for (field, row) in Field::ALL
        .into_iter()
        .zip(&rows)
        .skip(first(sheet, &rows, inside.height))
    {
        if y >= inside.bottom() {
            break;
        }
        let room = Rect {
            y,
            height: inside.bottom() - y,
            ..inside
        };
        let typed = row.draw(sheet, field, buffer, room, theme);
        if field == sheet.field {
            cursor = typed;
        }
        y += row.height;
    }
    cursor
}

/// The first row that is seen, so that the one that is typed in is seen whole.
fn first(sheet: &TermsSheet, rows: &[Row], height: u16) -> usize {
    let at = sheet.field as usize;
    let needed = |from: &usize| rows[*from..=at].iter().map(|row| row.height).sum::<u16>();
    (0..=at)
        .find(|from| needed(from) <= height + 1)
        .unwrap_or(at)
}

/// A field as there is room for it.
struct Row {
    told: Vec<Words>,
    beside: bool,
    height: u16,
}

impl Row {
    fn of(state: &State, sheet: &TermsSheet, field: Field, cells: u16, theme: &Theme) -> Self {
        let beside = cells >= NAME + TYPED + BESIDE;
        let room = if beside {
            BESIDE
        } else {
            cells.saturating_sub(NAME)
        };
        let told = match sheet.wrong(field) {
            Some(wrong) => {
                let sign = format!("{} ", theme.glyphs.failed);
                let hanging = width(&sign);
                let words = Words::new(Tone::Bad, sign).and(Tone::Plain, wrong);
                words.hanging(hanging).wrapped(room)
            }
            // What is typed comes before a hint.
            None if beside && width(sheet.input(field).value()) >= TYPED => Vec::new(),
            None => vec![Words::new(Tone::Dim, hint(state, sheet, field))],
        };
        let lines = u16::try_from(told.len()).unwrap_or(u16::MAX);
        Self {
            height: if beside {
                lines.max(LINES)
            } else {
                lines.saturating_add(1)
            },
            beside,
            told,
        }
    }

    fn draw(
        &self,
        sheet: &TermsSheet,
        field: Field,
        buffer: &mut Buffer,
        area: Rect,
        theme: &Theme,
    ) -> Position {
        let chosen = field == sheet.field;
        let (marker, tone) = if chosen {
            (theme.glyphs.cursor, Tone::Strong)
        } else {
            (" ", Tone::Plain)
        };
        let name = format!("{marker} {}", field.name());
        put(buffer, (area.x, area.y), NAME, &name, tone, theme);
        let x = area.x + NAME.min(area.width);
        let right = area.right();
        let told = if self.beside {
            Rect {
                x: right.saturating_sub(BESIDE),
                width: BESIDE,
                ..area
            }
        } else {
            Rect {
                x,
                y: area.y + 1,
                width: right - x,
                height: area.height - 1,
            }
        };
        draw_lines(buffer, told, &self.told, 0, theme);
        let cells = if self.beside && !self.told.is_empty() {
            TYPED
        } else {
            right - x
        };
        input::draw(sheet.input(field), buffer, (x, area.y), cells, theme)
    }
}

/// What belongs in a field, or what is typed there means.
fn hint(state: &State, sheet: &TermsSheet, field: Field) -> String {
    match field {
        Field::NotBefore => sheet.begins(&state.here_and_now()).map_or_else(
            || field.hint().to_owned(),
            |at| format!("begins {}", moment(at, &state.zone)),
        ),
        _ => field.hint().to_owned(),
    }
}

/// What was said, in one line: `begins 2026-11-25 02:00 · note CHG-4711`; nothing where nothing was.
pub(super) fn said(state: &State, said: &Instructions, theme: &Theme) -> Option<Words> {
    let Instructions { terms, note, .. } = said;
    let mut parts = Vec::new();
    parts.extend(
        terms
            .not_before
            .map(|at| format!("begins {}", moment(at, &state.zone))),
    );
    if !terms.after.is_empty() {
        parts.push(format!("after {}", after(&terms.after)));
    }
    if terms.priority != 0 {
        parts.push(format!("priority {}", terms.priority));
    }
    parts.extend(terms.at_once.map(|count| format!("{count} at once")));
    parts.extend(terms.hold_after.map(|count| {
        let failures = usize::try_from(count).unwrap_or(usize::MAX);
        format!("held after {}", counted(failures, "failure"))
    }));
    parts.extend(note.as_ref().map(|note| format!("note {note}")));
    let between = format!(" {} ", theme.glyphs.between);
    (!parts.is_empty()).then(|| Words::plain(parts.join(&between)))
}
