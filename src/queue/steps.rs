//! Steps over the journal: what an action is carried by.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::journal::{Kept, Mark};
use super::reporter::JobTeller;
use super::{JobId, Journal, StepState};
use crate::actions::{Effect, Failure, Level, Settled, Steps, Teller, Told, Unsent};
use crate::azure::Accepted;
use crate::database::Error;

/// The longest wait between two looks at a change whose fate isn't known.
const LONGEST_LOOK: Duration = Duration::from_secs(30);

/// Why an action was stopped where it stood. It never returns to the action.
#[derive(Debug)]
pub(super) enum Parked {
    /// Somebody asked for the job's end, and nothing of it is under way.
    Cancelled,
    /// Nothing can be recorded any more, so nothing may be done.
    JournalLost(Error),
}

/// The steps of one attempt of one job.
pub(super) struct JournalSteps {
    pub(super) job: JobId,
    pub(super) attempt: u32,
    pub(super) journal: Journal,
    pub(super) teller: Arc<JobTeller>,
    pub(super) cancel: CancellationToken,
    pub(super) parked: mpsc::Sender<Parked>,
}

enum Begun {
    Done,
    Accepted(Accepted),
}

#[async_trait]
impl Steps for JournalSteps {
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
            } => effect.watch(&accepted, self.teller.as_ref()).await,
            Kept { intended, .. } => match self.begin(name, effect, intended).await {
                Ok(Begun::Done) => Ok(()),
                Ok(Begun::Accepted(accepted)) => {
                    effect.watch(&accepted, self.teller.as_ref()).await
                }
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
        loop {
            let settled = effect.settled(sent, self.teller.as_ref()).await;
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
                    let told = (Level::Info, format!("{name}: under way"));
                    return Ok(self.accept(name, accepted, told).await);
                }
                Ok(Settled::Busy(what, wait)) => {
                    self.teller.tell(Told::Waits(what));
                    self.pause(wait).await;
                    self.teller.tell(Told::GoesOn);
                }
                Ok(Settled::NotBegun(request)) => {
                    self.find(&mut lost);
                    let told = (Level::Info, format!("{name}: sending"));
                    self.keep(name, StepState::Intended, Mark::Nothing, told)
                        .await;
                    sent = true;
                    match effect.send(request, self.teller.as_ref()).await {
                        Ok(accepted) => {
                            let id = accepted.correlation_id.as_deref().unwrap_or("none");
                            let told =
                                (Level::Info, format!("{name}: accepted (correlation {id})"));
                            return Ok(self.accept(name, accepted, told).await);
                        }
                        Err(Unsent::Refused(failure)) => return Err(failure),
                        Err(Unsent::Unknown(failure)) => self.lose(&mut lost, &failure).await,
                    }
                }
                Err(failure) if sent => self.lose(&mut lost, &failure).await,
                Ok(Settled::Stop(failure)) | Err(failure) => return Err(failure),
            }
        }
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
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use serde_json::{Value, json};

    use super::super::reporter::Reporter;
    use super::super::{Group, SCHEMA};
    use super::*;
    use crate::actions::{Action, Cause, Confirmation, JobPlan, Plan, PlanId, Replicate};
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
        let action = Replicate {
            version: resource(),
            set: Vec::new(),
            remove: Vec::new(),
        };
        let task = json!({"verb": "replicate", "version": resource(), "phases": [], "seen": []});
        let access: Access = serde_json::from_value(json!({
            "identity": "msp", "tenant": "11111111-1111-1111-1111-111111111111"
        }))
        .unwrap();
        let plan = Plan {
            id: PlanId::fresh(),
            made_at: jiff::Timestamp::now(),
            action: Action::Replicate(action),
            title: "replicate i 1.0.0".to_owned(),
            confirmation: Confirmation::Yes,
            jobs: vec![JobPlan {
                title: "replicate i 1.0.0".to_owned(),
                target: "uksouth 1".to_owned(),
                lock: resource(),
                access,
                checks: Vec::new(),
                changes: Vec::new(),
                calls: Vec::new(),
                warnings: Vec::new(),
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
}
