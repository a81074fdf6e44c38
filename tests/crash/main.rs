//! `kill -9` at any instant is an ordinary event: whoever opens the state folder next carries on,
//! and Azure sees every request once.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "../support/mod.rs"]
mod support;

mod deploy;
mod replicate;
