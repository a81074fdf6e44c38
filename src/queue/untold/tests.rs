use super::*;
use crate::queue::fixtures::{journal, submit};
use crate::queue::{JobState, Origin};

struct Bench {
    _folder: tempfile::TempDir,
    journal: Journal,
}

fn bench() -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(&folder);
    Bench {
        _folder: folder,
        journal,
    }
}

impl Bench {
    async fn submit(&self, jobs: usize) -> Vec<JobId> {
        submit(&self.journal, jobs).await
    }

    /// Lets a job go through these states.
    async fn goes(&self, job: JobId, states: &[JobState]) {
        for state in states {
            let ended = state.is_at_rest();
            let moved = if ended {
                self.journal.end(job, *state, None, Vec::new()).await
            } else {
                self.journal.transition(job, *state, None, None).await
            };
            assert!(moved.unwrap(), "{state}");
        }
    }

    fn untold(&self, all: bool) -> Vec<Untold> {
        self.journal.reader().unwrap().untold(all).unwrap()
    }

    fn ends(&self) -> Vec<End> {
        self.untold(false)
            .into_iter()
            .map(|untold| untold.end)
            .collect()
    }

    /// Tells everything that there is to tell.
    async fn tell(&self) {
        self.journal.told(self.untold(false)).await.unwrap();
    }
}

const DONE: &[JobState] = &[JobState::Running, JobState::Done];

#[tokio::test]
async fn a_group_has_ended_when_none_of_its_jobs_goes_on_by_itself() {
    let bench = bench();
    let jobs = bench.submit(3).await;
    let group = GroupId(1);
    assert_eq!(bench.ends(), []);
    bench.goes(jobs[0], DONE).await;
    assert_eq!(bench.ends(), [End::Job(jobs[0])]);
    bench
        .goes(jobs[1], &[JobState::Running, JobState::Held])
        .await;
    assert_eq!(bench.ends(), [End::Job(jobs[0]), End::Job(jobs[1])]);
    for open in [JobState::Running, JobState::Paused, JobState::Waiting] {
        bench.goes(jobs[2], &[open]).await;
        assert_eq!(
            bench.ends().len(),
            2,
            "{open} goes on by itself, or is told of otherwise"
        );
    }
    bench.goes(jobs[2], &[JobState::Cancelled]).await;
    let ends = bench.ends();
    assert_eq!(ends.len(), 4);
    assert_eq!(ends[3], End::Group(group));
    assert!(
        bench
            .untold(false)
            .iter()
            .all(|untold| !untold.single && untold.group == group)
    );
    bench.tell().await;
    assert_eq!(bench.ends(), []);
    // What the operator does to a held job then is no news.
    bench.goes(jobs[1], &[JobState::Cancelled]).await;
    assert_eq!(bench.ends(), []);
}

#[tokio::test]
async fn what_is_tried_again_is_told_again() {
    let bench = bench();
    let jobs = bench.submit(2).await;
    bench.goes(jobs[0], DONE).await;
    bench
        .goes(jobs[1], &[JobState::Running, JobState::Failed])
        .await;
    let before = bench.untold(false);
    let origin = Origin::here("a test");
    assert!(bench.journal.retry(jobs[1], &origin).await.unwrap());
    // The first end is told only now: that says nothing of the second.
    bench.journal.told(before).await.unwrap();
    assert_eq!(bench.ends(), []);
    bench.goes(jobs[1], DONE).await;
    assert_eq!(bench.ends(), [End::Job(jobs[1]), End::Group(GroupId(1))]);
}

#[tokio::test]
async fn a_process_that_begins_finds_a_group_whose_jobs_were_told() {
    let bench = bench();
    let jobs = bench.submit(1).await;
    bench.goes(jobs[0], DONE).await;
    assert!(bench.untold(false).iter().all(|untold| untold.single));
    let mut ends = bench.untold(false);
    let group = ends.pop().unwrap();
    bench.journal.told(ends).await.unwrap();
    assert_eq!(bench.ends(), []);
    assert_eq!(bench.untold(true), [group]);
}
