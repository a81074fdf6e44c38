//! An engine that keeps everything in memory. It carries actions by what `gallerist::actions` says of
//! steps, and shares nothing with the queue: neither a journal nor a job.

use std::collections::{BTreeMap, BTreeSet};
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;
use gallerist::actions::{
    Cause, Effect, Failure, Plan, Room, RunId, Settled, Steps, Supply, Task, Teller, Told, Unsent,
};
use gallerist::azure::{Accepted, Access, Azure};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Before what couldn't be read is looked at again.
const LOOK: Duration = Duration::from_millis(200);

/// A job of this engine.
pub(crate) type JobNumber = usize;

/// How carrying out a job ended.
#[derive(Debug, PartialEq)]
pub(crate) enum End {
    Done,
    Failed(Failure),
    /// It sends nothing more, as asked.
    Cancelled,
}

/// All jobs, and the process that carries them out.
#[derive(Clone)]
pub(crate) struct Engine {
    azure: Azure,
    memory: Arc<Memory>,
}

/// What outlives an interruption: text, as a database would have it.
struct Memory {
    jobs: Mutex<Vec<Job>>,
    freed: watch::Sender<()>,
    /// The moments that have been interrupted; nothing where nobody interrupts.
    struck: Option<Mutex<BTreeSet<String>>>,
}

struct Job {
    name: Uuid,
    access: String,
    task: String,
    attempt: u32,
    over: bool,
    cancel: CancellationToken,
    /// By attempt and step.
    records: BTreeMap<(u32, String), String>,
    /// What was admitted to which pool, by attempt and step.
    rooms: BTreeMap<(u32, String), (String, u32)>,
}

/// What is kept of a step.
#[derive(Default, Serialize, Deserialize)]
struct Record {
    intended: bool,
    accepted: Option<Accepted>,
    result: Option<Result<(), Failure>>,
    read: Option<String>,
}

enum Parked {
    Interrupted,
    Cancelled,
}

impl Engine {
    /// With `interrupted` every run of a job is broken off at each moment where something is kept,
    /// before and after, once.
    pub(crate) fn new(azure: Azure, interrupted: bool) -> Self {
        let memory = Memory {
            jobs: Mutex::default(),
            freed: watch::Sender::new(()),
            struck: interrupted.then(Mutex::default),
        };
        Self {
            azure,
            memory: Arc::new(memory),
        }
    }

    /// Makes jobs of a plan.
    pub(crate) fn submit(&self, plan: &Plan) -> Vec<JobNumber> {
        let mut jobs = self.memory.jobs.lock().unwrap();
        let first = jobs.len();
        jobs.extend(plan.ready().map(|job| Job {
            name: Uuid::new_v4(),
            access: serde_json::to_string(job.access.as_ref().unwrap()).unwrap(),
            task: serde_json::to_string(job.task.as_ref().unwrap()).unwrap(),
            attempt: 1,
            over: false,
            cancel: CancellationToken::new(),
            records: BTreeMap::new(),
            rooms: BTreeMap::new(),
        }));
        (first..jobs.len()).collect()
    }

    /// Carries a job to its end, however often it is interrupted.
    pub(crate) async fn carry_out(&self, job: JobNumber) -> End {
        let end = loop {
            let (parked, mut why) = mpsc::channel(1);
            let (task, access, steps) = self.begin(job, parked);
            let session = self.azure.session(access);
            tokio::select! {
                outcome = task.run(&session, &steps) => break match outcome {
                    Ok(()) => End::Done,
                    Err(failure) => End::Failed(failure),
                },
                why = why.recv() => match why {
                    Some(Parked::Cancelled) => break End::Cancelled,
                    Some(Parked::Interrupted) | None => {}
                },
            }
        };
        self.memory.jobs.lock().unwrap()[job].over = true;
        self.memory.freed.send_replace(());
        end
    }

    /// A run of a job, which knows nothing but what is kept.
    fn begin(&self, job: JobNumber, parked: mpsc::Sender<Parked>) -> (Task, Access, MemorySteps) {
        let jobs = self.memory.jobs.lock().unwrap();
        let kept = &jobs[job];
        let steps = MemorySteps {
            memory: self.memory.clone(),
            job,
            run: RunId {
                job: kept.name,
                attempt: kept.attempt,
            },
            cancel: kept.cancel.clone(),
            parked,
        };
        let task = serde_json::from_str(&kept.task).unwrap();
        (task, serde_json::from_str(&kept.access).unwrap(), steps)
    }

    /// A new attempt at a job that has ended.
    pub(crate) fn retry(&self, job: JobNumber) {
        let mut jobs = self.memory.jobs.lock().unwrap();
        jobs[job].attempt += 1;
        jobs[job].over = false;
    }

    /// Asks for a job's end.
    pub(crate) fn cancel(&self, job: JobNumber) {
        self.memory.jobs.lock().unwrap()[job].cancel.cancel();
    }

    /// How often runs were broken off.
    pub(crate) fn interruptions(&self) -> usize {
        let struck = self.memory.struck.as_ref();
        struck.map_or(0, |struck| struck.lock().unwrap().len())
    }
}

struct MemorySteps {
    memory: Arc<Memory>,
    job: JobNumber,
    run: RunId,
    cancel: CancellationToken,
    parked: mpsc::Sender<Parked>,
}

/// Nobody watches.
struct Mute;

impl Teller for Mute {
    fn tell(&self, _: Told) {}
}

#[async_trait]
impl Steps for MemorySteps {
    fn run(&self) -> RunId {
        self.run
    }

    fn teller(&self) -> &dyn Teller {
        &Mute
    }

    async fn effect(&self, name: &str, effect: &dyn Effect) -> Result<(), Failure> {
        let mut record = self.record(name);
        loop {
            if let Some(result) = record.result {
                return result;
            }
            let result = match &record.accepted {
                Some(accepted) => effect.watch(accepted, &Mute).await,
                None => match self.begin(name, effect, &mut record).await {
                    Some(result) => result,
                    None => continue,
                },
            };
            record.result = Some(result);
            self.keep(name, &record, "the result").await;
            self.memory.freed.send_replace(());
        }
    }

    async fn admit(&self, name: &str, supply: &dyn Supply, wanted: u32) -> Result<u32, Failure> {
        let mut freed = self.memory.freed.subscribe();
        loop {
            freed.mark_unchanged();
            if let Some(admitted) = self.admitted(name) {
                return Ok(admitted);
            }
            let wait = match supply.room(&Mute).await? {
                Room::NotYet(_, wait) => wait,
                Room::For(size) => {
                    self.strike(name, "before it is let in").await;
                    if self.let_in(name, &supply.pool(), size, wanted) {
                        self.strike(name, "after it is let in").await;
                        continue;
                    }
                    LOOK
                }
            };
            tokio::select! {
                Ok(()) = freed.changed() => {}
                () = tokio::time::sleep(wait) => {}
                () = self.cancel.cancelled() => self.park(Parked::Cancelled).await,
            }
        }
    }

    async fn read_json(
        &self,
        name: &str,
        read: BoxFuture<'_, Result<Value, Failure>>,
    ) -> Result<Value, Failure> {
        let kept = if let Some(kept) = self.record(name).read {
            kept
        } else {
            let kept = read.await?.to_string();
            let record = Record {
                read: Some(kept.clone()),
                ..Record::default()
            };
            self.keep(name, &record, "what was read").await;
            kept
        };
        serde_json::from_str(&kept).map_err(|error| Failure::new(Cause::Defect, error.to_string()))
    }
}

impl MemorySteps {
    /// From a look at Azure to what it has accepted, or to the end; nothing where it has to be looked
    /// at again.
    async fn begin(
        &self,
        name: &str,
        effect: &dyn Effect,
        record: &mut Record,
    ) -> Option<Result<(), Failure>> {
        match effect.settled(record.intended, &Mute).await {
            Ok(Settled::Done) => Some(Ok(())),
            Ok(Settled::UnderWay(accepted)) => {
                record.accepted = Some(accepted);
                self.keep(name, record, "what is under way").await;
                None
            }
            Ok(Settled::Busy(..) | Settled::NotBegun(_)) if self.cancel.is_cancelled() => {
                self.park(Parked::Cancelled).await
            }
            Ok(Settled::Busy(_, wait)) => {
                tokio::time::sleep(wait).await;
                None
            }
            Ok(Settled::NotBegun(request)) => {
                record.intended = true;
                self.keep(name, record, "the intent").await;
                match effect.send(request, &Mute).await {
                    Ok(accepted) => {
                        record.accepted = Some(accepted);
                        self.keep(name, record, "the acceptance").await;
                        None
                    }
                    Err(Unsent::Refused(failure)) => Some(Err(failure)),
                    Err(Unsent::Unknown(_)) => {
                        tokio::time::sleep(LOOK).await;
                        None
                    }
                }
            }
            // What may have been sent is resolved by reading, however long that takes.
            Err(_) if record.intended => {
                tokio::time::sleep(LOOK).await;
                None
            }
            Ok(Settled::Stop(failure)) | Err(failure) => Some(Err(failure)),
        }
    }

    fn key(&self, name: &str) -> (u32, String) {
        (self.run.attempt, name.to_owned())
    }

    fn record(&self, name: &str) -> Record {
        let jobs = self.memory.jobs.lock().unwrap();
        let kept = jobs[self.job].records.get(&self.key(name));
        kept.map_or_else(Record::default, |kept| serde_json::from_str(kept).unwrap())
    }

    async fn keep(&self, name: &str, record: &Record, what: &str) {
        self.strike(name, &format!("before {what} is kept")).await;
        let text = serde_json::to_string(record).unwrap();
        let key = self.key(name);
        self.memory.jobs.lock().unwrap()[self.job]
            .records
            .insert(key, text);
        self.strike(name, &format!("after {what} is kept")).await;
    }

    fn admitted(&self, name: &str) -> Option<u32> {
        let jobs = self.memory.jobs.lock().unwrap();
        let room = jobs[self.job].rooms.get(&self.key(name));
        room.map(|(_, admitted)| *admitted)
    }

    /// Lets a step in with as much as there is room for among all jobs, if there is any.
    fn let_in(&self, name: &str, pool: &str, size: u32, wanted: u32) -> bool {
        let mut jobs = self.memory.jobs.lock().unwrap();
        let used: u32 = jobs.iter().map(|job| job.uses(pool)).sum();
        let admitted = wanted.min(size.saturating_sub(used));
        if admitted > 0 {
            let room = (pool.to_owned(), admitted);
            jobs[self.job].rooms.insert(self.key(name), room);
        }
        admitted > 0
    }

    /// Breaks the run off here, unless that has been done.
    async fn strike(&self, name: &str, moment: &str) {
        let Some(struck) = &self.memory.struck else {
            return;
        };
        let key = format!(
            "job {} attempt {} {name}: {moment}",
            self.job, self.run.attempt
        );
        if struck.lock().unwrap().insert(key) {
            self.park::<()>(Parked::Interrupted).await;
        }
    }

    /// The action goes no further, and never learns of it: who runs it drops it.
    async fn park<T>(&self, why: Parked) -> T {
        self.parked.send(why).await.unwrap();
        pending().await
    }
}

impl Job {
    /// What the steps of its attempt that have not ended use of a pool.
    fn uses(&self, pool: &str) -> u32 {
        let rooms = self.rooms.iter().filter(|_| !self.over);
        let open = |key: &(u32, String)| {
            let record = self.records.get(key);
            let record = record.map(|kept| serde_json::from_str::<Record>(kept).unwrap());
            key.0 == self.attempt && record.is_none_or(|record| record.result.is_none())
        };
        let open = rooms.filter(|(key, (of, _))| of == pool && open(key));
        open.map(|(_, (_, admitted))| admitted).sum()
    }
}
