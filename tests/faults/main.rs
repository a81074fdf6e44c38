//! The program when things go wrong: with what it is told, with what Azure does, and with who else is
//! at work there.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "../support/mod.rs"]
mod support;

mod deploy;
mod jobs;
mod machines;
mod reading;
mod share;
mod usage;
mod writing;
