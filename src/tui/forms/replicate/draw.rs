use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{READING, RegionRow, Regions, storage_word};
use crate::azure::{RegionReplication, ReplicationState};
use crate::tui::theme::{Theme, Tone};
use crate::tui::widgets::frame::Frame;
use crate::tui::widgets::table::{self, Cell, Column, Row};
use crate::tui::widgets::{popup, words};

/// Cells of the region grid beside the plan.
pub(super) const GRID: u16 = 60;

/// Cells of the column with replicas.
const REPLICAS: u16 = 11;

pub(super) fn draw(
    form: &Regions,
    buffer: &mut Buffer,
    area: Rect,
    frame: &Frame<'_>,
    theme: &Theme,
) -> Option<Position> {
    let inside = popup::open(buffer, area, frame, theme);
    let columns = [
        Column::share("region", 1),
        Column::cells("replicas", REPLICAS),
        Column::cells("storage", 8),
        Column::cells("now", 9),
    ];
    let cursor = table::draw(buffer, inside, &columns, form.list.view(), theme, |index| {
        let row = form
            .list
            .index(index)
            .and_then(|index| form.regions.get(index));
        row.map(|row| region_row(form, row, theme))
            .unwrap_or_default()
    });
    let bottom = inside.bottom().saturating_sub(1);
    let used = u16::try_from(form.list.len() - form.list.top().min(form.list.len()));
    if !form.offered && used.is_ok_and(|used| inside.y + 1 + used < bottom) {
        words::draw_lines(
            buffer,
            Rect {
                x: inside.x + 3,
                y: bottom,
                width: inside.width.saturating_sub(3),
                height: 1,
            },
            &[words::Words::new(Tone::Dim, READING)],
            0,
            theme,
        );
    }
    cursor
}

fn region_row(form: &Regions, row: &RegionRow, theme: &Theme) -> Row {
    let tone = match row.sign() {
        Some("+") => Tone::Good,
        Some("~") => Tone::Warn,
        Some(_) => Tone::Bad,
        None => Tone::Plain,
    };
    let quiet = if row.wanted { tone } else { Tone::Dim };
    let mut name = Cell::new(
        if row.was.is_some() {
            Tone::Plain
        } else {
            quiet
        },
        row.region.display_name(),
    );
    if row.region == form.home {
        name = name.and(Tone::Dim, "  home");
    }
    let replicas = match (&row.was, row.count()) {
        _ if !row.wanted && row.was.is_some() => Cell::new(Tone::Bad, "remove"),
        _ if !row.wanted => Cell::default(),
        (_, Err(_)) => Cell::new(
            Tone::Bad,
            format!("{} {}", row.replicas.value(), theme.glyphs.failed),
        ),
        (Some(was), Ok(count)) if was.replicas != count => {
            Cell::new(tone, count.to_string()).and(Tone::Dim, format!(" was {}", was.replicas))
        }
        (_, Ok(count)) => Cell::new(tone, count.to_string()),
    };
    let changed = row
        .was
        .as_ref()
        .is_none_or(|was| was.storage != row.storage);
    let storage = if row.wanted || row.was.is_some() {
        Cell::new(
            if changed { tone } else { Tone::Plain },
            storage_word(&row.storage),
        )
    } else {
        Cell::default()
    };
    let now = match &row.was {
        None => Cell::new(Tone::Dim, theme.glyphs.absent),
        Some(was) => was
            .copy
            .as_ref()
            .map(|copy| copy_cell(copy, theme))
            .unwrap_or_default(),
    };
    Row {
        sign: row.sign().map(|sign| (tone, sign)),
        cells: vec![name, replicas, storage, now],
    }
}

fn copy_cell(copy: &RegionReplication, theme: &Theme) -> Cell {
    let glyphs = theme.glyphs;
    match copy.state {
        ReplicationState::Completed => Cell::new(Tone::Good, format!("{} there", glyphs.done)),
        ReplicationState::Failed => Cell::new(Tone::Bad, format!("{} failed", glyphs.failed)),
        ReplicationState::Replicating => Cell::new(
            Tone::Active,
            format!("{} {} %", glyphs.running, copy.progress),
        ),
        _ => Cell::new(Tone::Dim, "unknown"),
    }
}
