//! Tenants in the estate file: who is there, and what signing in there takes.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::subscriptions::Subscription;
use super::words::Guid;
use crate::simulator::authority::ConditionalAccess;
use crate::simulator::authorization::PrincipalType;

/// A tenant with its subscriptions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulator) struct Tenant {
    pub(in crate::simulator) id: Guid,
    pub(in crate::simulator) name: String,
    pub(in crate::simulator) domain: String,
    pub(in crate::simulator) country: String,
    #[serde(default)]
    pub(in crate::simulator) tags: Vec<String>,
    /// Object id of the application's service principal there; absent: it was never consented to
    pub(in crate::simulator) application: Option<Guid>,
    /// Object ids of the groups that service principal belongs to
    #[serde(default)]
    pub(in crate::simulator) groups: Vec<Guid>,
    /// What role assignments for this customer go to: an object id in the provider's tenant
    pub(in crate::simulator) principal: Option<Guid>,
    /// Whom roles can be assigned to there, by name, besides the service principal and its groups
    #[serde(default)]
    pub(in crate::simulator) principals: BTreeMap<String, Principal>,
    /// The error that signing in by the application ends with there, such as `AADSTS53003`
    pub(in crate::simulator) sign_in: Option<String>,
    /// Whether people need a second factor there
    #[serde(default)]
    pub(in crate::simulator) mfa: bool,
    /// What a conditional access policy keeps out there
    #[serde(default)]
    pub(in crate::simulator) conditional_access: ConditionalAccess,
    /// Whether people need a second factor to change anything there in Azure Resource Manager
    #[serde(default)]
    pub(in crate::simulator) writes_need_mfa: bool,
    /// What a deployment there starts from
    pub(in crate::simulator) deploy: Option<Deploy>,
    #[serde(default, rename = "subscription")]
    pub(in crate::simulator) subscriptions: Vec<Subscription>,
}

impl Tenant {
    /// Whether anything there is delegated to somebody else.
    pub(in crate::simulator) fn is_delegated(&self) -> bool {
        let mut all = self.subscriptions.iter();
        all.any(|subscription| !subscription.delegations.is_empty())
    }
}

/// Somebody whom roles can be assigned to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulator) struct Principal {
    /// Object id
    pub(in crate::simulator) id: Guid,
    #[serde(rename = "type")]
    pub(in crate::simulator) kind: PrincipalType,
}

/// The defaults of a deployment.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulator) struct Deploy {
    pub(in crate::simulator) subscription: Guid,
    pub(in crate::simulator) resource_group: String,
    /// `network/subnet` in that group
    pub(in crate::simulator) subnet: String,
    pub(in crate::simulator) size: String,
    pub(in crate::simulator) name: String,
    pub(in crate::simulator) admin_user: String,
}
