//! The queue: what is being done, where, and how far it is. Elapsed times move only when something
//! else of a job does: there is no clock on the screen.

mod tally;

use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use jiff::Timestamp;

use super::{filter_note, open, say};
use crate::queue::{Group, Job, JobState, Pause};
use crate::tui::state::{Line, Pane, State};
use crate::tui::theme::{Theme, Tone};
use crate::tui::times;
use crate::tui::widgets::bar::bar;
use crate::tui::widgets::table::{self, Cell, Column, Row};
use crate::tui::widgets::text::counted;
use tally::Tally;

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
            let line = state
                .jobs
                .index(index)
                .and_then(|index| state.lines.get(index));
            line.and_then(|line| row(state, *line, wide, theme))
                .unwrap_or_default()
        },
    )
}

fn note(state: &State) -> String {
    let Some(jobs) = state.queue.known() else {
        return String::new();
    };
    let mut words: Vec<String> = Vec::new();
    words.extend(
        state
            .is_paused(&Pause::Everything)
            .then(|| "everything is paused".to_owned()),
    );
    words.extend(filter_note(state.jobs.filter.as_ref()));
    for (states, word) in [
        (&[JobState::Running, JobState::Cancelling][..], "running"),
        (&[JobState::Waiting, JobState::Ready], "waiting"),
        (&[JobState::Paused], "paused"),
        (&[JobState::Held], "held"),
        (&[JobState::Unknown], "unknown"),
        (&[JobState::Failed], "failed"),
    ] {
        match jobs.count(states) {
            0 => {}
            number => words.push(format!("{number} {word}")),
        }
    }
    words.push(format!("{} in all", jobs.count(&JobState::ALL)));
    words.join(" · ")
}

fn row(state: &State, line: Line, wide: bool, theme: &Theme) -> Option<Row> {
    let jobs = state.queue.known()?;
    Some(match line {
        Line::Group(at) => group_row(state, jobs.groups.get(at)?, wide, theme),
        Line::Job(at, within) => job_row(state, jobs.rows.get(at)?, within, wide, theme),
    })
}

/// A group: what was asked for, how its jobs stand, how far the whole is.
fn group_row(state: &State, group: &Group, wide: bool, theme: &Theme) -> Row {
    let jobs = state.jobs_of(group.id);
    let tally = Tally::of(&jobs);
    let unfolded = state.unfolded.contains(&group.id) || state.jobs.filter.is_some();
    let fold = if unfolded {
        theme.glyphs.open
    } else {
        theme.glyphs.folded
    };
    let mut tenants: Vec<_> = jobs.iter().filter_map(|job| job.tenant.as_ref()).collect();
    tenants.sort();
    tenants.dedup();
    let thing = if tenants.len() == jobs.len() {
        "tenant"
    } else {
        "job"
    };
    let counts = tally.words().unwrap_or_else(|| counted(jobs.len(), thing));
    let (tone, glyph) = look(tally.state, theme);
    let mut cell = Cell::new(tone, format!("{glyph} {:<8}", tally.state.word()));
    if tally.is_open() {
        cell = cell.and(
            Tone::Active,
            format!(" {}", far(tally.percent, wide, theme)),
        );
    }
    let began = jobs.iter().filter_map(|job| job.started).min();
    let until = jobs.iter().filter_map(|job| until(state, job)).max();
    Row {
        sign: None,
        cells: vec![
            Cell::new(Tone::Dim, fold),
            Cell::new(Tone::Strong, &group.title),
            counts.into(),
            cell,
            Cell::new(Tone::Dim, between(began, until)),
        ],
    }
}

fn job_row(state: &State, job: &Job, within: bool, wide: bool, theme: &Theme) -> Row {
    let title = if within {
        Cell::new(Tone::Dim, format!("  {}", job.title))
    } else {
        job.title.as_str().into()
    };
    Row {
        sign: None,
        cells: vec![
            job.id.to_string().into(),
            title,
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
            let far = far(job.progress.percent, wide, theme);
            let cell = cell.and(Tone::Active, format!(" {far}"));
            cell.and(Tone::Warn, format!("  {}", reason()))
        }
        // One that waits in its midst has come so far.
        JobState::Waiting if job.progress.percent > 0 => {
            let far = format!(" {:>3} %  {}", job.progress.percent, reason());
            cell.and(Tone::Plain, far)
        }
        JobState::Failed => {
            let failure = job.failure.as_ref();
            let words = failure.map_or(reason(), |failure| &failure.message);
            cell.and(Tone::Plain, format!(" {words}"))
        }
        _ => cell.and(Tone::Plain, format!(" {}", reason())),
    }
}

/// How far something is, as a bar where there is room for one.
fn far(percent: u8, wide: bool, theme: &Theme) -> String {
    if wide {
        format!("{} {percent:>3} %", bar(percent, BAR, theme))
    } else {
        format!("{percent:>3} %")
    }
}

/// How a state looks.
#[must_use]
pub fn look(state: JobState, theme: &Theme) -> (Tone, &'static str) {
    let glyphs = theme.glyphs;
    match state {
        JobState::Waiting | JobState::Ready => (Tone::Dim, glyphs.waiting),
        JobState::Running => (Tone::Active, glyphs.running),
        JobState::Held | JobState::Paused => (Tone::Warn, glyphs.held),
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
    between(job.started, until(state, job))
}

/// When a job ended, or when something of it last changed.
fn until(state: &State, job: &Job) -> Option<Timestamp> {
    job.ended.or_else(|| state.progressed.get(&job.id).copied())
}

fn between(from: Option<Timestamp>, until: Option<Timestamp>) -> String {
    match (from, until) {
        (Some(from), Some(until)) => times::elapsed(from, until),
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
            "Nothing in the queue. r on an image or version replicates it, d deploys it."
                .to_owned(),
        ),
        Some(_) => (
            Tone::Dim,
            "No job passes the filter. esc lifts it.".to_owned(),
        ),
    }
}
