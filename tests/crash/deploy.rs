//! Killed while machines are being created.

use serde_json::json;

use crate::support::estate::{VERSION, customer, estate};
use crate::support::{Gallerist, MACHINES, Simulator, eventually, timeless, without_jobs};
use crate::{CARRY_ON, Story};

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

/// A group and two waves.
const STORY: Story = Story {
    azure: |pace| {
        let estate = format!("machines_per_replica = 2\n{}", estate(1));
        Simulator::start_estate(pace, &estate)
    },
    command: DEPLOY,
    writes: 3,
    seen: |azure| without_jobs(&timeless(azure.state())),
};

fn machines(azure: &Simulator) -> usize {
    let group = customer(1).id(MACHINES).replace("rg-avd", "rg-new");
    azure.ids_below(&group).len()
}

#[test]
fn killed_after_azure_accepted_and_before_it_answered() {
    let expected = STORY.undisturbed();
    for (nth, path) in [
        (1, "/resourceGroups/rg-new\\?"),
        (2, "-1-1\\?"),
        (3, "-1-2\\?"),
    ] {
        let (azure, gallerist) = STORY.start(3000);
        azure.fault(&json!({
            "match": {"method": "PUT", "path": path}, "fault": {"held": true}
        }));
        let run = gallerist.spawn(DEPLOY);
        eventually("the accepted request", || {
            (azure.writes().len() == nth).then_some(())
        });
        run.kill();
        STORY.carries_on(&azure, &gallerist, &expected);
    }
}

#[test]
fn killed_before_a_request_is_sent() {
    let expected = STORY.undisturbed();
    // Looks that only the job takes: for its group, for what is there, for its deployments.
    for path in ["/deployments/gallerist-[0-9a-f]{12}-1-1\\?", "-1-2\\?"] {
        let (azure, gallerist) = STORY.start(3000);
        azure.fault(&json!({
            "match": {"method": "GET", "path": path}, "fault": {"held": true}
        }));
        let run = gallerist.spawn(DEPLOY);
        eventually("the look", || azure.faults_left().is_empty().then_some(()));
        run.kill();
        STORY.carries_on(&azure, &gallerist, &expected);
    }
}

#[test]
fn killed_while_machines_are_being_created_and_when_they_are_there_unseen() {
    let expected = STORY.undisturbed();
    let (azure, gallerist) = STORY.start(0);
    let mut run = gallerist.spawn(DEPLOY);
    run.says("wave 1: accepted");
    run.kill();
    let jobs = gallerist.jobs();
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
    STORY.carries_on(&azure, &gallerist, &expected);
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
    STORY.is_killed_at_random_instants(30);
}
