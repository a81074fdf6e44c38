//! The journal of steps: what was intended, what Azure accepted, how it ended.

use rusqlite::{OptionalExtension, params};
use serde_json::Value;

use super::{Journal, line};
use crate::actions::{Failure, Level};
use crate::azure::Accepted;
use crate::database::Error;
use crate::database::columns::{now, optional_json, to_json, word};
use crate::queue::{JobId, StepState};

/// What is kept of a step.
#[derive(Debug, Default)]
pub(in crate::queue) struct Kept {
    /// Whether the request may have been sent.
    pub(in crate::queue) intended: bool,
    /// What Azure accepted.
    pub(in crate::queue) accepted: Option<Accepted>,
    /// How it ended.
    pub(in crate::queue) result: Option<Result<(), Failure>>,
    /// What it read.
    pub(in crate::queue) read: Option<Value>,
}

/// What a step's record gains.
#[derive(Debug)]
pub(in crate::queue) enum Mark {
    /// Only the state.
    Nothing,
    /// What Azure accepted.
    Accepted(Box<Accepted>),
    /// How it failed.
    Failed(Failure),
    /// What it read.
    Read(Value),
}

impl Journal {
    /// What is kept of a step.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub(in crate::queue) async fn step(
        &self,
        job: JobId,
        attempt: u32,
        name: &str,
    ) -> Result<Kept, Error> {
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
    pub(in crate::queue) async fn keep(
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
                    "INSERT INTO steps (job, attempt, name, state, accepted, failure, result, at, sent) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (job, attempt, name) DO \
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
                        now(),
                        state == StepState::Intended
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
}
