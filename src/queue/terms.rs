//! On which terms jobs may begin.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{GroupId, JobId};
use crate::azure::TenantId;

/// What the operator asks of the jobs of one request: when, after what, in which order, how many at
/// once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Terms {
    /// Higher comes first; 0 is usual.
    pub priority: i32,
    /// None of them begins before.
    pub not_before: Option<Timestamp>,
    /// None of them begins before these are done.
    pub after: Vec<JobId>,
    /// So many of them at the same time.
    pub at_once: Option<u32>,
    /// When so many of them have failed, the others are held.
    pub hold_after: Option<u32>,
}

/// What is paused: nothing of it begins, and what runs sends nothing more until it is resumed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pause {
    /// Everything.
    Everything,
    /// What is for a tenant.
    Tenant(TenantId),
    /// The jobs of a group.
    Group(GroupId),
    /// A job.
    Job(JobId),
}

impl Pause {
    /// Why a job is paused by it; nothing where the job itself is.
    pub(super) fn reason(&self) -> Option<String> {
        let what = match self {
            Self::Everything => "everything",
            Self::Tenant(_) => "its tenant",
            Self::Group(_) => "its group",
            Self::Job(_) => return None,
        };
        Some(format!("{what} is paused"))
    }

    /// What of a job's surroundings may be paused, and it itself.
    pub(super) fn all_of(tenant: Option<&TenantId>, group: GroupId, job: JobId) -> Vec<Self> {
        let tenant = tenant.cloned().map(Self::Tenant);
        let mut all = vec![Self::Everything, Self::Group(group), Self::Job(job)];
        all.extend(tenant);
        all
    }
}

impl fmt::Display for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => f.write_str("everything"),
            Self::Tenant(tenant) => write!(f, "tenant {tenant}"),
            Self::Group(group) => write!(f, "group {group}"),
            Self::Job(job) => write!(f, "job {}", job.0),
        }
    }
}

impl FromStr for Pause {
    type Err = String;

    /// What [`Pause`] displays as: the form in the journal.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || format!("nothing to pause is called {text:?}");
        if text == "everything" {
            return Ok(Self::Everything);
        }
        let (kind, which) = text.split_once(' ').ok_or_else(unknown)?;
        match kind {
            "tenant" => which.parse().map(Self::Tenant).map_err(|_| unknown()),
            "group" => which.parse().map(Self::Group),
            "job" => which.parse().map(Self::Job),
            _ => Err(unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_paused_is_read_as_it_is_written() {
        let tenant = "11111111-1111-1111-1111-111111111111".parse().unwrap();
        for pause in [
            Pause::Everything,
            Pause::Tenant(tenant),
            Pause::Group(GroupId(4)),
            Pause::Job(JobId(12)),
        ] {
            assert_eq!(pause.to_string().parse(), Ok(pause));
        }
        for wrong in ["", "nothing", "tenant adatum", "job 0", "group"] {
            assert!(wrong.parse::<Pause>().is_err(), "{wrong}");
        }
    }
}
