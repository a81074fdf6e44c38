//! Gallerist takes a master image from one Azure Compute Gallery to every customer tenant.
//!
//! The rooms, from the faces down; imports point down this list only (`tests/architecture.rs`
//! holds it):

/// A stand-in for Azure Resource Manager over HTTP, for the demo and for tests.
pub mod simulator;
