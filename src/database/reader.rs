use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::{Error, PATIENCE, Schema, understood, version};

/// A read-only connection; it sees what was committed, also by another process.
#[derive(Debug)]
pub struct Reader {
    schema: Schema,
    connection: Connection,
    path: PathBuf,
    file: Option<(u64, u64)>,
}

impl Reader {
    /// Opens an existing file.
    ///
    /// # Errors
    /// [`Error::Absent`] where there is none, [`Error::Newer`], [`Error::Damaged`] or
    /// [`Error::Unreadable`].
    pub fn open(path: &Path, schema: Schema) -> Result<Self, Error> {
        let name = schema.name;
        if !path.exists() {
            return Err(Error::Absent {
                name,
                path: path.to_owned(),
            });
        }
        let file = file_at(path);
        let opened = open_to_read(path).and_then(|connection| {
            connection.busy_timeout(PATIENCE)?;
            Ok((version(&connection)?, connection))
        });
        let (found, connection) = understood(path, schema, opened)?;
        if found < schema.version() {
            return Err(Error::Absent {
                name,
                path: path.to_owned(),
            });
        }
        Ok(Self {
            schema,
            connection,
            path: path.to_owned(),
            file,
        })
    }

    /// Whether its file is still there, and wasn't set aside for another one.
    #[must_use]
    pub fn is_current(&self) -> bool {
        file_at(&self.path) == self.file
    }

    /// Runs a query.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn read<T>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        query(&self.connection).map_err(|cause| Error::Statement {
            name: self.schema.name,
            cause,
        })
    }

    /// Runs queries on one state of the file.
    ///
    /// # Errors
    /// What `read` returned, or [`Error::Statement`].
    pub fn at_one_moment<T>(&self, read: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        let begin = |connection: &Connection| connection.execute_batch("BEGIN");
        self.read(begin)?;
        let outcome = read();
        self.read(|connection| connection.execute_batch("COMMIT"))?;
        outcome
    }

    /// A number that changes when another connection, of any process, has committed.
    ///
    /// # Errors
    /// [`Error::Absent`] where the file isn't the one that was opened any more, or
    /// [`Error::Statement`].
    pub fn data_version(&self) -> Result<i64, Error> {
        if !self.is_current() {
            return Err(Error::Absent {
                name: self.schema.name,
                path: self.path.clone(),
            });
        }
        self.read(|connection| connection.query_row("PRAGMA data_version", [], |row| row.get(0)))
    }
}

/// Which file has this name.
fn file_at(path: &Path) -> Option<(u64, u64)> {
    let found = path.metadata().ok()?;
    Some((found.dev(), found.ino()))
}

fn open_to_read(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    if version(&connection).is_ok() {
        return Ok(connection);
    }
    // In a folder that can't be written a WAL file opens only as one that nobody changes.
    let Ok(mut address) = url::Url::from_file_path(path) else {
        return Ok(connection);
    };
    address.set_query(Some("immutable=1"));
    Connection::open_with_flags(address.as_str(), flags | OpenFlags::SQLITE_OPEN_URI)
}
