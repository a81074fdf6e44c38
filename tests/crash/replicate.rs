//! Killed while Azure copies a version to other regions.

use serde_json::{Value, json};

use crate::support::{NEWEST, Simulator, eventually, version_id};
use crate::{CARRY_ON, Story};

const REPLICATE: &[&str] = &["replicate", NEWEST, "--to", "uksouth=2,eastus=1", "--yes"];

const STORY: Story = Story {
    azure: Simulator::start,
    command: REPLICATE,
    writes: 1,
    seen: Simulator::state,
};

fn reads_of_the_version(azure: &Simulator) -> usize {
    azure.requests_to("GET", "/versions/2026.11.3").len()
}

#[test]
fn killed_before_the_request_is_sent() {
    let (azure, gallerist) = STORY.start(3000);
    // The plan reads the version, and so does the job before it sends: that one gets no answer.
    for held in [false, true] {
        azure.fault(&json!({
            "match": {"method": "GET", "path": "/versions/2026.11.3\\?"}, "fault": {"held": held}
        }));
    }
    let run = gallerist.spawn(REPLICATE);
    eventually("both reads", || {
        azure.faults_left().is_empty().then_some(())
    });
    run.kill();
    assert_eq!(azure.writes(), Vec::<Value>::new());
    STORY.carries_on(&azure, &gallerist, &STORY.undisturbed());
}

#[test]
fn killed_after_azure_accepted_and_before_it_answered() {
    let (azure, gallerist) = STORY.start(3000);
    azure.fault(&json!({"match": {"method": "PUT"}, "times": 1, "fault": {"held": true}}));
    let run = gallerist.spawn(REPLICATE);
    eventually("the accepted request", || {
        (azure.writes().len() == 1).then_some(())
    });
    run.kill();
    let jobs = gallerist.jobs();
    assert_eq!(jobs[0]["steps"][0]["state"], "intended", "{jobs:#}");
    STORY.carries_on(&azure, &gallerist, &STORY.undisturbed());
}

#[test]
fn killed_while_it_polls() {
    let (azure, gallerist) = STORY.start(100);
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
    let jobs = gallerist.jobs();
    assert_eq!(jobs[0]["steps"][0]["state"], "accepted", "{jobs:#}");
    azure.advance(3600);
    STORY.carries_on(&azure, &gallerist, &STORY.undisturbed());
}

#[test]
fn killed_when_azure_had_finished_and_nobody_had_noticed() {
    // At this pace Azure asks for half a minute between two looks, time enough to finish unseen.
    let (azure, gallerist) = STORY.start(1);
    let mut run = gallerist.spawn(REPLICATE);
    run.says("accepted");
    azure.advance(3600);
    let version = azure.resource(&version_id(NEWEST));
    assert_eq!(version["properties"]["provisioningState"], "Succeeded");
    run.kill();
    let reads = reads_of_the_version(&azure);
    STORY.carries_on(&azure, &gallerist, &STORY.undisturbed());
    assert!(
        reads_of_the_version(&azure) > reads,
        "the end was read, not assumed"
    );
}

#[test]
fn stopped_by_a_signal_it_says_who_carries_on() {
    for signal in ["INT", "TERM", "HUP"] {
        let (azure, gallerist) = STORY.start(1);
        let mut run = gallerist.spawn(REPLICATE);
        run.says("accepted");
        run.signal(signal);
        run.wait()
            .fails(130, &["`gallerist queue watch` carries on"]);
        let jobs = gallerist.jobs();
        assert_eq!(jobs[0]["state"], "ready", "{signal}: {jobs:#}");
        azure.advance(3600);
        STORY.carries_on(&azure, &gallerist, &STORY.undisturbed());
    }
}

#[test]
fn a_watcher_takes_over_from_an_owner_that_is_killed() {
    let (azure, gallerist) = STORY.start(100);
    let mut owner = gallerist.spawn(REPLICATE);
    owner.says("accepted");
    let mut watcher = gallerist.spawn(CARRY_ON);
    watcher.says("accepted");
    owner.kill();
    watcher.says("carried on from where the journal stands");
    azure.advance(3600);
    watcher.wait().succeeds();
    assert_eq!(azure.writes().len(), 1);
    assert_eq!(azure.state(), STORY.undisturbed());
}

#[test]
fn killed_at_fifty_random_instants() {
    STORY.is_killed_at_random_instants(50);
}
