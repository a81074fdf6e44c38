//! Steps over the journal: what an action is carried by.

use std::collections::HashSet;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::audit::{self, Recorder};
use super::journal::{Kept, Mark};
use super::reporter::JobTeller;
use super::{Job, JobId, Journal, Pause, StepState};
use crate::actions::{
    Effect, Failure, Level, Room, RunId, Settled, Steps, Supply, Teller, Told, Unsent,
};
use crate::azure::Accepted;
use crate::database::Error;

/// The longest wait between two looks at a change whose fate isn't known.
const LONGEST_LOOK: Duration = Duration::from_secs(30);

/// Between two looks at how much room there is, where nothing was heard of any being given back.
const ROOM_LOOK: Duration = Duration::from_secs(30);

/// How long what Azure does has to be unreadable before a job that is to end is left there.
const GIVEN_UP: Duration = Duration::from_secs(60);

/// Why an action was stopped where it stood. It never returns to the action.
#[derive(Debug)]
pub(super) enum Parked {
    /// Somebody asked for the job's end, and nothing of it is under way.
    Cancelled,
    /// Nothing can be recorded any more, so nothing may be done.
    JournalLost(Error),
    /// No write can be accounted for any more, so none may be sent.
    AuditLost(audit::Error),
}

/// The steps of one attempt of one job.
pub(super) struct JournalSteps {
    pub(super) job: JobId,
    pub(super) attempt: u32,
    pub(super) name: Uuid,
    pub(super) journal: Journal,
    pub(super) recorder: Arc<Recorder>,
    pub(super) teller: Arc<JobTeller>,
    pub(super) cancel: CancellationToken,
    pub(super) gate: Gate,
    pub(super) parked: mpsc::Sender<Parked>,
}

/// What a job passes before it sends something: closed while it, or what it belongs to, is paused.
pub(super) struct Gate {
    pauses: watch::Receiver<HashSet<Pause>>,
    /// What would close it.
    by: Vec<Pause>,
}

impl Gate {
    pub(super) fn new(pauses: &watch::Sender<HashSet<Pause>>, job: &Job) -> Self {
        Self {
            pauses: pauses.subscribe(),
            by: Pause::all_of(job.tenant.as_ref(), job.group, job.id),
        }
    }

    fn closed_by(&self) -> Option<Pause> {
        let pauses = self.pauses.borrow();
        self.by.iter().find(|by| pauses.contains(by)).cloned()
    }

    /// Returns when nothing closes it any more.
    async fn opened(&self) {
        let mut pauses = self.pauses.clone();
        let open = |pauses: &HashSet<Pause>| !self.by.iter().any(|by| pauses.contains(by));
        // Without a queue nobody resumes it, and nothing more is sent.
        if pauses.wait_for(open).await.is_err() {
            pending::<()>().await;
        }
    }
}

enum Begun {
    Done,
    Accepted(Accepted),
}

#[async_trait]
impl Steps for JournalSteps {
    fn run(&self) -> RunId {
        RunId {
            job: self.name,
            attempt: self.attempt,
        }
    }

    fn teller(&self) -> &dyn Teller {
        self.teller.as_ref()
    }

    async fn read_json(
        &self,
        name: &str,
        read: BoxFuture<'_, Result<Value, Failure>>,
    ) -> Result<Value, Failure> {
        let kept = self.journal.step(self.job, self.attempt, name).await;
        if let Some(read) = self.recorded(kept).await.read {
            return Ok(read);
        }
        if self.cancel.is_cancelled() {
            return self.park(Parked::Cancelled).await;
        }
        let read = read.await?;
        let told = (Level::Debug, format!("{name}: read"));
        self.keep(name, StepState::Done, Mark::Read(read.clone()), told)
            .await;
        Ok(read)
    }

    async fn admit(&self, name: &str, supply: &dyn Supply, wanted: u32) -> Result<u32, Failure> {
        let (job, attempt) = (self.job, self.attempt);
        let before = self.journal.admitted(job, attempt, name).await;
        if let Some(admitted) = self.recorded(before).await {
            return Ok(admitted);
        }
        let mut freed = self.journal.freed();
        let mut waits = None;
        loop {
            freed.mark_unchanged();
            if self.gate.closed_by().is_some() && !self.cancel.is_cancelled() {
                self.stand_at_gate(&mut waits).await;
                continue;
            }
            let (reason, wait) = match supply.room(self.teller.as_ref()).await? {
                Room::NotYet(reason, wait) => (reason, wait),
                Room::For(size) => {
                    let asked = self
                        .journal
                        .admit(job, attempt, name, supply.pool(), size, wanted);
                    let (admitted, used) = self.recorded(asked.await).await;
                    if admitted > 0 {
                        if waits.is_some() {
                            self.teller.tell(Told::GoesOn);
                        }
                        return Ok(admitted);
                    }
                    (format!("room: {used} of {size} in use"), ROOM_LOOK)
                }
            };
            if self.cancel.is_cancelled() {
                return self.park(Parked::Cancelled).await;
            }
            self.wait_for(reason, &mut waits);
            tokio::select! {
                Ok(()) = freed.changed() => {}
                () = self.pause(wait) => {}
            }
        }
    }

    async fn effect(&self, name: &str, effect: &dyn Effect) -> Result<(), Failure> {
        let kept = self
            .recorded(self.journal.step(self.job, self.attempt, name).await)
            .await;
        let outcome = match kept {
            Kept {
                result: Some(result),
                ..
            } => return result,
            Kept {
                accepted: Some(accepted),
                ..
            } => {
                // The wait that Azure asked for is over, or nearly so.
                let accepted = Accepted {
                    retry_after_s: None,
                    ..accepted
                };
                self.watch(name, effect, &accepted).await
            }
            Kept { intended, .. } => match self.begin(name, effect, intended).await {
                Ok(Begun::Done) => Ok(()),
                Ok(Begun::Accepted(accepted)) => self.watch(name, effect, &accepted).await,
                Err(failure) => Err(failure),
            },
        };
        let (state, mark, told) = match &outcome {
            Ok(()) => (
                StepState::Done,
                Mark::Nothing,
                (Level::Info, format!("{name}: done")),
            ),
            Err(failure) => {
                let told = (Level::Debug, format!("{name}: failed"));
                (StepState::Failed, Mark::Failed(failure.clone()), told)
            }
        };
        self.keep(name, state, mark, told).await;
        outcome
    }
}

impl JournalSteps {
    /// From a look at Azure to something that Azure has accepted, or that is already so.
    async fn begin(
        &self,
        name: &str,
        effect: &dyn Effect,
        intended: bool,
    ) -> Result<Begun, Failure> {
        let mut sent = intended;
        let mut lost = 0;
        let mut waits = None;
        // The request of which nobody has seen what came.
        let mut open = None;
        if intended {
            open = self.recorder.left_open(name).await;
        }
        loop {
            let settled = effect.settled(sent, self.teller.as_ref()).await;
            if let (Some(request), Ok(settled)) = (&open, &settled) {
                self.recorder.found(request, settled).await;
            }
            if !matches!(settled, Ok(Settled::Busy(..))) && waits.take().is_some() {
                self.teller.tell(Told::GoesOn);
            }
            // What may have been sent is resolved first: only then is it known what to cancel.
            let begins = matches!(
                settled,
                Ok(Settled::NotBegun(_) | Settled::Busy(..)) | Err(_)
            );
            if self.cancel.is_cancelled() && (begins && !(sent && settled.is_err())) {
                return self.park(Parked::Cancelled).await;
            }
            match settled {
                Ok(Settled::Done) => return Ok(Begun::Done),
                Ok(Settled::UnderWay(accepted)) => {
                    self.find(&mut lost);
                    let accepted = Accepted {
                        client_request_id: open.map(|request| request.request),
                        ..accepted
                    };
                    let told = (Level::Info, format!("{name}: under way"));
                    return Ok(self.accept(name, accepted, told).await);
                }
                Ok(Settled::Busy(what, wait)) => {
                    self.wait_for(what, &mut waits);
                    self.pause(wait).await;
                }
                Ok(Settled::NotBegun(_)) if self.gate.closed_by().is_some() => {
                    self.find(&mut lost);
                    open = None;
                    self.stand_at_gate(&mut waits).await;
                }
                Ok(Settled::NotBegun(request)) => {
                    self.find(&mut lost);
                    let told = (Level::Info, format!("{name}: sending"));
                    self.keep(name, StepState::Intended, Mark::Nothing, told)
                        .await;
                    sent = true;
                    self.recorder.begin(name);
                    match effect.send(request, self.teller.as_ref()).await {
                        Ok(accepted) => {
                            let id = accepted.correlation_id.as_deref().unwrap_or("none");
                            let told =
                                (Level::Info, format!("{name}: accepted (correlation {id})"));
                            return Ok(self.accept(name, accepted, told).await);
                        }
                        Err(Unsent::Refused(failure)) => return Err(failure),
                        Err(Unsent::Unknown(failure)) => {
                            open = self.recorder.sent();
                            self.lose(&mut lost, &failure).await;
                        }
                    }
                }
                Err(failure) if sent => self.lose(&mut lost, &failure).await,
                Ok(Settled::Stop(failure)) | Err(failure) => return Err(failure),
            }
        }
    }

    /// Follows what was accepted to its end. A job that is to end is left where nobody can read
    /// any more what Azure does.
    async fn watch(
        &self,
        name: &str,
        effect: &dyn Effect,
        accepted: &Accepted,
    ) -> Result<(), Failure> {
        let given_up = async {
            self.cancel.cancelled().await;
            self.teller.unknown_for(GIVEN_UP).await;
        };
        let outcome = tokio::select! {
            outcome = effect.watch(accepted, self.teller.as_ref()) => outcome,
            () = given_up => self.park(Parked::Cancelled).await,
        };
        self.recorder.ended(name, accepted, &outcome).await;
        outcome
    }

    /// Tells that nobody knows, and waits before the next look.
    async fn lose(&self, lost: &mut u32, failure: &Failure) {
        *lost += 1;
        let wait = LONGEST_LOOK.min(Duration::from_secs(1 << (*lost).min(5)));
        self.teller.tell(Told::Unknown(format!(
            "it isn't known whether Azure accepted it, looking again in {} s: {failure}",
            wait.as_secs()
        )));
        tokio::time::sleep(wait).await;
    }

    /// Tells that it is known again.
    fn find(&self, lost: &mut u32) {
        if std::mem::take(lost) > 0 {
            self.teller.tell(Told::Known);
        }
    }

    /// Tells what is waited for, once as long as it is the same.
    fn wait_for(&self, what: String, waits: &mut Option<String>) {
        if waits.as_ref() != Some(&what) {
            self.teller.tell(Told::Waits(what.clone()));
            *waits = Some(what);
        }
    }

    /// Tells that the job is paused, and waits until it isn't, or is to end.
    async fn stand_at_gate(&self, waits: &mut Option<String>) {
        let Some(pause) = self.gate.closed_by() else {
            return;
        };
        self.teller.tell(Told::Paused(pause.reason()));
        *waits = Some(String::new());
        tokio::select! {
            () = self.gate.opened() => {}
            () = self.cancel.cancelled() => {}
        }
    }

    async fn pause(&self, wait: Duration) {
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = self.cancel.cancelled() => {}
        }
    }

    async fn accept(&self, name: &str, accepted: Accepted, told: (Level, String)) -> Begun {
        let mark = Mark::Accepted(Box::new(accepted.clone()));
        self.keep(name, StepState::Accepted, mark, told).await;
        Begun::Accepted(accepted)
    }

    async fn keep(&self, name: &str, state: StepState, mark: Mark, told: (Level, String)) {
        let (job, attempt) = (self.job, self.attempt);
        let kept = self
            .journal
            .keep(job, attempt, name, state, mark, Some(told))
            .await;
        self.recorded(kept).await;
    }

    /// What the journal answered. Where it can't be written the action goes no further.
    async fn recorded<T>(&self, outcome: Result<T, Error>) -> T {
        match outcome {
            Ok(value) => value,
            Err(error) => self.park(Parked::JournalLost(error)).await,
        }
    }

    /// Stops the action here for good: whoever runs it drops it.
    async fn park<T>(&self, why: Parked) -> T {
        let _ = self.parked.send(why).await;
        pending().await
    }
}

#[cfg(test)]
mod tests;
