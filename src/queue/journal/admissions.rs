//! Room that jobs share, such as the machines that a version's replicas serve at once. What is
//! taken is in the journal, so that a restart counts it before anything new is let in.

use jiff::SignedDuration;
use rusqlite::{OptionalExtension, params};

use super::{Journal, line};
use crate::actions::Level;
use crate::database::Error;
use crate::database::columns::now;
use crate::queue::JobId;

/// How long a wave counts that was sent, and that nobody watches any more because its job was ended:
/// machines are created within less.
const UNWATCHED: SignedDuration = SignedDuration::from_hours(1);

/// What is in use of a pool: admissions whose effect hasn't ended, as long as their job goes on, or
/// Azure may be at them: nobody watches, and no later attempt has looked at what came of them.
const IN_USE: &str = "SELECT coalesce(sum(admissions.admitted), 0) FROM admissions \
    JOIN jobs ON jobs.id = admissions.job \
    LEFT JOIN steps ON steps.job = admissions.job AND steps.attempt = admissions.attempt \
        AND steps.name = admissions.name \
    WHERE admissions.pool = ?1 AND coalesce(steps.state, '') NOT IN ('done', 'failed') AND ( \
        (jobs.attempt = admissions.attempt AND jobs.state NOT IN ('done', 'failed', 'cancelled')) \
        OR (steps.state IN ('intended', 'accepted') AND steps.at > ?2 AND NOT EXISTS ( \
            SELECT 1 FROM steps AS later WHERE later.job = jobs.id \
            AND later.attempt > admissions.attempt AND later.state = 'done')))";

impl Journal {
    /// What a step was let in with, if it was.
    ///
    /// # Errors
    /// As [`crate::database::Database::write`].
    pub(in crate::queue) async fn admitted(
        &self,
        job: JobId,
        attempt: u32,
        name: &str,
    ) -> Result<Option<u32>, Error> {
        let name = name.to_owned();
        self.database()
            .write(move |t| {
                t.query_row(
                    "SELECT admitted FROM admissions WHERE job = ?1 AND attempt = ?2 AND name = ?3",
                    params![job.0, attempt, name],
                    |row| row.get(0),
                )
                .optional()
            })
            .await
    }

    /// Lets a step in with as much of `wanted` as there is room for in a pool of this size, and
    /// keeps that; 0 where it is full. The second number is what others use of it.
    ///
    /// # Errors
    /// As [`crate::database::Database::write`].
    pub(in crate::queue) async fn admit(
        &self,
        job: JobId,
        attempt: u32,
        name: &str,
        pool: String,
        size: u32,
        wanted: u32,
    ) -> Result<(u32, u32), Error> {
        let name = name.to_owned();
        let unwatched = i64::try_from(UNWATCHED.as_millis()).unwrap_or(i64::MAX);
        self.database()
            .write(move |t| {
                let since = now() - unwatched;
                let used: u32 = t.query_row(IN_USE, params![pool, since], |row| row.get(0))?;
                let admitted = wanted.min(size.saturating_sub(used));
                if admitted > 0 {
                    t.execute(
                        "INSERT INTO admissions (job, attempt, name, pool, admitted) VALUES (?1, \
                         ?2, ?3, ?4, ?5)",
                        params![job.0, attempt, name, pool, admitted],
                    )?;
                    let text = format!("{name}: let in with {admitted} of {wanted}");
                    line(t, Some(job), Level::Debug, &text)?;
                }
                Ok((admitted, used))
            })
            .await
    }
}
