//! What is kept, for whoever only reads: faces see these readers and this error, and not what keeps it.

use crate::paths::Paths;
use crate::{estate, queue};

pub use crate::database::{Error as StorageError, Kind as StorageKind};

/// A reader of the journal of a state folder, whoever carries its queue out.
///
/// # Errors
/// [`StorageKind::Absent`] where there is none yet; otherwise it can't be read.
pub fn journal(paths: &Paths) -> Result<queue::Reader, StorageError> {
    queue::Reader::open(&paths.journal())
}

/// A reader of the estate of a state folder.
///
/// # Errors
/// As [`journal`].
pub fn estate(paths: &Paths) -> Result<estate::Reader, StorageError> {
    estate::Reader::open(&paths.estate())
}
