//! Jobs that meet other writers, other jobs and operators who change their minds.

mod other_writers;
mod planning;
mod queue;
mod removal;

use crate::support::{Gallerist, Running, Simulator, version_id};

/// One that no region may be taken from without lifting the safety flag.
const GUARDED: &str = "acg_northwind/win11-avd/2026.10.1";

fn spawn(gallerist: &Gallerist, version: &str, to: &str) -> Running {
    gallerist.spawn(&["replicate", version, "--to", to, "--yes"])
}

/// The number of replicas of a version in a region.
fn held(azure: &Simulator, version: &str, region: &str) -> Option<u64> {
    let replicas = azure.replicas(&version_id(version)).into_iter();
    replicas
        .into_iter()
        .find(|(name, _)| name == region)
        .map(|(_, count)| count)
}
