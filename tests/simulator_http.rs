//! The simulator, driven over HTTP by a plain client that knows nothing of the crate's own.

mod simulator {
    pub(crate) mod client;

    mod replication;
}
