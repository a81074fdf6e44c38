use jiff::Timestamp;

use crate::azure::guid::SubscriptionId;
use crate::azure::identity::Access;

/// How much of Azure's limits is left, as far as this process has met them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Throttle {
    /// The limits that something was taken from or that somebody waits for.
    pub budgets: Vec<ThrottleBudget>,
}

/// One limit.
#[derive(Clone, Debug, PartialEq)]
pub struct ThrottleBudget {
    /// Whose it is; nothing where all principals share it.
    pub access: Option<Access>,
    /// Where it counts; nothing where that is a tenant.
    pub subscription: Option<SubscriptionId>,
    /// What it limits: `reads`, `Microsoft.Compute/ListGallery3Min`.
    pub what: String,
    /// How many requests are left, as far as is known.
    pub remaining: Option<u32>,
    /// How many there are at most, likewise.
    pub of: Option<u32>,
    /// How many requests wait for it.
    pub waiting: u32,
    /// When the last of them will go, or Azure wants to be asked again.
    pub until: Option<Timestamp>,
}

/// That requests wait noticeably for Azure's limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strain {
    /// For what: `reads of subscription …`.
    pub what: String,
    /// Until when, where it is a wait and no steady flow.
    pub until: Option<Timestamp>,
}
