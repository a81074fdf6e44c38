//! The state of the simulated Azure. One lock guards all of it: requests are answered one by one.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::authority::{Directory, SignInPolicy};
use super::authorization::Principal;
use super::chance::Chance;
use super::clock::Clock;
use super::compute::{Copies, Creations, Quotas, SoftDeleted, let_go};
use super::deployments::{self, Deployments};
use super::faults::Faults;
use super::features::Registrations;
use super::operations::Operations;
use super::policies::Policy;
use super::requests::Requests;
use super::resource_graph::History;
use super::resources::{Resources, text};
use super::throttling::Throttling;

/// Everything that a request can see or change.
pub(super) struct World {
    pub(super) clock: Clock,
    pub(super) chance: Chance,
    /// Where the request under way came to, `http://127.0.0.1:8090`: all links lead back there
    pub(super) origin: String,
    /// Items on a page of a list
    pub(super) page_size: usize,
    /// By id
    pub(super) tenants: BTreeMap<String, Tenant>,
    pub(super) principals: Vec<ServicePrincipal>,
    pub(super) directory: Directory,
    pub(super) resources: Resources,
    /// What Resource Graph has not heard of yet
    pub(super) history: History,
    pub(super) operations: Operations,
    pub(super) soft_deleted: SoftDeleted,
    pub(super) copies: Copies,
    pub(super) registrations: Registrations,
    pub(super) creations: Creations,
    pub(super) quotas: Quotas,
    pub(super) deployments: Deployments,
    pub(super) policies: Vec<Policy>,
    pub(super) throttling: Throttling,
    pub(super) faults: Faults,
    pub(super) requests: Requests,
    /// Answers given, which request ids are derived from
    pub(super) answers: u64,
}

/// What is said of all of Azure.
pub(super) struct Measures {
    /// Items on a page of a list
    pub(super) page_size: usize,
    /// Concurrent creations that one replica of a version serves
    pub(super) machines_per_replica: usize,
    /// How many times as long as usual a copy takes
    pub(super) copies_slower: u32,
    pub(super) throttling: Throttling,
    /// Until Resource Graph hears of a change
    pub(super) resource_graph_lag: Duration,
}

/// A directory.
pub(super) struct Tenant {
    pub(super) name: String,
    pub(super) domain: String,
    pub(super) country: String,
    /// Whom roles can be assigned to in its subscriptions
    pub(super) principals: Vec<Principal>,
    pub(super) policy: SignInPolicy,
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
    pub(super) fn empty(origin: String, measures: Measures, pace: f64, seed: u64) -> Self {
        Self {
            clock: Clock::starting_now(pace),
            chance: Chance::seeded(seed),
            origin,
            page_size: measures.page_size,
            tenants: BTreeMap::new(),
            principals: Vec::new(),
            directory: Directory::default(),
            resources: Resources::default(),
            history: History::new(measures.resource_graph_lag),
            operations: Operations::default(),
            soft_deleted: SoftDeleted::default(),
            copies: Copies::new(measures.copies_slower),
            registrations: Registrations::default(),
            creations: Creations::new(measures.machines_per_replica),
            quotas: Quotas::default(),
            deployments: Deployments::default(),
            policies: Vec::new(),
            throttling: measures.throttling,
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

    /// Brings everything that time has finished to its end, one thing after the other, each at its
    /// own time. Called before each request.
    pub(super) fn settle(&mut self) {
        let now = self.clock.now();
        while let Some(next) = self.next_event().filter(|next| *next <= now) {
            self.clock.hold(next);
            for ended in self.operations.take_ended(next) {
                ended.apply(self);
            }
            deployments::proceed(self);
            self.remember();
        }
        self.registrations.settle(now, &mut self.resources);
        self.soft_deleted.purge(now);
        self.clock.release();
        self.remember();
    }

    /// Keeps what has just been changed for those who hear of it later.
    pub(super) fn remember(&mut self) {
        let changes = self.resources.changes();
        self.history.note(self.clock.now(), changes);
    }

    /// When the next thing happens by itself.
    fn next_event(&self) -> Option<Timestamp> {
        let events = [self.operations.next_end(), self.deployments.next_event()];
        events.into_iter().flatten().min()
    }

    /// Takes an image version out that can be restored.
    pub(super) fn soft_delete(&mut self, id: &str) {
        if let Some(mut version) = self.resources.get(id).cloned() {
            version["properties"]["provisioningState"] = json!("Succeeded");
            self.soft_deleted.keep(version, self.clock.now());
        }
        self.forget(id);
    }

    /// Takes a resource out, with all below it and all that is known of them.
    pub(super) fn forget(&mut self, id: &str) {
        let gone = self
            .resources
            .get(id)
            .into_iter()
            .chain(self.resources.below(id));
        let machines =
            gone.filter(|resource| resource["type"] == "Microsoft.Compute/virtualMachines");
        let machines: Vec<Value> = machines.cloned().collect();
        self.resources.remove(id);
        for machine in &machines {
            self.creations.end(&text(machine, "/id"));
            let_go(self, machine);
        }
        self.copies.forget(id);
        self.soft_deleted.forget(id);
        self.deployments.forget(id);
    }
}
