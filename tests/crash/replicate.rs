//! `kill -9` at any instant is an ordinary event: whoever opens the state folder next carries on,
//! and Azure sees every request once.

use std::thread;
use std::time::{Duration, Instant};

use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use serde_json::{Value, json};

use crate::support::{Gallerist, NEWEST, Simulator, audit, demo, eventually, version_id};

const REPLICATE: &[&str] = &["replicate", NEWEST, "--to", "uksouth=2,eastus=1", "--yes"];
const CARRY_ON: &[&str] = &["queue", "watch"];

/// Random kills. They run side by side, three for each processor, since most of them wait.
const KILLS: usize = 50;

/// All resources after a run that nobody disturbed.
fn undisturbed() -> Value {
    let azure = Simulator::start(3000);
    Gallerist::new(&azure).run(REPLICATE).succeeds();
    azure.state()
}

/// Carries on after a kill, and holds what Azure saw against the run that nobody disturbed.
#[track_caller]
fn carries_on(azure: &Simulator, gallerist: &Gallerist, expected: &Value) {
    gallerist.run(CARRY_ON).succeeds();
    let jobs = gallerist.json(&["queue", "list", "-o", "json"]);
    if jobs == json!([]) {
        // Killed before it was submitted: then nothing has happened, and it is asked for again.
        assert_eq!(azure.writes(), Vec::<Value>::new());
        gallerist.run(REPLICATE).succeeds();
    } else {
        assert_eq!(jobs[0]["state"], "done", "{jobs:#}");
        assert_eq!(jobs.as_array().unwrap().len(), 1);
    }
    assert_eq!(azure.writes().len(), 1, "{:#?}", azure.writes());
    assert_eq!(azure.state(), *expected);
    assert_eq!(audit::accounts_for_all(azure, gallerist), 1);
}

fn reads_of_the_version(azure: &Simulator) -> usize {
    azure.requests_to("GET", "/versions/2026.11.3").len()
}

#[test]
fn killed_before_the_request_is_sent() {
    let (azure, gallerist) = demo(3000);
    // The plan reads the version, and so does the job before it sends: that one gets no answer.
    azure.fault(&json!({
        "match": {"method": "GET", "path": "/versions/2026.11.3\\?"},
        "times": 2, "fault": {"delay_ms": 1500}
    }));
    let run = gallerist.spawn(REPLICATE);
    eventually("both reads", || {
        azure.faults_left().is_empty().then_some(())
    });
    run.kill();
    assert_eq!(azure.writes(), Vec::<Value>::new());
    carries_on(&azure, &gallerist, &undisturbed());
}

#[test]
fn killed_after_azure_accepted_and_before_it_answered() {
    let (azure, gallerist) = demo(3000);
    azure.fault(&json!({"match": {"method": "PUT"}, "times": 1, "fault": {"delay_ms": 60_000}}));
    let run = gallerist.spawn(REPLICATE);
    eventually("the accepted request", || {
        (azure.writes().len() == 1).then_some(())
    });
    run.kill();
    let jobs = gallerist.json(&["queue", "list", "-o", "json"]);
    assert_eq!(jobs[0]["steps"][0]["state"], "intended", "{jobs:#}");
    carries_on(&azure, &gallerist, &undisturbed());
}

#[test]
fn killed_while_it_polls() {
    let (azure, gallerist) = demo(100);
    let run = gallerist.spawn(REPLICATE);
    let polls = || {
        let path = |request: &Value| request["path"].as_str().unwrap().contains("capsOperations");
        azure
            .requests()
            .iter()
            .filter(|request| path(request))
            .count()
    };
    eventually("two polls", || (polls() >= 2).then_some(()));
    run.kill();
    let jobs = gallerist.json(&["queue", "list", "-o", "json"]);
    assert_eq!(jobs[0]["steps"][0]["state"], "accepted", "{jobs:#}");
    azure.advance(3600);
    carries_on(&azure, &gallerist, &undisturbed());
}

#[test]
fn killed_when_azure_had_finished_and_nobody_had_noticed() {
    // At this pace Azure asks for half a minute between two looks, time enough to finish unseen.
    let (azure, gallerist) = demo(1);
    let mut run = gallerist.spawn(REPLICATE);
    run.says("accepted");
    azure.advance(3600);
    let version = azure.resource(&version_id(NEWEST));
    assert_eq!(version["properties"]["provisioningState"], "Succeeded");
    run.kill();
    let reads = reads_of_the_version(&azure);
    carries_on(&azure, &gallerist, &undisturbed());
    assert!(
        reads_of_the_version(&azure) > reads,
        "the end was read, not assumed"
    );
}

#[test]
fn stopped_by_a_signal_it_says_who_carries_on() {
    for signal in ["INT", "TERM", "HUP"] {
        let (azure, gallerist) = demo(1);
        let mut run = gallerist.spawn(REPLICATE);
        run.says("accepted");
        run.signal(signal);
        run.wait()
            .fails(130, &["`gallerist queue watch` carries on"]);
        let jobs = gallerist.json(&["queue", "list", "-o", "json"]);
        assert_eq!(jobs[0]["state"], "ready", "{signal}: {jobs:#}");
        azure.advance(3600);
        carries_on(&azure, &gallerist, &undisturbed());
    }
}

#[test]
fn a_watcher_takes_over_from_an_owner_that_is_killed() {
    let (azure, gallerist) = demo(100);
    let mut owner = gallerist.spawn(REPLICATE);
    owner.says("accepted");
    let mut watcher = gallerist.spawn(CARRY_ON);
    watcher.says("accepted");
    owner.kill();
    watcher.says("carried on from where the journal stands");
    azure.advance(3600);
    watcher.wait().succeeds();
    assert_eq!(azure.writes().len(), 1);
    assert_eq!(azure.state(), undisturbed());
}

#[test]
fn killed_at_fifty_random_instants() {
    let expected = undisturbed();
    let azure = Simulator::start(600);
    let began = Instant::now();
    Gallerist::new(&azure).run(REPLICATE).succeeds();
    let whole = began.elapsed();
    let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let instants: Vec<Duration> = (0..KILLS)
        .map(|_| whole.mul_f64(f64::from(random.next_u32()) / f64::from(u32::MAX)))
        .collect();
    let side_by_side = thread::available_parallelism().map_or(2, usize::from) * 3;
    for some in instants.chunks(side_by_side) {
        thread::scope(|scope| {
            for instant in some {
                scope.spawn(|| {
                    let (azure, gallerist) = demo(600);
                    let run = gallerist.spawn(REPLICATE);
                    thread::sleep(*instant);
                    run.kill();
                    carries_on(&azure, &gallerist, &expected);
                });
            }
        });
    }
}
