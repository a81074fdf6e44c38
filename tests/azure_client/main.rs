//! The client of Azure against a server that misbehaves in every way Azure has been seen to.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

mod operations;
mod paging;
mod retries;
mod secrecy;
mod server;
mod sign_in;
mod writes;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gallerist::azure::{
    Access, Azure, Cloud, Credential, IdentitySettings, ResourceId, Retry, RetryPolicy, Secret,
    Session, SubscriptionId, Witness,
};
use serde_json::{Value, json};
use server::Server;

const TENANT: &str = "11111111-1111-1111-1111-111111111111";
const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";

/// Whoever wants to know what was repeated.
#[derive(Default)]
struct Notes(Mutex<Vec<Retry>>);

impl Witness for Notes {
    fn retrying(&self, retry: &Retry) {
        self.0.lock().unwrap().push(retry.clone());
    }
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

/// A session whose resource manager and authority are the given server, and which waits for
/// nothing that Azure does not ask for.
fn session(server: &Server) -> Session {
    session_at(&server.url(), &server.url())
}

fn session_at(resource_manager: &str, authority: &str) -> Session {
    let cloud = Cloud::custom(resource_manager, authority, "https://management.azure.com").unwrap();
    let identity = IdentitySettings {
        name: "msp".to_owned(),
        tenant: TENANT.parse().unwrap(),
        credential: Credential::ClientSecret {
            client_id: "99999999-9999-9999-9999-999999999999".to_owned(),
            secret: Secret::new("hunter2".to_owned()),
        },
    };
    let policy = RetryPolicy {
        attempts: 5,
        first_wait: Duration::from_millis(1),
        longest_wait: Duration::from_millis(2),
    };
    let access = Access {
        identity: "msp".to_owned(),
        tenant: TENANT.parse().unwrap(),
    };
    Azure::patient(cloud, vec![identity], policy)
        .unwrap()
        .session(access)
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

fn gallery(name: &str) -> Value {
    json!({
        "id": gallery_id(name),
        "name": name,
        "type": "Microsoft.Compute/galleries",
        "location": "westeurope",
        "properties": {"provisioningState": "Succeeded"},
    })
}
