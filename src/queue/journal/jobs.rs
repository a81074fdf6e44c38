//! The journal of jobs: how they come to be, and every change of their state.

use rusqlite::{OptionalExtension, Transaction, params};
use uuid::Uuid;

use super::{Journal, line};
use crate::actions::{Failure, JobPlan, Level, PartState, Plan, Progress, Task};
use crate::azure::TenantId;
use crate::database::Error;
use crate::database::columns::{json, now, to_json, to_optional_json};
use crate::queue::{Group, GroupId, JobId, JobState, Origin, Terms};

impl Journal {
    /// Makes a group and its jobs: those that may be carried out are ready, those that a check
    /// forbids are held with it. Those with nothing to do are left out. They begin on these terms,
    /// and are kept with who asked, and the note that came with it.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub async fn submit(
        &self,
        plan: &Plan,
        cloud: &str,
        terms: Terms,
        origin: &Origin,
        note: Option<String>,
    ) -> Result<Group, Error> {
        let now = now();
        let plan = plan.clone();
        let origin = origin.clone();
        let cloud = cloud.to_owned();
        self.database
            .write(move |t| {
                t.execute(
                    "INSERT INTO groups (created, title, action, terms, note, plan, told) VALUES \
                     (?1, ?2, ?3, ?4, ?5, ?6, 0)",
                    params![
                        now,
                        plan.title,
                        to_json(&plan.action)?,
                        to_json(&terms)?,
                        note,
                        plan.id.to_string()
                    ],
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
                         lock, access, cloud, task_version, task, action, priority, created, \
                         origin, told) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, \
                         ?13, ?14, ?15, ?16, 0)",
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
                            terms.priority,
                            now,
                            to_json(&origin)?
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
    pub(in crate::queue) async fn transition(
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
    pub(in crate::queue) async fn end(
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
                    "UPDATE jobs SET failure = ?2 WHERE id = ?1",
                    params![job.0, to_optional_json(failure.as_ref())?],
                )?;
                if state == JobState::Done {
                    all_done(t, job)?;
                }
                for (level, text) in lines {
                    line(t, Some(job), level, &text)?;
                }
                Ok(true)
            })
            .await
            .inspect(|_| self.freed.send_modify(|()| {}))
    }

    /// Notes that somebody asked for the job's end, with what that comes to: a job that is carried
    /// out is cancelling, any other one is cancelled. Returns whether its state changed; where it
    /// didn't, nothing is noted.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub(in crate::queue) async fn cancel(
        &self,
        job: JobId,
        runs: bool,
        lines: Vec<(Level, String)>,
    ) -> Result<bool, Error> {
        self.database
            .write(move |t| {
                let next = if runs {
                    JobState::Cancelling
                } else {
                    JobState::Cancelled
                };
                if !transition(t, job, next, None, None)? {
                    return Ok(false);
                }
                t.execute(
                    "UPDATE jobs SET cancel = 1, failure = NULL WHERE id = ?1",
                    [job.0],
                )?;
                for (level, text) in lines {
                    line(t, Some(job), level, &text)?;
                }
                Ok(true)
            })
            .await
            .inspect(|_| self.freed.send_modify(|()| {}))
    }

    /// Makes an ended or held job ready again, as a new attempt, of whoever asks for it now.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub(in crate::queue) async fn retry(&self, job: JobId, origin: &Origin) -> Result<bool, Error> {
        let origin = origin.clone();
        self.database
            .write(move |t| {
                let told = Some((Level::Info, "to be tried again".to_owned()));
                if !transition(t, job, JobState::Ready, None, told)? {
                    return Ok(false);
                }
                t.execute(
                    "UPDATE jobs SET attempt = attempt + 1, cancel = 0, failure = NULL, \
                     ended = NULL, progress = '{\"percent\":0,\"parts\":[]}', origin = ?2 WHERE \
                     id = ?1",
                    params![job.0, to_json(&origin)?],
                )?;
                to_be_told(t, job)?;
                Ok(true)
            })
            .await
    }

    /// Makes a held job ready that was planned again, as a new attempt.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub(in crate::queue) async fn replan(
        &self,
        job: JobId,
        plan: &JobPlan,
        origin: &Origin,
    ) -> Result<bool, Error> {
        let (plan, origin) = (plan.clone(), origin.clone());
        self.database
            .write(move |t| {
                let told = Some((Level::Info, "planned again".to_owned()));
                if !transition(t, job, JobState::Ready, None, told)? {
                    return Ok(false);
                }
                t.execute(
                    "UPDATE jobs SET attempt = attempt + 1, cancel = 0, failure = NULL, \
                     title = ?2, target = ?3, lock = ?4, access = ?5, task = ?6, \
                     task_version = ?7, origin = ?8 WHERE id = ?1",
                    params![
                        job.0,
                        plan.title,
                        plan.target,
                        plan.lock.to_string(),
                        to_json(&plan.access)?,
                        to_json(&plan.task)?,
                        Task::VERSION,
                        to_json(&origin)?,
                    ],
                )?;
                to_be_told(t, job)?;
                Ok(true)
            })
            .await
    }

    /// Says why a held job is held still.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub(in crate::queue) async fn hold_still(
        &self,
        job: JobId,
        failure: &Failure,
    ) -> Result<(), Error> {
        let failure = failure.clone();
        self.database
            .write(move |t| {
                let held = t.execute(
                    "UPDATE jobs SET reason = ?2, failure = ?3 WHERE id = ?1 AND state = 'held'",
                    params![job.0, failure.message, to_json(&failure)?],
                )?;
                if held == 0 {
                    return Ok(());
                }
                line(t, Some(job), Level::Error, &failure.message)
            })
            .await
    }

    /// What a job's names in Azure are derived from: no other job of any journal has the same.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub(in crate::queue) async fn job_name(&self, job: JobId) -> Result<Uuid, Error> {
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
    pub(in crate::queue) async fn leave_off(&self, job: JobId) -> Result<(), Error> {
        self.database
            .write(move |t| {
                let ended = "SELECT state IN ('held', 'cancelled', 'failed', 'done') FROM jobs \
                             WHERE id = ?1";
                if t.query_row(ended, [job.0], |row| row.get(0))? {
                    return Ok(());
                }
                let reason = "carried on when Gallerist runs again";
                let told = Some((Level::Info, format!("left off: {reason}")));
                transition(t, job, JobState::Ready, Some(reason), told).map(drop)
            })
            .await
    }

    /// Makes every job that a process left in the middle ready to be carried on. One that never
    /// began stands as it stood, however many of them there are.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub(in crate::queue) async fn recover(&self) -> Result<Vec<JobId>, Error> {
        self.database
            .write(|t| {
                let mut left = t.prepare(
                    "SELECT id FROM jobs WHERE state IN ('running', 'unknown') OR \
                     (state IN ('waiting', 'paused') AND started IS NOT NULL) ORDER BY id",
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
}

/// What is done is done in all its parts, whatever was told of them last.
fn all_done(t: &Transaction<'_>, job: JobId) -> rusqlite::Result<()> {
    let told = "SELECT progress FROM jobs WHERE id = ?1";
    let mut progress: Progress = t.query_row(told, [job.0], |row| json(row, 0))?;
    progress.percent = 100;
    for part in &mut progress.parts {
        (part.percent, part.state) = (100, PartState::Done);
    }
    let done = "UPDATE jobs SET progress = ?2 WHERE id = ?1";
    t.execute(done, params![job.0, to_json(&progress)?])
        .map(drop)
}

/// The end of a job that begins anew, and that of its group, is news once more.
fn to_be_told(t: &Transaction<'_>, job: JobId) -> rusqlite::Result<()> {
    t.execute("UPDATE jobs SET told = 0 WHERE id = ?1", [job.0])?;
    let group = "UPDATE groups SET told = 0 WHERE id = (SELECT group_id FROM jobs WHERE id = ?1)";
    t.execute(group, [job.0]).map(drop)
}

pub(super) fn transition(
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
