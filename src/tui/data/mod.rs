//! What the screen looks at, read from the disk by a thread of its own.
//!
//! The screen says in a [`Watch`] what it looks at; the thread reads that, again whenever there is
//! a hint that it changed, and answers with [`News`], each carrying what it was read for. Reading
//! blocks, so nothing of this happens where keys are handled or frames are drawn.

mod estate;
mod log;
mod reading;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

pub use estate::Estate;
pub use log::{Anchor, LogPage, LogView, Seek};
pub use reading::{Reading, start};

use crate::azure::{Location, ResourceId, SubscriptionId, TenantId};
use crate::estate::{GalleryAccess, MachineRow, VersionRow};
use crate::queue::{Group, Job, JobId, JobState, LogLine, Pause, Step};

/// What the screen looks at.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Watch {
    /// The image definition whose versions are shown.
    pub definition: Option<ResourceId>,
    /// Since when: gone back to, it is read again, though the thread may not have seen it left.
    pub shown: u64,
    /// Which part of the log.
    pub log: LogView,
    /// A line of the log that is looked for.
    pub seek: Option<Seek>,
    /// The job that is shown in detail.
    pub job: Option<JobId>,
    /// The subscription whose regions are offered.
    pub regions: Option<SubscriptionId>,
    /// The machines that are shown.
    pub machines: Option<MachinesOf>,
    /// The gallery whose role assignments are shown.
    pub access: Option<ResourceId>,
}

/// Whose machines, or made from what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MachinesOf {
    /// Those of a tenant.
    Tenant(TenantId),
    /// Those made from a version.
    Version(ResourceId),
}

/// What was read, with what it was read for.
#[derive(Debug, Clone)]
pub enum News {
    /// Tenants, galleries, definitions.
    Estate(Arc<Estate>),
    /// The versions of a definition.
    Versions(ResourceId, Vec<VersionRow>),
    /// The queue.
    Jobs(Arc<Jobs>),
    /// A part of the log.
    Log(LogPage),
    /// The line that was looked for, if there is one.
    Found(Seek, Option<i64>),
    /// A job's steps and its part of the log.
    Job(JobId, JobDetail),
    /// The regions of a subscription; none where they were never read.
    Regions(SubscriptionId, Vec<Location>),
    /// Machines.
    Machines(MachinesOf, Vec<MachineRow>),
    /// Who has which role at a gallery; nothing where that was never read.
    Access(ResourceId, Option<GalleryAccess>),
    /// Something couldn't be read: which part, and why.
    Broken(Part, String),
}

/// A part that is read by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The estate.
    Estate,
    /// The journal.
    Journal,
}

/// The queue, as the journal has it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Jobs {
    /// Those that matter most, newest first.
    pub rows: Vec<Arc<Job>>,
    /// The groups that have several jobs, newest first.
    pub groups: Vec<Group>,
    /// What is paused.
    pub pauses: HashSet<Pause>,
    /// How many there are in each state, also of those that aren't shown.
    pub counts: HashMap<JobState, usize>,
    /// When they were read.
    pub as_of: Timestamp,
}

impl Jobs {
    /// How many are in one of these states.
    #[must_use]
    pub fn count(&self, states: &[JobState]) -> usize {
        states
            .iter()
            .filter_map(|state| self.counts.get(state))
            .sum()
    }
}

/// What is shown of one job beside its row.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JobDetail {
    /// Its steps, in the order in which they began.
    pub steps: Vec<Step>,
    /// The end of its part of the log, oldest first.
    pub lines: Vec<LogLine>,
}
