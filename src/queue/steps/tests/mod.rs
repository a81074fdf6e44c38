//! Steps over a journal of their own, with effects that answer as they are told to.

mod effects;
mod rooms;
mod stopping;

use std::collections::VecDeque;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::super::audit::{Audit, Recorder};
use super::super::fixtures::{journal, resource, submit};
use super::super::reporter::{Awaited, Reporter};
use super::super::{JobState, LogQuery};
use super::*;
use crate::actions::Cause;

fn failure(text: &str) -> Failure {
    Failure::new(Cause::Azure, text)
}

/// An effect that answers as it is told to, and notes what it was asked.
#[derive(Default)]
struct Scripted {
    settled: Mutex<VecDeque<Result<Settled, Failure>>>,
    sent: Mutex<VecDeque<Result<Accepted, Unsent>>>,
    asked: Mutex<Vec<&'static str>>,
}

impl Scripted {
    fn new(
        settled: impl IntoIterator<Item = Result<Settled, Failure>>,
        sent: impl IntoIterator<Item = Result<Accepted, Unsent>>,
    ) -> Self {
        Self {
            settled: Mutex::new(settled.into_iter().collect()),
            sent: Mutex::new(sent.into_iter().collect()),
            asked: Mutex::default(),
        }
    }

    fn asked(&self) -> Vec<&'static str> {
        self.asked.lock().unwrap().clone()
    }

    fn note(&self, what: &'static str) {
        self.asked.lock().unwrap().push(what);
    }
}

#[async_trait]
impl Effect for Scripted {
    async fn settled(&self, begun: bool, _: &dyn Teller) -> Result<Settled, Failure> {
        self.note(if begun { "settled, begun" } else { "settled" });
        self.settled.lock().unwrap().pop_front().unwrap()
    }

    async fn send(&self, _: Value, _: &dyn Teller) -> Result<Accepted, Unsent> {
        self.note("send");
        self.sent.lock().unwrap().pop_front().unwrap()
    }

    async fn watch(&self, _: &Accepted, _: &dyn Teller) -> Result<(), Failure> {
        self.note("watch");
        Ok(())
    }
}

struct Bench {
    _folder: tempfile::TempDir,
    journal: Journal,
    audit: Audit,
    reporter: Reporter,
    pauses: watch::Sender<HashSet<Pause>>,
    job: JobId,
}

async fn bench() -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(&folder);
    let audit = Audit::start(folder.path().join("audit.jsonl"));
    let reporter = Reporter::start(journal.clone(), Arc::new(|_, _| {}), Awaited::default());
    let job = submit(&journal, 1).await[0];
    Bench {
        _folder: folder,
        journal,
        audit,
        reporter,
        pauses: watch::Sender::default(),
        job,
    }
}

impl Bench {
    fn steps(&self, cancel: &CancellationToken) -> (JournalSteps, mpsc::Receiver<Parked>) {
        self.steps_of(self.job, cancel)
    }

    /// The steps of another job in the same queue.
    async fn another(&self) -> JournalSteps {
        let job = submit(&self.journal, 1).await[0];
        self.steps_of(job, &CancellationToken::new()).0
    }

    fn steps_of(
        &self,
        job: JobId,
        cancel: &CancellationToken,
    ) -> (JournalSteps, mpsc::Receiver<Parked>) {
        let (parked, why) = mpsc::channel(1);
        let teller = Arc::new(self.reporter.teller(job));
        let kept = self.job(job);
        let steps = JournalSteps {
            job,
            attempt: 1,
            name: Uuid::nil(),
            journal: self.journal.clone(),
            recorder: Arc::new(Recorder::new(
                self.audit.clone(),
                (&kept, kept.access.as_ref().unwrap()),
                teller.clone(),
                parked.clone(),
            )),
            teller,
            cancel: cancel.clone(),
            gate: Gate::new(&self.pauses, &kept),
            parked,
        };
        (steps, why)
    }

    fn job(&self, id: JobId) -> Job {
        self.journal.reader().unwrap().job(id).unwrap().unwrap()
    }

    /// Returns when the journal says that the job is paused, with the reason.
    async fn paused(&self) -> Option<String> {
        let mut changes = self.journal.database().changes();
        loop {
            changes.mark_unchanged();
            let job = self.job(self.job);
            if job.state == JobState::Paused {
                return job.reason;
            }
            changes.changed().await.unwrap();
        }
    }

    async fn run(&self, effect: &Scripted) -> Result<(), Failure> {
        self.steps(&CancellationToken::new())
            .0
            .effect("update", effect)
            .await
    }

    fn state(&self) -> StepState {
        self.journal.reader().unwrap().steps(self.job).unwrap()[0].state
    }
}

fn accepted() -> Accepted {
    Accepted::found(resource())
}
