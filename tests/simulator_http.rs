//! The simulator, driven over HTTP by a plain client that knows nothing of the crate's own.

#[path = "support/spec.rs"]
mod spec;

mod simulator {
    pub(crate) mod client;

    mod recordings;
    mod replication;
    mod specification;
}
