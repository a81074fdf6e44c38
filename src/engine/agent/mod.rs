//! The agent: the engine in a process of its own, which goes on when nobody looks.
//!
//! Faces reach it over a Unix socket that only its user can open: requests in, answers and hints
//! out. What there is to see they read from the disk for themselves, so that a slow face slows
//! nobody, and one that dies takes nothing with it. The agent ends when it is told to, or when
//! there has been nothing to do for a while.

mod control;
mod environment;
mod face;
mod launch;
mod link;
mod reach;
mod wire;

use std::collections::BTreeMap;
use std::fs::{DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::UnixListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

pub use control::{start, status, stop};
use environment::Fingerprint;
pub use launch::Started;
pub(super) use link::Link;
pub(super) use reach::{Site, Unreached};
pub use wire::Status;
use wire::{Hello, VERSION};

use super::owner::{Ownership, Taking};
use super::{Engine, Error, Work};
use crate::config::Config;
use crate::paths::Paths;
use crate::queue::Origin;

/// What an agent is called where its process is named.
const NAME: &str = "the agent";

/// How long faces have to take the last word.
const FAREWELL: Duration = Duration::from_secs(1);

/// An agent that runs.
struct Agent {
    engine: Engine,
    hello: Hello,
    config: PathBuf,
    since: Timestamp,
    faces: Mutex<Faces>,
    /// How many faces stay.
    count: watch::Sender<usize>,
    ending: watch::Sender<Ending>,
}

#[derive(Default)]
struct Faces {
    next: u64,
    here: BTreeMap<u64, Origin>,
}

/// Whether it is to end.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Ending {
    /// Not that anybody knew.
    No,
    /// When what runs is done.
    Drained,
    /// Now, for this reason.
    Now(String),
}

/// Runs the agent of a state folder in this process, until it is told to end, `end` comes about, or
/// there has been nothing to do for as long as the configuration says. `ready` is called when it
/// listens. With `from_elsewhere` a folder is taken that another machine didn't give back. Returns
/// why it ended.
///
/// # Errors
/// [`Error`]: another process owns the folder, or it can't be used.
pub async fn run(
    config: Config,
    paths: &Paths,
    from_elsewhere: bool,
    ready: impl FnOnce(),
    end: impl Future<Output = ()>,
) -> Result<String, Error> {
    paths.prepare()?;
    let socket = paths.socket();
    let taking = Ownership::take(&paths.owner(), NAME, Some(socket.clone()), from_elsewhere);
    let ownership = match taking.map_err(|cause| Error::owner(paths, cause))? {
        Taking::Ours(ownership) => ownership,
        Taking::Owned(owner) => return Err(Error::Owned(owner)),
        Taking::Elsewhere(owner) => return Err(Error::elsewhere(paths, owner)),
    };
    let config = Arc::new(config);
    let engine = Engine::start(config.clone(), paths, ownership, Work::CarriedOut);
    let engine = Box::pin(engine).await?;
    let agent = Arc::new(Agent {
        engine,
        hello: Hello {
            version: VERSION.to_owned(),
            fingerprint: Some(Fingerprint::here(&config)),
        },
        config: config.source.path.clone(),
        since: Timestamp::now(),
        faces: Mutex::default(),
        count: watch::Sender::new(0),
        ending: watch::Sender::new(Ending::No),
    });
    let outcome = match listen(&socket) {
        Ok(listener) => {
            tracing::info!(socket = %socket.display(), "the agent listens");
            ready();
            let idle = config.agent.idle.unsigned_abs();
            Ok(agent.serve(listener, idle, end).await)
        }
        Err(cause) => Err(Error::Socket {
            path: socket.clone(),
            cause,
        }),
    };
    if let Err(error) = std::fs::remove_file(&socket) {
        tracing::debug!(%error, "there is no socket to take away");
    }
    agent.engine.stop().await;
    if let Ok(why) = &outcome {
        tracing::info!(%why, "the agent ends");
    }
    outcome
}

/// The socket, for this user alone, in a folder that is for this user alone. What an agent that was
/// killed has left is taken away: this process owns the state folder.
fn listen(socket: &Path) -> io::Result<UnixListener> {
    if let Some(folder) = socket.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        std::fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    }
    match std::fs::remove_file(socket) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(socket)?;
    std::fs::set_permissions(socket, Permissions::from_mode(0o600))?;
    Ok(listener)
}

impl Agent {
    /// Serves faces until it is to end; returns why.
    async fn serve(
        self: &Arc<Self>,
        listener: UnixListener,
        idle: Duration,
        end: impl Future<Output = ()>,
    ) -> String {
        let mut faces = JoinSet::new();
        let ended = self.ended();
        tokio::pin!(end, ended);
        let idling = self.idles(idle);
        tokio::pin!(idling);
        let why = loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        let agent = self.clone();
                        faces.spawn(async move {
                            if let Err(error) = face::serve(&agent, stream).await {
                                tracing::info!(%error, "a face has gone");
                            }
                        });
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a face could not be let in");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                },
                Some(_) = faces.join_next() => {}
                () = &mut end => break "a signal ended it".to_owned(),
                () = &mut idling => break "there was nothing to do".to_owned(),
                why = &mut ended => break why,
            }
        };
        drop(listener);
        self.ending.send_replace(Ending::Now(why.clone()));
        let gone = async { while faces.join_next().await.is_some() {} };
        if tokio::time::timeout(FAREWELL, gone).await.is_err() {
            tracing::info!("a face did not take the last word");
        }
        why
    }

    /// Returns when nobody has looked and there has been nothing to do for so long.
    async fn idles(&self, long: Duration) {
        let mut count = self.count.subscribe();
        let mut journal = self.engine.journal_changes();
        loop {
            let rests = *count.borrow_and_update() == 0 && {
                journal.mark_unchanged();
                self.engine.rests()
            };
            tokio::select! {
                () = tokio::time::sleep(long), if rests => return,
                Ok(()) = count.changed() => {}
                Ok(()) = journal.changed() => {}
                else => return,
            }
        }
    }

    /// Has it end, at once or when what runs is done.
    fn end(self: &Arc<Self>, drain: bool, by: &Origin) {
        let why = format!("{} of {} ended it", by.face, by.user);
        if !drain {
            self.ending.send_replace(Ending::Now(why));
            return;
        }
        self.ending.send_replace(Ending::Drained);
        let agent = self.clone();
        tokio::spawn(async move {
            agent.engine.drained().await;
            agent.ending.send_replace(Ending::Now(why));
        });
    }

    /// Returns when it is to end now, with the reason.
    async fn ended(&self) -> String {
        let mut ending = self.ending.subscribe();
        loop {
            if let Ending::Now(why) = &*ending.borrow_and_update() {
                return why.clone();
            }
            // The sender is this agent's own, and lives as long.
            if ending.changed().await.is_err() {
                return String::new();
            }
        }
    }

    fn faces(&self) -> std::sync::MutexGuard<'_, Faces> {
        // Nothing in there can be left half done.
        self.faces.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn status(&self) -> Status {
        let running = self.engine.running().await;
        Status {
            version: VERSION.to_owned(),
            pid: std::process::id(),
            since: self.since,
            config: self.config.clone(),
            faces: self.faces().here.values().cloned().collect(),
            running,
            draining: *self.ending.borrow() != Ending::No,
        }
    }
}
