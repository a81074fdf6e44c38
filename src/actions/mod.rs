//! The verbs: what an operator can ask for, what it would do, and how it is done.
//!
//! An [`Action`] is a plain value. Its plan is computed by reading only and pins everything that
//! the jobs later need, a [`Task`] each, so that nothing is resolved a second time; running a task
//! is straight-line code over durable [steps](Steps).

pub mod deploy;
mod failure;
mod plan;
pub mod replicate;
pub mod share;
mod site;
mod steps;
mod trace;
mod watch;

use serde::{Deserialize, Serialize};

pub use deploy::Deploy;
pub use failure::{Cause, Failure};
pub use plan::{Change, Check, Confirmation, JobPlan, Plan, PlanId, Sign, Verdict};
pub use replicate::Replicate;
pub use share::Share;
pub use site::Site;
pub use steps::{
    Effect, Level, Part, PartState, Progress, Room, RunId, Settled, Steps, Supply, Teller, Told,
    Unsent,
};
pub use trace::Trace;

use crate::azure::{ResourceId, Session, SubscriptionId};
use crate::config::Config;

/// One thing that an operator asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case")]
pub enum Action {
    /// Change the regions and replicas of an image version.
    Replicate(Replicate),
    /// Let others use a gallery, an image definition or a version.
    Share(Share),
    /// Take that back.
    Unshare(Share),
    /// Create virtual machines from a version in customers' subscriptions.
    Deploy(Deploy),
}

impl Action {
    /// The resource that it is about: the image, wherever its machines go.
    #[must_use]
    pub fn resource(&self) -> &ResourceId {
        match self {
            Self::Replicate(replicate) => &replicate.version,
            Self::Share(share) | Self::Unshare(share) => &share.resource,
            Self::Deploy(deploy) => &deploy.version,
        }
    }

    /// What it is called: the word of the command line.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Replicate(_) => "replicate",
            Self::Share(_) => "share",
            Self::Unshare(_) => "unshare",
            Self::Deploy(_) => "deploy",
        }
    }

    /// Whether it creates resources, under names that no other job may take meanwhile.
    #[must_use]
    pub fn creates(&self) -> bool {
        matches!(self, Self::Deploy(_))
    }

    /// The subscriptions that have to be reached for it, that of the resource first.
    #[must_use]
    pub fn subscriptions(&self) -> Vec<SubscriptionId> {
        let mut all = vec![self.resource().subscription()];
        if let Self::Deploy(deploy) = self {
            all.extend(
                deploy
                    .targets
                    .iter()
                    .filter_map(|target| target.subscription.clone()),
            );
        }
        all
    }

    /// The same with what it leaves open filled in from what the configuration says of customers.
    #[must_use]
    pub fn completed(self, config: &Config) -> Self {
        match self {
            Self::Share(share) => Self::Share(share.completed(config)),
            Self::Unshare(share) => Self::Unshare(share.completed(config)),
            Self::Deploy(deploy) => Self::Deploy(deploy.completed(config)),
            replicate @ Self::Replicate(_) => replicate,
        }
    }

    /// What contradicts itself in the request, before anything is read.
    ///
    /// # Errors
    /// What is wrong, and what would be right.
    pub fn validate(&self) -> Result<(), String> {
        match self {
            Self::Replicate(replicate) => replicate.validate(),
            Self::Share(share) | Self::Unshare(share) => share.validate(),
            Self::Deploy(deploy) => deploy.validate(),
        }
    }

    /// Computes what this would do, by reading only.
    ///
    /// # Errors
    /// What couldn't be read. What must not be done is a failed check in the plan, not an error;
    /// so is what keeps only one target of several from being read.
    pub async fn plan(&self, site: &Site<'_>) -> Result<Plan, Failure> {
        match self {
            Self::Replicate(replicate) => replicate::plan(replicate, site).await,
            Self::Share(share) => share::plan(share, share::Way::Share, site).await,
            Self::Unshare(share) => share::plan(share, share::Way::Unshare, site).await,
            Self::Deploy(deploy) => deploy::plan(deploy, site).await,
        }
    }
}

/// An action on one target with everything pinned, as a job carries it through restarts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case")]
pub enum Task {
    /// See [`replicate::Task`].
    Replicate(replicate::Task),
    /// See [`share::Task`].
    Share(share::Task),
    /// See [`deploy::Task`].
    Deploy(Box<deploy::Task>),
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
            Self::Share(task) => share::run(task, session, steps).await,
            Self::Deploy(task) => deploy::run(task, session, steps).await,
        }
    }

    /// What Azure is at once it has accepted the request of a step, with how far its parts are.
    #[must_use]
    pub fn under_way(&self, step: &str, parts: &[Part]) -> String {
        match self {
            Self::Replicate(task) => task.under_way(step, parts),
            Self::Share(task) => task.under_way(parts),
            Self::Deploy(task) => task.under_way(step, parts),
        }
    }

    /// What a job that goes no further, after it has done this, leaves behind that should not stay.
    #[must_use]
    pub fn left_behind(&self, trace: &Trace) -> Option<String> {
        match self {
            Self::Replicate(task) => task.left_behind(trace),
            Self::Share(_) => None,
            Self::Deploy(task) => task.left_behind(trace),
        }
    }

    /// Why it can never be taken back, where it can't.
    #[must_use]
    pub fn one_way(&self) -> Option<String> {
        match self {
            Self::Replicate(_) | Self::Share(_) => None,
            Self::Deploy(_) => Some(deploy::stays(&Trace::default())),
        }
    }

    /// What takes back the changes of a job that has done this, and no others.
    ///
    /// # Errors
    /// Why they can't be taken back.
    pub fn undo(&self, trace: &Trace) -> Result<Action, String> {
        match self {
            Self::Replicate(task) => task.undo(trace),
            Self::Share(task) => task.undo(trace),
            Self::Deploy(_) => Err(deploy::stays(trace)),
        }
    }

    /// The names of the parts that its progress has, as far as they are known before Azure tells.
    #[must_use]
    pub fn parts(&self) -> Vec<String> {
        match self {
            Self::Replicate(task) => task.parts(),
            Self::Share(_) => Vec::new(),
            Self::Deploy(task) => task.names.clone(),
        }
    }

    /// What it is going to create, so that no later plan takes the same names.
    #[must_use]
    pub fn claims(&self) -> Vec<ResourceId> {
        match self {
            Self::Replicate(_) | Self::Share(_) => Vec::new(),
            Self::Deploy(task) => task.claims(),
        }
    }
}
