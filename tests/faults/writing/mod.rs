//! A write that meets every fault: sent once, followed to its end or told as it is.

mod following;
mod sending;

use serde_json::Value;

use crate::support::{NEWEST, Output, Simulator, version_id};

/// Its end in the path of a request.
const PATH: &str = "/versions/2026.11.3";

fn has(azure: &Simulator, region: &str, replicas: u64) -> bool {
    let held = azure.replicas(&version_id(NEWEST));
    held.contains(&(region.to_owned(), replicas))
}

/// The one job in a verb's JSON.
#[track_caller]
fn job(output: &Output) -> Value {
    let printed = output.json();
    assert_eq!(printed["jobs"].as_array().unwrap().len(), 1, "{printed:#}");
    printed["jobs"][0].clone()
}
