//! Ends that nobody was told of yet.
//!
//! A job's end is there to be told of when nothing goes on by itself: it has ended, or is held until
//! somebody mends what is named. A group's is there when that is so of all its jobs. Being told is
//! kept with the attempts that it was about, so that what began anew meanwhile is told of again.

use rusqlite::{Row, params};

use super::{GroupId, JobId, Journal, Reader};
use crate::database::Error;

/// What has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum End {
    /// A job.
    Job(JobId),
    /// All jobs of a group.
    Group(GroupId),
}

/// An end that nobody was told of yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Untold {
    /// What has ended.
    pub end: End,
    /// Its group.
    pub group: GroupId,
    /// Whether it is of a group that has a single job.
    pub single: bool,
    /// The attempts of its jobs so far.
    attempts: u32,
}

/// Jobs at rest that nobody was told of. The index has these, and no others: where there is nothing
/// to tell nothing is looked at, however long the queue is.
const JOBS: &str = "jobs INDEXED BY jobs_to_tell WHERE told = 0 AND state IN ('done', 'failed', \
                    'cancelled', 'held')";

impl Reader {
    /// Ends that nobody was told of yet, jobs first: of the groups, those that an untold job belongs
    /// to. `all` groups are looked at where a process begins, since one before it may have ended
    /// between a job and its group.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn untold(&self, all: bool) -> Result<Vec<Untold>, Error> {
        self.database.read(|c| {
            let mut jobs = c.prepare_cached(&format!(
                "SELECT id, group_id, NOT EXISTS (SELECT 1 FROM jobs AS other WHERE \
                 other.group_id = jobs.group_id AND other.id <> jobs.id), attempt FROM {JOBS} \
                 ORDER BY id"
            ))?;
            let jobs = jobs.query_map([], |row| untold(row, |id| End::Job(JobId(id))))?;
            let mut untold_ends: Vec<Untold> = jobs.collect::<Result<_, _>>()?;
            // Nothing can be told of a group without jobs.
            let mut groups = c.prepare_cached(&format!(
                "SELECT groups.id, groups.id, count(*) = 1, sum(attempt) FROM groups INDEXED BY \
                 groups_to_tell JOIN jobs ON group_id = groups.id WHERE groups.told = 0 AND (?1 OR \
                 groups.id IN (SELECT group_id FROM {JOBS})) AND NOT EXISTS (SELECT 1 FROM jobs AS \
                 open WHERE open.group_id = groups.id AND open.state NOT IN ('done', 'failed', \
                 'cancelled', 'held')) GROUP BY groups.id ORDER BY groups.id"
            ))?;
            let groups =
                groups.query_map([all], |row| untold(row, |id| End::Group(GroupId(id))))?;
            for group in groups {
                untold_ends.push(group?);
            }
            Ok(untold_ends)
        })
    }
}

fn untold(row: &Row<'_>, end: impl FnOnce(i64) -> End) -> rusqlite::Result<Untold> {
    Ok(Untold {
        end: end(row.get(0)?),
        group: GroupId(row.get(1)?),
        single: row.get(2)?,
        attempts: row.get(3)?,
    })
}

impl Journal {
    /// Keeps that these ends were told, or that nobody wants to know them. What has begun anew since
    /// is left to be told.
    ///
    /// # Errors
    /// As [`crate::database::Database::write`].
    pub async fn told(&self, ends: Vec<Untold>) -> Result<(), Error> {
        self.database()
            .write(move |t| {
                for Untold { end, attempts, .. } in ends {
                    match end {
                        End::Job(job) => t.execute(
                            "UPDATE jobs SET told = 1 WHERE id = ?1 AND attempt = ?2",
                            params![job.0, attempts],
                        )?,
                        End::Group(group) => t.execute(
                            "UPDATE groups SET told = 1 WHERE id = ?1 AND ?2 = (SELECT \
                             sum(attempt) FROM jobs WHERE group_id = groups.id)",
                            params![group.0, attempts],
                        )?,
                    };
                }
                Ok(())
            })
            .await
    }
}

#[cfg(test)]
mod tests;
