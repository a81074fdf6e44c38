use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{Form, RegionRow, storage_word};
use crate::azure::{RegionReplication, ReplicationState};
use crate::tui::theme::{Theme, Tone};
use crate::tui::widgets::frame::Frame;
use crate::tui::widgets::table::{self, Cell, Column, Row};
use crate::tui::widgets::text::width;
use crate::tui::widgets::{popup, words};

/// Below this width the form shows regions or plan, not both.
const BESIDE: u16 = 104;

/// Cells of the region grid beside the plan.
const GRID: u16 = 60;

/// Cells of the column with replicas.
const REPLICAS: u16 = 11;

/// Where the regions and the plan are.
#[must_use]
pub fn areas(body: Rect, reading_plan: bool) -> (Option<Rect>, Option<Rect>) {
    if body.width >= BESIDE {
        let plan = Rect {
            x: body.x + GRID,
            width: body.width - GRID,
            ..body
        };
        (
            Some(Rect {
                width: GRID,
                ..body
            }),
            Some(plan),
        )
    } else if reading_plan {
        (None, Some(body))
    } else {
        (Some(body), None)
    }
}

/// Draws the form over the panes.
pub fn draw(form: &Form, buffer: &mut Buffer, body: Rect, theme: &Theme) -> Option<Position> {
    let (grid, plan) = areas(body, form.reading_plan);
    let in_grid = grid.and_then(|area| draw_grid(form, buffer, area, theme));
    let in_plan = plan.map(|area| draw_plan(form, buffer, area, theme));
    if form.reading_plan { in_plan } else { in_grid }
}

fn draw_grid(form: &Form, buffer: &mut Buffer, area: Rect, theme: &Theme) -> Option<Position> {
    let title = format!("Replicate {}", form.title);
    let note = match &form.list.filter {
        Some(filter) => format!("/{}", filter.typed()),
        None => format!("{} of {} replicas", form.total(), super::MAX_REPLICAS),
    };
    let (tone, summary) = form.plan_summary();
    let frame = Frame {
        title: &title,
        note: &note,
        foot: Some((tone, &summary)),
        focused: !form.reading_plan,
    };
    let inside = popup::open(buffer, area, &frame, theme);
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
        let text = "the subscription's other regions are being read";
        words::draw_lines(
            buffer,
            Rect {
                x: inside.x + 3,
                y: bottom,
                width: inside.width.saturating_sub(3),
                height: 1,
            },
            &[words::Words::new(Tone::Dim, text)],
            0,
            theme,
        );
    }
    cursor
}

fn region_row(form: &Form, row: &RegionRow, theme: &Theme) -> Row {
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

fn draw_plan(form: &Form, buffer: &mut Buffer, area: Rect, theme: &Theme) -> Position {
    let frame = Frame {
        title: "Plan",
        focused: form.reading_plan,
        ..Frame::default()
    };
    let inside = popup::open(buffer, area, &frame, theme);
    let lines = words::wrap_all(&form.plan_lines(theme), inside.width);
    words::draw_lines(buffer, inside, &lines, form.plan_top, theme);
    let hidden = lines
        .len()
        .saturating_sub(form.plan_top + usize::from(inside.height));
    if hidden > 0 {
        let more = format!(" {} {hidden} more ", theme.glyphs.below);
        let x = area.right().saturating_sub(width(&more) + 2);
        let at = (x, area.bottom().saturating_sub(1));
        crate::tui::widgets::text::put(buffer, at, width(&more), &more, Tone::Dim, theme);
    }
    Position {
        x: inside.x,
        y: inside.y,
    }
}
