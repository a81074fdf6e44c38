//! Somebody who signs in to whatever a test serves.

#![allow(dead_code, reason = "each test file uses its part")]

use std::time::Duration;

use gallerist::azure::{
    Access, Azure, Cloud, Credential, IdentitySettings, RetryPolicy, Secret, Session,
};

use crate::server::Server;

pub(crate) const TENANT: &str = "11111111-1111-1111-1111-111111111111";

pub(crate) fn identity() -> IdentitySettings {
    IdentitySettings {
        name: "msp".to_owned(),
        tenant: TENANT.parse().unwrap(),
        credential: Credential::ClientSecret {
            client_id: "99999999-9999-9999-9999-999999999999".to_owned(),
            secret: Secret::new("hunter2".to_owned()),
        },
    }
}

/// A session whose resource manager and authority are the given server.
pub(crate) fn session(server: &Server) -> Session {
    session_at(&server.url(), &server.url())
}

/// A session that waits for nothing that Azure does not ask for.
pub(crate) fn session_at(resource_manager: &str, authority: &str) -> Session {
    let cloud = Cloud::custom(resource_manager, authority, "https://management.azure.com").unwrap();
    let policy = RetryPolicy {
        attempts: 5,
        first_wait: Duration::from_millis(1),
        longest_wait: Duration::from_millis(2),
    };
    let access = Access {
        identity: "msp".to_owned(),
        tenant: TENANT.parse().unwrap(),
    };
    Azure::patient(cloud, vec![identity()], policy)
        .unwrap()
        .session(access)
}
