//! The durable steps that actions are made of. What keeps them, and where, is the engine's affair:
//! an action sees this interface and nothing else.

use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{Cause, Failure};
use crate::azure::{self, Accepted, Certainty, ResourceId};

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

impl From<azure::Error> for Unsent {
    fn from(error: azure::Error) -> Self {
        match error.accepted() {
            Certainty::No => Self::Refused(error.into()),
            Certainty::Unknown => Self::Unknown(error.into()),
        }
    }
}

/// What carries an action: it keeps each step, replays what is finished, and parks the action
/// where it stands when the job is cancelled or the engine stops. An action never sees that
/// happen, so it can't mistake it for a failure.
#[async_trait]
pub trait Steps: Send + Sync {
    /// What this attempt may name in Azure.
    fn run(&self) -> RunId;

    /// Whom to tell how it goes between steps.
    fn teller(&self) -> &dyn Teller;

    /// Makes a change once, however often the job is interrupted. `name` comes from the pinned
    /// task only.
    ///
    /// # Errors
    /// How the change failed; the same again when the step is replayed.
    async fn effect(&self, name: &str, effect: &dyn Effect) -> Result<(), Failure>;

    /// Takes room for up to `wanted` of something that all jobs share, and waits until there is
    /// room for one at least. The room is given back when the effect of the same name, or the job,
    /// has ended.
    ///
    /// # Errors
    /// How much room there is can't be found out.
    async fn admit(&self, name: &str, supply: &dyn Supply, wanted: u32) -> Result<u32, Failure>;

    /// What reading something comes to, as JSON: for `read`, which gives it its type back.
    ///
    /// # Errors
    /// As the reading fails; then nothing is kept.
    async fn read_json(
        &self,
        name: &str,
        read: BoxFuture<'_, Result<Value, Failure>>,
    ) -> Result<Value, Failure>;
}

impl dyn Steps + '_ {
    /// Reads something that the rest of the action depends on: the first answer is kept, and is the
    /// answer after any interruption of the attempt.
    ///
    /// # Errors
    /// As the reading fails; then nothing is kept.
    pub async fn read<T: Serialize + DeserializeOwned>(
        &self,
        name: &str,
        read: impl Future<Output = Result<T, Failure>> + Send,
    ) -> Result<T, Failure> {
        let odd = |error: serde_json::Error| Failure::new(Cause::Defect, error.to_string());
        let read = async { serde_json::to_value(read.await?).map_err(odd) };
        let kept = self.read_json(name, Box::pin(read)).await?;
        serde_json::from_value(kept).map_err(odd)
    }
}

/// One attempt at one job. No other job has the same, of whatever journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunId {
    /// The job.
    pub job: Uuid,
    /// The attempt, counted from 1.
    pub attempt: u32,
}

/// Something of which all jobs together may take only so much at once.
#[async_trait]
pub trait Supply: Send + Sync {
    /// What it is: the same text, the same supply.
    fn pool(&self) -> String;

    /// How much of it there is at the moment, in use or not.
    ///
    /// # Errors
    /// It can't be found out.
    async fn room(&self, tell: &dyn Teller) -> Result<Room, Failure>;
}

/// How much there is of a [`Supply`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Room {
    /// So much in all.
    For(u32),
    /// Nothing yet: what has to happen first, and when to look again.
    NotYet(String, Duration),
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
    /// The operator paused it, or what it belongs to, and why that is said.
    Paused(Option<String>),
    /// It waits no more, or is resumed.
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

/// How far one part is: a region of a version, a machine of a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// What it is called.
    #[serde(alias = "region")]
    pub name: String,
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
