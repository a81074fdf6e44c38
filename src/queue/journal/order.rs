//! The journal of what comes first, and of what is paused.

use rusqlite::{Transaction, params};

use super::jobs::transition;
use super::{Journal, line};
use crate::actions::Level;
use crate::database::Error;
use crate::database::columns::now;
use crate::queue::{JobId, JobState, Pause};

/// A job that goes to another state, with the reason.
#[derive(Debug)]
pub(in crate::queue) struct Move {
    pub(in crate::queue) job: JobId,
    pub(in crate::queue) to: JobState,
    pub(in crate::queue) reason: Option<String>,
    pub(in crate::queue) told: (Level, String),
}

impl Journal {
    /// Moves jobs to other states, all of them at once.
    ///
    /// # Errors
    /// As [`crate::database::Database::write`].
    pub(in crate::queue) async fn place(&self, moves: Vec<Move>) -> Result<(), Error> {
        self.database
            .write(move |t| {
                for moved in moves {
                    let told = Some(moved.told);
                    transition(t, moved.job, moved.to, moved.reason.as_deref(), told)?;
                }
                Ok(())
            })
            .await
    }

    /// Pauses something, or resumes it; returns whether it was otherwise before.
    ///
    /// # Errors
    /// As [`crate::database::Database::write`].
    pub(in crate::queue) async fn pause(&self, what: &Pause, paused: bool) -> Result<bool, Error> {
        let what = what.clone();
        self.database
            .write(move |t| {
                let word = what.to_string();
                let changed = if paused {
                    t.execute(
                        "INSERT OR IGNORE INTO pauses (what, since) VALUES (?1, ?2)",
                        params![word, now()],
                    )?
                } else {
                    t.execute("DELETE FROM pauses WHERE what = ?1", [&word])?
                };
                if changed > 0 {
                    let job = match &what {
                        Pause::Job(job) => Some(*job),
                        _ => None,
                    };
                    let verb = if paused { "paused" } else { "resumed" };
                    line(t, job, Level::Info, &format!("{verb}: {word}"))?;
                }
                if !paused {
                    resumed(t, &what)?;
                }
                Ok(changed > 0)
            })
            .await
    }

    /// Gives a job another priority.
    ///
    /// # Errors
    /// As [`crate::database::Database::write`].
    pub(in crate::queue) async fn prioritise(&self, job: JobId, to: i32) -> Result<(), Error> {
        self.database
            .write(move |t| {
                t.execute(
                    "UPDATE jobs SET priority = ?2, place = NULL WHERE id = ?1",
                    params![job.0, to],
                )?;
                line(t, Some(job), Level::Info, &format!("priority {to}"))
            })
            .await
    }

    /// Puts a job before another one, with that one's priority.
    ///
    /// # Errors
    /// As [`crate::database::Database::write`].
    pub(in crate::queue) async fn put_before(&self, job: JobId, other: JobId) -> Result<(), Error> {
        self.database
            .write(move |t| {
                let (priority, place) = place_of(t, other)?;
                let before: Option<f64> = t.query_row(
                    "SELECT max(coalesce(place, id)) FROM jobs WHERE priority = ?1 AND \
                     coalesce(place, id) < ?2 AND id <> ?3",
                    params![priority, place, job.0],
                    |row| row.get(0),
                )?;
                let between = before.map_or(place - 1.0, |before| f64::midpoint(before, place));
                t.execute(
                    "UPDATE jobs SET priority = ?2, place = ?3 WHERE id = ?1",
                    params![job.0, priority, between],
                )?;
                line(t, Some(job), Level::Info, &format!("put before {other}"))
            })
            .await
    }
}

/// Makes those jobs ready that haven't begun and that this kept. What else keeps them is found out
/// when their turn comes.
fn resumed(t: &Transaction<'_>, what: &Pause) -> rusqlite::Result<()> {
    let (of, which) = match what {
        Pause::Everything => ("?1 = ''", String::new()),
        Pause::Tenant(tenant) => ("tenant = ?1", tenant.to_string()),
        Pause::Group(group) => ("group_id = ?1", group.0.to_string()),
        Pause::Job(job) => ("id = ?1", job.0.to_string()),
    };
    let mut kept = t.prepare(&format!(
        "SELECT id FROM jobs WHERE state = 'paused' AND started IS NULL AND {of} ORDER BY id"
    ))?;
    let kept: Vec<i64> = kept
        .query_map([which], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for job in kept {
        // A job that was paused by itself has its line already.
        let by_itself = matches!(what, Pause::Job(_));
        let told = (!by_itself).then(|| (Level::Debug, format!("resumed: {what}")));
        transition(t, JobId(job), JobState::Ready, None, told)?;
    }
    Ok(())
}

fn place_of(t: &Transaction<'_>, job: JobId) -> rusqlite::Result<(i32, f64)> {
    t.query_row(
        "SELECT priority, coalesce(place, id) FROM jobs WHERE id = ?1",
        [job.0],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}
