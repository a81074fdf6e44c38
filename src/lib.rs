//! Gallerist takes a master image from one Azure Compute Gallery to every customer tenant.
//!
//! The rooms, from the faces down; imports point down this list only (`tests/architecture.rs`
//! holds it):
//!
//! - [`cli`]: the headless face: tables for people, JSON for programs.
//! - [`tui`]: the interactive face: keys and news, state, frames.
//! - [`engine`]: what both faces talk to: requests in, hints out.
//! - [`doctor`]: what keeps all this from working, found by reading.
//! - [`queue`]: jobs, their journal, and who runs when.
//! - [`actions`]: the verbs: what an operator can ask for, what it would do, how it is done.
//! - [`estate`]: what we know of all tenants, as last read, and the answers computed from it.
//! - [`config`]: the configuration file, checked.
//! - [`azure`]: Azure over HTTP, and nothing above it knows HTTP, JSON field names or tokens.
//! - [`database`], [`paths`], [`printable`], [`telemetry`]: a SQLite file, where files are, text
//!   made safe for a terminal, the program's own log.
//!
//! - [`simulator`]: a stand-in for Azure Resource Manager over HTTP, for the demo and for tests. It
//!   imports no other room, and only the binary starts it.

pub mod actions;
pub mod azure;
pub mod cli;
pub mod config;
pub mod database;
pub mod doctor;
pub mod engine;
pub mod estate;
pub mod paths;
pub mod printable;
pub mod queue;
pub mod simulator;
pub mod telemetry;
pub mod tui;
