use std::collections::BTreeMap;

use super::{SubscriptionRow, TenantRow};
use crate::azure::{SubscriptionId, TenantId};

/// How subscriptions and tenants are reached, as last read.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    subscriptions: BTreeMap<SubscriptionId, SubscriptionRow>,
    tenants: BTreeMap<TenantId, TenantRow>,
}

impl Reach {
    /// From what was read of tenants and their subscriptions.
    #[must_use]
    pub fn new(tenants: Vec<TenantRow>, subscriptions: Vec<SubscriptionRow>) -> Self {
        let by_id = |row: SubscriptionRow| (row.subscription.id.clone(), row);
        Self {
            subscriptions: subscriptions.into_iter().map(by_id).collect(),
            tenants: tenants
                .into_iter()
                .map(|row| (row.id.clone(), row))
                .collect(),
        }
    }

    /// How a subscription is reached; nothing where it isn't.
    #[must_use]
    pub fn subscription(&self, id: &SubscriptionId) -> Option<&SubscriptionRow> {
        self.subscriptions.get(id)
    }

    /// The subscriptions of a tenant that are reached.
    pub fn subscriptions_of(&self, tenant: &TenantId) -> impl Iterator<Item = &SubscriptionRow> {
        let owned = |row: &&SubscriptionRow| row.subscription.tenant == *tenant;
        self.subscriptions.values().filter(owned)
    }

    /// A tenant.
    #[must_use]
    pub fn tenant(&self, id: &TenantId) -> Option<&TenantRow> {
        self.tenants.get(id)
    }

    /// What a tenant is called; its id where nobody knows a name.
    #[must_use]
    pub fn tenant_name<'a>(&'a self, id: &'a TenantId) -> &'a str {
        self.tenant(id).map_or(id.as_str(), |tenant| &tenant.name)
    }
}
