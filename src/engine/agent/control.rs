//! What is asked of an agent itself. An agent of any version understands it.

use std::time::Duration;

use super::launch::{Started, launch};
use super::reach::{Site, Unreached, reach};
use super::wire::{FromAgent, FromFace, Status};
use crate::config::Config;
use crate::engine::owner::Owner;
use crate::engine::{Error, Refusal};
use crate::paths::Paths;
use crate::queue::Origin;

/// Between two looks whether an agent that ends has ended.
const BETWEEN: Duration = Duration::from_millis(20);

fn site(config: &Config, paths: &Paths, face: &str) -> Site {
    Site {
        config: config.clone().into(),
        paths: paths.clone(),
        origin: Origin::here(face),
    }
}

/// How the agent of a state folder is; nothing where there is none.
///
/// # Errors
/// It doesn't answer, or a process owns the folder that is no agent.
pub async fn status(config: &Config, paths: &Paths, face: &str) -> Result<Option<Status>, Refusal> {
    let (mut wire, _) = match reach(&site(config, paths, face), false, false).await {
        Ok(reached) => reached,
        Err(Unreached::Nobody) => return Ok(None),
        Err(unreached) => return Err(unreached.into()),
    };
    let asked = async {
        wire.writes.send(&FromFace::Status).await?;
        wire.reads.next().await
    };
    match asked.await {
        Ok(Some(FromAgent::Status(status))) => Ok(Some(status)),
        Ok(_) => Err(Refusal::Lost),
        Err(error) => Err(Refusal::NoAgent(error.to_string())),
    }
}

/// Starts an agent where there is none; returns whether there was none. With `from_elsewhere` also on
/// a folder that another machine didn't give back.
///
/// # Errors
/// It can't be started.
pub async fn start(paths: &Paths, from_elsewhere: bool) -> Result<bool, Refusal> {
    match launch(paths, from_elsewhere).await {
        Started::Ready => Ok(true),
        Started::Owned => Ok(false),
        Started::Failed(why) => Err(Refusal::NoAgent(why)),
    }
}

/// Has the agent of a state folder end, at once or when what runs is done, and waits until the
/// folder is free; returns whether there was one.
///
/// # Errors
/// It doesn't answer, or a process owns the folder that is no agent.
pub async fn stop(
    config: &Config,
    paths: &Paths,
    face: &str,
    drain: bool,
) -> Result<bool, Refusal> {
    let (mut wire, _) = match reach(&site(config, paths, face), false, false).await {
        Ok(reached) => reached,
        Err(Unreached::Nobody) => return Ok(false),
        Err(unreached) => return Err(unreached.into()),
    };
    let sent = wire.writes.send(&FromFace::Stop { drain }).await;
    sent.map_err(|error| Refusal::NoAgent(error.to_string()))?;
    // Until it says farewell, or has gone without.
    while let Ok(Some(frame)) = wire.reads.next::<FromAgent>().await {
        if matches!(frame, FromAgent::Bye(_)) {
            break;
        }
    }
    freed(paths).await?;
    Ok(true)
}

/// Returns when nobody owns the folder any more.
pub(super) async fn freed(paths: &Paths) -> Result<(), Refusal> {
    let lock = paths.owner();
    let owner = || Owner::of(&lock).map_err(|cause| Error::owner(paths, cause));
    while owner()
        .map_err(|error| Refusal::NoAgent(error.to_string()))?
        .is_some()
    {
        tokio::time::sleep(BETWEEN).await;
    }
    Ok(())
}

impl From<Unreached> for Refusal {
    fn from(unreached: Unreached) -> Self {
        match unreached {
            Unreached::Owned(owner) => Self::Owned(owner),
            Unreached::Nobody => Self::NoAgent("no agent runs".to_owned()),
            Unreached::Failed(why) => Self::NoAgent(why),
        }
    }
}
