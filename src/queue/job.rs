use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{JobState, Origin};
use crate::actions::{Action, Failure, Progress, Task};
use crate::azure::{Access, ResourceId, TenantId};

macro_rules! number {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&format!(concat!($prefix, "{}"), self.0))
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let digits = text.strip_prefix($prefix).unwrap_or(text);
                let number = digits.parse().ok().filter(|number| *number > 0);
                number.map(Self).ok_or_else(|| format!("{text:?} isn't a number such as 41"))
            }
        }
    };
}

number!(
    /// The number of a job, the same for as long as the journal is.
    JobId,
    "#"
);
number!(
    /// The number of a group.
    GroupId,
    ""
);

/// The jobs of one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its number.
    pub id: GroupId,
    /// What was asked for.
    pub title: String,
    /// Its jobs, oldest first.
    pub jobs: Vec<JobId>,
}

/// An action on one target in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// The request that it came from.
    pub group: GroupId,
    /// What is done.
    pub title: String,
    /// Where.
    pub target: String,
    /// The customer that it is for, where it is for one.
    pub tenant: Option<TenantId>,
    /// Higher begins first.
    pub priority: i32,
    /// Where it is.
    pub state: JobState,
    /// What it waits for, why it is held, or what is being tried again.
    pub reason: Option<String>,
    /// Counted from 1; a retry is a new attempt.
    pub attempt: u32,
    /// How far it is.
    pub progress: Progress,
    /// How it failed.
    pub failure: Option<Failure>,
    /// Whether somebody asked for its end.
    pub cancel: bool,
    /// The resource that it writes.
    pub lock: ResourceId,
    /// Whom it signs in as; nothing where its target wasn't reached.
    pub access: Option<Access>,
    /// The Azure Resource Manager that it was planned against.
    pub cloud: String,
    /// The version of the steps that it was planned for.
    pub task_version: u32,
    /// What is to be done, pinned. Nothing where another program wrote something that this one
    /// doesn't understand, and where a check left something open.
    pub task: Option<Task>,
    /// What was asked for, for this target alone.
    pub action: Option<Action>,
    /// Who asked for this attempt; nothing where an older program kept that.
    pub origin: Option<Origin>,
    /// The note that the operator gave the request, such as the number of a change.
    pub note: Option<String>,
    /// When it was submitted.
    pub created: Timestamp,
    /// When it began to run, the first time.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
}

/// A step of a job, as journalled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// The attempt that it belongs to.
    pub attempt: u32,
    /// Where it is.
    pub state: StepState,
    /// Whether Azure accepted it, however it ended.
    pub accepted: bool,
}

/// Where a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// The request is about to be sent, or may have been.
    Intended,
    /// Azure accepted it.
    Accepted,
    /// It is made.
    Done,
    /// It failed.
    Failed,
}

impl StepState {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Intended => "intended",
            Self::Accepted => "accepted",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

impl FromStr for StepState {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        [Self::Intended, Self::Accepted, Self::Done, Self::Failed]
            .into_iter()
            .find(|state| state.word() == word)
            .ok_or_else(|| format!("no step state is called {word:?}"))
    }
}
