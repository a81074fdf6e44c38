//! Tables for people, and the shapes of JSON that programs rely on.

use jiff::{SpanRound, Timestamp, Unit};
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use crate::actions::{Confirmation, Plan, Verdict};
use crate::printable::printable;
use crate::queue::{Job, JobState, Step};

/// Columns as wide as their widest cell, two spaces apart; the last one is not padded.
pub(super) fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            row.iter()
                .map(|cell| printable(cell).into_owned())
                .collect()
        })
        .collect();
    let width = |column: usize| {
        let cells = rows
            .iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.width());
        cells.chain([heads[column].width()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let mut text = String::new();
    let heads = heads.iter().map(|head| head.to_uppercase()).collect();
    for row in std::iter::once(&heads).chain(&rows) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width - cell.width() + 2));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A value as JSON on lines of its own.
pub(super) fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

/// A job as every command prints it.
pub(super) fn job(job: &Job, steps: &[Step]) -> Value {
    let steps: Vec<Value> = steps
        .iter()
        .filter(|step| step.attempt == job.attempt)
        .map(|step| json!({"name": step.name, "state": step.state.word()}))
        .collect();
    let error = job.failure.as_ref().map(|failure| {
        json!({
            "code": failure.code,
            "message": failure.message,
            "correlationId": failure.correlation_id,
            "advice": failure.advice,
        })
    });
    json!({
        "id": job.id,
        "group": job.group,
        "title": job.title,
        "target": job.target,
        "state": job.state,
        "reason": job.reason,
        "attempt": job.attempt,
        "percent": job.progress.percent,
        "steps": steps,
        "error": error,
        "created": job.created,
        "started": job.started,
        "ended": job.ended,
    })
}

/// Jobs for people.
pub(super) fn jobs_table(jobs: &[Job]) -> String {
    let rows: Vec<Vec<String>> = jobs
        .iter()
        .map(|job| {
            let percent = match job.state {
                JobState::Running | JobState::Cancelling | JobState::Unknown => {
                    format!("{} %", job.progress.percent)
                }
                _ => String::new(),
            };
            let why = job.failure.as_ref().map(|failure| failure.message.clone());
            vec![
                job.id.to_string(),
                job.title.clone(),
                job.target.clone(),
                job.state.to_string(),
                percent,
                elapsed(job),
                why.or_else(|| job.reason.clone()).unwrap_or_default(),
            ]
        })
        .collect();
    table(
        &["job", "what", "where", "state", "", "elapsed", "why"],
        &rows,
    )
}

fn elapsed(job: &Job) -> String {
    let Some(started) = job.started else {
        return String::new();
    };
    let span = job.ended.unwrap_or_else(Timestamp::now).since(started);
    let rounded = span
        .and_then(|span| span.round(SpanRound::new().largest(Unit::Hour).smallest(Unit::Second)));
    rounded.map_or_else(|_| String::new(), |span| format!("{span:#}"))
}

/// The one state of several jobs: what all share, or what decides.
pub(super) fn state_of(jobs: &[Job]) -> JobState {
    let mut states = jobs.iter().map(|job| job.state);
    if let Some(open) = states.clone().find(|state| !state.is_final()) {
        return open;
    }
    let failed = states.clone().find(|state| *state != JobState::Done);
    failed.or_else(|| states.next()).unwrap_or(JobState::Done)
}

/// A plan for programs.
pub(super) fn plan_json(plan: &Plan) -> Value {
    let jobs: Vec<Value> = plan
        .jobs
        .iter()
        .map(|job| {
            json!({
                "title": job.title,
                "target": job.target,
                "resource": job.lock,
                "checks": job.checks,
                "changes": job.changes,
                "calls": job.calls,
                "warnings": job.warnings,
            })
        })
        .collect();
    let typed = match &plan.confirmation {
        Confirmation::Yes => Value::Null,
        Confirmation::Typed(name) => json!(name),
    };
    json!({"title": plan.title, "confirm": typed, "jobs": jobs})
}

/// A plan for people.
pub(super) fn plan_text(plan: &Plan) -> String {
    let mut lines = vec![plan.title.clone()];
    for job in &plan.jobs {
        lines.push(format!("  where     {}", job.target));
        if job.changes.is_empty() {
            lines.push("  changes   none: it is already so".to_owned());
        }
        for change in &job.changes {
            lines.push(format!("  {} {}", change.sign.symbol(), change.text));
        }
        for check in &job.checks {
            let mark = match check.verdict {
                Verdict::Pass => "ok  ",
                Verdict::Warn => "warn",
                Verdict::Fail => "FAIL",
            };
            let advice = check.advice.as_ref().map(|advice| format!(" → {advice}"));
            lines.push(format!(
                "  {mark}  {}{}",
                check.text,
                advice.unwrap_or_default()
            ));
        }
        lines.extend(
            job.warnings
                .iter()
                .map(|warning| format!("  note  {warning}")),
        );
        lines.extend(job.calls.iter().map(|call| format!("  call  {call}")));
    }
    let clean: Vec<_> = lines.iter().map(|line| printable(line)).collect();
    clean.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_aligned_by_width_and_harmless() {
        let rows = [
            vec!["acg\u{1b}[2J".to_owned(), "1".to_owned()],
            vec!["日本".to_owned(), "2".to_owned()],
        ];
        assert_eq!(
            table(&["name", "n"], &rows),
            "NAME     N\nacg␛[2J  1\n日本     2\n"
        );
    }
}
