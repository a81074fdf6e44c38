//! A SQLite file with one writer and any number of readers.
//!
//! Writes are closures run one after the other on a thread of their own, each in one transaction,
//! so that no async task ever waits on a disk inside its executor. Every commit raises the
//! revision that [`Database::changes`] carries: a hint to read again, never the data itself.

pub mod columns;
mod damage;
mod error;
#[cfg(debug_assertions)]
mod fault;
mod kind;
mod memo;
mod reader;

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::{mpsc, oneshot, watch};

pub use damage::{SetAside, newest_aside};
pub use error::Error;
pub use kind::Kind;
pub use memo::Memo;
pub use reader::Reader;

/// How much a commit is worth: what survives when the machine itself goes down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// On disk before the write is answered.
    PowerLoss,
    /// Survives the end of the process; the last moments may be lost with the machine.
    ProcessEnd,
}

/// What a database file is: its tables step by step, and how durable its writes are.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    /// What the file is called in messages, such as "the journal".
    pub name: &'static str,
    /// One script a version; a file's version is the number of scripts it has run.
    pub migrations: &'static [&'static str],
    /// What a commit survives.
    pub durability: Durability,
    /// The tables that are looked through for damage whenever the file is opened for writing: those
    /// that have to be sound, and aren't large.
    pub examined: &'static [&'static str],
}

impl Schema {
    fn version(&self) -> u32 {
        u32::try_from(self.migrations.len()).unwrap_or(u32::MAX)
    }
}

type Work = Box<dyn FnOnce(&mut Connection) -> bool + Send>;

/// The one writer of a database file.
#[derive(Debug, Clone)]
pub struct Database {
    schema: Schema,
    path: PathBuf,
    work: mpsc::Sender<Work>,
    revision: watch::Receiver<u64>,
}

/// Writes that may wait for the disk before a writer has to wait for them.
const BACKLOG: usize = 256;

impl Database {
    /// Opens the file for writing, creating it with mode 0600 and bringing it to the newest
    /// version.
    ///
    /// # Errors
    /// [`Error::Newer`], [`Error::Damaged`], [`Error::Unreadable`] or [`Error::Unwritable`]; the file
    /// is left as it was.
    pub fn open(path: &Path, schema: Schema) -> Result<Self, Error> {
        let mut connection = writable(path, schema)?;
        let (work, mut waiting) = mpsc::channel::<Work>(BACKLOG);
        let (revised, revision) = watch::channel(0);
        std::thread::Builder::new()
            .name(format!("{} writer", schema.name))
            .spawn(move || {
                #[cfg(debug_assertions)]
                fault::plan(schema.name);
                while let Some(work) = waiting.blocking_recv() {
                    if work(&mut connection) {
                        revised.send_modify(|revision| *revision += 1);
                    }
                }
            })
            .map_err(|cause| unwritable(schema, path, &cause))?;
        Ok(Self {
            schema,
            path: path.to_owned(),
            work,
            revision,
        })
    }

    /// Runs `write` in one transaction: all of it happens, or nothing.
    ///
    /// # Errors
    /// What `write` returned, with the transaction rolled back, or [`Error::Closed`].
    pub async fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        self.written(move |connection| in_transaction(connection, write))
            .await
    }

    /// Gives the space that deleted rows took back to the file system; returns how many bytes that
    /// were. SQLite builds the new file in a temporary one that has no name and mode 0600.
    ///
    /// # Errors
    /// [`Error::Busy`] where others read all the while, and as [`Database::write`].
    pub async fn compact(&self) -> Result<u64, Error> {
        let path = self.path.clone();
        let compacted = self.written(move |connection| {
            let before = size(&path);
            connection.execute_batch("VACUUM")?;
            let truncate = "PRAGMA wal_checkpoint(TRUNCATE)";
            let busy: bool = connection.query_row(truncate, [], |row| row.get(0))?;
            Ok((!busy).then(|| before.saturating_sub(size(&path))))
        });
        compacted.await?.ok_or(Error::Busy {
            name: self.schema.name,
        })
    }

    /// Does something on the writer's thread.
    async fn written<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        let work: Work = Box::new(move |connection| {
            let outcome = work(connection);
            let committed = outcome.is_ok();
            // Nobody waiting for the answer is no reason to undo the write.
            let _ = answer.send(outcome);
            committed
        });
        let closed = || Error::Closed {
            name: self.schema.name,
        };
        self.work.send(work).await.map_err(|_| closed())?;
        answered
            .await
            .map_err(|_| closed())?
            .map_err(|cause| self.statement(cause))
    }

    /// A reader of the same file.
    ///
    /// # Errors
    /// As [`Reader::open`].
    pub fn reader(&self) -> Result<Reader, Error> {
        Reader::open(&self.path, self.schema)
    }

    /// The number of commits of this process so far: when it changes, there is something to read.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.revision.clone()
    }

    fn statement(&self, cause: rusqlite::Error) -> Error {
        use rusqlite::ErrorCode::{CannotOpen, DiskFull, ReadOnly, SystemIoFailure};
        if damage::is_damage(&cause) {
            damage::suspect(&self.path);
            return damaged(self.schema, &self.path, &cause);
        }
        match cause.sqlite_error_code() {
            Some(CannotOpen | DiskFull | ReadOnly | SystemIoFailure) => {
                unwritable(self.schema, &self.path, &cause)
            }
            _ => Error::Statement {
                name: self.schema.name,
                cause,
            },
        }
    }
}

fn in_transaction<T>(
    connection: &mut Connection,
    write: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let value = write(&transaction)?;
    #[cfg(debug_assertions)]
    fault::before_commit()?;
    transaction.commit()?;
    #[cfg(debug_assertions)]
    fault::after_commit();
    Ok(value)
}

/// What a database takes on the disk, with what isn't in its file yet.
fn size(path: &Path) -> u64 {
    let files = [path.to_owned(), beside(path, "-wal")];
    let sizes = files.map(|file| file.metadata().map_or(0, |found| found.len()));
    sizes.into_iter().sum()
}

/// The file that SQLite keeps beside a database.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

const PATIENCE: Duration = Duration::from_secs(5);

fn writable(path: &Path, schema: Schema) -> Result<Connection, Error> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .map_err(|cause| unwritable(schema, path, &cause))?;
    let opened = Connection::open(path).and_then(|connection| {
        connection.busy_timeout(PATIENCE)?;
        // What isn't used in the end is left byte for byte.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        Ok((version(&connection)?, connection))
    });
    let (found, mut connection) = understood(path, schema, opened)?;
    match damage::examine(&connection, schema, path) {
        Ok(None) => {}
        Ok(Some(fault)) => return Err(damaged(schema, path, &fault)),
        Err(cause) => return Err(unreadable(schema, path, cause)),
    }
    let prepare = |connection: &mut Connection| -> rusqlite::Result<()> {
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        let synchronous = match schema.durability {
            Durability::PowerLoss => "FULL",
            Durability::ProcessEnd => "NORMAL",
        };
        connection.pragma_update(None, "synchronous", synchronous)?;
        for (number, script) in (1..)
            .zip(schema.migrations)
            .filter(|(number, _)| *number > found)
        {
            in_transaction(connection, |transaction| {
                transaction.execute_batch(script)?;
                transaction.pragma_update(None, "user_version", number)
            })?;
        }
        Ok(())
    };
    prepare(&mut connection).map_err(|cause| match cause {
        cause if damage::is_damage(&cause) => damaged(schema, path, &cause),
        cause => unwritable(schema, path, &cause),
    })?;
    Ok(connection)
}

/// The file's version and connection, if it is a database of a version that this program knows.
fn understood(
    path: &Path,
    schema: Schema,
    opened: rusqlite::Result<(u32, Connection)>,
) -> Result<(u32, Connection), Error> {
    let known = schema.version();
    match opened {
        Ok((found, _)) if found > known => Err(Error::Newer {
            name: schema.name,
            path: path.to_owned(),
            found,
            known,
        }),
        Ok(opened) => Ok(opened),
        Err(cause) if damage::is_damage(&cause) => Err(damaged(schema, path, &cause)),
        Err(cause) => Err(unreadable(schema, path, cause)),
    }
}

fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

fn damaged(schema: Schema, path: &Path, cause: &dyn std::fmt::Display) -> Error {
    Error::Damaged {
        name: schema.name,
        path: path.to_owned(),
        cause: cause.to_string(),
    }
}

fn unreadable(schema: Schema, path: &Path, cause: rusqlite::Error) -> Error {
    Error::Unreadable {
        name: schema.name,
        path: path.to_owned(),
        cause,
    }
}

fn unwritable(schema: Schema, path: &Path, cause: &dyn std::fmt::Display) -> Error {
    Error::Unwritable {
        name: schema.name,
        path: path.to_owned(),
        cause: cause.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: Schema = Schema {
        name: "the test file",
        migrations: &["CREATE TABLE t (n INTEGER)"],
        durability: Durability::ProcessEnd,
        examined: &["t"],
    };

    fn count(reader: &Reader) -> i64 {
        reader
            .read(|c| c.query_row("SELECT count(*) FROM t", [], |row| row.get(0)))
            .unwrap()
    }

    #[tokio::test]
    async fn a_failed_write_leaves_nothing_and_raises_no_revision() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("t.sqlite"), SCHEMA).unwrap();
        let failed = database
            .write(|t| {
                t.execute("INSERT INTO t VALUES (1)", [])?;
                t.execute("INSERT INTO nowhere VALUES (1)", [])
            })
            .await;
        assert!(matches!(failed, Err(Error::Statement { .. })));
        assert_eq!(count(&database.reader().unwrap()), 0);
        assert_eq!(*database.changes().borrow(), 0);
        database
            .write(|t| t.execute("INSERT INTO t VALUES (1)", []))
            .await
            .unwrap();
        assert_eq!(count(&database.reader().unwrap()), 1);
        let mut changes = database.changes();
        changes.wait_for(|revision| *revision == 1).await.unwrap();
    }

    #[test]
    fn a_file_of_a_newer_version_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.sqlite");
        drop(writable(&path, SCHEMA).unwrap());
        Connection::open(&path)
            .unwrap()
            .pragma_update(None, "user_version", 7)
            .unwrap();
        let before = std::fs::read(&path).unwrap();
        for refused in [
            Database::open(&path, SCHEMA).err(),
            Reader::open(&path, SCHEMA).err(),
        ] {
            let text = refused.unwrap().to_string();
            assert!(
                text.contains("version 7") && text.contains("newer"),
                "{text}"
            );
        }
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[test]
    fn a_file_that_is_no_database_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.sqlite");
        std::fs::write(&path, "this is a note, and quite a long one at that").unwrap();
        assert!(matches!(
            Database::open(&path, SCHEMA),
            Err(Error::Damaged { .. })
        ));
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            "this is a note, and quite a long one at that"
        );
    }
}
