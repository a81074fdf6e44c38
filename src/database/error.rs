use std::path::PathBuf;

/// Why a database can't be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file was written by a later program; it is left as it is.
    #[error(
        "{name} {} has version {found}, and this program knows {known}: it was written by a newer \
         Gallerist. Use that one, or another --state-dir; the file is left as it is", path.display()
    )]
    Newer {
        /// What the file is.
        name: &'static str,
        /// Where it is.
        path: PathBuf,
        /// The version in the file.
        found: u32,
        /// The newest version that this program writes.
        known: u32,
    },
    /// The file isn't a database, or is damaged; it is left as it is.
    #[error(
        "{name} {} is damaged ({cause}): it is left as it is until a Gallerist carries out jobs \
         here, which sets it aside and begins a new one", path.display()
    )]
    Damaged {
        /// What the file is.
        name: &'static str,
        /// Where it is.
        path: PathBuf,
        /// SQLite's words.
        cause: String,
    },
    /// The file may be sound, and can't be read.
    #[error("{name} {} can't be read ({cause}): mend that, or use another --state-dir; it is left as it is", path.display())]
    Unreadable {
        /// What the file is.
        name: &'static str,
        /// Where it is.
        path: PathBuf,
        /// SQLite's words.
        cause: rusqlite::Error,
    },
    /// The file or its folder can't be written.
    #[error("{name} {} can't be written ({cause}): free or change the folder, or use another --state-dir", path.display())]
    Unwritable {
        /// What the file is.
        name: &'static str,
        /// Where it is.
        path: PathBuf,
        /// The system's words.
        cause: String,
    },
    /// There is no such file yet.
    #[error("{name} {} isn't there yet", path.display())]
    Absent {
        /// What the file is.
        name: &'static str,
        /// Where it would be.
        path: PathBuf,
    },
    /// A statement failed.
    #[error("{name}: {cause}")]
    Statement {
        /// What the file is.
        name: &'static str,
        /// SQLite's words.
        #[source]
        cause: rusqlite::Error,
    },
    /// Somebody reads for so long that the file can't be made smaller.
    #[error("{name} is being read, which keeps its space: try again when nobody reads it")]
    Busy {
        /// What the file is.
        name: &'static str,
    },
    /// The writer has ended; nothing more is recorded.
    #[error("{name} is closed")]
    Closed {
        /// What the file is.
        name: &'static str,
    },
}
