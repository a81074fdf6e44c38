use std::collections::VecDeque;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::super::reporter::Reporter;
use super::super::{Group, SCHEMA};
use super::*;
use crate::actions::{Action, Cause, Change, Confirmation, JobPlan, Plan, PlanId, Replicate, Sign};
use crate::azure::{Access, ResourceId};
use crate::database::Database;

fn resource() -> ResourceId {
    "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/r/providers/\
     Microsoft.Compute/galleries/g/images/i/versions/1.0.0"
        .parse()
        .unwrap()
}

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
    reporter: Reporter,
    job: JobId,
}

async fn bench() -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(&folder.path().join("journal.sqlite"), SCHEMA).unwrap();
    let journal = Journal::new(database);
    let reporter = Reporter::start(journal.clone(), Arc::new(|_, _| {}));
    let action = Action::Replicate(Replicate {
        version: resource(),
        set: Vec::new(),
        remove: Vec::new(),
    });
    let task = json!({"verb": "replicate", "version": resource(), "phases": [], "seen": []});
    let access: Access = serde_json::from_value(json!({
        "identity": "msp", "tenant": "11111111-1111-1111-1111-111111111111"
    }))
    .unwrap();
    let plan = Plan {
        id: PlanId::fresh(),
        made_at: jiff::Timestamp::now(),
        action: action.clone(),
        title: "replicate i 1.0.0".to_owned(),
        confirmation: Confirmation::Yes,
        jobs: vec![JobPlan {
            title: "replicate i 1.0.0".to_owned(),
            target: "uksouth 1".to_owned(),
            tenant: None,
            lock: resource(),
            access: Some(access),
            checks: Vec::new(),
            changes: vec![Change {
                sign: Sign::Add,
                text: "uksouth  1 replica".to_owned(),
            }],
            calls: Vec::new(),
            warnings: Vec::new(),
            action,
            task: serde_json::from_value(task).unwrap(),
        }],
    };
    let Group { jobs, .. } = journal.submit(&plan, "https://cloud").await.unwrap();
    Bench {
        _folder: folder,
        journal,
        reporter,
        job: jobs[0],
    }
}

impl Bench {
    fn steps(&self, cancel: &CancellationToken) -> (JournalSteps, mpsc::Receiver<Parked>) {
        let (parked, why) = mpsc::channel(1);
        let steps = JournalSteps {
            job: self.job,
            attempt: 1,
            name: Uuid::nil(),
            journal: self.journal.clone(),
            teller: Arc::new(self.reporter.teller(self.job)),
            cancel: cancel.clone(),
            parked,
        };
        (steps, why)
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

#[tokio::test]
async fn a_change_is_looked_at_sent_watched_and_then_replayed() {
    let bench = bench().await;
    let effect = Scripted::new([Ok(Settled::NotBegun(json!({})))], [Ok(accepted())]);
    bench.run(&effect).await.unwrap();
    assert_eq!(effect.asked(), ["settled", "send", "watch"]);
    let again = Scripted::default();
    bench.run(&again).await.unwrap();
    assert_eq!(again.asked(), [""; 0]);
}

#[tokio::test]
async fn what_is_done_already_is_not_sent() {
    let bench = bench().await;
    let effect = Scripted::new([Ok(Settled::Done)], []);
    bench.run(&effect).await.unwrap();
    assert_eq!(effect.asked(), ["settled"]);
    assert_eq!(bench.state(), StepState::Done);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_outcome_is_resolved_by_reading_and_never_by_sending_blindly() {
    let bench = bench().await;
    let effect = Scripted::new(
        [
            Ok(Settled::NotBegun(json!({}))),
            Err(failure("no answer")),
            Ok(Settled::UnderWay(accepted())),
        ],
        [Err(Unsent::Unknown(failure("504")))],
    );
    bench.run(&effect).await.unwrap();
    assert_eq!(
        effect.asked(),
        [
            "settled",
            "send",
            "settled, begun",
            "settled, begun",
            "watch"
        ]
    );
    let lines = bench
        .journal
        .reader()
        .unwrap()
        .log(&super::super::LogQuery::default(), 50);
    let lines = lines.unwrap();
    assert!(
        lines
            .iter()
            .any(|line| line.text.contains("it isn't known whether Azure"))
    );
}

#[tokio::test]
async fn a_refusal_is_the_step_s_result_also_after_a_restart() {
    let bench = bench().await;
    let effect = Scripted::new(
        [Ok(Settled::NotBegun(json!({})))],
        [Err(Unsent::Refused(failure("409")))],
    );
    assert_eq!(bench.run(&effect).await.unwrap_err().message, "409");
    let again = Scripted::default();
    assert_eq!(bench.run(&again).await.unwrap_err().message, "409");
    assert_eq!(again.asked(), [""; 0]);
}

#[tokio::test]
async fn an_intent_without_acceptance_is_begun_and_an_acceptance_is_only_watched() {
    let bench = bench().await;
    let told = || Some((Level::Info, "x".to_owned()));
    bench
        .journal
        .keep(
            bench.job,
            1,
            "update",
            StepState::Intended,
            Mark::Nothing,
            told(),
        )
        .await
        .unwrap();
    let effect = Scripted::new([Ok(Settled::UnderWay(accepted()))], []);
    bench.run(&effect).await.unwrap();
    assert_eq!(effect.asked(), ["settled, begun", "watch"]);
    let mark = Mark::Accepted(Box::new(accepted()));
    bench
        .journal
        .keep(bench.job, 1, "next", StepState::Accepted, mark, told())
        .await
        .unwrap();
    let effect = Scripted::default();
    let steps = bench.steps(&CancellationToken::new()).0;
    steps.effect("next", &effect).await.unwrap();
    assert_eq!(effect.asked(), ["watch"]);
}

#[tokio::test]
async fn a_cancelled_job_is_parked_before_it_sends_and_the_action_never_sees_it() {
    let bench = bench().await;
    let cancel = CancellationToken::new();
    cancel.cancel();
    let effect = Scripted::new([Ok(Settled::NotBegun(json!({})))], []);
    let (steps, mut why) = bench.steps(&cancel);
    tokio::select! {
        _ = steps.effect("update", &effect) => panic!("the action went on"),
        why = why.recv() => assert!(matches!(why, Some(Parked::Cancelled))),
    }
    assert_eq!(effect.asked(), ["settled"]);
}

#[tokio::test]
async fn a_cancelled_job_still_watches_what_azure_accepted() {
    let bench = bench().await;
    let cancel = CancellationToken::new();
    cancel.cancel();
    let effect = Scripted::new([Ok(Settled::UnderWay(accepted()))], []);
    let (steps, _why) = bench.steps(&cancel);
    steps.effect("update", &effect).await.unwrap();
    assert_eq!(effect.asked(), ["settled", "watch"]);
}
