//! A terminal's screen as an SVG picture: its text, colours and attributes.

use std::fmt::Write as _;

use vt100::{Cell, Color, Screen};

/// Pixels of a cell.
const CELL: (f64, f64) = (9.0, 17.4);

/// Pixels around the screen.
const MARGIN: f64 = 12.0;

/// The colours of the sixteen that terminals have, as a dark theme has them.
const PALETTE: [&str; 16] = [
    "#1c2026", "#e06c75", "#98c379", "#d7ba7d", "#61afef", "#c678dd", "#56b6c2", "#c8ccd4",
    "#6b7380", "#ff8791", "#b5e48c", "#f0d48a", "#82c3ff", "#dd9bf5", "#7fd5e0", "#ffffff",
];

const FOREGROUND: &str = "#c8ccd4";
const BACKGROUND: &str = "#1c2026";

/// How a stretch of cells looks.
#[derive(Clone, PartialEq)]
struct Style {
    ink: String,
    paper: String,
    bold: bool,
    dim: bool,
    underlined: bool,
}

impl Style {
    fn of(cell: &Cell) -> Self {
        let mut ink = colour(cell.fgcolor(), FOREGROUND);
        let mut paper = colour(cell.bgcolor(), BACKGROUND);
        if cell.inverse() {
            std::mem::swap(&mut ink, &mut paper);
        }
        Self {
            ink,
            paper,
            bold: cell.bold(),
            dim: cell.dim(),
            underlined: cell.underline(),
        }
    }
}

fn colour(colour: Color, default: &str) -> String {
    match colour {
        Color::Default => default.to_owned(),
        Color::Idx(index @ 0..=15) => PALETTE[usize::from(index)].to_owned(),
        Color::Idx(index @ 16..=231) => {
            let level = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
            let cube = index - 16;
            let (red, green, blue) = (cube / 36, cube / 6 % 6, cube % 6);
            format!("#{:02x}{:02x}{:02x}", level(red), level(green), level(blue))
        }
        Color::Idx(index) => {
            let grey = 8 + 10 * (index - 232);
            format!("#{grey:02x}{grey:02x}{grey:02x}")
        }
        Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
    }
}

/// The screen as a picture.
pub fn svg(screen: &Screen) -> String {
    let (rows, columns) = (screen.size().0.get(), screen.size().1.get());
    let width = f64::from(columns) * CELL.0 + 2.0 * MARGIN;
    let height = f64::from(rows) * CELL.1 + 2.0 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.1} {height:.1}\" \
         font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" \
         font-size=\"15\">\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{BACKGROUND}\"/>\n"
    );
    for row in 0..rows {
        let mut column = 0;
        while column < columns {
            let (style, text, cells) = stretch(screen, row, column);
            draw(&mut svg, row, column, &style, &text, cells);
            column += cells;
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// The cells from here on that look the same.
fn stretch(screen: &Screen, row: u16, column: u16) -> (Style, String, u16) {
    let columns = screen.size().1.get();
    let style = screen.cell(row, column).map(Style::of).unwrap();
    let mut text = String::new();
    let mut end = column;
    while let Some(cell) = screen.cell(row, end).filter(|_| end < columns) {
        if Style::of(cell) != style {
            break;
        }
        match cell.contents() {
            _ if cell.is_wide_continuation() => {}
            "" => text.push(' '),
            contents => text.push_str(contents),
        }
        end += 1;
    }
    (style, text, end - column)
}

fn draw(svg: &mut String, row: u16, column: u16, style: &Style, text: &str, cells: u16) {
    let x = MARGIN + f64::from(column) * CELL.0;
    let y = MARGIN + f64::from(row) * CELL.1;
    let wide = f64::from(cells) * CELL.0;
    if style.paper != BACKGROUND {
        let (paper, high) = (&style.paper, CELL.1);
        writeln!(
            svg,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"{high}\" fill=\"{paper}\"/>"
        )
        .unwrap();
    }
    if text.trim().is_empty() {
        return;
    }
    let mut attributes = String::new();
    if style.bold {
        attributes.push_str(" font-weight=\"bold\"");
    }
    if style.dim {
        attributes.push_str(" opacity=\"0.6\"");
    }
    if style.underlined {
        attributes.push_str(" text-decoration=\"underline\"");
    }
    let escaped = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let (ink, base) = (&style.ink, y + 13.6);
    writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{base:.1}\" textLength=\"{wide:.1}\" lengthAdjust=\"spacingAndGlyphs\" \
         xml:space=\"preserve\" fill=\"{ink}\"{attributes}>{escaped}</text>"
    )
    .unwrap();
}
