//! The journal over the years: what is exported, forgotten, damaged, or of an older version.

mod damage;
mod keeping;
mod older;

use std::path::PathBuf;

use serde_json::Value;

use crate::support::Gallerist;

fn journal(gallerist: &Gallerist) -> PathBuf {
    gallerist.state().join("journal.sqlite")
}

fn exported(gallerist: &Gallerist, args: &[&str]) -> Vec<Value> {
    let output = gallerist.run(&[&["queue", "export"], args].concat());
    let lines = output.succeeds().stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn numbers(gallerist: &Gallerist) -> Vec<u64> {
    let jobs = gallerist.jobs();
    let jobs = jobs.as_array().unwrap().iter();
    jobs.map(|job| job["id"].as_u64().unwrap()).collect()
}
