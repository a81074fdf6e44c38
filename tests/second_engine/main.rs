//! Every action on a second engine, one that knows no journal: it comes to the same in Azure, by the
//! same writes, also when it is interrupted wherever something is kept.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "../support/mod.rs"]
mod support;

mod client;
mod memory;
mod outcome;
mod stories;

use std::thread;

use serde_json::json;

use crate::client::Second;
use crate::memory::End;
use crate::outcome::Outcome;
use crate::stories::{OLDER, Story, deploy, replicate, stories, two_customers};
use crate::support::{Gallerist, STANDING, Simulator, eventually, version_id};

impl Story {
    /// What the queue comes to, with its journal.
    fn told_by_queue(&self) -> Outcome {
        let azure = (self.azure)();
        let gallerist = Gallerist::new(&azure);
        for wish in &self.wishes {
            let output = gallerist.run(&[&wish.command[..], &["--yes", "-o", "json"]].concat());
            if self.failing == 0 {
                output.succeeds();
                continue;
            }
            let group = output.json()["group"].to_string();
            let jobs = output.json()["jobs"].as_array().unwrap().clone();
            let failed = jobs.iter().filter(|job| job["state"] == "failed");
            assert_eq!(failed.count(), self.failing, "{output:#?}");
            gallerist
                .run(&["queue", "retry", "--failed-of", &group])
                .succeeds();
        }
        Outcome::of(&azure)
    }

    /// What the second engine comes to, and how often its runs were interrupted.
    fn told_by_second(&self, interrupted: bool) -> (Outcome, usize) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let azure = (self.azure)();
            looks_are_asked_for_each_second(&azure);
            let second = Second::of(&azure, interrupted);
            for wish in &self.wishes {
                let plan = second.plan(&wish.action).await;
                let failed = second.carry_out(second.engine.submit(&plan)).await;
                assert_eq!(failed.len(), self.failing);
                for job in &failed {
                    second.engine.retry(*job);
                }
                assert!(second.carry_out(failed).await.is_empty());
            }
            (Outcome::of(&azure), second.engine.interruptions())
        })
    }

    /// Tells it on both engines, and once more on the second, interrupted wherever it can be.
    fn comes_to_the_same(&self) {
        let (queue, [second, interrupted]) = thread::scope(|scope| {
            let second = [false, true]
                .map(|interrupted| self.aside(scope, move || self.told_by_second(interrupted)));
            let queue = self.told_by_queue();
            (queue, second.map(|thread| thread.join().unwrap()))
        });
        assert!(queue.writes() > 0);
        // Each write has an intent and a result, before and after, and an acceptance.
        for ((outcome, interruptions), least) in [(second, 0), (interrupted, 5 * queue.writes())] {
            assert_eq!(outcome.differences(&queue), [""; 0], "{}", self.name);
            assert!(interruptions >= least, "{}: {interruptions}", self.name);
        }
    }

    /// Runs something aside, in a thread that a failure names the story by.
    fn aside<'scope, T: Send + 'scope>(
        &self,
        scope: &'scope thread::Scope<'scope, '_>,
        run: impl FnOnce() -> T + Send + 'scope,
    ) -> thread::ScopedJoinHandle<'scope, T> {
        let thread = thread::Builder::new().name(self.name.to_owned());
        thread.spawn_scoped(scope, run).unwrap()
    }
}

/// Has Azure ask for a look each second where it leaves the wait to the client, as it does for what
/// is found under way: an interrupted run waits for little else.
fn looks_are_asked_for_each_second(azure: &Simulator) {
    azure.fault(&json!({
        "match": {"method": "GET"}, "times": 100_000, "fault": {"headers": {"retry-after": "1"}}
    }));
}

/// All stories side by side, since each of them mostly waits for Azure.
#[test]
fn every_story_comes_to_the_same_on_both_engines() {
    let stories = stories();
    thread::scope(|scope| {
        for story in &stories {
            story.aside(scope, || story.comes_to_the_same());
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn all_jobs_share_the_room_of_this_engine_too() {
    let azure = two_customers();
    let second = Second::of(&azure, false);
    let plan = second.plan(&deploy(&[1, 2], 4, None)).await;
    let jobs = second.engine.submit(&plan);
    assert!(second.carry_out(jobs).await.is_empty());
    assert_eq!(azure.most_at_once(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_job_watches_what_azure_does_and_sends_no_more() {
    let azure = Simulator::start(STANDING);
    let second = Second::of(&azure, false);
    let plan = second.plan(&replicate(OLDER, &[], &["eastus"])).await;
    let [job] = second.engine.submit(&plan)[..] else {
        unreachable!()
    };
    let engine = second.engine.clone();
    let carried_out = tokio::spawn(async move { engine.carry_out(job).await });
    eventually("the first request", || {
        (azure.writes().len() == 1).then_some(())
    });
    second.engine.cancel(job);
    azure.advance(3600);
    assert_eq!(carried_out.await.unwrap(), End::Cancelled);
    assert_eq!(azure.writes().len(), 1);
    let version = azure.resource(&version_id(OLDER));
    assert_eq!(version["properties"]["provisioningState"], "Succeeded");
}
