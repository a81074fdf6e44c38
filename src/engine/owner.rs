//! Which process owns a state folder. The lock is the system's and ends with the process, however
//! it ends; the file's text says to others who that is, and where it can be asked. A process that
//! ends well leaves the file empty: text of another machine means that it may still be at work
//! there, since a lock need not reach through a network file system.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::queue::Origin;

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
    /// Where it can be asked, if it is an agent.
    #[serde(default)]
    pub socket: Option<PathBuf>,
}

impl Owner {
    fn this(face: &str, socket: Option<PathBuf>) -> Self {
        let Origin {
            user, host, face, ..
        } = Origin::here(face);
        Self {
            pid: std::process::id(),
            host,
            user,
            face,
            since: Timestamp::now(),
            socket,
        }
    }

    /// The process that owns the folder of this lock at the moment.
    pub(super) fn of(path: &Path) -> io::Result<Option<Self>> {
        let mut file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        match file.try_lock_shared() {
            Ok(()) => file.unlock().map(|()| None),
            Err(TryLockError::WouldBlock) => Self::written(&mut file).map(Some),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn written(file: &mut File) -> io::Result<Self> {
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        // Its owner may be writing it at this very moment.
        Ok(serde_json::from_str(&text).unwrap_or_else(|_| Self {
            pid: 0,
            ..Self::this("another gallerist", None)
        }))
    }

    /// Whether it hasn't said yet who it is.
    pub(super) fn is_nameless(&self) -> bool {
        self.pid == 0
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
    locked: File,
}

/// What came of reaching for a state folder.
#[derive(Debug)]
pub(super) enum Taking {
    /// It is this process's.
    Ours(Ownership),
    /// It is another process's.
    Owned(Owner),
    /// A process of another machine had it, and may have it still.
    Elsewhere(Owner),
}

/// How long a lock is tried for: whoever only looks holds it for a moment too.
const TRIES: u32 = 10;
const BETWEEN_TRIES: Duration = Duration::from_millis(5);

impl Ownership {
    /// Takes the folder, or says who has it. What another machine left is taken only where the
    /// operator says that nothing is at work there any more.
    pub(super) fn take(
        path: &Path,
        face: &str,
        socket: Option<PathBuf>,
        from_elsewhere: bool,
    ) -> io::Result<Taking> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)?;
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => return Self::locked(file, &Owner::this(face, socket), from_elsewhere),
                Err(TryLockError::WouldBlock) => std::thread::sleep(BETWEEN_TRIES),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Owner::written(&mut file).map(Taking::Owned)
    }

    fn locked(mut file: File, owner: &Owner, from_elsewhere: bool) -> io::Result<Taking> {
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let before = serde_json::from_str::<Owner>(&text).ok();
        if let Some(before) = before.filter(|before| before.host != owner.host && !from_elsewhere) {
            return Ok(Taking::Elsewhere(before));
        }
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(&serde_json::to_vec(owner)?)?;
        Ok(Taking::Ours(Self { locked: file }))
    }
}

impl Drop for Ownership {
    /// Closing the file isn't enough: a child that is just being started has it open too, until it
    /// runs its own program, and with it the lock.
    fn drop(&mut self) {
        let given_back = self.locked.set_len(0).and_then(|()| self.locked.unlock());
        if let Err(error) = given_back {
            tracing::warn!(%error, "the lock of the state folder still names this process");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(path: &Path, face: &str) -> Taking {
        Ownership::take(path, face, None, false).unwrap()
    }

    #[test]
    fn a_folder_has_one_owner_until_that_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("owner.json");
        assert_eq!(Owner::of(&path).unwrap(), None);
        let Taking::Ours(first) = take(&path, "the terminal interface") else {
            panic!("it is nobody's");
        };
        let Taking::Owned(owner) = take(&path, "gallerist replicate") else {
            panic!("it is somebody's");
        };
        assert_eq!(Owner::of(&path).unwrap().as_ref(), Some(&owner));
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
        assert_eq!(Owner::of(&path).unwrap(), None);
        assert!(matches!(
            take(&path, "gallerist replicate"),
            Taking::Ours(_)
        ));
    }

    #[test]
    fn what_another_machine_did_not_give_back_is_taken_only_on_purpose() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("owner.json");
        let elsewhere = Owner {
            host: "jump-2".to_owned(),
            ..Owner::this("the agent", None)
        };
        std::fs::write(&path, serde_json::to_vec(&elsewhere).unwrap()).unwrap();
        let Taking::Elsewhere(owner) = take(&path, "the agent") else {
            panic!("it is another machine's");
        };
        assert_eq!(owner, elsewhere);
        let taken = Ownership::take(&path, "the agent", None, true).unwrap();
        assert!(matches!(taken, Taking::Ours(_)));
        drop(taken);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "");
    }
}
