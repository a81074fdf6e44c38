//! The simulator, driven over HTTP by a plain client that knows nothing of the crate's own.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, its helpers too"
)]

#[path = "support/spec.rs"]
mod spec;

mod simulator {
    pub(crate) mod client;
    pub(crate) mod hosting;
    pub(crate) mod people;

    mod access;
    mod assertions;
    mod claims;
    mod control;
    mod demo_deployments;
    mod deployments;
    mod device_codes;
    mod estate;
    mod groups;
    mod machine_rules;
    mod machines;
    mod networks;
    mod protocol;
    mod publishing;
    mod recordings;
    mod recordings_deploying;
    mod refresh_tokens;
    mod replication;
    mod resource_graph;
    mod role_answers;
    mod roles;
    mod sharing;
    mod sign_in;
    mod sizes;
    mod soft_delete;
    mod sources;
    mod specification;
    mod specification_deploying;
    mod specification_sharing;
    mod templates;
    mod throttling;
    mod tls;
}
