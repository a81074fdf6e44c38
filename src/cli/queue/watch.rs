//! Jobs followed to their end, and carried on where no other process does.

use std::time::Duration;

use jiff::Timestamp;

use super::super::args::{Connect, Format};
use super::super::follow::{Follower, Which};
use super::super::{Exit, Problem, place, settings, tell_differences, tell_set_aside};
use crate::config::Config;
use crate::engine::{self, Connection, Place};
use crate::paths::Paths;
use crate::queue::JobId;

/// Between two tries to take over from an owner that is no more.
const TAKE_OVER_INTERVAL: Duration = Duration::from_secs(1);

pub(super) async fn watch(
    connect: &Connect,
    jobs: Vec<JobId>,
    format: Format,
) -> Result<Exit, Problem> {
    let (paths, config) = settings(connect)?;
    let place = place(connect);
    let mut connection = watcher(&config, &paths, place).await?;
    tell_differences(&connection.standing());
    let jobs = if jobs.is_empty() {
        let open = connection.journal().and_then(|journal| journal.open_jobs());
        open?.into_iter().map(|job| job.id).collect()
    } else {
        jobs
    };
    let mut follower = Follower::new(Which::Jobs(jobs), format);
    let outcome = loop {
        if connection.owner().is_none() {
            break follower.follow(&connection).await;
        }
        tokio::select! {
            outcome = follower.follow(&connection) => break outcome,
            heir = take_over(&config, &paths, place) => connection = heir?,
        }
    };
    connection.close().await;
    outcome
}

async fn watcher(config: &Config, paths: &Paths, place: Place) -> Result<Connection, Problem> {
    let (config, paths) = (config.clone(), paths.clone());
    let begun = Timestamp::now();
    let connection = engine::connect(config, paths, "gallerist queue watch", place).await?;
    tell_set_aside(&connection, begun);
    Ok(connection)
}

/// Becomes the owner as soon as the process that is it is no more.
async fn take_over(config: &Config, paths: &Paths, place: Place) -> Result<Connection, Problem> {
    loop {
        tokio::time::sleep(TAKE_OVER_INTERVAL).await;
        let connection = watcher(config, paths, place).await?;
        if connection.owner().is_none() {
            return Ok(connection);
        }
    }
}
