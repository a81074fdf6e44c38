use crate::actions::share::Way;
use crate::azure::{SubscriptionId, TenantId};

use super::By;

/// With whom something may be shared.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Whom {
    /// A whole tenant; by role, the principal of that customer.
    Tenant(TenantId),
    /// A subscription of the tenant before it.
    Subscription(SubscriptionId),
    /// A principal that no customer is known to have.
    Principal(String),
}

/// What is known of a principal's roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// They were never read.
    Unknown,
    /// It has none that serves.
    Nothing,
    /// It has one that serves.
    Held(Held),
}

/// A role that a principal has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The role.
    pub role: String,
    /// Where it comes from, if not from what is shared itself.
    pub from: Option<String>,
}

/// One with whom something is, or may be, shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grantee {
    /// Who it is.
    pub whom: Whom,
    /// What it is called.
    pub name: String,
    /// Whether it isn't among those that are reached.
    pub stranger: bool,
    /// Whether it was marked as a target.
    pub target: bool,
    /// Whether the gallery is shared with it directly.
    pub direct: bool,
    /// The role that its principal has.
    pub role: Role,
    /// The principal that the configuration names.
    pub usual: Option<String>,
    /// The principal that was typed.
    pub typed: Option<String>,
    /// What is asked for.
    pub edit: Option<Way>,
}

impl Grantee {
    /// One that has nothing as far as is known.
    #[must_use]
    pub fn new(whom: Whom, name: impl Into<String>) -> Self {
        Self {
            whom,
            name: name.into(),
            stranger: false,
            target: false,
            direct: false,
            role: Role::Unknown,
            usual: None,
            typed: None,
            edit: None,
        }
    }

    /// Whether it has what is shared, by this means.
    #[must_use]
    pub fn has(&self, by: By) -> bool {
        match by {
            By::Direct => self.direct,
            By::Role => matches!(self.role, Role::Held(_)),
        }
    }

    /// Whether it is known if it has what is shared.
    #[must_use]
    pub fn is_known(&self, by: By) -> bool {
        by == By::Direct || self.role != Role::Unknown
    }

    /// Whether it can have it by this means.
    #[must_use]
    pub fn may(&self, by: By) -> bool {
        match self.whom {
            Whom::Tenant(_) => by == By::Direct || !self.stranger,
            Whom::Subscription(_) => by == By::Direct,
            Whom::Principal(_) => by == By::Role,
        }
    }

    /// Where its role comes from, if not from what is shared itself.
    #[must_use]
    pub fn inherited(&self, by: By) -> Option<&str> {
        match &self.role {
            Role::Held(held) if by == By::Role => held.from.as_deref(),
            _ => None,
        }
    }

    /// The principal that a role goes to.
    #[must_use]
    pub fn principal(&self) -> Option<&str> {
        match &self.whom {
            Whom::Principal(id) => Some(id),
            _ => self.typed.as_deref().or(self.usual.as_deref()),
        }
    }

    /// The principal that the configuration doesn't name.
    pub(super) fn own_principal(&self) -> Option<String> {
        match &self.whom {
            Whom::Principal(id) => Some(id.clone()),
            _ => self.typed.clone(),
        }
    }

    /// Takes in what is known anew.
    pub(super) fn learn(&mut self, fresh: Self) {
        self.direct = fresh.direct;
        // A principal that was typed isn't the one that was looked up.
        if self.typed.is_none() {
            self.role = fresh.role;
        }
    }
}
