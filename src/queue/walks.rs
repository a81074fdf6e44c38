//! Random walks over a queue and its journal: whatever is asked for, in whichever order, however jobs
//! end and whenever the process dies, jobs go only where the table of states lets them, and none is
//! lost. What Azure would say is made up here; the queue, its order and its journal are real.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use proptest::prelude::*;
use tokio_util::sync::CancellationToken;

use super::audit::Audit;
use super::fixtures::{journal, plan};
use super::scheduler::Running;
use super::{After, GroupId, Job, JobId, JobState, Origin, Pause, Queue, Terms};
use crate::actions::{Cause, Failure};
use crate::config::Config;

/// One thing that happens. Which job it is about is the number, counted round.
#[derive(Debug, Clone)]
enum Event {
    /// Two jobs are asked for, on a resource each, after another job or not.
    Submit(usize, Option<usize>, Option<u32>),
    Cancel(usize),
    Retry(usize),
    Pause(Option<usize>, bool),
    PauseGroup(usize, bool),
    Prioritise(usize, i32),
    PutBefore(usize, usize),
    /// The scheduler looks.
    Look,
    /// Something becomes of one that runs.
    Tells(usize, JobState),
    Ends(usize, JobState),
    /// The process dies, and the next one takes over.
    Dies,
}

fn any_event() -> impl Strategy<Value = Event> {
    let n = 0usize..12;
    let tells = vec![
        JobState::Unknown,
        JobState::Running,
        JobState::Waiting,
        JobState::Paused,
    ];
    let ends = vec![
        JobState::Done,
        JobState::Failed,
        JobState::Held,
        JobState::Cancelled,
    ];
    let (tells, ends) = (prop::sample::select(tells), prop::sample::select(ends));
    let after = prop::option::weighted(0.3, n.clone());
    let hold_after = prop::option::weighted(0.3, 1u32..3);
    prop_oneof![
        2 => (n.clone(), after, hold_after).prop_map(|(n, after, most)| Event::Submit(n, after, most)),
        2 => n.clone().prop_map(Event::Cancel),
        2 => n.clone().prop_map(Event::Retry),
        1 => (prop::option::of(n.clone()), any::<bool>()).prop_map(|(n, on)| Event::Pause(n, on)),
        1 => (n.clone(), any::<bool>()).prop_map(|(n, on)| Event::PauseGroup(n, on)),
        1 => (n.clone(), -1i32..2).prop_map(|(n, to)| Event::Prioritise(n, to)),
        1 => (n.clone(), n.clone()).prop_map(|(n, other)| Event::PutBefore(n, other)),
        5 => Just(Event::Look),
        3 => (n.clone(), tells).prop_map(|(n, state)| Event::Tells(n, state)),
        4 => (n, ends).prop_map(|(n, state)| Event::Ends(n, state)),
        1 => Just(Event::Dies),
    ]
}

struct Walk {
    _folder: tempfile::TempDir,
    queue: Queue,
    jobs: Vec<JobId>,
    known: HashMap<JobId, JobState>,
}

impl Walk {
    fn begin() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        let identity = "[[identity]]\nname = \"msp\"\ncredential = \"device_code\"\n\
                        tenant = \"11111111-1111-1111-1111-111111111111\"\n";
        std::fs::write(&file, identity).unwrap();
        let config = Config::read(&file).unwrap();
        let azure = config.azure(folder.path().join("tokens.json")).unwrap();
        let journal = journal(&folder);
        let audit = Audit::start(folder.path().join("audit.jsonl"));
        Self {
            _folder: folder,
            queue: Queue::new(journal, audit, azure, &config, Arc::new(|_, _| {})),
            jobs: Vec::new(),
            known: HashMap::new(),
        }
    }

    fn job(&self, number: usize) -> Option<JobId> {
        (!self.jobs.is_empty()).then(|| self.jobs[number % self.jobs.len()])
    }

    fn read(&self, id: JobId) -> Job {
        let reader = self.queue.journal().reader().unwrap();
        reader.job(id).unwrap().expect("no job is lost")
    }

    /// Makes it happen. What the queue refuses doesn't happen.
    async fn take(&mut self, event: &Event) {
        let origin = Origin::here("a test");
        let queue = self.queue.clone();
        match *event {
            Event::Submit(lock, after, hold_after) => {
                let after = after.and_then(|number| self.job(number));
                let after = after.map(|job| After { job, part: None });
                let terms = Terms {
                    after: after.into_iter().collect(),
                    hold_after,
                    ..Terms::default()
                };
                let mut two = plan(2);
                for (job, number) in two.jobs.iter_mut().zip(lock..) {
                    let other = format!("{}{}", job.lock, number % 4);
                    job.lock = other.parse().unwrap();
                }
                let group = queue.submit(&two, terms, &origin, None).await.unwrap();
                self.jobs.extend(group.jobs);
            }
            Event::Look => self.look().await,
            Event::Dies => {
                queue.inner.running.lock().await.clear();
                queue.journal().recover().await.unwrap();
            }
            Event::Pause(None, on) => queue.pause(&Pause::Everything, on).await.unwrap(),
            Event::Cancel(number)
            | Event::Retry(number)
            | Event::Pause(Some(number), _)
            | Event::PauseGroup(number, _)
            | Event::Prioritise(number, _)
            | Event::PutBefore(number, _)
            | Event::Tells(number, _)
            | Event::Ends(number, _) => {
                if let Some(id) = self.job(number) {
                    self.take_of(id, event, &origin).await;
                }
            }
        }
    }

    async fn take_of(&self, id: JobId, event: &Event, origin: &Origin) {
        let queue = &self.queue;
        // Whether it was refused shows in where the jobs are.
        let _refused = match *event {
            Event::Cancel(_) => queue.cancel(id).await,
            Event::Retry(_) => queue.retry(id, origin).await,
            Event::Pause(_, on) => queue.pause(&Pause::Job(id), on).await,
            Event::PauseGroup(_, on) => queue.pause(&Pause::Group(self.read(id).group), on).await,
            Event::Prioritise(_, to) => queue.prioritise(id, to).await,
            Event::PutBefore(_, other) => queue.put_before(id, self.job(other).unwrap_or(id)).await,
            Event::Tells(_, state) => {
                self.tells(id, state).await;
                Ok(())
            }
            Event::Ends(_, state) => {
                self.ends(id, state).await;
                Ok(())
            }
            Event::Submit(..) | Event::Look | Event::Dies => Ok(()),
        };
    }

    /// As the scheduler does, with jobs that do nothing by themselves.
    async fn look(&self) {
        let inner = &self.queue.inner;
        let reader = inner.journal.reader().unwrap();
        let mut running = inner.running.lock().await;
        let placing = inner.look(&reader, &running).unwrap();
        let pauses = reader.pauses().unwrap();
        for job in placing.begins {
            let by = Pause::all_of(job.tenant.as_ref(), job.group, job.id);
            let closed = by.iter().any(|by| pauses.contains(by));
            assert!(job.started.is_some() || job.cancel || !closed, "{job:?}");
            let cancel = CancellationToken::new();
            if job.cancel {
                cancel.cancel();
            } else {
                let to = JobState::Running;
                assert!(
                    inner
                        .journal
                        .transition(job.id, to, None, None)
                        .await
                        .unwrap()
                );
            }
            let work = tokio::spawn(async {});
            assert!(running.insert(job.id, Running { cancel, work }).is_none());
        }
        inner.journal.place(placing.moves).await.unwrap();
    }

    async fn runs(&self, id: JobId) -> Option<bool> {
        let running = self.queue.inner.running.lock().await;
        running
            .get(&id)
            .map(|running| running.cancel.is_cancelled())
    }

    /// As the reporter does.
    async fn tells(&self, id: JobId, state: JobState) {
        if self.runs(id).await.is_some() {
            let journal = self.queue.journal();
            journal.transition(id, state, None, None).await.unwrap();
        }
    }

    /// As the runner does.
    async fn ends(&self, id: JobId, state: JobState) {
        let Some(cancelled) = self.runs(id).await else {
            return;
        };
        let journal = self.queue.journal();
        let failure = Failure::new(Cause::Check, "it failed");
        let failed = |state| journal.end(id, state, Some(failure.clone()), Vec::new());
        match state {
            JobState::Cancelled if !cancelled => return,
            // One that is asked to end isn't held.
            JobState::Held if failed(state).await.unwrap() => {}
            JobState::Held | JobState::Failed => drop(failed(JobState::Failed).await.unwrap()),
            state => drop(journal.end(id, state, None, Vec::new()).await.unwrap()),
        }
        self.queue.inner.running.lock().await.remove(&id);
    }

    /// Holds what the journal says against what it said before.
    async fn check(&mut self, event: &Event) {
        let running: HashSet<JobId> = self
            .queue
            .inner
            .running
            .lock()
            .await
            .keys()
            .copied()
            .collect();
        let mut locks = HashSet::new();
        for id in self.jobs.clone() {
            let job = self.read(id);
            let before = self.known.insert(id, job.state);
            let before = before.unwrap_or(JobState::Ready);
            // A crash is a step and the recovery another; a pause is placed at once.
            let between = JobState::ALL.into_iter();
            let two =
                |between: JobState| before.may_become(between) && between.may_become(job.state);
            let allowed =
                before == job.state || before.may_become(job.state) || between.into_iter().any(two);
            assert!(allowed, "{id}: {before} → {} by {event:?}", job.state);
            assert_eq!(
                job.state.is_final(),
                job.ended.is_some(),
                "{id} by {event:?}"
            );
            if running.contains(&id) {
                assert!(locks.insert(job.lock.key()), "two write {}", job.lock);
                assert!(
                    !job.state.is_final() && job.state != JobState::Held,
                    "{job:?}"
                );
            }
        }
    }

    /// Everything is resumed and tried again, and all goes well from here on.
    async fn all_get_done(&mut self) {
        self.take(&Event::Dies).await;
        for number in 0..self.jobs.len() {
            self.take(&Event::Pause(Some(number), false)).await;
            self.take(&Event::PauseGroup(number, false)).await;
        }
        let groups: HashSet<GroupId> = self.jobs.iter().map(|id| self.read(*id).group).collect();
        self.take(&Event::Pause(None, false)).await;
        // In each round a job more of the longest line gets done.
        for _ in 0..=2 * groups.len() + self.jobs.len() {
            self.take(&Event::Look).await;
            for number in 0..self.jobs.len() {
                self.take(&Event::Ends(number, JobState::Done)).await;
                self.take(&Event::Retry(number)).await;
            }
        }
        for id in &self.jobs {
            let job = self.read(*id);
            assert_eq!(job.state, JobState::Done, "{job:?}");
        }
    }
}

#[tokio::test]
async fn what_was_paused_and_cancelled_can_be_resumed_and_tried_again() {
    let mut walk = Walk::begin();
    for event in [
        Event::Submit(0, None, None),
        Event::Pause(Some(0), true),
        Event::Cancel(0),
    ] {
        walk.take(&event).await;
        walk.check(&event).await;
    }
    walk.all_get_done().await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn jobs_go_where_the_table_lets_them_and_none_is_lost(
        events in prop::collection::vec(any_event(), 1..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut walk = Walk::begin();
            walk.take(&Event::Submit(0, None, None)).await;
            for event in &events {
                walk.take(event).await;
                walk.check(event).await;
            }
            walk.all_get_done().await;
        });
    }
}
