//! What is written about jobs. Every transition and every step is one transaction together with
//! its line in the log, so what a face shows is what a restart would find.

mod admissions;
mod jobs;
mod opening;
mod order;
mod retention;
mod steps;

use std::time::Duration;

use rusqlite::{Transaction, params};
use tokio::sync::watch;

pub(super) use order::Move;
pub use retention::Vacuumed;
pub(super) use steps::{Kept, Mark};

use super::{JobId, Reader};
use crate::actions::{Level, Progress};
use crate::database::columns::{now, to_json};
use crate::database::{Database, Durability, Error, Schema};

/// The journal's file.
pub const SCHEMA: Schema = Schema {
    name: "the journal",
    migrations: &[
        include_str!("1.sql"),
        include_str!("2.sql"),
        include_str!("3.sql"),
        include_str!("4.sql"),
    ],
    durability: Durability::PowerLoss,
    // All that jobs are carried on by; the log is as large as everything else ten times over, and a
    // line that can't be read keeps no job.
    examined: &["journal", "groups", "jobs", "steps", "admissions", "pauses"],
};

/// Between two tries whether the journal can be written again.
const LOOK: Duration = Duration::from_secs(2);

/// The one writer of the journal.
#[derive(Debug, Clone)]
pub struct Journal {
    database: Database,
    freed: watch::Sender<()>,
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

    /// Returns when the journal can be written, after it couldn't: it is tried every two seconds.
    pub(super) async fn writable(&self) {
        loop {
            tokio::time::sleep(LOOK).await;
            // A row that stays as it is takes room in the file's log all the same.
            let tried = self
                .database
                .write(|t| t.execute("UPDATE journal SET id = id", []));
            if tried.await.is_ok() {
                return;
            }
        }
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

fn line(t: &Transaction<'_>, job: Option<JobId>, level: Level, text: &str) -> rusqlite::Result<()> {
    t.execute(
        "INSERT INTO log (at, job, level, text) VALUES (?1, ?2, ?3, ?4)",
        params![now(), job.map(|job| job.0), level as u8, text],
    )
    .map(drop)
}
