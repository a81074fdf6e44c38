//! The journal as an engine finds it, also where what it finds is damaged.

use std::path::Path;

use rusqlite::params;

use super::{Journal, SCHEMA, line};
use crate::actions::Level;
use crate::database::{Database, Error, newest_aside};

impl Journal {
    /// Opens the journal for writing. Where it is damaged it is set aside and a new one begins, whose
    /// first line says so.
    ///
    /// # Errors
    /// As [`Database::open_or_begin_anew`].
    pub async fn open(path: &Path) -> Result<Self, Error> {
        let (database, aside) = Database::open_or_begin_anew(path, SCHEMA)?;
        let cause = aside.as_ref().map(|aside| format!(" ({})", aside.cause));
        // A process may have ended before it could say so.
        let aside = aside.map(|aside| aside.path).or_else(|| newest_aside(path));
        let journal = Self::new(database);
        let Some(aside) = aside else {
            return Ok(journal);
        };
        let text = format!(
            "the journal was damaged{} and lies now at {}: a new one begins. Jobs that were open in \
             it aren't carried on, and what they had begun in Azure goes on: look there before you \
             ask for the same again",
            cause.unwrap_or_default(),
            aside.display()
        );
        journal.begin_with(text).await?;
        Ok(journal)
    }

    /// Writes the first line that the log ever had, unless it had one.
    async fn begin_with(&self, text: String) -> Result<(), Error> {
        self.database
            .write(move |t| {
                let begun = "SELECT 1 FROM sqlite_sequence WHERE name = ?1";
                let begun = t.prepare(begun)?.exists(params!["log"])?;
                if begun {
                    return Ok(());
                }
                line(t, None, Level::Error, &text)
            })
            .await
    }
}
