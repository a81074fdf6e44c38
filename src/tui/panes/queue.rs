//! The queue: what is being done, where, and how far it is. Elapsed times move only when something
//! else of a job does: there is no clock on the screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use super::{filter_note, open, say};
use crate::queue::{Job, JobState};
use crate::tui::state::{Pane, State};
use crate::tui::theme::{Theme, Tone};
use crate::tui::times;
use crate::tui::widgets::bar::bar;
use crate::tui::widgets::table::{self, Cell, Column, Row};

/// From this width on a job has a bar.
const WITH_BAR: u16 = 100;

/// Cells of a bar.
const BAR: u16 = 16;

/// Draws the pane.
pub fn draw(state: &State, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
    let note = note(state);
    let inside = open(state, Pane::Queue, (&note, None), buffer, theme)?;
    if state.jobs.is_empty() {
        let (tone, text) = nothing(state);
        say(buffer, inside, tone, &text, theme);
        return None;
    }
    let wide = inside.width >= WITH_BAR;
    let columns = [
        Column::cells("job", 5),
        Column::share("what", 6),
        Column::share("where", 5),
        Column::share("state", 7),
        Column::cells("time", 8).ending_right(),
    ];
    table::draw(
        buffer,
        inside,
        &columns,
        state.jobs.view(),
        theme,
        |index| {
            let index = state.jobs.index(index);
            let job = index.and_then(|index| state.queue.known()?.rows.get(index));
            job.map(|job| row(state, job, wide, theme))
                .unwrap_or_default()
        },
    )
}

fn note(state: &State) -> String {
    let Some(jobs) = state.queue.known() else {
        return String::new();
    };
    let count = |wanted: &[JobState]| {
        jobs.rows
            .iter()
            .filter(|job| wanted.contains(&job.state))
            .count()
    };
    let mut words: Vec<String> = Vec::new();
    words.extend(filter_note(state.jobs.filter.as_ref()));
    for (states, word) in [
        (&[JobState::Running, JobState::Cancelling][..], "running"),
        (&[JobState::Waiting, JobState::Ready], "waiting"),
        (&[JobState::Held], "held"),
        (&[JobState::Unknown], "unknown"),
        (&[JobState::Failed], "failed"),
    ] {
        match count(states) {
            0 => {}
            number => words.push(format!("{number} {word}")),
        }
    }
    words.push(format!("{} in all", jobs.total));
    words.join(" · ")
}

fn row(state: &State, job: &Job, wide: bool, theme: &Theme) -> Row {
    Row {
        sign: None,
        cells: vec![
            job.id.to_string().into(),
            job.title.as_str().into(),
            Cell::new(Tone::Plain, &job.target),
            state_cell(job, wide, theme),
            Cell::new(Tone::Dim, elapsed(state, job)),
        ],
    }
}

/// A job's state as glyph, word, and what there is to say of it.
fn state_cell(job: &Job, wide: bool, theme: &Theme) -> Cell {
    let (tone, glyph) = look(job.state, theme);
    let word = if job.cancel && !job.state.is_final() {
        "cancelling"
    } else {
        job.state.word()
    };
    let cell = Cell::new(tone, format!("{glyph} {word:<8}"));
    let reason = || job.reason.as_deref().unwrap_or_default();
    match job.state {
        JobState::Running | JobState::Cancelling => {
            let percent = job.progress.percent;
            let cell = if wide {
                let bar = bar(percent, BAR, theme);
                cell.and(Tone::Active, format!(" {bar} {percent:>3} %"))
            } else {
                cell.and(Tone::Plain, format!(" {percent:>3} %"))
            };
            cell.and(Tone::Warn, format!("  {}", reason()))
        }
        JobState::Failed => {
            let failure = job.failure.as_ref();
            let words = failure.map_or(reason(), |failure| &failure.message);
            cell.and(Tone::Plain, format!(" {words}"))
        }
        _ => cell.and(Tone::Plain, format!(" {}", reason())),
    }
}

/// How a state looks.
#[must_use]
pub fn look(state: JobState, theme: &Theme) -> (Tone, &'static str) {
    let glyphs = theme.glyphs;
    match state {
        JobState::Waiting | JobState::Ready => (Tone::Dim, glyphs.waiting),
        JobState::Running => (Tone::Active, glyphs.running),
        JobState::Held => (Tone::Warn, glyphs.held),
        JobState::Cancelling => (Tone::Warn, glyphs.running),
        JobState::Cancelled => (Tone::Dim, glyphs.absent),
        JobState::Failed => (Tone::Bad, glyphs.failed),
        JobState::Unknown => (Tone::Warn, "?"),
        JobState::Done => (Tone::Good, glyphs.done),
    }
}

/// How long a job ran, or had been running when something of it last changed.
#[must_use]
pub fn elapsed(state: &State, job: &Job) -> String {
    let until = job.ended.or_else(|| state.progressed.get(&job.id).copied());
    match (job.started, until) {
        (Some(started), Some(until)) => times::elapsed(started, until),
        _ => String::new(),
    }
}

fn nothing(state: &State) -> (Tone, String) {
    if let Some(why) = state.queue.broken() {
        return (Tone::Bad, why.to_owned());
    }
    match state.queue.known() {
        None => (Tone::Dim, "reading…".to_owned()),
        Some(jobs) if jobs.rows.is_empty() => (
            Tone::Dim,
            "Nothing in the queue. r on an image or version replicates it.".to_owned(),
        ),
        Some(_) => (
            Tone::Dim,
            "No job passes the filter. esc lifts it.".to_owned(),
        ),
    }
}
