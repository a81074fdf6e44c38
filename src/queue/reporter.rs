//! The one place where what steps tell becomes part of the journal.
//!
//! Lines and changes of state are written at once, in the order in which they were told, and all of
//! them. Progress is coalesced to one write a second for each job; where the journal is behind,
//! some of it is left out, as is what was seen of resources.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::time::Instant;

use super::{After, JobId, JobState, Journal};
use crate::actions::{Level, PartState, Progress, Teller, Told};
use crate::azure::ResourceId;
use crate::database::Error;

/// Between two writes of one job's progress.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(1);

/// So much that can be left out may wait to be written.
const BACKLOG: usize = 1024;

/// What is done with a resource that a job has just read.
pub type OnSeen = Arc<dyn Fn(ResourceId, serde_json::Value) + Send + Sync>;

enum Message {
    /// With its place in the backlog, if it needs one.
    Told(JobId, Told, Option<OwnedSemaphorePermit>),
    Flush(oneshot::Sender<()>),
}

/// The parts of jobs that others come after, and whom to wake when one of them has ended.
#[derive(Clone, Default)]
pub(super) struct Awaited {
    pub(super) parts: watch::Sender<HashSet<After>>,
    pub(super) wake: Arc<Notify>,
}

impl Awaited {
    /// Whether one of them has ended, as this says.
    fn ends_with(&self, job: JobId, progress: &Progress) -> bool {
        let awaited = self.parts.borrow();
        let mut of_job = awaited.iter().filter(|after| after.job == job);
        of_job.any(|after| {
            let part = after.part_of(&progress.parts).map(|part| part.state);
            matches!(part, Some(PartState::Done | PartState::Failed))
        })
    }
}

/// The way in. What must not be lost is not limited in number: a job tells little of that between
/// two steps, and begins none while the journal can't be written.
#[derive(Clone)]
pub(super) struct Reporter {
    messages: mpsc::UnboundedSender<Message>,
    backlog: Arc<Semaphore>,
}

impl Reporter {
    pub(super) fn start(journal: Journal, on_seen: OnSeen, awaited: Awaited) -> Self {
        let (messages, waiting) = mpsc::unbounded_channel();
        tokio::spawn(report(
            Report {
                journal,
                on_seen,
                awaited,
            },
            waiting,
        ));
        Self {
            messages,
            backlog: Arc::new(Semaphore::new(BACKLOG)),
        }
    }

    /// A teller for one job.
    pub(super) fn teller(&self, job: JobId) -> JobTeller {
        JobTeller {
            job,
            to: self.clone(),
            unknown: watch::Sender::new(false),
        }
    }

    /// Returns when all that was told before is in the journal.
    pub(super) async fn flush(&self) {
        let (written, wait) = oneshot::channel();
        if self.messages.send(Message::Flush(written)).is_ok() {
            // An error means that the reporter is gone, and with it what was to be written.
            let _ = wait.await;
        }
    }
}

/// Tells for one job.
pub(super) struct JobTeller {
    job: JobId,
    to: Reporter,
    /// Whether what Azure does can't be read at the moment.
    unknown: watch::Sender<bool>,
}

impl JobTeller {
    /// Returns when what Azure does hasn't been readable for that long.
    pub(super) async fn unknown_for(&self, long: Duration) {
        let mut unknown = self.unknown.subscribe();
        // The sender is this teller's own, so that neither wait ends for its lack.
        while unknown.wait_for(|unknown| *unknown).await.is_ok() {
            let known = unknown.wait_for(|unknown| !*unknown);
            if tokio::time::timeout(long, known).await.is_err() {
                return;
            }
        }
    }
}

impl Teller for JobTeller {
    fn tell(&self, told: Told) {
        match &told {
            Told::Unknown(_) => drop(self.unknown.send_replace(true)),
            Told::Known => drop(self.unknown.send_replace(false)),
            _ => {}
        }
        let place = match &told {
            Told::Progress(_) | Told::Seen(..) => match self.to.backlog.clone().try_acquire_owned()
            {
                Ok(place) => Some(place),
                Err(_) => return,
            },
            _ => None,
        };
        if self
            .to
            .messages
            .send(Message::Told(self.job, told, place))
            .is_err()
        {
            tracing::error!(job = %self.job, "what a job told is lost: nobody writes any more");
        }
    }
}

/// Where it goes.
struct Report {
    journal: Journal,
    on_seen: OnSeen,
    awaited: Awaited,
}

#[derive(Default)]
struct Pending {
    lines: Vec<(JobId, Level, String)>,
    progress: HashMap<JobId, Progress>,
    written: HashMap<JobId, Instant>,
}

async fn report(to: Report, mut waiting: mpsc::UnboundedReceiver<Message>) {
    let mut pending = Pending::default();
    loop {
        let message = if pending.progress.is_empty() {
            waiting.recv().await
        } else {
            tokio::select! {
                message = waiting.recv() => message,
                () = tokio::time::sleep_until(pending.due()) => {
                    log_failure(pending.write(&to, false).await);
                    continue;
                }
            }
        };
        let Some(message) = message else { break };
        let mut flushed = Vec::new();
        let mut next = Some(message);
        while let Some(message) = next {
            match message {
                Message::Flush(written) => flushed.push(written),
                Message::Told(job, told, place) => {
                    drop(place);
                    log_failure(pending.take(job, told, &to).await);
                }
            }
            next = waiting.try_recv().ok();
        }
        log_failure(pending.write(&to, !flushed.is_empty()).await);
        for written in flushed {
            let _ = written.send(());
        }
    }
    log_failure(pending.write(&to, true).await);
}

impl Pending {
    fn due(&self) -> Instant {
        let due = |job: &JobId| self.written.get(job).map(|at| *at + PROGRESS_INTERVAL);
        self.progress
            .keys()
            .filter_map(due)
            .min()
            .unwrap_or_else(Instant::now)
    }

    async fn take(&mut self, job: JobId, told: Told, to: &Report) -> Result<(), Error> {
        let (next, reason, line) = match told {
            Told::Line(level, text) => {
                self.lines.push((job, level, text));
                return Ok(());
            }
            Told::Progress(progress) => {
                self.progress.insert(job, progress);
                return Ok(());
            }
            Told::Seen(id, document) => {
                (to.on_seen)(id, document);
                return Ok(());
            }
            Told::Unknown(cause) => (JobState::Unknown, Some(cause.clone()), (Level::Warn, cause)),
            Told::Known => (
                JobState::Running,
                None,
                (Level::Info, "the status can be read again".to_owned()),
            ),
            Told::Waits(what) => {
                let line = (Level::Info, format!("waits for {what}"));
                (JobState::Waiting, Some(what), line)
            }
            Told::Paused(why) => {
                let text = why
                    .as_ref()
                    .map_or("paused".to_owned(), |why| format!("paused: {why}"));
                (JobState::Paused, why, (Level::Info, text))
            }
            Told::GoesOn => (
                JobState::Running,
                None,
                (Level::Debug, "goes on".to_owned()),
            ),
        };
        self.write(to, false).await?;
        let told = Some(line.clone());
        if !to.journal.transition(job, next, reason, told).await? {
            // Cancelling keeps its state, and repeated causes are still worth their line.
            self.lines.push((job, line.0, line.1));
        }
        Ok(())
    }

    /// Writes the lines, and the progress that is due or, when `all`, all of it.
    async fn write(&mut self, to: &Report, all: bool) -> Result<(), Error> {
        let now = Instant::now();
        let written = &mut self.written;
        let mut due = Vec::new();
        self.progress.retain(|job, progress| {
            let late = written
                .get(job)
                .is_none_or(|at| now >= *at + PROGRESS_INTERVAL);
            if all || late {
                written.insert(*job, now);
                due.push((*job, std::mem::take(progress)));
            }
            !(all || late)
        });
        if self.lines.is_empty() && due.is_empty() {
            return Ok(());
        }
        let awaited = due.iter().any(|(job, how)| to.awaited.ends_with(*job, how));
        let lines = std::mem::take(&mut self.lines);
        to.journal.report(lines, due).await?;
        if awaited {
            to.awaited.wake.notify_one();
        }
        Ok(())
    }
}

fn log_failure(outcome: Result<(), Error>) {
    if let Err(error) = outcome {
        tracing::error!(%error, "what a job told could not be written");
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{journal, submit};
    use super::*;
    use crate::queue::LogQuery;

    #[tokio::test]
    async fn of_more_than_can_be_written_at_once_no_line_and_no_state_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let journal = journal(&folder);
        let job = submit(&journal, 1).await[0];
        let seen = Arc::new(std::sync::Mutex::new(0));
        let counts = seen.clone();
        let on_seen: OnSeen = Arc::new(move |_, _| *counts.lock().unwrap() += 1);
        let reporter = Reporter::start(journal.clone(), on_seen, Awaited::default());
        let teller = reporter.teller(job);
        let version = super::super::fixtures::resource();
        // On one thread nothing is written as long as this doesn't wait.
        for number in 0..3 * BACKLOG {
            teller.tell(Told::Line(Level::Info, format!("line {number}")));
            teller.tell(Told::Seen(version.clone(), serde_json::Value::Null));
        }
        teller.tell(Told::Waits("a turn".to_owned()));
        reporter.flush().await;

        let reader = journal.reader().unwrap();
        let query = LogQuery {
            containing: Some("line ".to_owned()),
            ..LogQuery::default()
        };
        let lines = reader.log(&query, 4 * BACKLOG).unwrap();
        let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        let all: Vec<String> = (0..3 * BACKLOG)
            .map(|number| format!("line {number}"))
            .collect();
        assert_eq!(texts, all);
        let state = reader.job(job).unwrap().unwrap().state;
        assert_eq!((state, *seen.lock().unwrap()), (JobState::Waiting, BACKLOG));
    }
}
