//! `kill -9` at any instant is an ordinary event: whoever opens the state folder next carries on,
//! and Azure sees every request once.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "../support/mod.rs"]
mod support;

mod deploy;
mod replicate;
mod share;

use std::thread;
use std::time::{Duration, Instant};

use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use serde_json::{Value, json};

use crate::support::{Gallerist, Simulator, audit, differences};

const CARRY_ON: &[&str] = &["queue", "watch"];

/// What is asked for, killed while it is carried out, and carried on.
struct Story {
    azure: fn(u32) -> Simulator,
    command: &'static [&'static str],
    /// How many writes Azure sees, however often the program is killed.
    writes: usize,
    /// What is in Azure, but for what differs from run to run by nature.
    seen: fn(&Simulator) -> Value,
}

impl Story {
    /// An Azure where nobody has asked for it yet, and an installation.
    fn start(&self, pace: u32) -> (Simulator, Gallerist) {
        let azure = (self.azure)(pace);
        let gallerist = Gallerist::new(&azure);
        (azure, gallerist)
    }

    /// What is in Azure after a run that nobody disturbed.
    fn undisturbed(&self) -> Value {
        let (azure, gallerist) = self.start(3000);
        gallerist.run(self.command).succeeds();
        (self.seen)(&azure)
    }

    /// Carries on after a kill, and holds what Azure saw against the run that nobody disturbed.
    #[track_caller]
    fn carries_on(&self, azure: &Simulator, gallerist: &Gallerist, expected: &Value) {
        gallerist.run(CARRY_ON).succeeds();
        let jobs = gallerist.jobs();
        if jobs == json!([]) {
            // Killed before it was submitted: then nothing has happened, and it is asked for again.
            assert_eq!(azure.writes(), Vec::<Value>::new());
            gallerist.run(self.command).succeeds();
        } else {
            assert_eq!(jobs[0]["state"], "done", "{jobs:#}");
            assert_eq!(jobs.as_array().unwrap().len(), 1);
        }
        let writes = azure.writes();
        assert_eq!(writes.len(), self.writes, "{writes:#?}");
        let seen = (self.seen)(azure);
        assert!(seen == *expected, "{:#?}", differences(&seen, expected));
        assert_eq!(audit::accounts_for_all(azure, gallerist), self.writes);
    }

    /// Kills as many runs, each at another instant. They go side by side, three for each processor,
    /// since most of them wait.
    fn is_killed_at_random_instants(&self, kills: usize) {
        let expected = self.undisturbed();
        let (azure, gallerist) = self.start(600);
        let began = Instant::now();
        gallerist.run(self.command).succeeds();
        let whole = began.elapsed();
        drop(azure);
        let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let instants: Vec<Duration> = (0..kills)
            .map(|_| whole.mul_f64(f64::from(random.next_u32()) / f64::from(u32::MAX)))
            .collect();
        let side_by_side = thread::available_parallelism().map_or(2, usize::from) * 3;
        for some in instants.chunks(side_by_side) {
            thread::scope(|scope| {
                for instant in some {
                    scope.spawn(|| {
                        let (azure, gallerist) = self.start(600);
                        let run = gallerist.spawn(self.command);
                        thread::sleep(*instant);
                        run.kill();
                        self.carries_on(&azure, &gallerist, &expected);
                    });
                }
            });
        }
    }
}
