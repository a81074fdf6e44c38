//! The line where one types where to go: any tenant, gallery, image or job.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use tui_input::Input;

use crate::tui::list::List;
use crate::tui::state::{Jump, State, Subject};
use crate::tui::theme::{Theme, Tone};
use crate::tui::widgets::frame::Frame;
use crate::tui::widgets::popup;
use crate::tui::widgets::table::{self, Cell, Column, Row};
use crate::tui::widgets::text::{put, width};

/// Cells of the overlay.
const WIDTH: u16 = 70;

/// Lines of the overlay.
const HEIGHT: u16 = 20;

/// All places that one may go to.
#[must_use]
pub fn of(state: &State) -> Jump {
    let mut candidates = Vec::new();
    if let Some(estate) = state.estate.known() {
        candidates.extend(
            estate
                .tenants
                .iter()
                .map(|row| (row.name.clone(), Subject::Tenant(row.id.clone()))),
        );
        candidates.extend(estate.galleries.iter().map(|row| {
            (
                row.gallery.name.clone(),
                Subject::Gallery(row.gallery.id.clone()),
            )
        }));
        candidates.extend(estate.definitions.iter().map(|row| {
            let definition = &row.definition;
            let gallery = definition.id.parent();
            let gallery = gallery.as_ref().map_or("", |gallery| gallery.name());
            (
                format!("{gallery}/{}", definition.name),
                Subject::Definition(definition.id.clone()),
            )
        }));
    }
    if let Some(jobs) = state.queue.known() {
        candidates.extend(jobs.rows.iter().map(|job| {
            (
                format!("{} {} {}", job.id, job.title, job.target),
                Subject::Job(job.id),
            )
        }));
    }
    let mut jump = Jump {
        input: Input::default(),
        rows: List::default(),
        candidates,
    };
    narrow(&mut jump);
    jump
}

/// Orders the candidates by how well they fit what is typed, and leaves out those that don't.
pub fn narrow(jump: &mut Jump) {
    let typed = jump.input.value().to_lowercase();
    let mut scored: Vec<(u32, usize)> = jump
        .candidates
        .iter()
        .enumerate()
        .filter_map(|(index, (name, _))| Some((score(&typed, &name.to_lowercase())?, index)))
        .collect();
    scored.sort_unstable();
    jump.rows.show(
        scored
            .into_iter()
            .map(|(_, index)| (index, index))
            .collect(),
    );
    jump.rows.go(0);
}

/// How badly `name` fits `typed`: best is a name that begins with it, then one that has it in its
/// middle, then one that has its letters in this order, the fewer between them the better. Nothing
/// where it has them not.
fn score(typed: &str, name: &str) -> Option<u32> {
    let own = name.rsplit('/').next().unwrap_or(name);
    if own.starts_with(typed) {
        return Some(0);
    }
    if let Some(at) = name.find(typed) {
        return u32::try_from(at + 1).ok();
    }
    let mut skipped = SCATTERED;
    let mut left = name.chars();
    for wanted in typed.chars() {
        skipped += u32::try_from(left.position(|letter| letter == wanted)?).ok()?;
    }
    Some(skipped)
}

/// Names with the letters apart come after all that have them together.
const SCATTERED: u32 = 1_000;

fn area(body: Rect) -> Rect {
    popup::centred(body, WIDTH, HEIGHT)
}

/// Rows that are seen at once.
#[must_use]
pub fn page(body: Rect) -> usize {
    usize::from(area(body).height.saturating_sub(4))
}

/// Draws the overlay; the cursor stands where one types.
pub fn draw(jump: &Jump, buffer: &mut Buffer, body: Rect, theme: &Theme) -> Position {
    let note = format!("{} of {}", jump.rows.len(), jump.candidates.len());
    let frame = Frame {
        title: "Jump to",
        note: &note,
        foot: None,
        focused: true,
    };
    let inside = popup::open(buffer, area(body), &frame, theme);
    let prompt = "> ";
    put(buffer, (inside.x, inside.y), 2, prompt, Tone::Key, theme);
    let typed = jump.input.value();
    let room = inside.width.saturating_sub(2);
    put(
        buffer,
        (inside.x + 2, inside.y),
        room,
        typed,
        Tone::Plain,
        theme,
    );
    let list = Rect {
        y: inside.y + 1,
        height: inside.height.saturating_sub(1),
        ..inside
    };
    let columns = [Column::cells("kind", 8), Column::share("name", 1)];
    table::draw(buffer, list, &columns, jump.rows.view(), theme, |index| {
        let candidate = jump
            .rows
            .index(index)
            .and_then(|index| jump.candidates.get(index));
        let Some((name, subject)) = candidate else {
            return Row::default();
        };
        let cells = vec![Cell::new(Tone::Dim, kind(subject)), name.as_str().into()];
        Row { sign: None, cells }
    });
    let before: String = typed.chars().take(jump.input.cursor()).collect();
    Position {
        x: (inside.x + 2 + width(&before)).min(inside.right()),
        y: inside.y,
    }
}

fn kind(subject: &Subject) -> &'static str {
    match subject {
        Subject::Tenant(_) => "tenant",
        Subject::Gallery(_) => "gallery",
        Subject::Definition(_) => "image",
        _ => "job",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_found_in_order_the_nearest_first() {
        assert_eq!(score("win", "acg/win11"), Some(0));
        assert!(score("win", "acg/win11") < score("win", "northwind"));
        assert!(score("aw11", "acg/win11") < score("a11", "acg_builds/x1y1"));
        assert_eq!(score("zz", "acg/win11"), None);
        assert_eq!(score("", "anything"), Some(0));
    }
}
