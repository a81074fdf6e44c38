use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::target::{short_size, short_subnet};
use super::{About, Column, Machines, TargetRow};
use crate::azure::ResourceId;
use crate::tui::theme::{Theme, Tone};
use crate::tui::widgets::frame::Frame;
use crate::tui::widgets::popup;
use crate::tui::widgets::table::{self, Cell, Row};
use crate::tui::widgets::words::{Words, draw_lines};

/// Lines below the rows that tell the selected part in full.
pub(super) const TOLD: u16 = 2;

pub(super) fn draw(
    form: &Machines,
    buffer: &mut Buffer,
    area: Rect,
    frame: &Frame<'_>,
    theme: &Theme,
) -> Option<Position> {
    let inside = popup::open(buffer, area, frame, theme);
    let rows = Rect {
        height: inside.height.saturating_sub(TOLD),
        ..inside
    };
    let mut columns = vec![
        table::Column::share("tenant", 4),
        table::Column::cells("machines", 8),
        table::Column::share("size", 3),
        table::Column::share("resource group", 4),
        table::Column::share("subnet", 4),
        table::Column::share("name", 4),
    ];
    let chosen = form.column as usize + 1;
    columns[chosen].chosen = true;
    let cursor = table::draw(buffer, rows, &columns, form.list.view(), theme, |row| {
        let about = form.list.index(row).and_then(|row| form.about(row));
        about
            .map(|about| of(form, about, theme))
            .unwrap_or_default()
    });
    let told = Rect {
        y: rows.bottom(),
        height: inside.bottom() - rows.bottom(),
        ..inside
    };
    tell(form, buffer, told, theme);
    let x = table::place(&columns, rows, chosen);
    cursor.map(|at| Position { x, ..at })
}

fn of(form: &Machines, about: About<'_>, theme: &Theme) -> Row {
    match about {
        About::Each => each(form, theme),
        About::One(target) => one(target, theme),
    }
}

/// What all customers have alike.
fn each(form: &Machines, theme: &Theme) -> Row {
    let name = format!("each of {}", form.targets.len());
    let mut cells = vec![Cell::new(Tone::Strong, name)];
    cells.extend(Column::ALL.map(|column| {
        let typed = form
            .targets
            .iter()
            .all(|target| target.typed(column).is_some());
        match form.common(column) {
            Some(text) if typed => Cell::new(Tone::Plain, short(column, &text)),
            Some(text) => Cell::new(Tone::Dim, short(column, &text)),
            None if form
                .targets
                .iter()
                .any(|target| target.text(column).is_some()) =>
            {
                Cell::new(Tone::Dim, "various")
            }
            None => Cell::new(Tone::Dim, theme.glyphs.absent),
        }
    }));
    Row { sign: None, cells }
}

fn one(target: &TargetRow, theme: &Theme) -> Row {
    let count = target.count();
    let wanted = !matches!(count, Ok(0));
    let name = if wanted { Tone::Plain } else { Tone::Dim };
    let mut cells = vec![Cell::new(name, &target.name)];
    cells.extend(
        Column::ALL.map(|column| match (target.typed(column), target.text(column)) {
            (Some(typed), _) if column == Column::Count && count.is_err() => {
                Cell::new(Tone::Bad, format!("{typed} {}", theme.glyphs.failed))
            }
            (Some(typed), _) => Cell::new(Tone::Plain, short(column, &typed)),
            (None, Some(usual)) => Cell::new(Tone::Dim, short(column, &usual)),
            (None, None) if target.lacks(column) => Cell::new(Tone::Warn, "missing"),
            (None, None) => Cell::new(Tone::Dim, theme.glyphs.absent),
        }),
    );
    Row {
        sign: wanted.then_some((Tone::Good, "+")),
        cells,
    }
}

/// A value as there is room for it in a row.
pub(super) fn short(column: Column, text: &str) -> String {
    match column {
        Column::Size => short_size(text).to_owned(),
        Column::Subnet => short_subnet(text),
        _ => text.to_owned(),
    }
}

/// The selected part in full, and where it comes from.
fn tell(form: &Machines, buffer: &mut Buffer, area: Rect, theme: &Theme) {
    let Some((row, column)) = form.told else {
        return;
    };
    let Some(About::One(target)) = form.about(row) else {
        return;
    };
    let Some(text) = target.text(column) else {
        return;
    };
    let mut words = Words::new(Tone::Dim, format!("{}  ", column.word()));
    words = words.and(Tone::Plain, full(column, text));
    if target.typed(column).is_none() {
        words = words.and(Tone::Dim, "  from the configuration");
    }
    draw_lines(
        buffer,
        area,
        &words.hanging(3).wrapped(area.width),
        0,
        theme,
    );
}

/// A value as it is told where there is room.
fn full(column: Column, text: String) -> String {
    match (column, text.parse::<ResourceId>()) {
        (Column::Subnet, Ok(id)) => {
            let group = id.resource_group().unwrap_or_default();
            let subscription = id.subscription();
            format!(
                "{} in {group}, subscription {subscription}",
                short_subnet(&text)
            )
        }
        _ => text,
    }
}
