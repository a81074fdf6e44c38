//! Subscriptions in the estate file: what they are like, and who may do what there.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::content::{Machines, Network, ResourceGroup};
use super::galleries::Gallery;
use super::words::{DelegableRole, FeatureName, Guid, QuotaName, RoleName};

/// A subscription with what it holds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulator) struct Subscription {
    pub(in crate::simulator) id: Guid,
    pub(in crate::simulator) name: String,
    #[serde(default)]
    pub(in crate::simulator) state: SubscriptionState,
    /// Preview features that are registered, such as `Microsoft.Compute/SIGSharing`
    #[serde(default)]
    pub(in crate::simulator) features: Vec<FeatureName>,
    #[serde(default)]
    pub(in crate::simulator) roles: Vec<Grant>,
    #[serde(default)]
    pub(in crate::simulator) delegations: Vec<Delegation>,
    /// Whether people need a second factor to change anything in it
    #[serde(default)]
    pub(in crate::simulator) writes_need_mfa: bool,
    /// Limits in every region that are not the usual ones
    #[serde(default)]
    pub(in crate::simulator) quota: BTreeMap<QuotaName, u64>,
    /// Assignments of policies with the effect deny
    #[serde(default)]
    pub(in crate::simulator) policies: Vec<Policy>,
    #[serde(default)]
    pub(in crate::simulator) resource_groups: Vec<ResourceGroup>,
    #[serde(default)]
    pub(in crate::simulator) networks: Vec<Network>,
    #[serde(default)]
    pub(in crate::simulator) machines: Vec<Machines>,
    #[serde(default, rename = "gallery")]
    pub(in crate::simulator) galleries: Vec<Gallery>,
    /// ARM documents of anything else, `id` and `type` included
    #[serde(default)]
    pub(in crate::simulator) resources: Vec<Map<String, Value>>,
}

/// `SubscriptionState` of the Resources specification (2022-12-01/subscriptions.json).
#[derive(Clone, Copy, Debug, Default, Deserialize, serde::Serialize)]
pub(in crate::simulator) enum SubscriptionState {
    #[default]
    Enabled,
    Warned,
    PastDue,
    Disabled,
    Deleted,
}

/// A role assignment, in force from the start.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulator) struct Grant {
    pub(in crate::simulator) role: RoleName,
    /// Below the subscription, such as `resourceGroups/rg`; absent: all of it
    #[serde(default)]
    pub(in crate::simulator) scope: String,
    /// Absent: the application's service principal in the tenant
    pub(in crate::simulator) principal: Option<Guid>,
}

/// An Azure Lighthouse delegation of the subscription, or of one resource group in it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulator) struct Delegation {
    pub(in crate::simulator) to: Guid,
    pub(in crate::simulator) resource_group: Option<String>,
    /// Object id in the managing tenant
    pub(in crate::simulator) principal: Guid,
    pub(in crate::simulator) roles: Vec<DelegableRole>,
}

/// What may not be made in the subscription, or in one of its groups.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulator) struct Policy {
    /// Display name of the assignment
    pub(in crate::simulator) deny: String,
    pub(in crate::simulator) resource_type: String,
    pub(in crate::simulator) resource_group: Option<String>,
    /// Fields, such as `location`, with the values that are denied; all have to match
    #[serde(default, rename = "where")]
    pub(in crate::simulator) conditions: BTreeMap<String, Vec<Value>>,
}
