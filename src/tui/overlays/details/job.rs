use jiff::Timestamp;

use super::Text;
use crate::actions::PartState;
use crate::queue::{Job, JobId, StepState};
use crate::tui::data::JobDetail;
use crate::tui::panes::{log, queue};
use crate::tui::state::State;
use crate::tui::theme::{Theme, Tone};
use crate::tui::times;
use crate::tui::widgets::bar::bar;
use crate::tui::widgets::words::Words;

pub(in crate::tui::overlays) fn job(state: &State, id: JobId, theme: &Theme) -> Text {
    let job = state.job_of(id)?;
    let (tone, glyph) = queue::look(job.state, theme);
    let mut lines = vec![
        Words::field("what", &job.title),
        Words::field("where", &job.target),
        Words::field("state", "").and(tone, format!("{glyph} {}", job.state)),
    ];
    lines.extend(
        job.reason
            .as_deref()
            .map(|reason| Words::field("because", reason)),
    );
    if job.cancel {
        lines.push(Words::field("", "its end was asked for"));
    }
    let moment = |at: Timestamp| times::moment(at, &state.zone);
    lines.push(Words::field("submitted", moment(job.created)));
    lines.extend(job.started.map(|at| Words::field("began", moment(at))));
    lines.extend(job.ended.map(|at| Words::field("ended", moment(at))));
    lines.push(Words::field("time", queue::elapsed(state, job)));
    lines.push(Words::field("attempt", job.attempt.to_string()));
    lines.push(Words::field(
        "signs in as",
        job.access.as_ref().map_or_else(
            || "nobody: its target wasn't reached".to_owned(),
            |access| format!("{} in {}", access.identity, access.tenant),
        ),
    ));
    lines.push(Words::field("writes", job.lock.as_str()));
    lines.extend(failure(job, theme));
    lines.extend(progress(job, theme));
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

fn progress(job: &Job, theme: &Theme) -> Vec<Words> {
    let mut lines = vec![Words::blank(), Words::new(Tone::Strong, "progress")];
    lines.push(Words::plain(format!("{:<24}", "all")).and(
        Tone::Active,
        format!(
            "{} {:>3} %",
            bar(job.progress.percent, 20, theme),
            job.progress.percent
        ),
    ));
    for part in &job.progress.parts {
        let (tone, word) = match part.state {
            PartState::Pending => (Tone::Dim, "not begun"),
            PartState::Running => (Tone::Active, "running"),
            PartState::Done => (Tone::Good, "done"),
            PartState::Failed => (Tone::Bad, "failed"),
        };
        let bar = bar(part.percent, 20, theme);
        lines.push(
            Words::plain(format!("{:<24}", part.name))
                .and(tone, format!("{bar} {:>3} %  {word}", part.percent)),
        );
    }
    lines
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
