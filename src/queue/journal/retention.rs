//! What is forgotten: requests whose jobs have all ended long ago, with all that belongs to them,
//! and lines of no job that are as old.
//!
//! A request that one that is kept comes after is kept too. Numbers are never used again, so that
//! names in Azure, which derive from them, aren't either.

use std::time::Duration;

use rusqlite::{OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::Journal;
use crate::actions::Level;
use crate::database::Error;
use crate::database::columns::{json, now, to_json};
use crate::queue::{GroupId, JobId, Pause, Terms};

/// How much is forgotten in one write, in jobs and in lines: between two writes others have their
/// turn.
const JOBS: u32 = 100;
const LINES: u32 = 2_000;

/// Between two looks for what is old.
const INTERVAL: Duration = Duration::from_secs(24 * 60 * 60);

const DAY: i64 = 24 * 60 * 60 * 1000;

/// What a vacuum came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vacuumed {
    /// Jobs that were forgotten.
    pub jobs: u32,
    /// Bytes that the file system has again.
    pub bytes: u64,
}

impl Journal {
    /// Forgets what is old, now and once a day, until it is to stop.
    pub(in crate::queue) async fn forget_daily(self, keep_days: u32, stop: CancellationToken) {
        let daily = async {
            loop {
                if let Err(error) = self.forget(keep_days).await {
                    tracing::error!(%error, "what is old could not be forgotten");
                }
                tokio::time::sleep(INTERVAL).await;
            }
        };
        tokio::select! {
            () = daily => {}
            () = stop.cancelled() => {}
        }
    }

    /// Forgets what ended more than so many days ago; returns how many jobs that were.
    ///
    /// # Errors
    /// The journal can't be read or written.
    pub(in crate::queue) async fn forget(&self, keep_days: u32) -> Result<u32, Error> {
        let before = now().saturating_sub(i64::from(keep_days) * DAY);
        let database = self.database.clone();
        let found = tokio::task::spawn_blocking(move || old(&database, before)).await;
        // It can only have been cut off by the end of the process.
        let old = found.unwrap_or_else(|_| Ok(Old::default()))?;
        let mut forgotten = 0;
        for groups in in_portions(old.groups) {
            while !self.forget_lines_of(&groups, before).await? {}
            forgotten += self.forget_groups(groups, before).await?;
        }
        while !self.forget_lines_to(old.last_line, before).await? {}
        if forgotten > 0 {
            let jobs = if forgotten == 1 { "job" } else { "jobs" };
            let text = format!("forgot {forgotten} {jobs} that ended over {keep_days} days ago");
            self.note(Level::Info, &text).await?;
        }
        Ok(forgotten)
    }

    /// Forgets a portion of the lines of these groups; returns whether those were the last.
    async fn forget_lines_of(&self, groups: &[GroupId], before: i64) -> Result<bool, Error> {
        let groups = groups.to_vec();
        self.database
            .write(move |t| {
                let forgotten = t.execute(
                    "DELETE FROM log WHERE id IN (SELECT log.id FROM jobs JOIN log ON log.job = \
                     jobs.id WHERE jobs.group_id IN (SELECT value FROM json_each(?1)) LIMIT ?2)",
                    params![to_json(&forgettable(t, groups, before)?)?, LINES],
                )?;
                Ok(forgotten < LINES as usize)
            })
            .await
    }

    /// Forgets these groups, as far as they may still be; returns how many jobs those were.
    async fn forget_groups(&self, groups: Vec<GroupId>, before: i64) -> Result<u32, Error> {
        self.database
            .write(move |t| {
                let groups = forgettable(t, groups, before)?;
                let mut jobs = 0;
                for group in groups {
                    jobs += forget(t, group)?;
                }
                Ok(jobs)
            })
            .await
    }

    /// Forgets a portion of the old lines of no job; returns whether those were the last.
    async fn forget_lines_to(&self, last: i64, before: i64) -> Result<bool, Error> {
        self.database
            .write(move |t| {
                let forgotten = t.execute(
                    "DELETE FROM log WHERE id IN (SELECT id FROM log WHERE job IS NULL AND id <= \
                     ?1 AND at < ?2 ORDER BY id LIMIT ?3)",
                    params![last, before, LINES],
                )?;
                Ok(forgotten < LINES as usize)
            })
            .await
    }
}

/// What may be forgotten, as far as a look without holding up the writer can tell.
#[derive(Default)]
struct Old {
    /// Groups and how many jobs each has, newest first: so none is forgotten before those that come
    /// after it.
    groups: Vec<(GroupId, u32)>,
    last_line: i64,
}

fn old(database: &crate::database::Database, before: i64) -> Result<Old, Error> {
    database.reader()?.read(|c| {
        let mut groups = c.prepare(
            "SELECT group_id, count(*) FROM jobs GROUP BY group_id HAVING count(*) = count(ended) \
             AND max(ended) < ?1 ORDER BY group_id DESC",
        )?;
        let groups = groups.query_map([before], |row| Ok((GroupId(row.get(0)?), row.get(1)?)))?;
        let last_line = "SELECT coalesce(max(id), 0) FROM log WHERE job IS NULL AND at < ?1";
        Ok(Old {
            groups: groups.collect::<Result<_, _>>()?,
            last_line: c.query_row(last_line, [before], |row| row.get(0))?,
        })
    })
}

/// Groups in their order, so many together as have no more than [`JOBS`], but one at least.
fn in_portions(groups: Vec<(GroupId, u32)>) -> Vec<Vec<GroupId>> {
    let mut portions: Vec<Vec<GroupId>> = Vec::new();
    let mut room = 0;
    for (group, jobs) in groups {
        if let Some(portion) = portions.last_mut().filter(|_| jobs <= room) {
            portion.push(group);
        } else {
            portions.push(vec![group]);
            room = JOBS;
        }
        room = room.saturating_sub(jobs);
    }
    portions
}

/// Those of these groups that have ended before that time, and that no other group comes after.
fn forgettable(
    t: &Transaction<'_>,
    groups: Vec<GroupId>,
    before: i64,
) -> rusqlite::Result<Vec<GroupId>> {
    let mut terms = t.prepare_cached(
        "SELECT id, terms FROM groups WHERE json_array_length(terms, '$.after') > 0 ORDER BY id",
    )?;
    let mut terms: Vec<(GroupId, Terms)> = terms
        .query_map([], |row| Ok((GroupId(row.get(0)?), json(row, 1)?)))?
        .collect::<Result<_, _>>()?;
    let mut ended = t.prepare_cached(
        "SELECT count(*) = count(ended) AND max(ended) < ?2 FROM jobs WHERE group_id = ?1",
    )?;
    let mut of = t.prepare_cached("SELECT group_id FROM jobs WHERE id = ?1")?;
    let mut forgettable = Vec::new();
    for group in groups {
        let ended: Option<bool> = ended.query_row(params![group.0, before], |row| row.get(0))?;
        let mut needed = false;
        for other in terms.iter().flat_map(|(_, terms)| &terms.after) {
            let found: Option<i64> = of.query_row([other.job.0], |row| row.get(0)).optional()?;
            needed |= found == Some(group.0);
        }
        if ended == Some(true) && !needed {
            forgettable.push(group);
            terms.retain(|(after, _)| *after != group);
        }
    }
    Ok(forgettable)
}

/// Forgets a group whose lines are gone; returns how many jobs it had.
fn forget(t: &Transaction<'_>, group: GroupId) -> rusqlite::Result<u32> {
    let mut jobs = t.prepare_cached("SELECT id FROM jobs WHERE group_id = ?1")?;
    let jobs: Vec<JobId> = jobs
        .query_map([group.0], |row| row.get(0).map(JobId))?
        .collect::<Result<_, _>>()?;
    for job in &jobs {
        for delete in [
            "DELETE FROM log WHERE job = ?1",
            "DELETE FROM admissions WHERE job = ?1",
            "DELETE FROM steps WHERE job = ?1",
            "DELETE FROM jobs WHERE id = ?1",
        ] {
            t.prepare_cached(delete)?.execute([job.0])?;
        }
        resume(t, &Pause::Job(*job))?;
    }
    resume(t, &Pause::Group(group))?;
    t.execute("DELETE FROM groups WHERE id = ?1", [group.0])?;
    Ok(u32::try_from(jobs.len()).unwrap_or(u32::MAX))
}

fn resume(t: &Transaction<'_>, what: &Pause) -> rusqlite::Result<()> {
    let mut delete = t.prepare_cached("DELETE FROM pauses WHERE what = ?1")?;
    delete.execute([what.to_string()]).map(drop)
}

#[cfg(test)]
mod tests;
