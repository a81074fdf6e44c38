//! The program without a screen: what it prints, what it keeps, and what Azure saw.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "../support/mod.rs"]
mod support;

mod agent;
mod audit;
mod deploy;
mod doctor;
mod estate;
mod journal;
mod login;
mod notify;
mod order;
mod share;
mod sign_in;
mod undo;

/// Shares a gallery of the demo directly, confirmed; whom with follows.
const SHARE_WITH: &[&str] = &[
    "share",
    "acg_northwind",
    "--via",
    "direct",
    "--yes",
    "--to-tenant",
];
