//! The verbs: what an operator can ask for, what it would do, and how it is done.
//!
//! An [`Action`] is a plain value. Its plan is computed by reading only and pins everything that
//! the job later needs in a [`Task`], so that nothing is resolved a second time; running a task is
//! straight-line code over durable [steps](Steps).

mod failure;
mod plan;
pub mod replicate;
mod steps;

use serde::{Deserialize, Serialize};

pub use failure::{Cause, Failure};
pub use plan::{Change, Check, Confirmation, JobPlan, Plan, PlanId, Sign, Verdict};
pub use replicate::Replicate;
pub use steps::{Effect, Level, Part, PartState, Progress, Settled, Steps, Teller, Told, Unsent};

use crate::azure::{Access, Azure, ResourceId, Session, TenantId};

/// One thing that an operator asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case")]
pub enum Action {
    /// Change the regions and replicas of an image version.
    Replicate(Replicate),
}

impl Action {
    /// The resource whose subscription says who plans and runs this.
    #[must_use]
    pub fn resource(&self) -> &ResourceId {
        match self {
            Self::Replicate(replicate) => &replicate.version,
        }
    }

    /// Computes what this would do, by reading only.
    ///
    /// # Errors
    /// What couldn't be read. What must not be done is a failed check in the plan, not an error.
    pub async fn plan(&self, site: &Site<'_>) -> Result<Plan, Failure> {
        match self {
            Self::Replicate(replicate) => replicate::plan(replicate, site).await,
        }
    }
}

/// What planning may look at: the client, whom it reads as, and the operator's own rules.
pub struct Site<'a> {
    /// Azure.
    pub azure: &'a Azure,
    /// Whom the action's resource is reached as.
    pub access: Access,
    /// Tenants where destructive actions ask for the tenant's name, with that name.
    pub protected: &'a [(TenantId, String)],
}

/// An action on one target with everything pinned, as a job carries it through restarts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case")]
pub enum Task {
    /// See [`replicate::Task`].
    Replicate(replicate::Task),
}

impl Task {
    /// The version of each verb's steps. A job that was planned by another one is held instead of
    /// being run by code that means something else by the same names.
    pub const VERSION: u32 = 1;

    /// Carries the task out, or on, as the identity that the session signs in as.
    ///
    /// # Errors
    /// Why it ended without being done.
    pub async fn run(&self, session: &Session, steps: &dyn Steps) -> Result<(), Failure> {
        match self {
            Self::Replicate(task) => replicate::run(task, session, steps).await,
        }
    }

    /// What a job that goes no further, after these steps have written what they had to, leaves
    /// behind that should not stay.
    #[must_use]
    pub fn left_behind(&self, written: &[String]) -> Option<String> {
        match self {
            Self::Replicate(task) => task.left_behind(written),
        }
    }
}
