//! The agent: jobs go on whatever becomes of the faces, and faces whatever becomes of it.

mod faces;
mod lifetime;
mod protocol;

use serde_json::Value;

use crate::support::{Gallerist, NEWEST, Simulator};

const REPLICATE: &[&str] = &["replicate", NEWEST, "--to", "uksouth=2,eastus=1", "--yes"];
const NO_WAIT: &[&str] = &[
    "replicate",
    NEWEST,
    "--to",
    "uksouth=2,eastus=1",
    "--yes",
    "--no-wait",
    "-o",
    "json",
];

/// The demo's Azure, and an installation whose jobs an agent carries out.
fn start(pace: u32) -> (Simulator, Gallerist) {
    let azure = Simulator::start(pace);
    let gallerist = Gallerist::with_agent(&azure);
    (azure, gallerist)
}

fn status(gallerist: &Gallerist) -> Value {
    gallerist.run(&["agent", "status", "-o", "json"]).json()
}
