//! The state of the simulated Azure. One lock guards all of it: requests are answered one by one.

use std::collections::BTreeMap;

use super::chance::Chance;
use super::clock::Clock;
use super::compute::{Copies, Operations};
use super::faults::Faults;
use super::features::Registrations;
use super::requests::Requests;
use super::resources::Resources;

/// Everything that a request can see or change.
pub(super) struct World {
    pub(super) clock: Clock,
    pub(super) chance: Chance,
    /// Where the simulator listens: `http://127.0.0.1:8090`
    pub(super) origin: String,
    /// Items on a page of a list
    pub(super) page_size: usize,
    /// By id
    pub(super) tenants: BTreeMap<String, Tenant>,
    pub(super) principals: Vec<ServicePrincipal>,
    pub(super) resources: Resources,
    pub(super) operations: Operations,
    pub(super) copies: Copies,
    pub(super) registrations: Registrations,
    pub(super) faults: Faults,
    pub(super) requests: Requests,
    /// Answers given, which request ids are derived from
    pub(super) answers: u64,
}

/// A directory.
pub(super) struct Tenant {
    pub(super) name: String,
    pub(super) domain: String,
    pub(super) country: String,
}

/// An application's presence in a tenant.
pub(super) struct ServicePrincipal {
    pub(super) tenant: String,
    pub(super) client_id: String,
    pub(super) object_id: String,
    pub(super) secret: String,
    pub(super) groups: Vec<String>,
    /// The Entra error that signing in ends with, such as `AADSTS53003`
    pub(super) sign_in: Option<String>,
}

impl World {
    /// Azure with nothing in it, served at `origin`.
    pub(super) fn empty(origin: String, page_size: usize, pace: f64, seed: u64) -> Self {
        Self {
            clock: Clock::starting_now(pace),
            chance: Chance::seeded(seed),
            origin,
            page_size,
            tenants: BTreeMap::new(),
            principals: Vec::new(),
            resources: Resources::default(),
            operations: Operations::default(),
            copies: Copies::default(),
            registrations: Registrations::default(),
            faults: Faults::default(),
            requests: Requests::default(),
            answers: 0,
        }
    }

    /// The tenant that a subscription trusts, or None where there is no such subscription.
    pub(super) fn tenant_of(&self, subscription: &str) -> Option<&str> {
        self.resources
            .get(&format!("/subscriptions/{subscription}"))
            .and_then(|document| document["tenantId"].as_str())
    }

    /// Brings everything that time has finished to its end. Called before each request.
    pub(super) fn settle(&mut self) {
        let now = self.clock.now();
        for ended in self.operations.take_ended(now) {
            ended.apply(&mut self.resources, &mut self.copies);
        }
        self.registrations.settle(now, &mut self.resources);
    }
}
