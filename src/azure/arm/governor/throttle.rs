use std::collections::HashMap;
use std::fmt;
use std::time::Instant;

use jiff::{RoundMode, Timestamp, TimestampRound, Unit};
use serde::{Deserialize, Serialize};

use super::budgets::{Budgets, Id, Key};
use super::demand::Scope;
use super::signs::QUOTA;
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strain {
    /// For what: `reads of subscription …`.
    pub what: String,
    /// Until when, where it is a wait and no steady flow.
    pub until: Option<Timestamp>,
}

/// Who waits for a budget.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Waiting {
    pub(super) requests: u32,
    /// When the last of them will go, where that is known.
    pub(super) until: Option<Instant>,
}

impl Throttle {
    pub(super) fn of(budgets: &Budgets, waiting: &HashMap<Id, Waiting>, now: Instant) -> Self {
        let all = budgets.all().enumerate().map(|(id, (key, budget))| {
            let waiting = waiting.get(&id).copied().unwrap_or_default();
            let until = waiting.until.max(budget.closed_until(now));
            let (access, scope) = key.holder();
            ThrottleBudget {
                access: access.cloned(),
                subscription: scope.and_then(Scope::subscription).cloned(),
                what: key.what(),
                remaining: budget.remaining(now),
                of: budget.size(),
                waiting: waiting.requests,
                until: until.map(|until| timestamp(until, now)),
            }
        });
        let in_use = |budget: &ThrottleBudget| {
            let drawn_on = budget.remaining.is_some() && budget.remaining < budget.of;
            drawn_on || budget.waiting > 0 || budget.until.is_some()
        };
        Self {
            budgets: all.filter(in_use).collect(),
        }
    }
}

impl Key {
    fn holder(&self) -> (Option<&Access>, Option<&Scope>) {
        match self {
            Self::Principal(access, scope, _) | Self::Operation(access, scope, _) => {
                (Some(access), Some(scope))
            }
            Self::Everybody(scope, _) | Self::Policy(Ok(scope), _) => (None, Some(scope)),
            Self::Policy(Err(access), _) => (Some(access), None),
        }
    }

    fn what(&self) -> String {
        match self {
            Self::Principal(_, _, kind) => kind.to_string(),
            Self::Everybody(_, kind) => format!("{kind} by everybody"),
            Self::Operation(_, _, operation) => operation.to_string(),
            Self::Policy(_, name) => name.clone(),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.holder().1) {
            (Self::Policy(_, name), _) if name == QUOTA => f.write_str(name),
            (_, Some(scope)) => write!(f, "{} of {scope}", self.what()),
            (_, None) => f.write_str(&self.what()),
        }
    }
}

/// The whole second after an instant.
pub(super) fn timestamp(at: Instant, now: Instant) -> Timestamp {
    let exact = Timestamp::now()
        .checked_add(at.saturating_duration_since(now))
        .unwrap_or(Timestamp::MAX);
    let up = TimestampRound::new()
        .smallest(Unit::Second)
        .mode(RoundMode::Ceil);
    exact.round(up).unwrap_or(exact)
}
