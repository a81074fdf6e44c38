use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{Mutex, MutexGuard, Notify};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::reporter::{OnSeen, Reporter};
use super::runner::{Runner, left_behind};
use super::{Group, Job, JobId, JobState, Journal, Reader, Step, StepState};
use crate::actions::{Failure, JobPlan, Level, Plan, Task};
use crate::azure::{Access, Azure};
use crate::database::Error;

/// Jobs that run at the same time.
const AT_ONCE: usize = 256;

/// Why the queue doesn't do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// There is no such job.
    #[error("there is no job {0}: `gallerist queue list` shows those there are")]
    NoSuchJob(JobId),
    /// The job is in a state where that makes no sense.
    #[error("{job} is {state}: {why}")]
    NotNow {
        /// The job.
        job: JobId,
        /// Where it is.
        state: JobState,
        /// What would have to be.
        why: &'static str,
    },
    /// The journal can't be read or written.
    #[error(transparent)]
    Journal(#[from] Error),
}

/// The jobs of one state folder, and the process that carries them out.
#[derive(Clone)]
pub struct Queue {
    inner: Arc<Inner>,
}

struct Inner {
    journal: Journal,
    runner: Runner,
    cloud: String,
    read_only: bool,
    running: Mutex<HashMap<JobId, Running>>,
    wake: Notify,
    stop: CancellationToken,
}

struct Running {
    cancel: CancellationToken,
    /// The resource that the job writes, as a key.
    lock: String,
    work: JoinHandle<()>,
}

impl Queue {
    /// The queue over its journal. `on_seen` is given every resource that a job reads.
    #[must_use]
    pub fn new(journal: Journal, azure: Azure, read_only: bool, on_seen: OnSeen) -> Self {
        let reporter = Reporter::start(journal.clone(), on_seen);
        let cloud = azure.cloud().resource_manager.to_string();
        let inner = Arc::new(Inner {
            journal: journal.clone(),
            runner: Runner {
                azure,
                journal,
                reporter,
            },
            cloud,
            read_only,
            running: Mutex::default(),
            wake: Notify::new(),
            stop: CancellationToken::new(),
        });
        Self { inner }
    }

    /// Starts to carry out jobs, those first that were left in the middle.
    ///
    /// # Errors
    /// The journal can't be written.
    pub async fn carry_on(&self) -> Result<(), Error> {
        self.inner.journal.recover().await?;
        let reader = self.inner.journal.reader()?;
        tokio::spawn(self.inner.clone().schedule(reader));
        self.inner.wake.notify_one();
        Ok(())
    }

    /// The journal.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.inner.journal
    }

    /// Makes a group of jobs from a plan; they start as soon as they may.
    ///
    /// # Errors
    /// The journal can't be written; then there is no job.
    pub async fn submit(&self, plan: &Plan) -> Result<Group, Refusal> {
        let group = self.inner.journal.submit(plan, &self.inner.cloud).await?;
        self.inner.wake.notify_one();
        Ok(group)
    }

    /// Asks for a job's end. One that hasn't begun ends at once. One that runs sends nothing more;
    /// what Azure has accepted can't be stopped, and is watched to its end.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn cancel(&self, id: JobId) -> Result<(), Refusal> {
        let reader = self.inner.journal.reader()?;
        let job = reader.job(id)?.ok_or(Refusal::NoSuchJob(id))?;
        if job.state.is_final() {
            let why = "it has already ended";
            return Err(Refusal::NotNow {
                job: id,
                state: job.state,
                why,
            });
        }
        let mut steps = reader.steps(id)?;
        steps.retain(|step| step.attempt == job.attempt);
        let running = self.inner.running.lock().await;
        let journal = &self.inner.journal;
        journal.ask_to_cancel(id).await?;
        let runs = running.contains_key(&id);
        let told = (Level::Info, cancelling(runs, &steps).to_owned());
        let moved = if runs {
            let told = Some(told);
            journal
                .transition(id, JobState::Cancelling, None, told)
                .await?
        } else {
            let mut lines = vec![told];
            lines.extend(
                job.task
                    .as_ref()
                    .and_then(|task| left_behind(&reader, id, task)),
            );
            journal.end(id, JobState::Cancelled, None, lines).await?
        };
        if !moved && !job.cancel {
            let why = "it has ended meanwhile";
            return Err(Refusal::NotNow {
                job: id,
                state: job.state,
                why,
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
    pub async fn retry(&self, id: JobId) -> Result<(), Refusal> {
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
        if !ended || !self.inner.journal.retry(id).await? {
            let why = "only a failed, cancelled or held job can be tried again";
            return Err(Refusal::NotNow {
                job: id,
                state: job.state,
                why,
            });
        }
        self.inner.wake.notify_one();
        Ok(())
    }

    /// Makes a held job ready that has been planned again.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn replan(&self, id: JobId, plan: &JobPlan) -> Result<(), Refusal> {
        if !self.inner.journal.replan(id, plan).await? {
            let why = "it isn't held any more";
            return Err(Refusal::NotNow {
                job: id,
                state: JobState::Ready,
                why,
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

    /// Stops carrying out jobs. What Azure does goes on; the journal says where to carry on.
    pub async fn stop(&self) {
        self.inner.stop.cancel();
        let running: Vec<(JobId, Running)> = self.inner.running.lock().await.drain().collect();
        for (_, job) in &running {
            job.work.abort();
        }
        for (id, job) in running {
            // Aborted, so the outcome says nothing; only its being over matters.
            let _ = job.work.await;
            if let Err(error) = self.inner.journal.leave_off(id).await {
                tracing::error!(job = %id, %error, "where the job stands could not be written");
            }
        }
        self.inner.runner.reporter.flush().await;
    }
}

/// What cancelling comes to for a job that stands after these steps of its attempt.
fn cancelling(runs: bool, steps: &[Step]) -> &'static str {
    let some = |state| steps.iter().any(|step| step.state == state);
    match (runs, some(StepState::Accepted)) {
        (true, true) => {
            "asked to cancel: Azure can't stop an update that it has accepted; it is watched to its \
             end, and nothing more is sent"
        }
        (true, false) => "asked to cancel: nothing more is sent",
        (false, true) => {
            "cancelled: nothing more is sent; Azure carries on with what it has accepted"
        }
        (false, false) if steps.is_empty() => "cancelled before anything was sent",
        (false, false) if some(StepState::Intended) => {
            "cancelled: nothing more is sent; Azure may carry on with the last request, of which \
             it isn't known whether it was accepted"
        }
        (false, false) => "cancelled: nothing more is sent",
    }
}

impl Inner {
    async fn schedule(self: Arc<Self>, reader: Reader) {
        loop {
            tokio::select! {
                () = self.wake.notified() => {}
                () = self.stop.cancelled() => return,
            }
            // Read under the lock, which a job takes when it has ended: none is seen as one that was
            // left in the middle.
            let running = self.running.lock().await;
            let placed = match reader.open_jobs() {
                Ok(jobs) => self.place(running, jobs).await,
                Err(error) => Err(error),
            };
            if let Err(error) = placed {
                tracing::error!(%error, "the queue could not be read or written");
            }
        }
    }

    /// Starts every job that may start, oldest first, and says of the others what they wait for.
    async fn place(
        self: &Arc<Self>,
        mut running: MutexGuard<'_, HashMap<JobId, Running>>,
        jobs: Vec<Job>,
    ) -> Result<(), Error> {
        let mut locks: HashMap<String, JobId> = running
            .iter()
            .map(|(id, job)| (job.lock.clone(), *id))
            .collect();
        for job in jobs {
            if self.stop.is_cancelled() {
                return Ok(());
            }
            if running.contains_key(&job.id) || job.state == JobState::Held {
                continue;
            }
            let (access, task) = match self.available(&job) {
                Ok((access, task)) => (access.clone(), task.clone()),
                Err(reason) => {
                    let told = Some((Level::Warn, format!("held: {reason}")));
                    self.journal
                        .transition(job.id, JobState::Held, Some(reason), told)
                        .await?;
                    continue;
                }
            };
            let lock = job.lock.key();
            let waits = match locks.get(&lock) {
                Some(other) => Some(format!("{other}, which writes the same resource")),
                None if running.len() >= AT_ONCE => Some(format!("one of {AT_ONCE} running jobs")),
                None => None,
            };
            // An older job that waits comes before a younger one for the same resource.
            locks.entry(lock.clone()).or_insert(job.id);
            if let Some(what) = waits {
                if job.state != JobState::Waiting || job.reason.as_ref() != Some(&what) {
                    let told = Some((Level::Info, format!("waits for {what}")));
                    self.journal
                        .transition(job.id, JobState::Waiting, Some(what), told)
                        .await?;
                }
                continue;
            }
            let cancel = CancellationToken::new();
            if job.cancel {
                cancel.cancel();
            } else {
                let told = Some((Level::Debug, format!("attempt {} runs", job.attempt)));
                self.journal
                    .transition(job.id, JobState::Running, None, told)
                    .await?;
            }
            let (id, token, inner) = (job.id, cancel.clone(), self.clone());
            let work = tokio::spawn(async move {
                inner.runner.run(&job, &access, &task, token).await;
                inner.running.lock().await.remove(&id);
                inner.wake.notify_one();
            });
            running.insert(id, Running { cancel, lock, work });
        }
        Ok(())
    }

    /// The job's task and whom it signs in as, or why it can't be carried out here.
    fn available<'a>(&self, job: &'a Job) -> Result<(&'a Access, &'a Task), String> {
        if self.read_only {
            return Err("the configuration says read_only".to_owned());
        }
        if job.cloud != self.cloud {
            return Err(format!(
                "it belongs to {}, and this is {}",
                job.cloud, self.cloud
            ));
        }
        let planned_otherwise = "it was planned by another version of Gallerist: plan it again";
        let (Some(access), Some(task)) = (&job.access, &job.task) else {
            return Err(planned_otherwise.to_owned());
        };
        if !self.runner.azure.knows(&access.identity) {
            return Err(format!(
                "the configuration has no identity {:?}",
                access.identity
            ));
        }
        if job.task_version != Task::VERSION {
            return Err(planned_otherwise.to_owned());
        }
        Ok((access, task))
    }
}
