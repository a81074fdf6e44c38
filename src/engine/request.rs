use serde::{Deserialize, Serialize};

use super::{Owner, PLAN_LIFETIME};
use crate::actions::{Action, Check, Failure, Plan, PlanId};
use crate::azure::{self, DeviceCode, Remedy, SubscriptionId, TenantId};
use crate::database;
use crate::estate::{Scope, Trouble};
use crate::queue::{self, Group, GroupId, JobId, Pause, Terms, Vacuumed};

/// What a face may ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// What an action would do. Nothing is changed.
    Plan(Action),
    /// Carry out a plan.
    Submit {
        /// The plan.
        plan: PlanId,
        /// What the operator said.
        confirmation: Confirmed,
        /// When its jobs may begin, and how many at once.
        #[serde(default)]
        terms: Terms,
        /// The operator's note, such as the number of a change.
        #[serde(default)]
        note: Option<String>,
    },
    /// Ask for a job's end.
    Cancel(JobId),
    /// What would take back the changes of a job that has ended: answered with a plan.
    Undo(JobId),
    /// Try a job again.
    Retry(JobId),
    /// Try those jobs of a group again that failed or are held.
    RetryFailed(GroupId),
    /// Begin nothing of this, and send nothing more of what runs, until it is resumed.
    Pause(Pause),
    /// Go on with this.
    Resume(Pause),
    /// Give a job another priority; higher begins first.
    Prioritise(JobId, i32),
    /// Put a job before another one.
    PutBefore(JobId, JobId),
    /// Forget what is old, and give its space back.
    Vacuum,
    /// Begin to read a part of the estate again.
    Refresh(Scope),
    /// Read a part of the estate again, and answer when it is read.
    Load(Scope),
    /// Begin a person's sign-in at a tenant, or give the code of the one that waits already.
    SignIn(TenantId),
    /// Answer when the sign-in that waits at a tenant has come to something.
    SignedIn(TenantId),
}

impl From<Action> for Request {
    fn from(action: Action) -> Self {
        Self::Plan(action)
    }
}

/// What the operator said to a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confirmed {
    /// Yes.
    Yes,
    /// This text.
    Typed(String),
}

/// What the engine answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// The plan, kept for [`PLAN_LIFETIME`].
    Planned(Box<Plan>),
    /// The jobs are in the queue.
    Submitted(Group),
    /// It is being done, or has been.
    Accepted,
    /// What the person needs to sign in.
    SignIn(DeviceCode),
    /// What is old is forgotten.
    Vacuumed(Vacuumed),
}

/// Why the engine doesn't do what it was asked for, and what to do instead. It may come from
/// another process, so it holds text and no sources.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Another process owns the state folder.
    #[error(
        "{0} owns this queue, and this process only reads: ask there, end it, or use another \
         --state-dir"
    )]
    Owned(Owner),
    /// The configuration forbids every change.
    #[error("the configuration says read_only: nothing is changed. Take it out of [safety] first")]
    ReadOnly,
    /// The request contradicts itself.
    #[error("{0}")]
    Invalid(String),
    /// Azure couldn't be read for the plan.
    #[error(transparent)]
    Plan(#[from] Failure),
    /// No tenant that answers has the subscription.
    #[error(
        "subscription {0} isn't among those that are reached: `gallerist get subscriptions` shows \
         them, and `gallerist get tenants` which tenants fail"
    )]
    Unreached(SubscriptionId),
    /// There is no such plan any more.
    #[error("there is no such plan any more: plan again")]
    NoSuchPlan,
    /// The plan is too old.
    #[error("the plan is older than {} minutes: plan again", PLAN_LIFETIME.as_secs() / 60)]
    StalePlan,
    /// A check forbids it.
    #[error("{}", failed(.0))]
    Checks(Vec<Check>),
    /// Another job was submitted meanwhile that takes the same names.
    #[error("another job takes the same names meanwhile: plan again")]
    Claimed,
    /// No job of the group has failed.
    #[error("no job of group {0} has failed or is held")]
    NoneFailed(GroupId),
    /// It is already as it should be.
    #[error("there is nothing to do: it is already so")]
    NothingToDo,
    /// The text to be typed wasn't.
    #[error("this takes something away from a protected tenant: confirm it with its name, {0:?}")]
    Unconfirmed(String),
    /// The identity signs in otherwise than by a person's code.
    #[error("{}", without_code(.0, .1))]
    NoCode(String, Remedy),
    /// A sign-in couldn't begin.
    #[error("{0}")]
    SignIn(Trouble),
    /// A sign-in came to nothing, or wasn't enough.
    #[error("{0}")]
    NotSignedIn(Trouble),
    /// The queue refuses.
    #[error(transparent)]
    Queue(#[from] queue::Refusal),
    /// The estate can't be read or written.
    #[error("{0}")]
    Estate(String),
    /// There is no agent to ask, and none can be started.
    #[error("{0}")]
    NoAgent(String),
    /// The agent ended before it answered.
    #[error(
        "the agent ended before it answered: whether it had done it yet is seen in `gallerist queue \
         list`"
    )]
    Lost,
    /// The agent ended before it answered, and nothing was submitted.
    #[error("the agent ended before it could take the jobs: nothing was changed, plan again")]
    NotSubmitted,
    /// The agent is about to end.
    #[error("the agent is about to end, when what runs is done: ask again when it has")]
    Draining,
    /// The agent is of another version.
    #[error("{}", other_version(.0))]
    OtherVersion(String),
}

impl From<database::Error> for Refusal {
    fn from(error: database::Error) -> Self {
        Self::Estate(error.to_string())
    }
}

impl From<azure::Error> for Refusal {
    fn from(error: azure::Error) -> Self {
        Self::SignIn(Trouble::from(&error))
    }
}

fn other_version(agent: &str) -> String {
    format!(
        "the agent is Gallerist {agent}, and this is {}: `gallerist agent stop --drain` has it end \
         when its jobs are done, and the next command starts the new one",
        env!("CARGO_PKG_VERSION")
    )
}

fn without_code(identity: &str, remedy: &Remedy) -> String {
    match remedy {
        Remedy::AzureCli { command } => format!(
            "{identity} signs in through the Azure CLI: run `{command}`, and read the tenant again"
        ),
        Remedy::DeviceCode | Remedy::Elsewhere => format!(
            "{identity} signs in by itself, not by a person: `gallerist doctor` says what to mend"
        ),
    }
}

fn failed(checks: &[Check]) -> String {
    let lines = checks.iter().map(|check| match &check.advice {
        Some(advice) => format!("✘ {} → {advice}", check.text),
        None => format!("✘ {}", check.text),
    });
    lines.collect::<Vec<_>>().join("\n")
}
