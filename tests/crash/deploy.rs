//! `kill -9` while machines are being created, or a gallery shared: whoever opens the state folder
//! next carries on, and Azure sees every request once.

use std::thread;
use std::time::{Duration, Instant};

use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use serde_json::{Value, json};

use crate::support::estate::{VERSION, customer, estate};
use crate::support::{Gallerist, Simulator, demo, differences, eventually, timeless};

const CARRY_ON: &[&str] = &["queue", "watch"];
const MACHINES: &str = "Microsoft.Compute/virtualMachines";

/// Random kills. They run side by side, three for each processor, since most of them wait.
const KILLS: usize = 30;

/// Four machines in two waves, and a resource group before them.
const DEPLOY: &[&str] = &[
    "deploy",
    VERSION,
    "--to-tenant",
    "Customer 01",
    "--count",
    "4",
    "--resource-group",
    "rg-new",
    "--yes",
];

fn start(pace: u32) -> (Simulator, Gallerist) {
    let estate = format!("machines_per_replica = 2\n{}", estate(1));
    let azure = Simulator::start_estate(pace, &estate);
    let gallerist = Gallerist::new(&azure);
    (azure, gallerist)
}

/// All resources after a run that nobody disturbed.
fn undisturbed() -> Value {
    let (azure, gallerist) = start(3000);
    gallerist.run(DEPLOY).succeeds();
    comparable(&azure)
}

/// All resources, but for what differs from run to run by nature: when, and by which job.
fn comparable(azure: &Simulator) -> Value {
    let state = azure.state();
    let mut names = Vec::new();
    collect_jobs(&state, &mut names);
    let mut text = timeless(state).to_string();
    for name in names {
        text = text.replace(&name, "JOB").replace(&name[..12], "JOB");
    }
    serde_json::from_str(&text).unwrap()
}

/// The names of jobs that resources are tagged with.
fn collect_jobs(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(job) if name == "gallerist-job" => found.push(job.clone()),
                    _ => collect_jobs(member, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_jobs(item, found)),
        _ => {}
    }
}

/// Carries on after a kill, and holds what Azure saw against the run that nobody disturbed.
#[track_caller]
fn carries_on(azure: &Simulator, gallerist: &Gallerist, expected: &Value) {
    gallerist.run(CARRY_ON).succeeds();
    let jobs = gallerist.json(&["queue", "list", "-o", "json"]);
    if jobs == json!([]) {
        // Killed before it was submitted: then nothing has happened, and it is asked for again.
        assert_eq!(azure.writes(), Vec::<Value>::new());
        gallerist.run(DEPLOY).succeeds();
    } else {
        assert_eq!(jobs[0]["state"], "done", "{jobs:#}");
        assert_eq!(jobs.as_array().unwrap().len(), 1);
    }
    let writes = azure.writes();
    let paths: Vec<&str> = writes.iter().map(|w| w["path"].as_str().unwrap()).collect();
    assert_eq!(
        paths.len(),
        3,
        "a group and two waves, each once: {paths:#?}"
    );
    let differences = differences(&comparable(azure), expected);
    assert!(differences.is_empty(), "{differences:#?}");
}

fn machines(azure: &Simulator) -> usize {
    let group = customer(1).id(MACHINES).replace("rg-avd", "rg-new");
    azure.ids_below(&group).len()
}

#[test]
fn killed_after_azure_accepted_and_before_it_answered() {
    let expected = undisturbed();
    for (nth, path) in [
        (1, "/resourceGroups/rg-new\\?"),
        (2, "-1-1\\?"),
        (3, "-1-2\\?"),
    ] {
        let (azure, gallerist) = start(3000);
        azure.fault(&json!({
            "match": {"method": "PUT", "path": path}, "fault": {"delay_ms": 60_000}
        }));
        let run = gallerist.spawn(DEPLOY);
        eventually("the accepted request", || {
            (azure.writes().len() == nth).then_some(())
        });
        run.kill();
        carries_on(&azure, &gallerist, &expected);
    }
}

#[test]
fn killed_before_a_request_is_sent() {
    let expected = undisturbed();
    // Looks that only the job takes: for its group, for what is there, for its deployments.
    for path in ["/deployments/gallerist-[0-9a-f]{12}-1-1\\?", "-1-2\\?"] {
        let (azure, gallerist) = start(3000);
        azure.fault(&json!({
            "match": {"method": "GET", "path": path}, "fault": {"delay_ms": 60_000}
        }));
        let run = gallerist.spawn(DEPLOY);
        eventually("the look", || azure.faults_left().is_empty().then_some(()));
        run.kill();
        carries_on(&azure, &gallerist, &expected);
    }
}

#[test]
fn killed_while_machines_are_being_created_and_when_they_are_there_unseen() {
    let expected = undisturbed();
    let (azure, gallerist) = start(0);
    let mut run = gallerist.spawn(DEPLOY);
    run.says("wave 1: accepted");
    run.kill();
    let jobs = gallerist.json(&["queue", "list", "-o", "json"]);
    let steps = jobs[0]["steps"].as_array().unwrap();
    assert_eq!(
        *steps.last().unwrap(),
        json!({"name": "wave 1", "state": "accepted"})
    );
    azure.advance(3600);
    assert_eq!(
        machines(&azure),
        2,
        "they are there, and nobody has noticed"
    );
    let mut run = gallerist.spawn(CARRY_ON);
    run.says("wave 2: accepted");
    run.kill();
    let run = gallerist.spawn(CARRY_ON);
    azure.advance(3600);
    run.wait().succeeds();
    carries_on(&azure, &gallerist, &expected);
}

#[test]
fn a_group_of_jobs_is_carried_on_as_one() {
    let azure = Simulator::start_estate(0, &estate(3));
    let gallerist = Gallerist::new(&azure);
    let mut run = gallerist.spawn(&["deploy", VERSION, "--tag", "all", "--count", "5", "--yes"]);
    run.says("wave 1: accepted");
    run.kill();
    let run = gallerist.spawn(CARRY_ON);
    eventually("three deployments", || {
        (azure.writes().len() == 3).then_some(())
    });
    run.kill();
    azure.advance(3600);
    let end = gallerist.run(&["queue", "watch", "1", "2", "3", "-o", "json"]);
    assert_eq!(end.succeeds().json()["state"], "done");
    assert_eq!(azure.writes().len(), 3);
    for number in 1..=3 {
        assert_eq!(azure.ids_below(&customer(number).id(MACHINES)).len(), 5);
    }
    assert!(azure.most_at_once() <= 20);
}

#[test]
fn killed_at_random_instants() {
    let expected = undisturbed();
    let (azure, gallerist) = start(600);
    let began = Instant::now();
    gallerist.run(DEPLOY).succeeds();
    let whole = began.elapsed();
    drop(azure);
    let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let instants: Vec<Duration> = (0..KILLS)
        .map(|_| whole.mul_f64(f64::from(random.next_u32()) / f64::from(u32::MAX)))
        .collect();
    let side_by_side = thread::available_parallelism().map_or(2, usize::from) * 3;
    for some in instants.chunks(side_by_side) {
        thread::scope(|scope| {
            for instant in some {
                scope.spawn(|| {
                    let (azure, gallerist) = start(600);
                    let run = gallerist.spawn(DEPLOY);
                    thread::sleep(*instant);
                    run.kill();
                    carries_on(&azure, &gallerist, &expected);
                });
            }
        });
    }
}

#[test]
fn a_share_that_azure_accepted_before_a_kill_is_not_sent_again() {
    let gallery = "acg_northwind";
    for (wish, sent) in [
        (
            &[
                "share",
                gallery,
                "--via",
                "direct",
                "--to-tenant",
                "Fourth Coffee",
                "--yes",
            ][..],
            json!({"method": "POST", "path": "/share\\?"}),
        ),
        (
            &[
                "share",
                gallery,
                "--via",
                "rbac",
                "--to-tenant",
                "Adatum",
                "--yes",
            ],
            json!({"method": "PUT", "path": "/roleAssignments/"}),
        ),
    ] {
        let (azure, gallerist) = demo(3000);
        azure.fault(&json!({"match": sent, "fault": {"delay_ms": 60_000}}));
        let run = gallerist.spawn(wish);
        eventually("the accepted request", || {
            (azure.writes().len() == 1).then_some(())
        });
        run.kill();
        gallerist.run(CARRY_ON).succeeds();
        let jobs = gallerist.json(&["queue", "list", "-o", "json"]);
        assert_eq!(jobs[0]["state"], "done", "{jobs:#}");
        assert_eq!(azure.writes().len(), 1);
        assert!(gallerist.run(wish).succeeds().stdout.contains("already so"));
    }
}
