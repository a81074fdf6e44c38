//! What is written about jobs. Every transition and every step is one transaction together with
//! its line in the log, so what a face shows is what a restart would find.

use rusqlite::{OptionalExtension, Transaction, params};
use serde_json::Value;
use tokio::sync::watch;
use uuid::Uuid;

use super::{Group, GroupId, JobId, JobState, Reader, StepState};
use crate::actions::{Failure, JobPlan, Level, Plan, Progress, Task};
use crate::azure::{Accepted, TenantId};
use crate::database::columns::{now, optional_json, to_json, to_optional_json, word};
use crate::database::{Database, Durability, Error, Schema};

/// The journal's file.
pub const SCHEMA: Schema = Schema {
    name: "the journal",
    migrations: &[include_str!("journal_1.sql"), include_str!("journal_2.sql")],
    durability: Durability::PowerLoss,
};

/// The one writer of the journal.
#[derive(Debug, Clone)]
pub struct Journal {
    database: Database,
    freed: watch::Sender<()>,
}

/// What is kept of a step.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Whether the request may have been sent.
    pub(super) intended: bool,
    /// What Azure accepted.
    pub(super) accepted: Option<Accepted>,
    /// How it ended.
    pub(super) result: Option<Result<(), Failure>>,
    /// What it read.
    pub(super) read: Option<Value>,
}

impl Journal {
    /// Wraps a journal that is open.
    #[must_use]
    pub fn new(database: Database) -> Self {
        Self {
            database,
            freed: watch::Sender::new(()),
        }
    }

    /// Changes when a step or a job has ended, and with it the room that it took.
    pub(super) fn freed(&self) -> watch::Receiver<()> {
        self.freed.subscribe()
    }

    /// The database itself, for its changes and readers.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// A reader of this journal.
    ///
    /// # Errors
    /// As [`Database::reader`].
    pub fn reader(&self) -> Result<Reader, Error> {
        self.database.reader().map(Reader::new)
    }

    /// Makes a group and its jobs: those that may be carried out are ready, those that a check
    /// forbids are held with it. Those with nothing to do are left out.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub async fn submit(&self, plan: &Plan, cloud: &str) -> Result<Group, Error> {
        let now = now();
        let plan = plan.clone();
        let cloud = cloud.to_owned();
        self.database
            .write(move |t| {
                t.execute(
                    "INSERT INTO groups (created, title, action) VALUES (?1, ?2, ?3)",
                    params![now, plan.title, to_json(&plan.action)?],
                )?;
                let group = GroupId(t.last_insert_rowid());
                let mut jobs = Vec::new();
                for job in &plan.jobs {
                    let obstacle = job.obstacle();
                    if obstacle.is_none() && !job.is_ready() {
                        continue;
                    }
                    let state = match obstacle {
                        Some(_) => JobState::Held,
                        None => JobState::Ready,
                    };
                    t.execute(
                        "INSERT INTO jobs (group_id, title, target, tenant, state, reason, failure, \
                         lock, access, cloud, task_version, task, action, created) VALUES (?1, ?2, \
                         ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
                        params![
                            group.0,
                            job.title,
                            job.target,
                            job.tenant.as_ref().map(TenantId::as_str),
                            state.word(),
                            obstacle.as_ref().map(|obstacle| &obstacle.message),
                            to_optional_json(obstacle.as_ref())?,
                            job.lock.to_string(),
                            to_json(&job.access)?,
                            cloud,
                            Task::VERSION,
                            to_json(&job.task)?,
                            to_json(&job.action)?,
                            now
                        ],
                    )?;
                    let id = JobId(t.last_insert_rowid());
                    jobs.push(id);
                    let text = format!("submitted: {}  {}", job.title, job.target);
                    line(t, Some(id), Level::Info, &text)?;
                    if let Some(obstacle) = obstacle {
                        line(t, Some(id), Level::Error, &obstacle.message)?;
                        if let Some(advice) = &obstacle.advice {
                            line(t, Some(id), Level::Error, &format!("→ {advice}"))?;
                        }
                    }
                }
                Ok(Group {
                    id: group,
                    title: plan.title,
                    jobs,
                })
            })
            .await
    }

    /// Moves a job to another state, with the reason and a line for the log, if it may go there
    /// from where it is; returns whether it did.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub(super) async fn transition(
        &self,
        job: JobId,
        next: JobState,
        reason: Option<String>,
        told: Option<(Level, String)>,
    ) -> Result<bool, Error> {
        self.database
            .write(move |t| transition(t, job, next, reason.as_deref(), told))
            .await
    }

    /// Ends a job, or holds it: its state, how it failed, and what is to be said about it.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub(super) async fn end(
        &self,
        job: JobId,
        state: JobState,
        failure: Option<Failure>,
        lines: Vec<(Level, String)>,
    ) -> Result<bool, Error> {
        self.database
            .write(move |t| {
                let held = (state == JobState::Held)
                    .then_some(failure.as_ref())
                    .flatten();
                let reason = held.map(|failure| failure.message.as_str());
                if !transition(t, job, state, reason, None)? {
                    return Ok(false);
                }
                t.execute(
                    "UPDATE jobs SET failure = ?2, progress = CASE WHEN ?3 THEN \
                     json_set(progress, '$.percent', 100) ELSE progress END WHERE id = ?1",
                    params![
                        job.0,
                        to_optional_json(failure.as_ref())?,
                        state == JobState::Done
                    ],
                )?;
                for (level, text) in lines {
                    line(t, Some(job), level, &text)?;
                }
                Ok(true)
            })
            .await
            .inspect(|_| self.freed.send_modify(|()| {}))
    }

    /// Notes that somebody asked for the job's end.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub(super) async fn ask_to_cancel(&self, job: JobId) -> Result<(), Error> {
        self.database
            .write(move |t| {
                t.execute("UPDATE jobs SET cancel = 1 WHERE id = ?1", [job.0])
                    .map(drop)
            })
            .await
    }

    /// Makes an ended or held job ready again, as a new attempt.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub(super) async fn retry(&self, job: JobId) -> Result<bool, Error> {
        self.database
            .write(move |t| {
                let told = Some((Level::Info, "to be tried again".to_owned()));
                if !transition(t, job, JobState::Ready, None, told)? {
                    return Ok(false);
                }
                t.execute(
                    "UPDATE jobs SET attempt = attempt + 1, cancel = 0, failure = NULL, \
                     ended = NULL, progress = '{\"percent\":0,\"parts\":[]}' WHERE id = ?1",
                    [job.0],
                )?;
                Ok(true)
            })
            .await
    }

    /// Makes a held job ready that was planned again, as a new attempt.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub(super) async fn replan(&self, job: JobId, plan: &JobPlan) -> Result<bool, Error> {
        let plan = plan.clone();
        self.database
            .write(move |t| {
                let told = Some((Level::Info, "planned again".to_owned()));
                if !transition(t, job, JobState::Ready, None, told)? {
                    return Ok(false);
                }
                t.execute(
                    "UPDATE jobs SET attempt = attempt + 1, cancel = 0, failure = NULL, \
                     title = ?2, target = ?3, lock = ?4, access = ?5, task = ?6, \
                     task_version = ?7 WHERE id = ?1",
                    params![
                        job.0,
                        plan.title,
                        plan.target,
                        plan.lock.to_string(),
                        to_json(&plan.access)?,
                        to_json(&plan.task)?,
                        Task::VERSION,
                    ],
                )?;
                Ok(true)
            })
            .await
    }

    /// Says why a held job is held still.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub(super) async fn hold_still(&self, job: JobId, failure: &Failure) -> Result<(), Error> {
        let failure = failure.clone();
        self.database
            .write(move |t| {
                t.execute(
                    "UPDATE jobs SET reason = ?2, failure = ?3 WHERE id = ?1 AND state = 'held'",
                    params![job.0, failure.message, to_json(&failure)?],
                )?;
                line(t, Some(job), Level::Error, &failure.message)
            })
            .await
    }

    /// What a job's names in Azure are derived from: no other job of any journal has the same.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub(super) async fn job_name(&self, job: JobId) -> Result<Uuid, Error> {
        let id: String = self
            .database
            .write(|t| t.query_row("SELECT id FROM journal", [], |row| row.get(0)))
            .await?;
        let journal = Uuid::parse_str(&id).unwrap_or_default();
        Ok(Uuid::new_v5(&journal, &job.0.to_be_bytes()))
    }

    /// Makes a job ready to be carried on that its process leaves in the middle, unless it has
    /// just ended.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub(super) async fn leave_off(&self, job: JobId) -> Result<(), Error> {
        self.database
            .write(move |t| {
                let ended = "SELECT state IN ('held', 'cancelled', 'failed', 'done') FROM jobs \
                             WHERE id = ?1";
                if t.query_row(ended, [job.0], |row| row.get(0))? {
                    return Ok(());
                }
                let reason = Some("carried on when Gallerist runs again");
                transition(t, job, JobState::Ready, reason, None).map(drop)
            })
            .await
    }

    /// Makes every job that a process left in the middle ready to be carried on.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub(super) async fn recover(&self) -> Result<Vec<JobId>, Error> {
        self.database
            .write(|t| {
                let mut left = t.prepare(
                    "SELECT id FROM jobs WHERE state IN ('running', 'unknown', 'waiting') \
                     ORDER BY id",
                )?;
                let left: Vec<i64> = left
                    .query_map([], |row| row.get(0))?
                    .collect::<Result<_, _>>()?;
                for id in &left {
                    let text = "carried on from where the journal stands".to_owned();
                    let told = Some((Level::Info, text));
                    transition(t, JobId(*id), JobState::Ready, None, told)?;
                }
                Ok(left.into_iter().map(JobId).collect())
            })
            .await
    }

    /// What is kept of a step.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub(super) async fn step(&self, job: JobId, attempt: u32, name: &str) -> Result<Kept, Error> {
        let name = name.to_owned();
        self.database
            .write(move |t| {
                let row = t
                    .query_row(
                        "SELECT state, accepted, failure, result FROM steps WHERE job = ?1 AND \
                         attempt = ?2 AND name = ?3",
                        params![job.0, attempt, name],
                        |row| {
                            let result = match word(row, 0)? {
                                StepState::Done => Some(Ok(())),
                                StepState::Failed => optional_json(row, 2)?.map(Err),
                                StepState::Intended | StepState::Accepted => None,
                            };
                            let accepted = optional_json(row, 1)?;
                            Ok(Kept {
                                intended: true,
                                accepted,
                                result,
                                read: optional_json(row, 3)?,
                            })
                        },
                    )
                    .optional()?;
                Ok(row.unwrap_or_default())
            })
            .await
    }

    /// Writes down where a step is, before or after what it names has happened, with a line for
    /// the log.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub(super) async fn keep(
        &self,
        job: JobId,
        attempt: u32,
        name: &str,
        state: StepState,
        what: Mark,
        told: Option<(Level, String)>,
    ) -> Result<(), Error> {
        let name = name.to_owned();
        self.database
            .write(move |t| {
                let (mut accepted, mut failure, mut read) = (None, None, None);
                match &what {
                    Mark::Nothing => {}
                    Mark::Accepted(what) => accepted = Some(to_json(what)?),
                    Mark::Failed(what) => failure = Some(to_json(what)?),
                    Mark::Read(what) => read = Some(to_json(what)?),
                }
                t.execute(
                    "INSERT INTO steps (job, attempt, name, state, accepted, failure, result, at) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (job, attempt, name) DO \
                     UPDATE SET state = excluded.state, accepted = coalesce(excluded.accepted, \
                     accepted), failure = excluded.failure, result = excluded.result, \
                     at = excluded.at",
                    params![
                        job.0,
                        attempt,
                        name,
                        state.word(),
                        accepted,
                        failure,
                        read,
                        now()
                    ],
                )?;
                match told {
                    Some((level, text)) => line(t, Some(job), level, &text),
                    None => Ok(()),
                }
            })
            .await
            .inspect(|()| {
                if matches!(state, StepState::Done | StepState::Failed) {
                    self.freed.send_modify(|()| {});
                }
            })
    }

    /// Writes what steps told: lines, how far they are, and what the job waits for.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub(super) async fn report(
        &self,
        lines: Vec<(JobId, Level, String)>,
        progress: Vec<(JobId, Progress)>,
    ) -> Result<(), Error> {
        self.database
            .write(move |t| {
                for (job, level, text) in &lines {
                    line(t, Some(*job), *level, text)?;
                }
                for (job, progress) in &progress {
                    t.execute(
                        "UPDATE jobs SET progress = ?2 WHERE id = ?1",
                        params![job.0, to_json(progress)?],
                    )?;
                }
                Ok(())
            })
            .await
    }

    /// Adds a line that belongs to no job.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub async fn note(&self, level: Level, text: &str) -> Result<(), Error> {
        let text = text.to_owned();
        self.database
            .write(move |t| line(t, None, level, &text))
            .await
    }
}

/// What a step's record gains.
#[derive(Debug)]
pub(super) enum Mark {
    /// Only the state.
    Nothing,
    /// What Azure accepted.
    Accepted(Box<Accepted>),
    /// How it failed.
    Failed(Failure),
    /// What it read.
    Read(Value),
}

fn transition(
    t: &Transaction<'_>,
    job: JobId,
    next: JobState,
    reason: Option<&str>,
    told: Option<(Level, String)>,
) -> rusqlite::Result<bool> {
    let state: Option<String> = t
        .query_row("SELECT state FROM jobs WHERE id = ?1", [job.0], |row| {
            row.get(0)
        })
        .optional()?;
    let Some(state) = state.and_then(|word| word.parse::<JobState>().ok()) else {
        return Ok(false);
    };
    if !state.may_become(next) {
        return Ok(false);
    }
    t.execute(
        "UPDATE jobs SET state = ?2, reason = ?3, \
         started = CASE WHEN ?2 = 'running' THEN coalesce(started, ?4) ELSE started END, \
         ended = CASE WHEN ?5 THEN ?4 ELSE NULL END WHERE id = ?1",
        params![job.0, next.word(), reason, now(), next.is_final()],
    )?;
    if let Some((level, text)) = told {
        line(t, Some(job), level, &text)?;
    }
    Ok(true)
}

fn line(t: &Transaction<'_>, job: Option<JobId>, level: Level, text: &str) -> rusqlite::Result<()> {
    t.execute(
        "INSERT INTO log (at, job, level, text) VALUES (?1, ?2, ?3, ?4)",
        params![now(), job.map(|job| job.0), level as u8, text],
    )
    .map(drop)
}
