use std::time::Duration;

use tokio::sync::watch;

use super::Standing;
use crate::azure::Strain;
use crate::paths::Paths;
use crate::{database, estate, queue};

/// Between two looks at what another process writes.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// What there may be to read again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a hint by itself")]
pub struct Changed {
    /// Jobs or the log.
    pub journal: bool,
    /// The estate.
    pub estate: bool,
    /// Whether requests wait for Azure's limits.
    pub throttle: bool,
    /// Where the engine is, and whether it can be asked.
    pub standing: bool,
}

/// Hints that something was written. One that isn't listened to is not lost: it is one with the
/// next.
pub struct Changes {
    source: Source,
}

enum Source {
    Own {
        journal: watch::Receiver<u64>,
        estate: watch::Receiver<u64>,
        throttle: watch::Receiver<Option<Strain>>,
        standing: Option<watch::Receiver<Standing>>,
    },
    Other(Box<Other>),
}

/// The files of a state folder that another process owns.
struct Other {
    paths: Paths,
    journal: Foreign<queue::Reader>,
    estate: Foreign<estate::Reader>,
}

/// A file that another process writes, and what SQLite said of its writes last.
struct Foreign<R> {
    reader: Option<R>,
    version: Option<i64>,
}

impl<R> Default for Foreign<R> {
    fn default() -> Self {
        Self {
            reader: None,
            version: None,
        }
    }
}

impl<R> Foreign<R> {
    fn look(
        &mut self,
        open: impl FnOnce() -> Result<R, database::Error>,
        version: impl FnOnce(&R) -> Result<i64, database::Error>,
    ) -> bool {
        if self.reader.is_none() {
            self.reader = open().ok();
        }
        let found = self.reader.as_ref().and_then(|reader| version(reader).ok());
        if found.is_none() {
            self.reader = None;
        }
        std::mem::replace(&mut self.version, found) != found
    }
}

impl Changes {
    pub(super) fn of_own(
        journal: watch::Receiver<u64>,
        estate: watch::Receiver<u64>,
        throttle: watch::Receiver<Option<Strain>>,
        standing: Option<watch::Receiver<Standing>>,
    ) -> Self {
        Self {
            source: Source::Own {
                journal,
                estate,
                throttle,
                standing,
            },
        }
    }

    pub(super) fn of_other(paths: &Paths) -> Self {
        let other = Other {
            paths: paths.clone(),
            journal: Foreign::default(),
            estate: Foreign::default(),
        };
        Self {
            source: Source::Other(Box::new(other)),
        }
    }

    /// Returns when something was written since the last call.
    pub async fn changed(&mut self) -> Changed {
        match &mut self.source {
            Source::Own {
                journal,
                estate,
                throttle,
                standing,
            } => {
                let stands = async {
                    match standing {
                        Some(standing) => standing.changed().await,
                        None => std::future::pending().await,
                    }
                };
                let mut changed = Changed::default();
                tokio::select! {
                    Ok(()) = journal.changed() => changed.journal = true,
                    Ok(()) = estate.changed() => changed.estate = true,
                    Ok(()) = throttle.changed() => changed.throttle = true,
                    Ok(()) = stands => changed.standing = true,
                    else => std::future::pending().await,
                }
                changed.journal |= forget(journal);
                changed.estate |= forget(estate);
                changed.throttle |= forget(throttle);
                changed
            }
            Source::Other(other) => loop {
                let changed = other.look();
                if changed != Changed::default() {
                    return changed;
                }
                tokio::time::sleep(LOOK_INTERVAL).await;
            },
        }
    }
}

impl Other {
    fn look(&mut self) -> Changed {
        let (journal, estate) = (self.paths.journal(), self.paths.estate());
        Changed {
            journal: self.journal.look(
                || queue::Reader::open(&journal),
                queue::Reader::data_version,
            ),
            estate: self.estate.look(
                || estate::Reader::open(&estate),
                estate::Reader::data_version,
            ),
            ..Changed::default()
        }
    }
}

/// Whether it has changed, which it then has no more. A change that comes after the look is kept
/// for the next one.
fn forget<T>(revision: &mut watch::Receiver<T>) -> bool {
    let changed = revision.has_changed().unwrap_or(false);
    if changed {
        revision.mark_unchanged();
    }
    changed
}
