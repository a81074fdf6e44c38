//! Text that is scrolled: help, details, documents.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{details, help};
use crate::tui::panes::log;
use crate::tui::state::{State, Subject, TextView};
use crate::tui::theme::{Theme, Tone};
use crate::tui::widgets::frame::Frame;
use crate::tui::widgets::popup;
use crate::tui::widgets::words::{Words, draw_lines, wrap_all};

/// The widest that a text gets: longer lines are hard to read.
const WIDEST: u16 = 110;

/// A text's title and lines.
#[must_use]
pub fn lines(state: &State, subject: &Subject, theme: &Theme) -> (String, Vec<Words>) {
    let gone = || {
        (
            String::new(),
            vec![Words::new(Tone::Dim, "It isn't there any more.")],
        )
    };
    let found = match subject {
        Subject::Help(place) => Some(help::lines(*place)),
        Subject::NotConnected(why) => Some((
            "Not connected".to_owned(),
            why.lines()
                .map(|line| Words::new(Tone::Bad, line))
                .collect(),
        )),
        Subject::Tenant(id) => details::tenant(state, id, theme),
        Subject::Gallery(id) => details::gallery(state, id, theme),
        Subject::Definition(id) => details::definition(state, id, theme),
        Subject::Version(id) => details::version(state, id, theme),
        Subject::Machine(id) => details::machine(state, id, theme),
        Subject::Job(id) => details::job(state, *id, theme),
        Subject::Document(of) => document(state, of),
        Subject::Line(id) => line(state, *id),
    };
    found.unwrap_or_else(gone)
}

fn document(state: &State, of: &Subject) -> Option<(String, Vec<Words>)> {
    let (title, value) = details::document(state, of)?;
    let text = serde_json::to_string_pretty(&value).unwrap_or_else(|error| error.to_string());
    // A line that is broken goes on where its text began.
    let lines = text.lines().map(|line| {
        let indent = line.len() - line.trim_start().len();
        Words::plain(line).hanging(u16::try_from(indent + 2).unwrap_or(0))
    });
    Some((title, lines.collect()))
}

fn line(state: &State, id: i64) -> Option<(String, Vec<Words>)> {
    let line = state.log.lines().iter().find(|line| line.id == id)?;
    let mut words = vec![
        Words::field("time", line.at.to_string()),
        Words::field("level", log::level_word(line.level)),
    ];
    words.extend(line.job.map(|job| Words::field("job", job.to_string())));
    words.push(Words::blank());
    words.extend(
        line.text
            .lines()
            .map(|text| Words::new(log::tone(line.level), text)),
    );
    Some(("Log line".to_owned(), words))
}

/// How wide a text's window is, and how high it may get.
fn room(body: Rect) -> (u16, u16) {
    let (side, above) = (
        if body.width > 90 { 8 } else { 0 },
        if body.height > 30 { 4 } else { 0 },
    );
    (
        WIDEST.min(body.width.saturating_sub(side)),
        body.height.saturating_sub(above),
    )
}

/// A text's window: as high as the text, as far as there is room.
fn area(body: Rect, lines: usize) -> Rect {
    let (width, height) = room(body);
    let lines = u16::try_from(lines).unwrap_or(u16::MAX);
    popup::centred(body, width, height.min(lines.saturating_add(2)))
}

/// Draws a text; the cursor stands on its first line.
pub fn draw(
    state: &State,
    view: &TextView,
    buffer: &mut Buffer,
    body: Rect,
    theme: &Theme,
) -> Position {
    let (title, lines) = lines(state, &view.subject, theme);
    let lines = wrap_all(&lines, room(body).0.saturating_sub(4));
    let area = area(body, lines.len());
    let hidden = lines
        .len()
        .saturating_sub(view.top + usize::from(area.height.saturating_sub(2)));
    let foot = format!("{} {hidden} more lines", theme.glyphs.below);
    let foot = (hidden > 0).then_some((Tone::Dim, foot.as_str()));
    let frame = Frame {
        title: &title,
        note: "",
        foot,
        focused: true,
    };
    let inside = popup::open(buffer, area, &frame, theme);
    draw_lines(buffer, inside, &lines, view.top, theme);
    Position {
        x: inside.x,
        y: inside.y,
    }
}

/// Keeps the end of the text at the bottom of its window.
pub fn fit(state: &State, view: &mut TextView, body: Rect) {
    let (_, lines) = lines(state, &view.subject, &Theme::full());
    let lines = wrap_all(&lines, room(body).0.saturating_sub(4)).len();
    let area = area(body, lines);
    view.page = usize::from(area.height.saturating_sub(2)).max(1);
    view.top = view.top.min(lines.saturating_sub(view.page));
}
