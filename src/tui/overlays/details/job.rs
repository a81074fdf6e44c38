use jiff::Timestamp;

use super::Text;
use crate::actions::{Part, PartState};
use crate::queue::{Job, JobId, JobState, StepState};
use crate::tui::data::JobDetail;
use crate::tui::panes::{log, queue};
use crate::tui::state::State;
use crate::tui::theme::{Theme, Tone};
use crate::tui::times;
use crate::tui::widgets::bar::bar;
use crate::tui::widgets::text::width;
use crate::tui::widgets::words::Words;

pub(in crate::tui::overlays) fn job(state: &State, id: JobId, theme: &Theme) -> Text {
    let job = state.job_of(id)?;
    let (tone, glyph) = queue::look(job.state, theme);
    let mut lines = vec![
        Words::field("what", &job.title),
        Words::field("where", &job.target),
        Words::field("state", "").and(tone, format!("{glyph} {}", job.state)),
    ];
    let because = match job.state {
        JobState::Waiting => "waits for",
        _ => "because",
    };
    // Why it was not done is told in full below.
    let reason = job.reason.as_deref().filter(|reason| {
        let failure = job.failure.as_ref();
        failure.is_none_or(|failure| failure.message != *reason)
    });
    lines.extend(reason.map(|reason| Words::field(because, reason)));
    if job.cancel {
        lines.push(Words::field("", "its end was asked for"));
    }
    lines.extend(failure(job, theme));
    lines.extend(progress(job, theme));
    lines.push(Words::blank());
    let moment = |at: Timestamp| times::moment(at, &state.zone);
    lines.push(Words::field("submitted", moment(job.created)));
    lines.extend(job.started.map(|at| Words::field("began", moment(at))));
    lines.extend(job.ended.map(|at| Words::field("ended", moment(at))));
    let elapsed = Some(queue::elapsed(state, job)).filter(|elapsed| !elapsed.is_empty());
    lines.extend(elapsed.map(|elapsed| Words::field("time", elapsed)));
    lines.push(Words::field("attempt", job.attempt.to_string()));
    if job.priority != 0 {
        lines.push(Words::field("priority", job.priority.to_string()));
    }
    lines.push(Words::field(
        "signs in as",
        job.access.as_ref().map_or_else(
            || "nobody: its target wasn't reached".to_owned(),
            |access| {
                let estate = state.estate.known();
                let tenant = estate.map_or(access.tenant.as_str(), |estate| {
                    estate.tenant_name(&access.tenant)
                });
                format!("{} in {tenant}", access.identity)
            },
        ),
    ));
    lines.push(Words::field("writes", job.lock.as_str()));
    let asked = job.origin.as_ref().map(ToString::to_string);
    lines.extend(asked.map(|by| Words::field("asked by", by)));
    lines.extend(job.note.as_deref().map(|note| Words::field("note", note)));
    if let Some((_, detail)) = state.job_detail.as_ref().filter(|(of, _)| *of == id) {
        lines.extend(journal(detail, state));
    }
    Some((format!("Job {}", job.id), lines))
}

fn failure(job: &Job, theme: &Theme) -> Vec<Words> {
    let Some(failure) = &job.failure else {
        return Vec::new();
    };
    let mut lines = vec![Words::blank()];
    let message = format!("{} {}", theme.glyphs.failed, failure.message);
    lines.push(Words::new(Tone::Bad, message).hanging(2));
    if let Some(advice) = &failure.advice {
        lines.push(Words::plain(format!("{} {advice}", theme.glyphs.leads)).hanging(2));
    }
    lines.extend(
        failure
            .code
            .as_deref()
            .map(|code| Words::field("code", code)),
    );
    let correlation = failure.correlation_id.as_deref();
    lines.extend(correlation.map(|id| Words::field("correlation", id)));
    lines
}

/// How far the whole is, and each of its parts: those that failed first, the others in order.
fn progress(job: &Job, theme: &Theme) -> Vec<Words> {
    let progress = &job.progress;
    if progress.percent == 0 && progress.parts.is_empty() {
        return Vec::new();
    }
    let percent = progress.percent;
    let all = format!("{} {percent:>3} %", bar(percent, 20, theme));
    let mut lines = vec![
        Words::blank(),
        Words::new(Tone::Active, all)
            .and(Tone::Plain, format!("  {}", parts_told(&progress.parts))),
    ];
    let mut parts: Vec<&Part> = progress.parts.iter().collect();
    parts.sort_by_key(|part| part.state != PartState::Failed);
    let names = parts.iter().map(|part| width(&part.name));
    let name = usize::from(names.max().unwrap_or(0));
    // Many stand side by side.
    let cells = name + 2 + 2 + LONGEST_STATE + 2;
    let beside = if parts.len() > MANY {
        (LINE / cells).max(1)
    } else {
        1
    };
    for row in parts.chunks(beside) {
        let mut line = Words::blank();
        for (at, part) in row.iter().enumerate() {
            let (tone, glyph, word) = part_look(part.state, theme);
            let word = match (part.state, part.percent) {
                // Of a machine Azure says only that it is being made.
                (PartState::Running, percent @ 1..) => {
                    format!("{word}  {} {percent:>3} %", bar(percent, 10, theme))
                }
                _ => word.to_owned(),
            };
            let room = if at + 1 < row.len() {
                LONGEST_STATE + 2
            } else {
                0
            };
            line = line
                .and(tone, format!("{glyph} "))
                .and(Tone::Plain, format!("{:<name$}  ", part.name))
                .and(tone, format!("{word:<room$}"));
        }
        lines.push(line);
    }
    lines
}

/// Parts that are more than this stand side by side.
const MANY: usize = 16;

/// Cells of a line on a small screen.
const LINE: usize = 78;

/// Cells of the longest word for where a part is.
const LONGEST_STATE: usize = "not begun".len();

fn part_look(state: PartState, theme: &Theme) -> (Tone, &'static str, &'static str) {
    let glyphs = theme.glyphs;
    match state {
        PartState::Pending => (Tone::Dim, glyphs.absent, "not begun"),
        PartState::Running => (Tone::Active, glyphs.running, "running"),
        PartState::Done => (Tone::Good, glyphs.done, "done"),
        PartState::Failed => (Tone::Bad, glyphs.failed, "failed"),
    }
}

/// How many parts are where, `37 of 60 done, 1 failed`; nothing of a single one.
fn parts_told(parts: &[Part]) -> String {
    if parts.len() < 2 {
        return String::new();
    }
    let count = |state| parts.iter().filter(|part| part.state == state).count();
    let mut told = vec![format!(
        "{} of {} done",
        count(PartState::Done),
        parts.len()
    )];
    for (state, word) in [
        (PartState::Failed, "failed"),
        (PartState::Running, "running"),
    ] {
        told.extend((count(state) > 0).then(|| format!("{} {word}", count(state))));
    }
    told.join(", ")
}

/// Cells of the column that says where a step is.
const STATE: usize = 12;

fn journal(detail: &JobDetail, state: &State) -> Vec<Words> {
    let mut lines = vec![Words::blank(), Words::new(Tone::Strong, "steps")];
    for step in &detail.steps {
        let mut words = vec![step.name.clone()];
        words.extend((step.attempt > 1).then(|| format!("attempt {}", step.attempt)));
        let late = step.accepted && step.state == StepState::Failed;
        words.extend(late.then(|| "after Azure had accepted it".to_owned()));
        let state = Words::plain(format!("{:<STATE$}", step.state.word()));
        lines.push(state.and(Tone::Plain, words.join("  ")).hanging(12));
    }
    if detail.steps.is_empty() {
        lines.push(Words::new(Tone::Dim, "none yet"));
    }
    lines.push(Words::blank());
    lines.push(Words::new(Tone::Strong, "log"));
    for line in &detail.lines {
        let time = times::clock(line.at, &state.zone);
        lines.push(
            Words::new(Tone::Dim, format!("{time}  "))
                .and(log::tone(line.level), &line.text)
                .hanging(10),
        );
    }
    lines
}
