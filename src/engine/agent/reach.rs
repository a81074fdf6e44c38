//! From a state folder to its agent.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::launch::{Started, launch};
use super::wire::{Hello, Wire};
use crate::config::Config;
use crate::engine::owner::Owner;
use crate::paths::Paths;
use crate::queue::Origin;

/// How long an agent that owns the folder has to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Between two attempts.
const BETWEEN: Duration = Duration::from_millis(20);

/// Who wants to reach an agent, and whose.
#[derive(Clone)]
pub(in crate::engine) struct Site {
    pub(in crate::engine) config: Arc<Config>,
    pub(in crate::engine) paths: Paths,
    pub(in crate::engine) origin: Origin,
}

/// Why there is no agent.
#[derive(Debug)]
pub(in crate::engine) enum Unreached {
    /// A process owns the folder that is no agent.
    Owned(Owner),
    /// Nobody owns it, and none was to be started.
    Nobody,
    /// There is one that doesn't answer, or none can be started.
    Failed(String),
}

/// Reaches the agent of a state folder; where nobody owns that, starts one if it may.
pub(in crate::engine) async fn reach(
    site: &Site,
    start: bool,
    stays: bool,
) -> Result<(Wire, Hello), Unreached> {
    let lock = site.paths.owner();
    let until = Instant::now() + PATIENCE;
    loop {
        let owner = Owner::of(&lock).map_err(|cause| {
            Unreached::Failed(format!(
                "who owns {} can't be found out: {cause}",
                site.paths.state().display()
            ))
        })?;
        let trouble = match owner {
            None if !start => return Err(Unreached::Nobody),
            None => match launch(&site.paths, false).await {
                Started::Ready | Started::Owned => "the agent that was just started is gone".into(),
                Started::Failed(why) => return Err(Unreached::Failed(why)),
            },
            Some(owner) => match &owner.socket {
                Some(socket) => match Wire::to(socket, &site.origin, stays).await {
                    Ok(reached) => return Ok(reached),
                    Err(error) => format!("{owner} doesn't answer: {error}"),
                },
                None if owner.is_nameless() => "another process takes the state folder".into(),
                None => return Err(Unreached::Owned(owner)),
            },
        };
        if Instant::now() > until {
            return Err(Unreached::Failed(trouble));
        }
        tokio::time::sleep(BETWEEN).await;
    }
}
