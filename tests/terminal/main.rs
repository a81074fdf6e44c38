//! The built program in a pseudo-terminal, by keys alone.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "../support/mod.rs"]
mod support;

mod lifetime;
mod main_job;
mod pictures;
mod screen;
mod sign_in;
mod terms;

use serde_json::Value;

use crate::support::{Simulator, Terminal};

const ENTER: &str = "\r";
const ESCAPE: &str = "\x1b";
const CTRL_G: &str = "\x07";
const TAB: &str = "\t";

/// The tenant of the operator.
const HOME: &str = "2bca9505-d965-44d8-8db6-1ef4845449d6";

/// Goes to the versions of `win11-avd` and opens the form for the newest.
fn open_the_form(terminal: &mut Terminal) {
    terminal.shows(&["read at", "3 with 7 images"]);
    terminal
        .keys(CTRL_G)
        .shows(&["Jump"])
        .keys("northwind/win11-avd")
        .keys(ENTER);
    terminal
        .shows_no_more(&["Jump"])
        .keys("3")
        .shows(&["2026.11.3", "2026.10.1"]);
    // The regions on offer are read when the form opens.
    terminal.keys("r").shows(&[
        "Replicate win11-avd 2026.11.3",
        "West Europe  home",
        "Australia Central",
    ]);
}

/// Marks a region in the form, with so many replicas.
fn mark(terminal: &mut Terminal, region: &str, replicas: &str) {
    terminal.keys("/").keys("\x15").keys(region).keys(ENTER);
    terminal.keys("g").keys(" ").keys(replicas);
}

fn puts(azure: &Simulator) -> Vec<Value> {
    let mut writes = azure.writes();
    writes.retain(|request| request["method"] == "PUT");
    writes
}

/// Goes to something by its name.
fn jump(terminal: &mut Terminal, name: &str) {
    terminal.keys(CTRL_G).shows(&["Jump to"]).keys(name);
    terminal
        .shows(&[&format!("> {name}")])
        .keys(ENTER)
        .shows_no_more(&["Jump to"]);
}
