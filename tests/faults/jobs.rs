//! Jobs that meet other writers, other jobs and operators who change their minds.

use gallerist::queue::{LogLine, LogQuery};
use serde_json::{Value, json};

use crate::support::{
    FAST, Gallerist, NEWEST, Running, STANDING, Simulator, demo, eventually, version_id,
};

/// One that no region may be taken from without lifting the safety flag.
const GUARDED: &str = "acg_northwind/win11-avd/2026.10.1";

fn spawn(gallerist: &Gallerist, version: &str, to: &str) -> Running {
    gallerist.spawn(&["replicate", version, "--to", to, "--yes"])
}

/// A job that Azure has accepted and nobody carries on.
fn left_behind(gallerist: &Gallerist, version: &str, to: &str) {
    let mut running = spawn(gallerist, version, to);
    running.says("accepted");
    running.signal("INT");
    running
        .wait()
        .fails(130, &["`gallerist queue watch` carries on from here"]);
}

/// The number of replicas of a version in a region.
fn held(azure: &Simulator, version: &str, region: &str) -> Option<u64> {
    let replicas = azure.replicas(&version_id(version)).into_iter();
    replicas
        .into_iter()
        .find(|(name, _)| name == region)
        .map(|(_, count)| count)
}

/// Holds back what the `nth` reading of a version says, and waits until it has been read.
struct HeldBack<'a> {
    azure: &'a Simulator,
    path_end: String,
    nth: usize,
}

impl<'a> HeldBack<'a> {
    fn reading(azure: &'a Simulator, version: &str, nth: usize) -> Self {
        let path_end = format!("/versions/{}", version.rsplit('/').next().unwrap());
        for at in 1..=nth {
            let delay = if at == nth { 2000 } else { 1 };
            azure.fault(&json!({
                "match": {"method": "GET", "path": format!("{path_end}\\?")},
                "fault": {"delay_ms": delay},
            }));
        }
        Self {
            azure,
            path_end,
            nth,
        }
    }

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
fn a_disabled_subscription_is_seen_in_the_plan() {
    let (azure, gallerist) = demo(FAST);
    let id = "/subscriptions/4bcff225-6938-4091-a01c-259ebff5a095";
    azure.change_resource(id, |subscription| subscription["state"] = json!("Disabled"));
    gallerist
        .replicate(NEWEST, &["--to", "francecentral=1"])
        .fails(
            3,
            &[
                "subscription Northwind Galleries is Disabled",
                "→ have its owner enable it again",
            ],
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
    let job = &gallerist.json(&["queue", "list", "-o", "json"])[0];
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

#[test]
fn two_jobs_on_one_version_follow_each_other_by_name() {
    let (azure, gallerist) = demo(STANDING);
    left_behind(&gallerist, NEWEST, "francecentral=1");
    let mut second = spawn(&gallerist, NEWEST, "swedencentral=2");
    second.says("waits for #1, which writes the same resource");
    let jobs = gallerist.json(&["queue", "list", "-o", "json"]);
    assert_eq!(
        (&jobs[0]["id"], &jobs[0]["state"]),
        (&json!(2), &json!("waiting"))
    );
    assert_eq!(jobs[0]["reason"], "#1, which writes the same resource");
    assert_eq!(
        (&jobs[1]["id"], &jobs[1]["state"]),
        (&json!(1), &json!("running"))
    );
    assert_eq!(azure.writes().len(), 1);
    azure.advance(3000);
    second.says("accepted");
    azure.advance(3000);
    second.wait().succeeds();
    assert_eq!(azure.writes().len(), 2, "the first was not sent again");
    assert_eq!(held(&azure, NEWEST, "France Central"), Some(1));
    assert_eq!(held(&azure, NEWEST, "Sweden Central"), Some(2));
}

#[test]
fn jobs_on_different_versions_do_not_wait_and_one_that_fails_makes_it_partly() {
    let (azure, gallerist) = demo(STANDING);
    left_behind(&gallerist, NEWEST, "francecentral=1");
    azure.fault(&json!({"fault": {"replication_fails": "swedencentral"}}));
    left_behind(&gallerist, GUARDED, "swedencentral=1");
    azure.advance(3000);
    let watched = gallerist.run(&["queue", "watch", "-o", "json"]);
    assert_eq!(watched.code, Some(4), "{watched:#?}");
    let printed = watched.json();
    assert_eq!(
        (&printed["group"], &printed["state"]),
        (&Value::Null, &json!("failed"))
    );
    let states: Vec<&Value> = printed["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| &job["state"])
        .collect();
    assert_eq!(states, ["done", "failed"]);
    assert_eq!(azure.writes().len(), 2);
}

#[test]
fn a_job_is_cancelled_before_it_begins() {
    let (azure, gallerist) = demo(STANDING);
    left_behind(&gallerist, NEWEST, "francecentral=1");
    let mut second = spawn(&gallerist, NEWEST, "swedencentral=2");
    second.says("waits for #1");
    second.signal("INT");
    second.wait().fails(130, &["interrupted"]);
    let cancelled = gallerist.run(&["queue", "cancel", "2"]);
    assert_eq!(cancelled.succeeds().stdout, "#2 cancelled\n");
    let shown = gallerist.run(&["queue", "show", "2"]);
    assert!(
        shown.stdout.contains("cancelled before anything was sent"),
        "{shown:#?}"
    );
    gallerist
        .run(&["queue", "cancel", "2"])
        .fails(3, &["#2 is cancelled: it has already ended"]);
    azure.advance(3000);
    gallerist.run(&["queue", "watch"]).succeeds();
    assert_eq!(azure.writes().len(), 1);
    assert_eq!(held(&azure, NEWEST, "Sweden Central"), None);
    let retry = gallerist.spawn(&["queue", "retry", "2"]);
    eventually("the second write", || {
        (azure.writes().len() == 2).then_some(())
    });
    azure.advance(3000);
    retry.wait().succeeds();
    assert_eq!(held(&azure, NEWEST, "Sweden Central"), Some(2));
}

#[test]
fn cancelling_what_azure_works_on_says_that_azure_carries_on() {
    let (azure, gallerist) = demo(STANDING);
    left_behind(&gallerist, NEWEST, "francecentral=1");
    gallerist.run(&["queue", "cancel", "1"]).succeeds();
    let shown = gallerist.run(&["queue", "show", "1"]);
    assert!(
        shown
            .stdout
            .contains("nothing more is sent; Azure carries on with what it has accepted"),
        "{shown:#?}"
    );
    azure.advance(3000);
    assert_eq!(held(&azure, NEWEST, "France Central"), Some(1));
    assert_eq!(
        gallerist.json(&["queue", "list", "-o", "json"])[0]["state"],
        "cancelled"
    );
    // Tried again it finds what Azure has done, and sends nothing.
    gallerist.run(&["queue", "retry", "1"]).succeeds();
    assert_eq!(azure.writes().len(), 1);
}

/// The safety flag that each accepted write set, and the regions it left.
fn flags(azure: &Simulator) -> Vec<(Value, usize)> {
    let writes = azure.writes();
    let properties = writes.iter().map(|write| &write["body"]["properties"]);
    properties
        .map(|properties| {
            let regions = &properties["publishingProfile"]["targetRegions"];
            (
                properties["safetyProfile"]["allowDeletionOfReplicatedLocations"].clone(),
                regions.as_array().unwrap().len(),
            )
        })
        .collect()
}

fn is_guarded(azure: &Simulator) -> bool {
    let version = azure.resource(&version_id(GUARDED));
    version["properties"]["safetyProfile"]["allowDeletionOfReplicatedLocations"] == json!(false)
}

#[test]
fn a_region_is_removed_in_steps_and_the_safety_flag_put_back() {
    let (azure, gallerist) = demo(FAST);
    let plan = gallerist.run(&[
        "replicate",
        GUARDED,
        "--remove",
        "eastus",
        "--to",
        "francecentral=1",
        "--plan",
    ]);
    for words in [
        "- eastus  1 replica",
        "~ allowDeletionOfReplicatedLocations  false → true, and false again at the end",
        "note  eastus: scale sets that use this version there can't grow",
    ] {
        assert!(plan.succeeds().stdout.contains(words), "{plan:#?}");
    }
    gallerist
        .replicate(GUARDED, &["--remove", "eastus", "--to", "francecentral=1"])
        .succeeds();
    assert_eq!(
        flags(&azure),
        [(json!(true), 5), (json!(true), 4), (json!(false), 4)]
    );
    assert!(is_guarded(&azure));
    assert_eq!(held(&azure, GUARDED, "East US"), None);
    assert_eq!(held(&azure, GUARDED, "France Central"), Some(1));
}

#[test]
fn a_removal_that_stops_half_way_says_what_it_leaves_and_a_retry_finishes_it() {
    let (azure, gallerist) = demo(FAST);
    let stays_on = "allowDeletionOfReplicatedLocations stays on";
    let second_write = json!({"method": "PUT", "path": "/versions/2026.10.1"});
    azure.fault(&json!({"match": second_write, "fault": {"delay_ms": 1}}));
    azure.fault(&json!({"match": second_write, "fault": {"status": 403}}));
    gallerist
        .replicate(GUARDED, &["--remove", "eastus"])
        .fails(1, &["remove regions", stays_on]);
    assert!(!is_guarded(&azure));
    gallerist.run(&["queue", "retry", "1"]).succeeds();
    assert!(is_guarded(&azure));
    assert_eq!(held(&azure, GUARDED, "East US"), None);

    // Azure has lifted the flag also where the copies of that same write failed.
    azure.fault(&json!({"fault": {"replication_fails": "francecentral"}}));
    gallerist
        .replicate(GUARDED, &["--remove", "uksouth", "--to", "francecentral=1"])
        .fails(
            1,
            &[
                "francecentral: Failed with internal server error.",
                stays_on,
            ],
        );
    assert!(!is_guarded(&azure));
    gallerist.run(&["queue", "retry", "2"]).succeeds();
    assert!(is_guarded(&azure));
    assert_eq!(held(&azure, GUARDED, "UK South"), None);
}

#[test]
fn a_storage_type_is_changed_by_leaving_the_region_and_entering_it_again() {
    let (azure, gallerist) = demo(FAST);
    let plan = gallerist.run(&["replicate", GUARDED, "--to", "uksouth=2:zrs", "--plan"]);
    for words in [
        "~ uksouth  Standard_LRS → Standard_ZRS (removed and added again)",
        "note  uksouth: without this version until it has been copied there again",
    ] {
        assert!(plan.succeeds().stdout.contains(words), "{plan:#?}");
    }
    gallerist
        .replicate(GUARDED, &["--to", "uksouth=2:zrs"])
        .succeeds();
    let version = azure.resource(&version_id(GUARDED));
    let regions = version["properties"]["publishingProfile"]["targetRegions"]
        .as_array()
        .unwrap();
    let uk = regions
        .iter()
        .find(|region| region["name"] == "UK South")
        .unwrap();
    assert_eq!(
        (&uk["storageAccountType"], &uk["regionalReplicaCount"]),
        (&json!("Standard_ZRS"), &json!(2))
    );
    assert_eq!(
        flags(&azure),
        [(json!(true), 4), (json!(true), 3), (json!(false), 4)]
    );
    assert!(is_guarded(&azure));
}

#[test]
fn an_open_job_is_held_where_it_may_not_or_cannot_be_carried_on() {
    let (azure, gallerist) = demo(STANDING);
    let config = std::fs::read_to_string(gallerist.config()).unwrap();
    let troubles = [
        (
            format!("{config}\n[safety]\nread_only = true\n"),
            "the configuration says read_only",
        ),
        (
            config.replace("\"msp\"", "\"other\""),
            "the configuration has no identity \"msp\"",
        ),
        (
            config.replace(azure.origin(), "http://127.0.0.1:1"),
            "and this is http://127.0.0.1:1/",
        ),
    ];
    for (number, (changed, reason)) in (1..).zip(troubles) {
        left_behind(&gallerist, NEWEST, &format!("francecentral={number}"));
        std::fs::write(gallerist.config(), changed).unwrap();
        gallerist
            .run(&["queue", "watch"])
            .fails(1, &["held: ", reason]);
        let job = &gallerist.json(&["queue", "list", "-o", "json"])[0];
        assert_eq!(
            (&job["id"], &job["state"]),
            (&json!(number), &json!("held"))
        );
        assert!(job["reason"].as_str().unwrap().contains(reason), "{job:#}");
        std::fs::write(gallerist.config(), &config).unwrap();
        azure.advance(3000);
        let number = number.to_string();
        gallerist.run(&["queue", "retry", &number]).succeeds();
    }
    assert_eq!(azure.writes().len(), 3);
}

#[test]
fn cancelling_half_way_says_what_it_leaves() {
    let (azure, gallerist) = demo(STANDING);
    let mut running = gallerist.spawn(&["replicate", GUARDED, "--remove", "eastus", "--yes"]);
    running.says("update regions: accepted");
    azure.advance(60);
    running.says("remove regions: accepted");
    running.signal("INT");
    running.wait().fails(130, &[]);
    gallerist.run(&["queue", "cancel", "1"]).succeeds();
    let shown = gallerist.run(&["queue", "show", "1"]);
    for words in [
        "Azure carries on with what it has accepted",
        "allowDeletionOfReplicatedLocations stays on",
    ] {
        assert!(shown.stdout.contains(words), "{shown:#?}");
    }
    azure.advance(60);
    let retry = gallerist.spawn(&["queue", "retry", "1"]);
    eventually("the third write", || {
        (azure.writes().len() == 3).then_some(())
    });
    azure.advance(60);
    retry.wait().succeeds();
    assert!(is_guarded(&azure));
}

#[test]
fn a_repetition_while_planning_is_in_the_log() {
    let (azure, gallerist) = demo(FAST);
    azure.fault(&json!({
        "match": {"method": "GET", "path": "/versions/2026.11.3\\?"},
        "fault": {"status": 429, "headers": {"retry-after": "1"}}
    }));
    let plan = ["replicate", NEWEST, "--to", "uksouth=2", "--plan"];
    gallerist.run(&plan).succeeds();
    let journal = gallerist.state().join("journal.sqlite");
    let journal = gallerist::queue::Reader::open(&journal).unwrap();
    let lines = journal.log(&LogQuery::default(), 10).unwrap();
    let said = |line: &LogLine| line.job.is_none() && line.text.contains("attempt 2 of 5 in 1 s");
    assert!(lines.iter().any(said), "{lines:#?}");
}

#[test]
fn a_role_on_the_gallery_alone_is_enough_to_replicate() {
    let (azure, gallerist) = demo(FAST);
    azure.fault(&json!({
        "match": {"method": "GET", "path": "/locations\\?"},
        "times": 100, "fault": {"status": 403}
    }));
    let plan = gallerist.run(&["replicate", NEWEST, "--to", "uksouth=2", "--plan"]);
    plan.succeeds();
    let told = "the subscription's regions can't be read";
    assert!(plan.stdout.contains(told), "{plan:#?}");
    gallerist
        .replicate(NEWEST, &["--to", "uksouth=2"])
        .succeeds();
    assert_eq!(azure.writes().len(), 1);
}
