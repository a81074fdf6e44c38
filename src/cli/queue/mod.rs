//! `gallerist queue`: the jobs of this state folder.

mod export;
mod retry;
mod show;
mod steer;
mod undo;
mod vacuum;
mod watch;

use export::export;
use retry::{retry, retry_failed};
use show::{list, show};
use steer::{cancel, order, pause};
use undo::undo;
use vacuum::vacuum;
use watch::watch;

use super::args::{Connect, Queue, QueueCommand};
use super::{Exit, Problem, nobody_carries_it_on};
use crate::engine::{self, Request, StorageKind};
use crate::paths::Paths;
use crate::queue::Reader;

/// Jobs and lines that a command prints at most.
const MOST: u32 = 10_000;

pub(super) async fn run(queue: Queue, connect: &Connect) -> Result<Exit, Problem> {
    match queue.command {
        QueueCommand::List { output } => list(connect, output),
        QueueCommand::Show { job, output } => show(connect, job, output),
        QueueCommand::Watch { jobs, output } => watch(connect, jobs, output).await,
        QueueCommand::Cancel { job } => cancel(connect, job).await,
        QueueCommand::Undo { job, change } => undo(connect, job, &change).await,
        QueueCommand::Pause(what) => pause(connect, what, Request::Pause).await,
        QueueCommand::Resume(what) => pause(connect, what, Request::Resume).await,
        QueueCommand::Order {
            job,
            priority,
            before,
        } => order(connect, job, priority, before).await,
        QueueCommand::Export(which) => export(connect, &which),
        QueueCommand::Vacuum { output } => vacuum(connect, output).await,
        QueueCommand::Retry { no_wait: true, .. } if connect.no_agent => {
            Err(nobody_carries_it_on())
        }
        QueueCommand::Retry {
            job,
            failed_of,
            output,
            no_wait,
        } => match (job, failed_of) {
            (Some(job), _) => retry(connect, job, output, no_wait).await,
            (None, Some(group)) => retry_failed(connect, group, output, no_wait).await,
            (None, None) => Err(Problem::new(
                Exit::Usage,
                "name a job, or with --failed-of a group",
            )),
        },
    }
}

/// The places of this run, for who needs no configuration.
pub(super) fn places(connect: &Connect) -> Result<Paths, Problem> {
    let nowhere = connect
        .config
        .clone()
        .or_else(|| Some("config.toml".into()));
    let config = if connect.state_dir.is_some() {
        nowhere
    } else {
        connect.config.clone()
    };
    Ok(Paths::resolve(config, connect.state_dir.clone())?)
}

/// The journal, where there is one.
fn journal(connect: &Connect) -> Result<Option<Reader>, Problem> {
    let paths = places(connect)?;
    match engine::journal(&paths) {
        Ok(reader) => Ok(Some(reader)),
        Err(error) if error.kind() == StorageKind::Absent => Ok(None),
        Err(error) => Err(error.into()),
    }
}
