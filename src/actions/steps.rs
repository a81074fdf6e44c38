//! The durable steps that actions are made of. What keeps them, and where, is the engine's affair:
//! an action sees this interface and nothing else.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Failure;
use crate::azure::{Accepted, Region, ResourceId};

/// A change to Azure that takes one path, the first time and after any interruption.
#[async_trait]
pub trait Effect: Send + Sync {
    /// Reads Azure: is the change made, under way, or not begun? `begun` says that the request may
    /// have been sent already, by this process or by one that is no more.
    ///
    /// # Errors
    /// Azure couldn't be read. What was read and forbids the change is [`Settled::Stop`].
    async fn settled(&self, begun: bool, tell: &dyn Teller) -> Result<Settled, Failure>;

    /// Sends the request that [`Settled::NotBegun`] carried.
    ///
    /// # Errors
    /// Whether it was refused, or nobody knows.
    async fn send(&self, request: Value, tell: &dyn Teller) -> Result<Accepted, Unsent>;

    /// Follows what was accepted to its end. It returns only when Azure has said how it ended: not
    /// being able to read that is told, and tried again.
    ///
    /// # Errors
    /// How it failed.
    async fn watch(&self, accepted: &Accepted, tell: &dyn Teller) -> Result<(), Failure>;
}

/// What a look at Azure says of a change.
#[derive(Debug)]
pub enum Settled {
    /// It is made.
    Done,
    /// It is being made; this is what to watch.
    UnderWay(Accepted),
    /// Something else has to end first: what, and when to look again.
    Busy(String, Duration),
    /// It isn't begun: the request to send.
    NotBegun(Value),
    /// It must not be begun, or has ended badly.
    Stop(Failure),
}

/// A request whose acceptance isn't known to have happened.
#[derive(Debug)]
pub enum Unsent {
    /// Azure refused it, or it never left.
    Refused(Failure),
    /// It may have been accepted: to be resolved by reading.
    Unknown(Failure),
}

/// What carries an action: it keeps each step, replays what is finished, and parks the action
/// where it stands when the job is cancelled or the engine stops. An action never sees that
/// happen, so it can't mistake it for a failure.
#[async_trait]
pub trait Steps: Send + Sync {
    /// Makes a change once, however often the job is interrupted. `name` comes from the pinned
    /// task only.
    ///
    /// # Errors
    /// How the change failed; the same again when the step is replayed.
    async fn effect(&self, name: &str, effect: &dyn Effect) -> Result<(), Failure>;
}

/// Whom a step tells how it goes. Telling never waits and never fails; what is told of progress
/// may be lost in a crash.
pub trait Teller: Send + Sync {
    /// Tells it.
    fn tell(&self, told: Told);
}

/// What a step has to tell.
#[derive(Debug)]
pub enum Told {
    /// A line for the job's log.
    Line(Level, String),
    /// How far it is.
    Progress(Progress),
    /// A resource, as just read.
    Seen(ResourceId, Value),
    /// What Azure is doing can't be read at the moment, and why.
    Unknown(String),
    /// It can be read again.
    Known,
    /// The job waits for this before it goes on.
    Waits(String),
    /// It waits no more.
    GoesOn,
}

/// How much a log line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// For whoever looks closely.
    Debug,
    /// What is going on.
    Info,
    /// Went otherwise than wished, and was dealt with.
    Warn,
    /// Failed.
    Error,
}

/// How far a job is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Of the whole, 0 to 100.
    pub percent: u8,
    /// Its parts, in the order of the plan.
    pub parts: Vec<Part>,
}

/// How far one region is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The region.
    pub region: Region,
    /// 0 to 100.
    pub percent: u8,
    /// What is happening there.
    pub state: PartState,
}

/// What is happening to one part of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartState {
    /// Not begun.
    Pending,
    /// Begun.
    Running,
    /// Finished.
    Done,
    /// Failed.
    Failed,
}
