//! What the queue is asked for.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::aftermath::{cancelling, is_midway};
use super::{
    After, Group, GroupId, JobId, JobState, Origin, Pause, Queue, Reader, Terms, Vacuumed,
};
use crate::actions::{Failure, JobPlan, Plan, Task};
use crate::database::Error;

/// Parts of a job that a refusal names.
const NAMED_PARTS: usize = 10;

/// Why the queue doesn't do what it was asked for. It may come from another process, so it holds
/// text and no sources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// There is no such job.
    #[error("there is no job {0}: `gallerist queue list` shows those there are")]
    NoSuchJob(JobId),
    /// The job has no such part.
    #[error("{job} has no part {part:?}: {}", parts_there_are(.parts))]
    NoSuchPart {
        /// The job.
        job: JobId,
        /// What was named.
        part: String,
        /// Those there are.
        parts: Vec<String>,
    },
    /// There is no such group.
    #[error("there is no group {0}: `gallerist queue list` shows those there are")]
    NoSuchGroup(GroupId),
    /// The job is in a state where that makes no sense.
    #[error("{job} is {state}: {why}")]
    NotNow {
        /// The job.
        job: JobId,
        /// Where it is.
        state: JobState,
        /// What would have to be.
        why: Cow<'static, str>,
    },
    /// What a job has changed can't be taken back, and why.
    #[error("{0}")]
    NoUndo(String),
    /// Jobs run, and would wait for it.
    #[error(
        "jobs run ({0}), and each would wait for it at its next step: do it when they have ended; \
         `gallerist queue list` shows them"
    )]
    Running(usize),
    /// The journal can't be read or written.
    #[error("{0}")]
    Journal(String),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Journal(error.to_string())
    }
}

impl Queue {
    /// Makes a group of jobs from a plan; they start as soon as they may on these terms. Who asked is
    /// kept with them, and the note that came with it.
    ///
    /// # Errors
    /// [`Refusal::NoSuchJob`] or [`Refusal::NoSuchPart`] for what they are to come after, or the
    /// journal can't be written; then there is no job.
    pub async fn submit(
        &self,
        plan: &Plan,
        terms: Terms,
        origin: &Origin,
        note: Option<String>,
    ) -> Result<Group, Refusal> {
        let reader = self.inner.journal.reader()?;
        for after in &terms.after {
            there_is(&reader, after)?;
        }
        let cloud = &self.inner.cloud;
        let journal = &self.inner.journal;
        let group = journal.submit(plan, cloud, terms, origin, note).await?;
        self.inner.wake.notify_one();
        Ok(group)
    }

    /// Asks for a job's end. One that hasn't begun ends at once. One that has sends nothing more; what
    /// Azure has accepted can't be stopped, and is watched to its end, by the next process that
    /// carries jobs out if this one doesn't. Asked again, one that nobody watches ends unwatched.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn cancel(&self, id: JobId) -> Result<(), Refusal> {
        // What is told of how far it is names how far it is now.
        self.inner.runner.reporter.flush().await;
        let reader = self.inner.journal.reader()?;
        let job = reader.job(id)?.ok_or(Refusal::NoSuchJob(id))?;
        if job.state.is_final() {
            let why = "it has already ended";
            return Err(Refusal::NotNow {
                job: id,
                state: job.state,
                why: why.into(),
            });
        }
        let steps = reader.steps(id)?;
        let running = self.inner.running.lock().await;
        let watched = running.contains_key(&id) || is_midway(&job, &steps);
        let lines = cancelling(&reader, &job, &steps, watched);
        let moved = self.inner.journal.cancel(id, watched, lines).await?;
        if !moved && !job.cancel {
            let why = "it has ended meanwhile";
            return Err(Refusal::NotNow {
                job: id,
                state: job.state,
                why: why.into(),
            });
        }
        if let Some(running) = running.get(&id) {
            running.cancel.cancel();
        }
        drop(running);
        self.inner.wake.notify_one();
        Ok(())
    }

    /// Tries an ended or held job again.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn retry(&self, id: JobId, origin: &Origin) -> Result<(), Refusal> {
        let job = self
            .inner
            .journal
            .reader()?
            .job(id)?
            .ok_or(Refusal::NoSuchJob(id))?;
        let ended = matches!(
            job.state,
            JobState::Failed | JobState::Cancelled | JobState::Held
        );
        if !ended || !self.inner.journal.retry(id, origin).await? {
            let why = "only a failed, cancelled or held job can be tried again";
            return Err(Refusal::NotNow {
                job: id,
                state: job.state,
                why: why.into(),
            });
        }
        self.inner.wake.notify_one();
        Ok(())
    }

    /// Makes a held job ready that has been planned again.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn replan(&self, id: JobId, plan: &JobPlan, origin: &Origin) -> Result<(), Refusal> {
        if !self.inner.journal.replan(id, plan, origin).await? {
            let why = "it isn't held any more";
            return Err(Refusal::NotNow {
                job: id,
                state: JobState::Ready,
                why: why.into(),
            });
        }
        self.inner.wake.notify_one();
        Ok(())
    }

    /// Says why a held job that was planned again can't begin still.
    ///
    /// # Errors
    /// The journal can't be written.
    pub async fn hold_still(&self, id: JobId, failure: &Failure) -> Result<(), Refusal> {
        Ok(self.inner.journal.hold_still(id, failure).await?)
    }

    /// Pauses something, or resumes it. Nothing paused begins; what runs sends nothing more, and
    /// what Azure has accepted is watched to its end.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn pause(&self, what: &Pause, paused: bool) -> Result<(), Refusal> {
        let reader = self.inner.journal.reader()?;
        match what {
            Pause::Job(id) if paused => open_job(&reader, *id, "it has already ended")?,
            // What was paused can be resumed whatever became of it: it may be tried again.
            Pause::Job(id) if reader.job(*id)?.is_none() => return Err(Refusal::NoSuchJob(*id)),
            Pause::Group(group) if reader.group(*group)?.is_empty() => {
                return Err(Refusal::NoSuchGroup(*group));
            }
            _ => {}
        }
        let inner = &self.inner;
        inner.journal.pause(what, paused).await?;
        inner.runner.pauses.send_replace(reader.pauses()?);
        // Where nobody carries jobs out, they stand as the next one to do so will find them.
        let running = inner.running.lock().await;
        let placing = inner.look(&reader, &running)?;
        inner.journal.place(placing.moves).await?;
        drop(running);
        inner.wake.notify_one();
        Ok(())
    }

    /// Gives a job another priority.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn prioritise(&self, id: JobId, priority: i32) -> Result<(), Refusal> {
        open_job(&self.inner.journal.reader()?, id, "it has already ended")?;
        self.inner.journal.prioritise(id, priority).await?;
        self.inner.wake.notify_one();
        Ok(())
    }

    /// Puts a job before another one in the order in which they begin.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn put_before(&self, id: JobId, other: JobId) -> Result<(), Refusal> {
        let reader = self.inner.journal.reader()?;
        open_job(&reader, id, "it has already ended")?;
        open_job(&reader, other, "nothing comes before what has ended")?;
        self.inner.journal.put_before(id, other).await?;
        self.inner.wake.notify_one();
        Ok(())
    }

    /// Forgets what is old at once, and gives the space that it took back. Nothing begins meanwhile.
    ///
    /// # Errors
    /// [`Refusal::Running`], or the journal can't be written.
    pub async fn vacuum(&self) -> Result<Vacuumed, Refusal> {
        let running = self.inner.running.lock().await;
        if !running.is_empty() {
            return Err(Refusal::Running(running.len()));
        }
        let journal = &self.inner.journal;
        let jobs = journal.forget(self.inner.keep_days).await?;
        let bytes = journal.database().compact().await?;
        Ok(Vacuumed { jobs, bytes })
    }
}

/// That there is such a job, and such a part of it.
fn there_is(reader: &Reader, after: &After) -> Result<(), Refusal> {
    let id = after.job;
    let job = reader.job(id)?.ok_or(Refusal::NoSuchJob(id))?;
    let Some(part) = after.part.clone() else {
        return Ok(());
    };
    let mut parts = job.task.as_ref().map(Task::parts).unwrap_or_default();
    // Of some only Azure says which they are.
    if parts.is_empty() {
        parts = job
            .progress
            .parts
            .into_iter()
            .map(|part| part.name)
            .collect();
    }
    if parts.iter().any(|name| after.names(name)) {
        return Ok(());
    }
    Err(Refusal::NoSuchPart {
        job: id,
        part,
        parts,
    })
}

fn parts_there_are(parts: &[String]) -> String {
    match parts {
        [] => "name the job alone".to_owned(),
        parts if parts.len() > NAMED_PARTS => {
            let more = parts.len() - NAMED_PARTS;
            format!(
                "there is {} and {more} more",
                parts[..NAMED_PARTS].join(", ")
            )
        }
        parts => format!("there is {}", parts.join(", ")),
    }
}

/// That there is such a job, and that it goes on.
fn open_job(reader: &Reader, id: JobId, why: &'static str) -> Result<(), Refusal> {
    let job = reader.job(id)?.ok_or(Refusal::NoSuchJob(id))?;
    if job.state.is_final() {
        return Err(Refusal::NotNow {
            job: id,
            state: job.state,
            why: why.into(),
        });
    }
    Ok(())
}
