use std::borrow::Borrow;
use std::fmt::Write as _;
use std::sync::Arc;

use jiff::{SpanRound, Timestamp, Unit};

use super::table;
use crate::queue::{Group, Job, JobState};

const HEADS: [&str; 7] = ["job", "what", "where", "state", "", "elapsed", "why"];

/// Jobs for people.
pub(in crate::cli) fn jobs_table(jobs: &[Job]) -> String {
    let rows: Vec<Vec<String>> = jobs.iter().map(row).collect();
    table(&HEADS, &rows)
}

/// Jobs for people, newest first, those of one request together below its title.
pub(in crate::cli) fn groups_table(jobs: &[Arc<Job>], groups: &[Group]) -> String {
    let mut rows = Vec::new();
    for together in jobs.chunk_by(|one, next| one.group == next.group) {
        let group = groups.iter().find(|group| group.id == together[0].group);
        let Some(group) = group.filter(|_| together.len() > 1) else {
            rows.extend(together.iter().map(|job| row(job)));
            continue;
        };
        rows.push(vec![
            format!("group {}", group.id),
            group.title.clone(),
            format!("{} jobs", together.len()),
            JobState::of_all(together).to_string(),
            String::new(),
            String::new(),
            outcome(together),
        ]);
        let oldest_first = together.iter().rev();
        rows.extend(oldest_first.map(|job| {
            let mut row = row(job);
            row[0].insert_str(0, "  ");
            row
        }));
    }
    table(&HEADS, &rows)
}

/// How many jobs of a group are where, and what to do about those that failed.
pub(in crate::cli) fn outcome(jobs: &[impl Borrow<Job>]) -> String {
    let states: Vec<JobState> = jobs.iter().map(|job| job.borrow().state).collect();
    let count = |state: JobState| states.iter().filter(|one| **one == state).count();
    let counts = JobState::ALL
        .into_iter()
        .rev()
        .map(|state| (count(state), state))
        .filter(|(count, _)| *count > 0)
        .map(|(count, state)| format!("{count} {state}"));
    let mut text = counts.collect::<Vec<_>>().join(", ");
    let mended = count(JobState::Failed) + count(JobState::Held) > 0;
    if let Some(job) = jobs.first().filter(|_| mended) {
        let _ = write!(
            text,
            "; `gallerist queue retry --failed-of {}` tries those again that failed or are held",
            job.borrow().group
        );
    }
    text
}

fn row(job: &Job) -> Vec<String> {
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
}

fn elapsed(job: &Job) -> String {
    let Some(started) = job.started else {
        return String::new();
    };
    // The clock may have been put back meanwhile.
    let until = job.ended.unwrap_or_else(Timestamp::now).max(started);
    let span = until.since(started);
    let rounded = span
        .and_then(|span| span.round(SpanRound::new().largest(Unit::Hour).smallest(Unit::Second)));
    rounded.map_or_else(|_| String::new(), |span| format!("{span:#}"))
}
