use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Mutex, MutexGuard, Notify, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::aftermath::cancelling;
use super::audit::Audit;
use super::journal::Move;
use super::order::{Standing, Turn};
use super::reporter::{Awaited, OnSeen, Reporter};
use super::runner::Runner;
use super::{After, Job, JobId, JobState, Journal, Reader};
use crate::actions::{Level, Task};
use crate::azure::{Access, Azure};
use crate::config::{Config, Limits};
use crate::database::Error;

/// Between two looks at the clock for what waits for a time of day: the clock may be moved.
const CLOCK_LOOK: Duration = Duration::from_secs(60);

/// The jobs of one state folder, and the process that carries them out.
#[derive(Clone)]
pub struct Queue {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) journal: Journal,
    pub(super) runner: Runner,
    pub(super) cloud: String,
    read_only: bool,
    limits: Limits,
    pub(super) keep_days: u32,
    pub(super) running: Mutex<HashMap<JobId, Running>>,
    pub(super) wake: Arc<Notify>,
    awaited: Awaited,
    stop: CancellationToken,
    /// Whether nothing more is to begin.
    drains: AtomicBool,
}

pub(super) struct Running {
    pub(super) cancel: CancellationToken,
    pub(super) work: JoinHandle<()>,
}

/// What a look at the queue comes to.
#[derive(Default)]
pub(super) struct Placing {
    pub(super) begins: Vec<Job>,
    pub(super) moves: Vec<Move>,
    /// When the clock alone has another job begin.
    next: Option<Timestamp>,
    /// The parts of jobs that somebody waits for.
    awaited: HashSet<After>,
}

impl Queue {
    /// The queue over its journal, as the configuration limits it. Every write goes into `audit`
    /// first, and `on_seen` is given every resource that a job reads.
    #[must_use]
    pub fn new(
        journal: Journal,
        audit: Audit,
        azure: Azure,
        config: &Config,
        on_seen: OnSeen,
    ) -> Self {
        let awaited = Awaited::default();
        let reporter = Reporter::start(journal.clone(), on_seen, awaited.clone());
        let cloud = azure.cloud().resource_manager.to_string();
        let inner = Arc::new(Inner {
            journal: journal.clone(),
            runner: Runner {
                azure,
                journal,
                audit,
                reporter,
                pauses: watch::Sender::default(),
            },
            cloud,
            read_only: config.safety.read_only,
            limits: config.limits,
            keep_days: config.journal.keep_days,
            running: Mutex::default(),
            wake: awaited.wake.clone(),
            awaited,
            stop: CancellationToken::new(),
            drains: AtomicBool::new(false),
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
        self.inner.runner.pauses.send_replace(reader.pauses()?);
        tokio::spawn(self.inner.clone().schedule(reader));
        self.inner.wake.notify_one();
        let (keep_days, stop) = (self.inner.keep_days, self.inner.stop.clone());
        tokio::spawn(self.inner.journal.clone().forget_daily(keep_days, stop));
        Ok(())
    }

    /// The journal.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.inner.journal
    }

    /// How many jobs are being carried out.
    pub async fn running(&self) -> usize {
        self.inner.running.lock().await.len()
    }

    /// Whether nothing more begins, because the process is to end.
    #[must_use]
    pub fn drains(&self) -> bool {
        self.inner.drains.load(Ordering::Relaxed)
    }

    /// Begins nothing more, and returns when no job is in the middle of something: what waits for
    /// room, for another job or to be resumed is left there.
    pub async fn drain(&self) {
        self.inner.drains.store(true, Ordering::Relaxed);
        let mut changes = self.inner.journal.database().changes();
        while self.works().await {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    async fn works(&self) -> bool {
        let running: Vec<JobId> = self.inner.running.lock().await.keys().copied().collect();
        let Ok(reader) = self.inner.journal.reader() else {
            return false;
        };
        let active = |id: &JobId| {
            let job = reader.job(*id).ok().flatten();
            job.is_some_and(|job| job.state.is_active())
        };
        running.iter().any(active)
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
        self.inner.runner.audit.flush().await;
    }
}

impl Inner {
    async fn schedule(self: Arc<Self>, reader: Reader) {
        let mut next: Option<Timestamp> = None;
        loop {
            tokio::select! {
                () = self.wake.notified() => {}
                () = clock_strikes(next) => {}
                () = self.stop.cancelled() => return,
            }
            // Read under the lock, which a job takes when it has ended: none is seen as one that was
            // left in the middle.
            let running = self.running.lock().await;
            let placed = match self.look(&reader, &running) {
                Ok(placing) => {
                    next = placing.next;
                    self.listen_for(&placing.awaited);
                    self.place(running, placing).await
                }
                Err(error) => Err(error),
            };
            if let Err(error) = placed {
                tracing::error!(%error, "the queue could not be read or written");
                // Nothing else would have it looked at again: jobs that begin are what is missing.
                tokio::select! {
                    () = self.journal.writable() => self.wake.notify_one(),
                    () = self.stop.cancelled() => return,
                }
            }
        }
    }

    /// Reads whose turn it is.
    pub(super) fn look(
        &self,
        reader: &Reader,
        running: &HashMap<JobId, Running>,
    ) -> Result<Placing, Error> {
        let standing = reader.standing()?;
        let now = Timestamp::now();
        let running = running.keys().copied().collect();
        let mut placing = Placing {
            next: standing.next(now),
            awaited: standing.awaited(),
            ..Placing::default()
        };
        for (job, turn) in standing.turns(&running, &self.limits, now) {
            match turn {
                Turn::Begins => placing.begins.extend(reader.job(job.id)?),
                turn => placing.moves.extend(Standing::moved(job, turn)),
            }
        }
        Ok(placing)
    }

    /// Has the end of these parts wake the scheduler. What came to its end while nobody listened is
    /// found by another look.
    fn listen_for(&self, awaited: &HashSet<After>) {
        let changed = self.awaited.parts.send_if_modified(|known| {
            let changed = known != awaited;
            if changed {
                known.clone_from(awaited);
            }
            changed
        });
        if changed && !awaited.is_empty() {
            self.wake.notify_one();
        }
    }

    /// Starts every job whose turn it is, and says of the others what they wait for.
    async fn place(
        self: &Arc<Self>,
        mut running: MutexGuard<'_, HashMap<JobId, Running>>,
        placing: Placing,
    ) -> Result<(), Error> {
        for job in placing.begins {
            if self.stop.is_cancelled() || self.drains.load(Ordering::Relaxed) {
                return Ok(());
            }
            self.begin(&mut running, job).await?;
        }
        if placing.moves.is_empty() {
            return Ok(());
        }
        self.journal.place(placing.moves).await
    }

    async fn begin(
        self: &Arc<Self>,
        running: &mut HashMap<JobId, Running>,
        job: Job,
    ) -> Result<(), Error> {
        let (access, task) = match self.available(&job) {
            Ok((access, task)) => (access.clone(), task.clone()),
            Err(reason) if job.cancel => return self.leave_unwatched(&job, &reason).await,
            Err(reason) => {
                let told = Some((Level::Warn, format!("held: {reason}")));
                let held = self
                    .journal
                    .transition(job.id, JobState::Held, Some(reason), told);
                if held.await? {
                    // What it would have taken is free for others.
                    self.wake.notify_one();
                }
                return Ok(());
            }
        };
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
        running.insert(id, Running { cancel, work });
        Ok(())
    }

    /// Ends a job that was to end, and that can't be watched here, for this reason.
    async fn leave_unwatched(&self, job: &Job, reason: &str) -> Result<(), Error> {
        let reader = self.journal.reader()?;
        let steps = reader.steps(job.id)?;
        let mut lines = vec![(Level::Warn, format!("nobody watches it: {reason}"))];
        lines.extend(cancelling(&reader, job, &steps, false));
        if self.journal.cancel(job.id, false, lines).await? {
            self.wake.notify_one();
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

/// Returns at that time, or when the clock is to be looked at again; without one never.
async fn clock_strikes(next: Option<Timestamp>) {
    let Some(next) = next else {
        return std::future::pending().await;
    };
    let wait = Duration::try_from(next.duration_since(Timestamp::now())).unwrap_or_default();
    tokio::time::sleep(wait.min(CLOCK_LOOK)).await;
}
