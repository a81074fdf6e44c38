//! When jobs begin, headless: terms, limits, pauses and their order, as Azure saw them.

use gallerist::actions::{Part, PartState};
use gallerist::queue::{JobId, Reader};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::estate::{self, customer, estate};
use crate::support::{Gallerist, Output, Simulator, eventually};

const DEPLOY: [&str; 3] = ["deploy", estate::VERSION, "--yes"];

/// An Azure with so many customers, who are deployed to.
fn azure(customers: usize) -> Simulator {
    Simulator::start_estate(1200, &estate(customers))
}

/// One machine for every customer.
fn deploy(gallerist: &Gallerist, terms: &[&str]) -> Output {
    deploy_to(gallerist, &["--tag", "all"], terms)
}

fn deploy_to(gallerist: &Gallerist, to: &[&str], terms: &[&str]) -> Output {
    let rest = ["--count", "1", "-o", "json"];
    gallerist.run(&[&DEPLOY[..], &rest, to, terms].concat())
}

fn jobs(output: &Output) -> Vec<Value> {
    output.json()["jobs"].as_array().unwrap().clone()
}

fn states(output: &Output) -> Vec<String> {
    let states = jobs(output).into_iter();
    let states = states.map(|job| job["state"].as_str().unwrap().to_owned());
    states.collect()
}

/// The customers whose machines Azure was asked for, in order.
fn asked_for(azure: &Simulator, customers: usize) -> Vec<usize> {
    let of = |path: &str| (1..=customers).find(|n| path.contains(&customer(*n).subscription));
    let writes = azure.writes();
    let paths = writes.iter().filter_map(|write| write["path"].as_str());
    let deployments = paths.filter(|path| path.contains("/deployments/"));
    deployments.filter_map(of).collect()
}

#[test]
fn what_is_paused_sends_nothing_until_it_is_resumed() {
    let azure = azure(2);
    let gallerist = Gallerist::new(&azure);
    // There has to be a queue before something of it can be paused.
    gallerist.run(&["queue", "pause", "--all"]).succeeds();
    let paused = deploy(&gallerist, &[]);
    assert_eq!(states(&paused), ["paused", "paused"]);
    assert_eq!(jobs(&paused)[0]["reason"], "everything is paused");
    gallerist
        .run(&["queue", "pause", "--tenant", "Customer 02"])
        .succeeds();
    gallerist.run(&["queue", "resume", "--all"]).succeeds();
    let watched = gallerist.run(&["queue", "watch", "-o", "json"]);
    assert_eq!(states(&watched), ["done", "paused"]);
    assert_eq!(asked_for(&azure, 2), [1]);
    gallerist
        .run(&["queue", "resume", "--tenant", "Customer 02"])
        .succeeds();
    gallerist.run(&["queue", "watch"]).succeeds();
    assert_eq!(asked_for(&azure, 2), [1, 2]);
}

#[test]
fn a_job_paused_between_its_waves_watches_what_azure_does_and_sends_no_more() {
    let azure = Simulator::start_estate(0, &estate(1));
    let gallerist = Gallerist::new(&azure);
    let all = ["--tag", "all", "--count", "40"];
    let mut run = gallerist.spawn(&[&DEPLOY[..], &all].concat());
    run.says("wave 1: accepted");
    run.kill();
    gallerist.run(&["queue", "pause", "1"]).succeeds();
    azure.advance(3600);
    let watched = gallerist.run(&["queue", "watch", "-o", "json"]);
    assert_eq!(states(&watched), ["paused"]);
    let job = &jobs(&watched)[0];
    assert_eq!(
        job["steps"].as_array().unwrap().last().unwrap()["state"],
        "done"
    );
    assert_eq!(asked_for(&azure, 1), [1]);
    gallerist.run(&["queue", "resume", "1"]).succeeds();
    let mut run = gallerist.spawn(&["queue", "watch"]);
    run.says("wave 2: accepted");
    azure.advance(3600);
    run.wait().succeeds();
    assert_eq!(asked_for(&azure, 1), [1, 1]);
}

#[test]
fn one_at_a_time_and_the_rest_held_when_one_has_failed() {
    let azure = azure(4);
    let gallerist = Gallerist::new(&azure);
    let broken = customer(2).id("Microsoft.Compute/virtualMachines/vm-001");
    azure.fault(&json!({"match": {"path": broken}, "fault": {"allocation_fails": {}}}));
    let deployed = deploy(&gallerist, &["--at-once", "1", "--hold-after"]);
    assert_eq!(deployed.code, Some(4), "{deployed:#?}");
    assert_eq!(states(&deployed), ["done", "failed", "held", "held"]);
    assert_eq!(jobs(&deployed)[2]["reason"], "1 job of its group failed");
    assert_eq!(asked_for(&azure, 4), [1, 2]);
    gallerist
        .run(&["queue", "retry", "--failed-of", "1"])
        .succeeds();
    assert_eq!(asked_for(&azure, 4), [1, 2, 2, 3, 4]);
    let listed = gallerist.jobs();
    let mut listed = listed.as_array().unwrap().clone();
    listed.reverse();
    let moment =
        |job: &Value, what: &str| -> Timestamp { job[what].as_str().unwrap().parse().unwrap() };
    for pair in listed[1..].windows(2) {
        assert!(
            moment(&pair[0], "ended") <= moment(&pair[1], "started"),
            "{pair:#?}"
        );
    }
}

#[test]
fn the_order_is_by_priority_and_then_as_it_was_asked_for() {
    let azure = azure(3);
    let gallerist = Gallerist::new(&azure);
    gallerist.configure(|text| format!("{text}\n[limits]\nat_once = 1\n"));
    gallerist.run(&["queue", "pause", "--all"]).succeeds();
    for customer in ["Customer 01", "Customer 02", "Customer 03"] {
        let paused = deploy_to(&gallerist, &["--to-tenant", customer], &[]);
        assert_eq!(states(&paused), ["paused"]);
    }
    gallerist
        .run(&["queue", "order", "3", "--before", "2"])
        .succeeds();
    gallerist
        .run(&["queue", "order", "2", "--priority", "1"])
        .succeeds();
    gallerist.run(&["queue", "resume", "--all"]).succeeds();
    gallerist.run(&["queue", "watch"]).succeeds();
    assert_eq!(asked_for(&azure, 3), [2, 1, 3]);
}

#[test]
fn what_comes_after_a_job_that_was_not_done_is_held() {
    let azure = azure(2);
    let gallerist = Gallerist::new(&azure);
    let first = ["--to-tenant", "Customer 01"];
    gallerist.run(&["queue", "pause", "--all"]).succeeds();
    deploy_to(&gallerist, &first, &[]);
    gallerist.run(&["queue", "cancel", "1"]).succeeds();
    gallerist.run(&["queue", "resume", "--all"]).succeeds();
    let held = deploy_to(
        &gallerist,
        &["--to-tenant", "Customer 02"],
        &["--after", "1"],
    );
    assert_eq!(states(&held), ["held"]);
    assert_eq!(
        jobs(&held)[0]["reason"],
        "it comes after #1, which is cancelled"
    );
    gallerist.run(&["queue", "retry", "1"]).succeeds();
    gallerist.run(&["queue", "retry", "2"]).succeeds();
    assert_eq!(asked_for(&azure, 2), [1, 2]);
}

/// The parts of job 1 that are done, and those that aren't.
fn parts(gallerist: &Gallerist) -> (Vec<String>, Vec<String>) {
    let journal = Reader::open(&gallerist.state().join("journal.sqlite")).unwrap();
    let progress = journal.job(JobId(1)).unwrap().unwrap().progress;
    let (done, open): (Vec<_>, Vec<_>) = progress
        .parts
        .into_iter()
        .partition(|part| part.state == PartState::Done && part.percent == 100);
    let names = |parts: Vec<Part>| parts.into_iter().map(|part| part.name).collect();
    (names(done), names(open))
}

#[test]
fn a_deployment_after_a_region_begins_when_that_is_there_and_the_others_are_not() {
    let azure = Simulator::start_estate(0, &estate(1));
    let gallerist = Gallerist::new(&azure);
    let to = ["replicate", estate::VERSION, "--yes", "--to"];
    let mut replicating = gallerist.spawn(&[&to[..], &["westeurope=2,eastus=1"]].concat());
    replicating.says("update regions: accepted");
    replicating.kill();
    let deploy = [&DEPLOY[..], &["--tag", "all", "--count", "1", "--after"]].concat();
    let unknown = gallerist.run(&[&deploy[..], &["1:uksouth"]].concat());
    unknown.fails(
        2,
        &["#1 has no part \"uksouth\": there is westeurope, eastus"],
    );
    let mut deploying = gallerist.spawn(&[&deploy[..], &["1:West Europe"]].concat());
    deploying.says("waits for West Europe of #1, which it comes after");
    assert_eq!(asked_for(&azure, 1), [0; 0]);
    // As long as another replica takes there, and shorter than a copy to elsewhere.
    azure.advance(320);
    eventually("the deployment", || {
        (asked_for(&azure, 1) == [1]).then_some(())
    });
    let (there, copied) = parts(&gallerist);
    assert_eq!(there, ["westeurope"]);
    assert_eq!(copied, ["eastus"]);
    azure.advance(3600);
    deploying.wait().succeeds();
    gallerist.run(&["queue", "watch"]).succeeds();
    assert_eq!(parts(&gallerist).0, ["westeurope", "eastus"]);
}

#[test]
fn what_comes_after_a_region_whose_copy_failed_is_held() {
    let azure = azure(1);
    let gallerist = Gallerist::new(&azure);
    azure.fault(&json!({"fault": {"replication_fails": "eastus"}}));
    gallerist
        .replicate(estate::VERSION, &["--to", "eastus=1"])
        .fails(1, &["eastus"]);
    let held = deploy(&gallerist, &["--after", "1:East US"]);
    assert_eq!(states(&held), ["held"]);
    assert_eq!(
        jobs(&held)[0]["reason"],
        "it comes after East US of #1, which is failed"
    );
    assert_eq!(asked_for(&azure, 1), [0; 0]);
    gallerist.run(&["queue", "retry", "1"]).succeeds();
    gallerist.run(&["queue", "retry", "2"]).succeeds();
    assert_eq!(asked_for(&azure, 1), [1]);
}

#[test]
fn wrong_terms_are_refused_and_nothing_is_sent() {
    let azure = azure(1);
    let gallerist = Gallerist::new(&azure);
    for (terms, word) in [
        (["--at", "soon"], "isn't a time: say 22:00"),
        (["--at", "2020-01-01T22:00"], "is past: say a time to come"),
        (["--at-once", "0"], "say 1 or more"),
        (["--after", "7"], "there is no job #7"),
    ] {
        let refused = deploy(&gallerist, &terms);
        assert!(matches!(refused.code, Some(2 | 3)), "{refused:#?}");
        assert!(refused.stderr.contains(word), "{refused:#?}");
    }
    for (what, code, word) in [
        (&["queue", "pause"][..], 2, "required"),
        (&["queue", "pause", "7"], 2, "there is no job #7"),
        (
            &["queue", "resume", "--group", "7"],
            2,
            "there is no group 7",
        ),
        (
            &["queue", "order", "7", "--priority", "1"],
            2,
            "there is no job #7",
        ),
        (&["queue", "order", "7"], 2, "--priority N, or --before JOB"),
    ] {
        let refused = gallerist.run(what);
        assert!(refused.stderr.contains(word), "{refused:#?}");
        assert_eq!(refused.code, Some(code), "{refused:#?}");
    }
    gallerist.configure(|text| format!("{text}\n[limits]\ndeploy = 0\n"));
    deploy(&gallerist, &[]).fails(2, &["deploy must be at least 1"]);
    assert_eq!(azure.writes(), Vec::<Value>::new());
}

#[test]
fn what_is_to_begin_at_a_time_waits_for_it_and_says_so() {
    let azure = azure(1);
    let gallerist = Gallerist::new(&azure);
    let late = ["--tag", "all", "--count", "1", "--at", "2999-01-01T22:00"];
    let mut run = gallerist.spawn(&[&DEPLOY[..], &late].concat());
    run.says("waits for 2999-01-01 22:00");
    run.kill();
    assert_eq!(azure.writes(), Vec::<Value>::new());
}
