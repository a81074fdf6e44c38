//! Gallerist takes a master image from one Azure Compute Gallery to every customer tenant.
//!
//! The rooms, from the faces down; imports point down this list only (`tests/architecture.rs`
//! holds it):
//!
//! - [`azure`]: Azure over HTTP, and nothing above it knows HTTP, JSON field names or tokens.

pub mod azure;
