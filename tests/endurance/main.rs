//! A batch of thirty jobs for ten customers is disturbed at every point, and comes to the same as
//! when nobody disturbs it: nothing is lost, and nothing is done twice.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "../support/mod.rs"]
mod support;

mod batch;
mod clock;
mod crash;
mod load;
mod moved_clock;
mod network;
mod points;
