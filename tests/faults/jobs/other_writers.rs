//! Who else writes the same version: nothing of theirs is lost.

use serde_json::{Value, json};

use super::{GUARDED, held, spawn};
use crate::support::{FAST, NEWEST, STANDING, Simulator, demo, eventually, version_id};

/// Holds back what the `nth` reading of a version says, until it is let go.
struct HeldBack<'a> {
    azure: &'a Simulator,
    path_end: String,
    nth: usize,
}

impl<'a> HeldBack<'a> {
    fn reading(azure: &'a Simulator, version: &str, nth: usize) -> Self {
        let path_end = format!("/versions/{}", version.rsplit('/').next().unwrap());
        for at in 1..=nth {
            azure.fault(&json!({
                "match": {"method": "GET", "path": format!("{path_end}\\?")},
                "fault": {"held": at == nth},
            }));
        }
        Self {
            azure,
            path_end,
            nth,
        }
    }

    /// Waits until it has been read.
    fn wait(&self) {
        eventually("the version to be read", || {
            let read = self.azure.requests_to("GET", &self.path_end);
            (read.len() >= self.nth).then_some(())
        });
    }
}

fn add_region(version: &mut Value, name: &str, replicas: u64) {
    let regions = &mut version["properties"]["publishingProfile"]["targetRegions"];
    regions.as_array_mut().unwrap().push(json!({
        "name": name, "regionalReplicaCount": replicas, "storageAccountType": "Standard_LRS",
        "x-region": "kept",
    }));
}

#[test]
fn what_another_writer_adds_between_plan_and_write_survives() {
    let (azure, gallerist) = demo(FAST);
    let plan = HeldBack::reading(&azure, GUARDED, 1);
    let running = spawn(&gallerist, GUARDED, "francecentral=2");
    plan.wait();
    azure.change_resource(&version_id(GUARDED), |version| {
        add_region(version, "Sweden Central", 3);
        version["properties"]["x-tomorrow"] = json!({"kept": true});
        version["tags"]["added"] = json!("meanwhile");
    });
    azure.let_go();
    running.wait().succeeds();
    let version = azure.resource(&version_id(GUARDED));
    assert_eq!(held(&azure, GUARDED, "France Central"), Some(2));
    assert_eq!(held(&azure, GUARDED, "Sweden Central"), Some(3));
    assert_eq!(held(&azure, GUARDED, "East US"), Some(1));
    assert_eq!(version["properties"]["x-tomorrow"], json!({"kept": true}));
    assert_eq!(version["tags"]["added"], "meanwhile");
    let sent = &azure.writes()[0]["body"];
    assert_eq!(sent["properties"]["storageProfile"], json!({}));
    for read_only in ["provisioningState", "replicationStatus"] {
        assert_eq!(sent["properties"][read_only], Value::Null);
    }
    assert!(sent.to_string().contains("\"x-region\":\"kept\""));
}

#[test]
fn a_region_that_another_writer_changes_too_asks_for_a_new_plan() {
    let (azure, gallerist) = demo(FAST);
    let plan = HeldBack::reading(&azure, NEWEST, 1);
    let running = spawn(&gallerist, NEWEST, "francecentral=2");
    plan.wait();
    azure.change_resource(&version_id(NEWEST), |version| {
        add_region(version, "France Central", 5);
    });
    azure.let_go();
    running.wait().fails(
        1,
        &[
            "somebody else changed francecentral since the plan: it was not there and is 5 replicas",
            "→ plan again: the new plan starts from what is there now",
        ],
    );
    assert_eq!(azure.writes(), [json!(null); 0]);
    gallerist
        .replicate(NEWEST, &["--to", "francecentral=2"])
        .succeeds();
    assert_eq!(held(&azure, NEWEST, "France Central"), Some(2));
}

#[test]
fn a_region_added_at_the_very_last_moment_is_not_taken_away() {
    let (azure, gallerist) = demo(FAST);
    let look = HeldBack::reading(&azure, GUARDED, 2);
    let running = spawn(&gallerist, GUARDED, "francecentral=2");
    look.wait();
    azure.change_resource(&version_id(GUARDED), |version| {
        add_region(version, "Sweden Central", 3);
    });
    azure.let_go();
    running.wait().fails(
        1,
        &[
            "Complete set of target locations not specified",
            "→ somebody else has added a region meanwhile: retry, and the version is read afresh",
        ],
    );
    assert_eq!(held(&azure, GUARDED, "Sweden Central"), Some(3));
    gallerist.run(&["queue", "retry", "1"]).succeeds();
    assert_eq!(held(&azure, GUARDED, "France Central"), Some(2));
    assert_eq!(held(&azure, GUARDED, "Sweden Central"), Some(3));
}

#[test]
fn replicas_that_another_writer_adds_count_towards_the_limit() {
    let (azure, gallerist) = demo(FAST);
    let plan = HeldBack::reading(&azure, NEWEST, 1);
    let running = spawn(&gallerist, NEWEST, "francecentral=10");
    plan.wait();
    azure.change_resource(&version_id(NEWEST), |version| {
        add_region(version, "Sweden Central", 88);
    });
    azure.let_go();
    running.wait().fails(
        1,
        &[
            "101 replicas over all regions are more than the 100",
            "→ plan again",
        ],
    );
    assert_eq!(azure.writes(), [json!(null); 0]);
}

#[test]
fn a_version_that_vanishes_or_is_being_deleted_is_not_made_again() {
    let (azure, gallerist) = demo(FAST);
    let plan = HeldBack::reading(&azure, NEWEST, 1);
    let running = spawn(&gallerist, NEWEST, "francecentral=1");
    plan.wait();
    azure.remove_resource(&version_id(NEWEST));
    azure.let_go();
    running
        .wait()
        .fails(1, &["ResourceNotFound", "→ it isn't there"]);
    gallerist
        .replicate(NEWEST, &["--to", "francecentral=1"])
        .fails(1, &["ResourceNotFound", "→ it isn't there"]);
    azure.change_resource(&version_id(GUARDED), |version| {
        version["properties"]["provisioningState"] = json!("Deleting");
    });
    gallerist
        .replicate(GUARDED, &["--to", "francecentral=1"])
        .fails(
            3,
            &["the version is Deleting: it can't be changed now → wait"],
        );
    assert_eq!(azure.writes(), [json!(null); 0]);
}

#[test]
fn an_update_by_somebody_else_is_waited_for_by_name() {
    let (azure, gallerist) = demo(STANDING);
    let set = |state: &str| {
        azure.change_resource(&version_id(NEWEST), |version| {
            version["properties"]["provisioningState"] = json!(state);
        });
    };
    set("Updating");
    let mut running = spawn(&gallerist, NEWEST, "francecentral=1");
    running.says("waits for another update of this version to end");
    let job = &gallerist.jobs()[0];
    assert_eq!(
        (&job["state"], &job["reason"]),
        (
            &json!("waiting"),
            &json!("another update of this version to end")
        )
    );
    assert_eq!(azure.writes(), [json!(null); 0]);
    set("Succeeded");
    running.says("accepted");
    azure.advance(3000);
    running.wait().succeeds();
}
