//! Following jobs to their end, as a headless command does.

use std::collections::HashMap;

use tokio::signal::unix::{SignalKind, signal};

use super::args::Format;
use super::output;
use super::{Exit, Problem, no_such_job, print};
use crate::actions::{Level, PartState, Progress};
use crate::engine::{Connection, Standing};
use crate::printable::printable;
use crate::queue::{GroupId, Job, JobId, JobState, LogQuery, Reader};

/// Parts of a job that are told one by one.
const NAMED_PARTS: usize = 6;

/// Which jobs to follow.
pub(super) enum Which {
    /// Those of a request.
    Group(GroupId),
    /// These; all that are open where none is named.
    Jobs(Vec<JobId>),
}

/// Follows jobs to their end.
pub(super) struct Follower {
    which: Which,
    format: Format,
    /// The last line of the log and the last percentage that people were told of each job.
    told: HashMap<JobId, (i64, Option<u8>)>,
}

impl Follower {
    pub(super) fn new(which: Which, format: Format) -> Self {
        Self {
            which,
            format,
            told: HashMap::new(),
        }
    }

    /// Follows the jobs until none of them goes on by itself, telling their log to people, and
    /// prints how they ended.
    pub(super) async fn follow(&mut self, connection: &Connection) -> Result<Exit, Problem> {
        let journal = connection.journal()?;
        let mut changes = connection.changes();
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        loop {
            let jobs = select(&journal, &self.which)?;
            if self.format == Format::Table {
                for job in &jobs {
                    tell(&journal, job, &mut self.told)?;
                }
            }
            // What is paused can be resumed by nobody else while this process carries jobs out.
            let alone = connection.standing() == Standing::Here;
            let rests = |job: &Job| match job.state {
                JobState::Paused => alone,
                state => state.is_at_rest(),
            };
            if jobs.iter().all(rests) {
                print_end(&journal, &self.which, &jobs, self.format)?;
                return Ok(exit(&jobs));
            }
            if let Standing::Stopped(why) | Standing::Down(why) = connection.standing() {
                return Ok(left(&why));
            }
            tokio::select! {
                _ = changes.changed() => {}
                _ = interrupt.recv() => return Ok(interrupted(alone)),
                _ = terminate.recv() => return Ok(interrupted(alone)),
                _ = hang_up.recv() => return Ok(interrupted(alone)),
            }
        }
    }

    /// Prints where the jobs stand, and leaves them to whoever carries them out.
    pub(super) fn leave(&self, connection: &Connection) -> Result<Exit, Problem> {
        let journal = connection.journal()?;
        let jobs = select(&journal, &self.which)?;
        print_end(&journal, &self.which, &jobs, self.format)?;
        Ok(Exit::Done)
    }
}

fn interrupted(alone: bool) -> Exit {
    eprintln!(
        "{}",
        if alone {
            "gallerist: interrupted; `gallerist queue watch` carries on from here"
        } else {
            "gallerist: interrupted; the jobs go on, and `gallerist queue watch` follows them"
        }
    );
    Exit::Interrupted
}

/// Nobody carries the jobs out any more.
fn left(why: &str) -> Exit {
    eprintln!(
        "gallerist: the agent is gone: {}; `gallerist queue watch` carries on from here",
        printable(why)
    );
    Exit::Interrupted
}

fn select(journal: &Reader, which: &Which) -> Result<Vec<Job>, Problem> {
    match which {
        Which::Group(group) => Ok(journal.group(*group)?),
        Which::Jobs(ids) => ids
            .iter()
            .map(|id| journal.job(*id)?.ok_or_else(|| no_such_job(*id)))
            .collect(),
    }
}

/// Lines on standard error: what a program reads stays on standard output.
fn tell(
    journal: &Reader,
    job: &Job,
    told: &mut HashMap<JobId, (i64, Option<u8>)>,
) -> Result<(), Problem> {
    let (last, percent) = told.entry(job.id).or_insert((0, None));
    let query = LogQuery {
        job: Some(job.id),
        level: Some(Level::Info),
        after: Some(*last),
        ..LogQuery::default()
    };
    for line in journal.log(&query, 1000)? {
        *last = line.id;
        eprintln!("{}  {}  {}", clock(line.at), job.id, printable(&line.text));
    }
    let running = !job.progress.parts.is_empty() && !job.state.is_final();
    if running && *percent != Some(job.progress.percent) {
        *percent = Some(job.progress.percent);
        let now = clock(jiff::Timestamp::now());
        eprintln!("{now}  {}  {}", job.id, parts(&job.progress));
    }
    Ok(())
}

/// Each part where they are few, and otherwise how many are done.
fn parts(progress: &Progress) -> String {
    let parts = progress.parts.iter();
    if parts.len() > NAMED_PARTS {
        let all = parts.len();
        let done = parts.filter(|part| part.state == PartState::Done).count();
        return format!("{done} of {all}");
    }
    let parts: Vec<String> = parts
        .map(|part| format!("{} {} %", part.name, part.percent))
        .collect();
    parts.join(", ")
}

fn clock(at: jiff::Timestamp) -> String {
    at.to_zoned(jiff::tz::TimeZone::system())
        .strftime("%H:%M:%S")
        .to_string()
}

fn print_end(journal: &Reader, which: &Which, jobs: &[Job], format: Format) -> Result<(), Problem> {
    match format {
        Format::Json => {
            let group = match which {
                Which::Group(group) => Some(*group),
                Which::Jobs(_) => None,
            };
            let listed = jobs
                .iter()
                .map(|job| Ok(job.document(&journal.steps(job.id)?)))
                .collect::<Result<Vec<_>, Problem>>()?;
            print(&output::pretty(&serde_json::json!({
                "group": group,
                "state": JobState::of_all(jobs),
                "jobs": listed,
            })))
        }
        Format::Table if jobs.is_empty() => print("nothing is waiting or running\n"),
        Format::Table => {
            if let (Which::Group(_), [_, _, ..]) = (which, jobs) {
                eprintln!("gallerist: {}", output::outcome(jobs));
            }
            print(&output::jobs_table(jobs))
        }
    }
}

/// How a command over these jobs ends.
fn exit(jobs: &[Job]) -> Exit {
    let done = jobs
        .iter()
        .filter(|job| job.state == JobState::Done)
        .count();
    match done {
        all if all == jobs.len() => Exit::Done,
        0 => Exit::Failed,
        _ => Exit::Partly,
    }
}
