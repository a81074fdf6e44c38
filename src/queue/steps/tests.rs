use std::collections::VecDeque;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::super::audit::{Audit, Recorder};
use super::super::reporter::{Awaited, Reporter};
use super::super::{Group, JobState, Origin, SCHEMA, Terms};
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

/// A plan of one job.
pub(in crate::queue) fn plan() -> Plan {
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
    Plan {
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
    let database = Database::open(&folder.path().join("journal.sqlite"), SCHEMA).unwrap();
    let journal = Journal::new(database);
    let audit = Audit::start(folder.path().join("audit.jsonl"));
    let reporter = Reporter::start(journal.clone(), Arc::new(|_, _| {}), Awaited::default());
    let Group { jobs, .. } = journal
        .submit(
            &plan(),
            "https://cloud",
            Terms::default(),
            &Origin::here("a test"),
            None,
        )
        .await
        .unwrap();
    Bench {
        _folder: folder,
        journal,
        audit,
        reporter,
        pauses: watch::Sender::default(),
        job: jobs[0],
    }
}

impl Bench {
    fn steps(&self, cancel: &CancellationToken) -> (JournalSteps, mpsc::Receiver<Parked>) {
        self.steps_of(self.job, cancel)
    }

    /// The steps of another job in the same queue.
    async fn another(&self) -> JournalSteps {
        let group = self
            .journal
            .submit(
                &plan(),
                "https://cloud",
                Terms::default(),
                &Origin::here("a test"),
                None,
            )
            .await
            .unwrap();
        self.steps_of(group.jobs[0], &CancellationToken::new()).0
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
async fn a_paused_job_looks_again_before_it_sends_when_it_is_resumed() {
    let bench = bench().await;
    let (job, running) = (bench.job, JobState::Running);
    let moved = bench.journal.transition(job, running, None, None).await;
    assert!(moved.unwrap());
    let not_begun = || Ok(Settled::NotBegun(json!({})));
    let effect = Scripted::new([not_begun(), not_begun(), not_begun()], [Ok(accepted())]);
    bench
        .pauses
        .send_replace(HashSet::from([Pause::Everything]));
    let (steps, _parked) = bench.steps(&CancellationToken::new());
    let mut runs = Box::pin(steps.effect("update", &effect));
    tokio::select! {
        outcome = &mut runs => panic!("{outcome:?}"),
        reason = bench.paused() => assert_eq!(reason.as_deref(), Some("everything is paused")),
    }
    // Another pause of it, when the first is lifted, doesn't let it go on.
    bench.pauses.send_replace(HashSet::from([Pause::Job(job)]));
    assert_eq!(effect.asked(), ["settled"]);
    bench.pauses.send_replace(HashSet::new());
    runs.await.unwrap();
    assert_eq!(effect.asked(), ["settled", "settled", "send", "watch"]);
    bench.reporter.flush().await;
    assert_eq!(bench.job(job).state, running);
}

#[tokio::test]
async fn a_paused_job_can_be_cancelled_and_sends_nothing() {
    let bench = bench().await;
    let not_begun = || Ok(Settled::NotBegun(json!({})));
    let effect = Scripted::new([not_begun(), not_begun()], []);
    bench
        .pauses
        .send_replace(HashSet::from([Pause::Job(bench.job)]));
    let cancel = CancellationToken::new();
    let (steps, mut parked) = bench.steps(&cancel);
    let why = tokio::select! {
        outcome = steps.effect("update", &effect) => panic!("{outcome:?}"),
        why = async {
            assert_eq!(bench.paused().await, None);
            cancel.cancel();
            parked.recv().await
        } => why,
    };
    assert!(matches!(why, Some(Parked::Cancelled)));
    assert_eq!(effect.asked(), ["settled", "settled"]);
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

/// Azure accepted it, and can't be read any more.
struct Unreadable;

#[async_trait]
impl Effect for Unreadable {
    async fn settled(&self, _: bool, _: &dyn Teller) -> Result<Settled, Failure> {
        Ok(Settled::UnderWay(accepted()))
    }

    async fn send(&self, _: Value, _: &dyn Teller) -> Result<Accepted, Unsent> {
        Err(Unsent::Refused(failure("not to be sent")))
    }

    async fn watch(&self, _: &Accepted, tell: &dyn Teller) -> Result<(), Failure> {
        tell.tell(Told::Unknown("403".to_owned()));
        pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_job_is_left_where_azure_can_t_be_read_any_more() {
    let bench = bench().await;
    let cancel = CancellationToken::new();
    let (steps, mut why) = bench.steps(&cancel);
    let mut watching = Box::pin(steps.effect("update", &Unreadable));
    tokio::select! {
        _ = &mut watching => panic!("the action went on"),
        () = tokio::time::sleep(Duration::from_secs(3600)) => {}
    }
    assert!(why.try_recv().is_err(), "nobody has asked for its end yet");
    cancel.cancel();
    tokio::select! {
        _ = &mut watching => panic!("the action went on"),
        why = why.recv() => assert!(matches!(why, Some(Parked::Cancelled))),
    }
}

/// Room for that many, once that many looks have found nothing yet.
struct Places(u32, Mutex<u32>);

#[async_trait]
impl Supply for Places {
    fn pool(&self) -> String {
        "version westeurope".to_owned()
    }

    async fn room(&self, _: &dyn Teller) -> Result<Room, Failure> {
        let mut not_yet = self.1.lock().unwrap();
        if *not_yet == 0 {
            return Ok(Room::For(self.0));
        }
        *not_yet -= 1;
        let what = "uksouth 62 %".to_owned();
        Ok(Room::NotYet(what, Duration::from_secs(15)))
    }
}

fn places(count: u32) -> Places {
    Places(count, Mutex::new(0))
}

async fn ended(steps: &JournalSteps, name: &str) {
    let done = Scripted::new([Ok(Settled::Done)], []);
    steps.effect(name, &done).await.unwrap();
}

#[tokio::test]
async fn what_was_read_once_is_the_answer_after_a_restart() {
    let bench = bench().await;
    for (found, kept) in [(1, 1), (2, 1)] {
        let steps = bench.steps(&CancellationToken::new()).0;
        let steps: &dyn Steps = &steps;
        let read: u32 = steps.read("count", async { Ok(found) }).await.unwrap();
        assert_eq!(read, kept);
    }
    let steps = bench.steps(&CancellationToken::new()).0;
    let steps: &dyn Steps = &steps;
    let failed = steps.read::<u32>("other", async { Err(failure("403")) });
    assert_eq!(failed.await.unwrap_err().message, "403");
    assert_eq!(steps.read("other", async { Ok(7) }).await.unwrap(), 7);
}

#[tokio::test]
async fn all_jobs_share_the_room_and_a_wave_that_ended_gives_it_back() {
    let bench = bench().await;
    let (first, second) = (bench.another().await, bench.another().await);
    assert_eq!(first.admit("wave 1", &places(20), 15).await.unwrap(), 15);
    assert_eq!(second.admit("wave 1", &places(20), 15).await.unwrap(), 5);
    // After a restart the same answer, whatever the room is then.
    assert_eq!(first.admit("wave 1", &places(0), 99).await.unwrap(), 15);
    let third = bench.another().await;
    let places = places(20);
    let mut waiting = Box::pin(third.admit("wave 1", &places, 60));
    tokio::select! {
        admitted = &mut waiting => panic!("{admitted:?} were let in beyond the room"),
        () = ended(&second, "something else") => {}
    }
    ended(&first, "wave 1").await;
    assert_eq!(waiting.await.unwrap(), 15);
}

#[tokio::test]
async fn a_job_that_ends_gives_all_its_room_back() {
    let bench = bench().await;
    let first = bench.another().await;
    assert_eq!(first.admit("wave 1", &places(3), 3).await.unwrap(), 3);
    let told = Some((Level::Debug, "runs".to_owned()));
    let (journal, job) = (&bench.journal, first.job);
    assert!(
        journal
            .transition(job, JobState::Running, None, told)
            .await
            .unwrap()
    );
    let second = bench.another().await;
    let places = places(3);
    let mut waiting = Box::pin(second.admit("wave 1", &places, 2));
    tokio::select! {
        admitted = &mut waiting => panic!("{admitted:?} were let in beyond the room"),
        end = journal.end(job, JobState::Failed, None, Vec::new()) => assert!(end.unwrap()),
    }
    assert_eq!(waiting.await.unwrap(), 2);
}

#[tokio::test]
async fn what_azure_may_still_be_at_counts_also_when_its_job_was_ended() {
    let bench = bench().await;
    let first = bench.another().await;
    assert_eq!(first.admit("wave 1", &places(3), 2).await.unwrap(), 2);
    let (journal, job) = (&bench.journal, first.job);
    let mark = Mark::Accepted(Box::new(accepted()));
    journal
        .keep(job, 1, "wave 1", StepState::Accepted, mark, None)
        .await
        .unwrap();
    let ended = journal
        .end(job, JobState::Cancelled, None, Vec::new())
        .await;
    assert!(ended.unwrap());
    let second = bench.another().await;
    assert_eq!(second.admit("wave 1", &places(3), 3).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_ready_is_waited_for_by_name() {
    let bench = bench().await;
    let steps = bench.another().await;
    let told = Some((Level::Debug, "runs".to_owned()));
    let journal = &bench.journal;
    journal
        .transition(steps.job, JobState::Running, None, told)
        .await
        .unwrap();
    let late = Places(5, Mutex::new(3));
    assert_eq!(steps.admit("wave 1", &late, 2).await.unwrap(), 2);
    bench.reporter.flush().await;
    let query = super::super::LogQuery {
        job: Some(steps.job),
        ..super::super::LogQuery::default()
    };
    let lines = journal.reader().unwrap().log(&query, 50).unwrap();
    let waits = lines
        .iter()
        .filter(|line| line.text == "waits for uksouth 62 %");
    assert_eq!(waits.count(), 1, "the same reason is told once");
}
