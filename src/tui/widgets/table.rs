//! Rows in aligned columns. Only the rows that are seen are built. The selected row is told by a
//! marker cell and the hardware cursor, not by painting it: moving costs two cells.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::text::{put, width};
use crate::tui::theme::{Theme, Tone};

/// A column.
#[derive(Debug, Clone)]
pub struct Column {
    /// What stands above it.
    pub title: String,
    /// How wide it is.
    pub width: Width,
    /// Whether its cells end at its right edge, as numbers do.
    pub right: bool,
    /// Whether it is the one that the keys are for.
    pub chosen: bool,
}

/// How wide a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// So many cells.
    Cells(u16),
    /// A share of what the others leave.
    Share(u16),
}

impl Column {
    /// A column of so many cells.
    #[must_use]
    pub fn cells(title: impl Into<String>, cells: u16) -> Self {
        Self {
            title: title.into(),
            width: Width::Cells(cells),
            right: false,
            chosen: false,
        }
    }

    /// A column that takes a share of what the others leave.
    #[must_use]
    pub fn share(title: impl Into<String>, share: u16) -> Self {
        Self {
            title: title.into(),
            width: Width::Share(share),
            right: false,
            chosen: false,
        }
    }

    /// The same, its cells ending at its right edge.
    #[must_use]
    pub fn ending_right(mut self) -> Self {
        self.right = true;
        self
    }
}

/// What stands in one column of a row, in pieces that may look different.
#[derive(Debug, Clone, Default)]
pub struct Cell(Vec<(Tone, String)>);

impl Cell {
    /// A cell in one tone.
    #[must_use]
    pub fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self(vec![(tone, text.into())])
    }

    /// The same cell, with this after it.
    #[must_use]
    pub fn and(mut self, tone: Tone, text: impl Into<String>) -> Self {
        self.0.push((tone, text.into()));
        self
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::new(Tone::Plain, text)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::new(Tone::Plain, text)
    }
}

/// A row.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// The sign before it, beside the cursor.
    pub sign: Option<(Tone, &'static str)>,
    /// Its cells, one a column.
    pub cells: Vec<Cell>,
}

/// Which rows of how many are seen.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// How many rows there are.
    pub rows: usize,
    /// The first that is seen.
    pub top: usize,
    /// The selected one.
    pub at: usize,
}

/// Cells before the first column: the cursor, the row's sign, a blank.
const GUTTER: u16 = 3;

/// Cells between two columns; a column that needs more is wider than its cells.
const GAP: u16 = 1;

/// Draws a table with its header into `area`; returns where the cursor stands.
pub fn draw(
    buffer: &mut Buffer,
    area: Rect,
    columns: &[Column],
    view: View,
    theme: &Theme,
    mut row: impl FnMut(usize) -> Row,
) -> Option<Position> {
    let places = places(columns, area);
    for (column, (x, cells)) in columns.iter().zip(&places) {
        let shift = if column.right {
            cells.saturating_sub(width(&column.title))
        } else {
            0
        };
        put(
            buffer,
            (x + shift, area.y),
            cells - shift,
            &column.title,
            if column.chosen {
                Tone::Strong
            } else {
                Tone::Dim
            },
            theme,
        );
    }
    let mut cursor = None;
    let lines = area.top().saturating_add(1)..area.bottom();
    for (index, y) in (view.top..view.rows).zip(lines) {
        if index == view.at {
            put(
                buffer,
                (area.x, y),
                1,
                theme.glyphs.cursor,
                Tone::Strong,
                theme,
            );
            cursor = Some(Position { x: area.x, y });
        }
        let row = row(index);
        if let Some((tone, sign)) = row.sign {
            put(buffer, (area.x + 1, y), 1, sign, tone, theme);
        }
        for ((cell, column), place) in row.cells.iter().zip(columns).zip(&places) {
            draw_cell(buffer, (*place, y), cell, column.right, theme);
        }
    }
    cursor
}

fn draw_cell(
    buffer: &mut Buffer,
    ((x, cells), y): ((u16, u16), u16),
    cell: &Cell,
    right: bool,
    theme: &Theme,
) {
    let length: u16 = cell.0.iter().map(|(_, text)| width(text)).sum();
    let mut used = if right {
        cells.saturating_sub(length)
    } else {
        0
    };
    for (tone, text) in &cell.0 {
        used += put(buffer, (x + used, y), cells - used, text, *tone, theme);
    }
}

/// Where a column begins.
#[must_use]
pub fn place(columns: &[Column], area: Rect, index: usize) -> u16 {
    places(columns, area).get(index).map_or(area.x, |(x, _)| *x)
}

/// Where each column begins, and how wide it is.
fn places(columns: &[Column], area: Rect) -> Vec<(u16, u16)> {
    let count = u16::try_from(columns.len()).unwrap_or(u16::MAX);
    let mut left = area
        .width
        .saturating_sub(GUTTER + GAP * count.saturating_sub(1));
    let mut shares = 0;
    for column in columns {
        match column.width {
            Width::Cells(cells) => left = left.saturating_sub(cells),
            Width::Share(share) => shares += share,
        }
    }
    let mut x = area.x + GUTTER;
    let mut places = Vec::with_capacity(columns.len());
    for column in columns {
        let cells = match column.width {
            Width::Cells(cells) => cells,
            Width::Share(share) => {
                let cells = left * share / shares.max(1);
                left -= cells;
                shares -= share;
                cells
            }
        };
        let room = area.right().saturating_sub(x);
        places.push((x, cells.min(room)));
        x = x.saturating_add(cells + GAP);
    }
    places
}
