//! What is seen while a replication is planned.

use gallerist::queue::{LogLine, LogQuery};
use serde_json::json;

use crate::support::{FAST, NEWEST, demo};

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
