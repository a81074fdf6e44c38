//! Which process owns a state folder. The lock is the system's and ends with the process, however
//! it ends; the file's text only says to others who that is.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The process that owns a state folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Its number.
    pub pid: u32,
    /// The machine that it runs on.
    pub host: String,
    /// Whose process it is.
    pub user: String,
    /// What it is: the terminal interface, or a command.
    pub face: String,
    /// Since when.
    pub since: Timestamp,
}

impl Owner {
    fn this(face: &str) -> Self {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname");
        Self {
            pid: std::process::id(),
            host: host.map_or_else(|_| "this machine".to_owned(), |name| name.trim().to_owned()),
            user: std::env::var("USER").unwrap_or_else(|_| "unknown".to_owned()),
            face: face.to_owned(),
            since: Timestamp::now(),
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = self
            .since
            .to_zoned(jiff::tz::TimeZone::system())
            .strftime("%H:%M");
        write!(
            f,
            "{} (process {} of {} on {}, since {since})",
            self.face, self.pid, self.user, self.host
        )
    }
}

/// The lock on a state folder, until it is dropped.
#[derive(Debug)]
pub(super) struct Ownership {
    _locked: File,
}

impl Ownership {
    /// Takes the folder, or says who has it.
    pub(super) fn take(path: &Path, face: &str) -> io::Result<Result<Self, Owner>> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)?;
        match file.try_lock() {
            Ok(()) => {
                file.set_len(0)?;
                file.rewind()?;
                file.write_all(&serde_json::to_vec(&Owner::this(face))?)?;
                Ok(Ok(Self { _locked: file }))
            }
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                file.read_to_string(&mut text)?;
                // Its owner may be writing it at this very moment.
                Ok(Err(serde_json::from_str(&text).unwrap_or_else(|_| Owner {
                    pid: 0,
                    ..Owner::this("another gallerist")
                })))
            }
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_owner_until_that_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("owner.json");
        let first = Ownership::take(&path, "the terminal interface")
            .unwrap()
            .unwrap();
        let owner = Ownership::take(&path, "gallerist replicate")
            .unwrap()
            .unwrap_err();
        assert_eq!(
            (owner.pid, owner.face.as_str()),
            (std::process::id(), "the terminal interface")
        );
        assert!(
            owner
                .to_string()
                .starts_with("the terminal interface (process ")
        );
        drop(first);
        assert!(
            Ownership::take(&path, "gallerist replicate")
                .unwrap()
                .is_ok()
        );
    }
}
