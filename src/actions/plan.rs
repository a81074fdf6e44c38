use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Action, Cause, Failure, Task};
use crate::azure::{self, Access, ResourceId, TenantId};

/// Names one plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PlanId(Uuid);

impl PlanId {
    /// A name that no other plan has.
    #[must_use]
    pub fn fresh() -> Self {
        Self(Uuid::now_v7())
    }
}

impl fmt::Display for PlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What an action would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Its name, by which it is submitted.
    pub id: PlanId,
    /// When Azure was read for it.
    pub made_at: Timestamp,
    /// What was asked for.
    pub action: Action,
    /// The action in a few words.
    pub title: String,
    /// What the operator has to say before it is done.
    pub confirmation: Confirmation,
    /// The jobs that it would make, one a target. None where there is nothing to change.
    pub jobs: Vec<JobPlan>,
}

impl Plan {
    /// The checks that forbid it.
    pub fn failed_checks(&self) -> impl Iterator<Item = &Check> {
        self.jobs
            .iter()
            .flat_map(|job| &job.checks)
            .filter(|check| check.verdict == Verdict::Fail)
    }

    /// The jobs that may be carried out and would change something.
    pub fn ready(&self) -> impl Iterator<Item = &JobPlan> {
        self.jobs.iter().filter(|job| job.is_ready())
    }

    /// Whether failed checks leave nothing that could be carried out.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.ready().next().is_none() && self.failed_checks().next().is_some()
    }

    /// Whether nothing would change, and no check forbids anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ready().next().is_none() && self.failed_checks().next().is_none()
    }
}

/// What would be done to one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobPlan {
    /// What is done, without where, such as `replicate win11-avd 2026.11.3`.
    pub title: String,
    /// Where, such as `uksouth 2, eastus 1`.
    pub target: String,
    /// The customer that it is for, where it is for one.
    pub tenant: Option<TenantId>,
    /// The resource that nobody else in this queue writes meanwhile.
    pub lock: ResourceId,
    /// Whom the job signs in as. Nothing where the target isn't reached at all.
    pub access: Option<Access>,
    /// What was looked at, and what came of it.
    pub checks: Vec<Check>,
    /// What would be different afterwards.
    pub changes: Vec<Change>,
    /// The requests that would write, in order.
    pub calls: Vec<String>,
    /// What can't be undone, and what will be lacking meanwhile.
    pub warnings: Vec<String>,
    /// What was asked for, for this target alone: by it the job can be planned again.
    pub action: Action,
    /// All that the job needs, pinned. Nothing where a failed check leaves something open.
    pub task: Option<Task>,
}

impl JobPlan {
    /// The first check that forbids it.
    #[must_use]
    pub fn failed_check(&self) -> Option<&Check> {
        let failed = |check: &&Check| check.verdict == Verdict::Fail;
        self.checks.iter().find(failed)
    }

    /// Why the job can't begin: it is held with this until that is mended.
    #[must_use]
    pub fn obstacle(&self) -> Option<Failure> {
        let check = self.failed_check()?;
        let failure = Failure::new(Cause::Check, check.text.clone());
        Some(match &check.advice {
            Some(advice) => failure.advise(advice.clone()),
            None => failure,
        })
    }

    /// Whether it may be carried out, and would change something.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.task.is_some() && self.failed_check().is_none() && !self.changes.is_empty()
    }
}

/// What the operator has to say before an action is carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confirmation {
    /// Yes.
    Yes,
    /// This text, typed.
    Typed(String),
}

/// Something that was looked at before anything is changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What came of it.
    pub verdict: Verdict,
    /// What was looked at, in words that state the outcome.
    pub text: String,
    /// What to do about it.
    pub advice: Option<String>,
}

impl Check {
    /// A check with this outcome.
    #[must_use]
    pub fn new(verdict: Verdict, text: impl Into<String>) -> Self {
        Self {
            verdict,
            text: text.into(),
            advice: None,
        }
    }

    /// A failed check, for what couldn't be read.
    #[must_use]
    pub fn unread(error: &azure::Error) -> Self {
        let check = Self::new(Verdict::Fail, error.to_string());
        match error.advice() {
            Some(advice) => check.advise(advice),
            None => check,
        }
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }
}

/// The outcome of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it should be.
    Pass,
    /// Allowed, and worth knowing.
    Warn,
    /// Forbids the action.
    Fail,
}

/// Something that would be different afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Added, changed or taken away.
    pub sign: Sign,
    /// What, with its value before and after.
    pub text: String,
}

/// The kind of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// `+`
    Add,
    /// `~`
    Change,
    /// `-`
    Remove,
}

impl Sign {
    /// The character that a line about the change begins with.
    #[must_use]
    pub fn symbol(self) -> char {
        match self {
            Self::Add => '+',
            Self::Change => '~',
            Self::Remove => '-',
        }
    }
}
