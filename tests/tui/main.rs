//! The interface without a terminal: what is drawn for a state, what follows from a message, how
//! many bytes a frame costs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod agent;
mod bell;
mod bytes;
mod deploy;
mod known;
mod overlays;
mod panes;
mod questions;
mod queue;
mod screen;
mod share;
mod sign_in;
mod terms;
mod walks;
