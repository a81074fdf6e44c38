//! The client of Azure against a server that misbehaves in every way Azure has been seen to.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

mod assertions;
mod auxiliary;
mod bodies;
mod claims;
mod device_code;
mod entra;
mod operations;
mod paging;
mod retries;
mod server;
mod sign_in;
mod signed_in;
mod validation;
mod writes;

use std::sync::{Arc, Mutex};

use gallerist::azure::{ResourceId, Retry, Session, SubscriptionId, Wait, Witness};
use serde_json::{Value, json};
use server::Server;
use signed_in::session;

const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";

/// Whoever wants to know what was repeated.
#[derive(Default)]
struct Notes(Mutex<Vec<Retry>>);

impl Witness for Notes {
    fn retrying(&self, retry: &Retry) {
        self.0.lock().unwrap().push(retry.clone());
    }

    fn waiting(&self, _: &Wait) {}
}

impl Notes {
    fn causes(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap()
            .iter()
            .map(|r| r.cause.clone())
            .collect()
    }

    fn attempts(&self) -> Vec<u32> {
        self.0.lock().unwrap().iter().map(|r| r.attempt).collect()
    }
}

fn witnessed(server: &Server) -> (Session, Arc<Notes>) {
    let notes = Arc::new(Notes::default());
    (session(server).witnessed(notes.clone()), notes)
}

fn subscription() -> SubscriptionId {
    SUBSCRIPTION.parse().unwrap()
}

fn gallery_id(name: &str) -> ResourceId {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/galleries/{name}")
        .parse()
        .unwrap()
}

fn version_id() -> ResourceId {
    let definition = gallery_id("acg").child("images", "win11").unwrap();
    definition.child("versions", "1.4.12").unwrap()
}

fn deployment_id() -> ResourceId {
    let group = gallery_id("acg").parent().unwrap();
    group
        .resource("Microsoft.Resources/deployments", "wave-1")
        .unwrap()
}

fn gallery(name: &str) -> Value {
    json!({
        "id": gallery_id(name),
        "name": name,
        "type": "Microsoft.Compute/galleries",
        "location": "westeurope",
        "properties": {"provisioningState": "Succeeded"},
    })
}
