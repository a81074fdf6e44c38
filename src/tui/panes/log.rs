//! The log: what happened, the newest at the bottom.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{open, say};
use crate::actions::Level;
use crate::queue::LogLine;
use crate::tui::state::{Pane, State};
use crate::tui::theme::{Theme, Tone};
use crate::tui::times;
use crate::tui::widgets::text::put;
use crate::tui::widgets::words::Words;

/// Cells before a line's text: the cursor, the time, the job.
const BEFORE: u16 = 2 + 8 + 2 + 5 + 2;

/// Lines on the screen that a line of the log takes.
#[must_use]
pub fn height(line: &LogLine, width: u16, wrap: bool) -> usize {
    if wrap {
        Words::plain(&line.text)
            .wrapped(width.saturating_sub(BEFORE))
            .len()
    } else {
        1
    }
}

/// Draws the pane.
pub fn draw(state: &State, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
    let log = &state.log;
    let new = match log.new_lines() {
        0 => None,
        new => Some(format!("{} {new} new: G follows", theme.glyphs.below)),
    };
    let foot = new.as_deref().map(|text| (Tone::Active, text));
    let inside = open(state, Pane::Log, (&note(state), foot), buffer, theme)?;
    if log.lines().is_empty() {
        let (tone, text) = nothing(state);
        say(buffer, inside, tone, &text, theme);
        return None;
    }
    let mut cursor = None;
    let mut y = inside.y;
    for (index, line) in log.lines().iter().enumerate().skip(log.top) {
        if y >= inside.bottom() {
            break;
        }
        if index == log.at {
            put(
                buffer,
                (inside.x, y),
                1,
                theme.glyphs.cursor,
                Tone::Strong,
                theme,
            );
            cursor = Some(Position { x: inside.x, y });
        }
        let area = Rect {
            y,
            height: inside.bottom() - y,
            ..inside
        };
        y += draw_line(state, line, buffer, area, theme);
    }
    cursor
}

fn draw_line(state: &State, line: &LogLine, buffer: &mut Buffer, area: Rect, theme: &Theme) -> u16 {
    let time = times::clock(line.at, &state.zone);
    put(buffer, (area.x + 2, area.y), 8, &time, Tone::Dim, theme);
    let job = line.job.map(|job| job.to_string()).unwrap_or_default();
    put(buffer, (area.x + 12, area.y), 5, &job, Tone::Plain, theme);
    let words = Words::new(tone(line.level), &line.text);
    let width = area.width.saturating_sub(BEFORE);
    let x = area.x + BEFORE;
    if !state.log.wrap {
        words.draw(buffer, (x, area.y), width, theme);
        return 1;
    }
    let lines = words.wrapped(width);
    for (words, y) in lines.iter().zip(area.top()..area.bottom()) {
        words.draw(buffer, (x, y), width, theme);
    }
    u16::try_from(lines.len())
        .unwrap_or(area.height)
        .min(area.height)
}

/// How a level looks.
#[must_use]
pub fn tone(level: Level) -> Tone {
    match level {
        Level::Debug => Tone::Dim,
        Level::Info => Tone::Plain,
        Level::Warn => Tone::Warn,
        Level::Error => Tone::Bad,
    }
}

/// The word for a level.
#[must_use]
pub fn level_word(level: Level) -> &'static str {
    match level {
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    }
}

fn note(state: &State) -> String {
    let log = &state.log;
    let mut words = Vec::new();
    if let Some(filter) = &log.filter {
        words.push(format!("/{}", filter.typed()));
    }
    words.push(if log.follow {
        "follow".to_owned()
    } else {
        "stay".to_owned()
    });
    words.push(
        log.scope
            .map_or_else(|| "all jobs".to_owned(), |job| format!("only {job}")),
    );
    words.push(level_word(log.level).to_owned());
    if log.wrap {
        words.push("wrap".to_owned());
    }
    words.join(" · ")
}

fn nothing(state: &State) -> (Tone, String) {
    if let Some(why) = state.queue.broken() {
        return (Tone::Bad, why.to_owned());
    }
    let log = &state.log;
    match &log.page {
        None if state.queue.known().is_none() => (Tone::Dim, "reading…".to_owned()),
        None => (Tone::Dim, "reading…".to_owned()),
        Some(_) if log.filter.is_some() => (
            Tone::Dim,
            "No line passes the filter. esc lifts it.".to_owned(),
        ),
        Some(_) if log.scope.is_some() => (
            Tone::Dim,
            "This job has said nothing at this level. s shows all jobs.".to_owned(),
        ),
        Some(_) => (
            Tone::Dim,
            format!(
                "Nothing has happened yet at level {}.",
                level_word(log.level)
            ),
        ),
    }
}
