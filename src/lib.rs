//! Gallerist takes a master image from one Azure Compute Gallery to every customer tenant.
//!
//! The rooms, from the faces down; imports point down this list only (`tests/architecture.rs`
//! holds it):
