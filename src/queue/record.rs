//! All that the journal has of a job, for whoever keeps it elsewhere.

use jiff::Timestamp;
use rusqlite::OptionalExtension;

use super::{Job, JobId, LogLine, LogQuery, Reader, Step};
use crate::database::Error;

/// A job with all that the journal has of it, at one moment. What Azure's operations are followed by
/// isn't part of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The job.
    pub job: Job,
    /// What was asked for, of which the job is a part.
    pub request: String,
    /// The steps of every attempt.
    pub steps: Vec<Step>,
    /// Its lines of the log, oldest first.
    pub log: Vec<LogLine>,
}

/// When jobs were submitted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Submitted {
    /// Not before.
    pub since: Option<Timestamp>,
    /// Not then or later.
    pub until: Option<Timestamp>,
}

impl Reader {
    /// The first job after this one, or of all, that was submitted then.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn record_after(
        &self,
        job: Option<JobId>,
        submitted: Submitted,
    ) -> Result<Option<Record>, Error> {
        let after = job.map_or(0, |job| job.0);
        let since = submitted.since.map_or(i64::MIN, Timestamp::as_millisecond);
        let until = submitted.until.map_or(i64::MAX, Timestamp::as_millisecond);
        self.database.at_one_moment(|| {
            let mut found = self.select_jobs(
                "WHERE id > ?1 AND created >= ?2 AND created < ?3 ORDER BY id LIMIT 1",
                &[&after, &since, &until],
            )?;
            let Some(job) = found.pop() else {
                return Ok(None);
            };
            let request: Option<String> = self.database.read(|c| {
                let title = "SELECT title FROM groups WHERE id = ?1";
                c.query_row(title, [job.group.0], |row| row.get(0))
                    .optional()
            })?;
            let lines = LogQuery {
                job: Some(job.id),
                ..LogQuery::default()
            };
            Ok(Some(Record {
                request: request.unwrap_or_default(),
                steps: self.steps(job.id)?,
                log: self.log(&lines, u32::MAX as usize)?,
                job,
            }))
        })
    }
}
