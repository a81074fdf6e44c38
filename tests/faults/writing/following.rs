//! How an operation is followed that Azure has accepted, and how it ends.

use serde_json::json;

use super::{has, job};
use crate::support::{FAST, NEWEST, STANDING, Witness, demo, eventually, version_id};

#[test]
fn a_status_that_cannot_be_read_for_a_while_is_unknown_and_no_failure() {
    let (azure, gallerist) = demo(FAST);
    azure.fault(&json!({
        "times": 3, "match": {"path": "/capsOperations/"},
        "fault": {"status": 500, "headers": {"retry-after": "1"}},
    }));
    let mut running = gallerist.spawn(&["replicate", NEWEST, "--to", "uksouth=1", "--yes"]);
    running.says("attempt 1 to read the status failed, next in 1 s");
    let seen = eventually("the state unknown", || {
        let jobs = gallerist.jobs();
        (jobs[0]["state"] == "unknown").then(|| jobs[0].clone())
    });
    assert!(
        seen["reason"]
            .as_str()
            .unwrap()
            .contains("InternalServerError"),
        "{seen:#}"
    );
    running
        .wait()
        .fails(0, &["attempt 3 to read", "the status can be read again"]);
    assert_eq!(azure.writes().len(), 1);
    assert!(has(&azure, "UK South", 1));
}

#[test]
fn a_status_that_azure_never_tells_is_read_from_the_version_in_the_end() {
    let (azure, gallerist) = demo(FAST);
    azure.fault(&json!({
        "times": 99, "match": {"path": "/capsOperations/"},
        "fault": {"status": 503, "headers": {"retry-after": "0"}},
    }));
    gallerist.replicate(NEWEST, &["--to", "uksouth=1"]).fails(
        0,
        &[
            "attempt 4 to read",
            "can't be followed, reading what it made",
        ],
    );
    assert_eq!(
        azure
            .requests_to("GET", "")
            .iter()
            .filter(|request| { request["path"].as_str().unwrap().contains("capsOperations") })
            .count(),
        5
    );
    assert_eq!(azure.writes().len(), 1);
    assert!(has(&azure, "UK South", 1));
}

#[test]
fn an_operation_that_answers_nonsense_or_is_forgotten_is_followed_by_its_version() {
    let (azure, gallerist) = demo(FAST);
    for (at, times, fault, words) in [
        (1, 1, json!({"truncate": true}), "no complete answer"),
        (2, 1, json!({"body": "<html>"}), "not understood"),
        (
            3,
            1,
            json!({"body": {"status": 7}}),
            "the operation tells no status",
        ),
        (4, 1, json!({"drop_before": true}), "no complete answer"),
        (
            5,
            99,
            json!({"status": 404}),
            "the operation is no longer known, reading what it made",
        ),
    ] {
        azure
            .fault(&json!({"times": times, "match": {"path": "/capsOperations/"}, "fault": fault}));
        let count = format!("uksouth={at}");
        gallerist
            .replicate(NEWEST, &["--to", &count])
            .fails(0, &[words]);
        assert!(has(&azure, "UK South", at));
        azure.clear_faults();
    }
    assert_eq!(azure.writes().len(), 5);
}

#[test]
fn a_token_that_expires_while_azure_works_is_renewed() {
    let (azure, gallerist) = demo(STANDING);
    let mut running = gallerist.spawn(&["replicate", NEWEST, "--to", "uksouth=1", "--yes"]);
    running.says("accepted");
    azure.advance(4000);
    running.wait().succeeds();
    let refused = azure.requests();
    assert!(
        refused.iter().any(|request| request["status"] == 401),
        "the token did expire"
    );
    assert_eq!(azure.writes().len(), 1);
}

#[test]
fn a_sign_in_that_breaks_while_azure_works_is_waited_for() {
    let (azure, gallerist) = demo(STANDING);
    let home = azure.ready["tenant"].as_str().unwrap();
    let mut running = gallerist.spawn(&["replicate", NEWEST, "--to", "uksouth=1", "--yes"]);
    running.says("accepted");
    azure.set_principal(home, Some("AADSTS7000222"));
    azure.advance(4000);
    running.says("AADSTS7000222");
    azure.set_principal(home, None);
    running.wait().succeeds();
    assert_eq!(azure.writes().len(), 1);
}

#[test]
fn an_operation_at_another_host_is_refused_and_the_version_followed_instead() {
    let (azure, gallerist) = demo(FAST);
    let witness = Witness::listen();
    azure.fault(&json!({
        "match": {"method": "PUT"},
        "fault": {"replace": {"from": azure.origin(), "to": witness.origin()}},
    }));
    let output = gallerist.replicate(NEWEST, &["--to", "uksouth=1"]);
    output.fails(
        0,
        &[
            &format!("the answer points to {}", witness.origin()),
            "reading what it made",
        ],
    );
    assert!(
        !output.stderr.contains("capsOperations"),
        "a signed address is a secret: {output:#?}"
    );
    assert!(has(&azure, "UK South", 1));
    assert_eq!(azure.writes().len(), 1);
    assert_eq!(witness.heard(), [""; 0]);
}

#[test]
fn an_operation_at_a_relative_address_is_followed() {
    let (azure, gallerist) = demo(FAST);
    azure.fault(&json!({
        "match": {"method": "PUT"}, "fault": {"replace": {"from": azure.origin(), "to": ""}},
    }));
    gallerist
        .replicate(NEWEST, &["--to", "uksouth=1"])
        .succeeds();
    let looks = azure.requests().into_iter().filter(|request| {
        request["path"]
            .as_str()
            .unwrap()
            .contains("/capsOperations/")
            && request["status"] == 200
    });
    assert!(looks.count() >= 1);
    assert!(has(&azure, "UK South", 1));
}

#[test]
fn a_write_without_any_address_to_follow_is_followed_by_its_version() {
    let (azure, gallerist) = demo(FAST);
    azure.fault(&json!({
        "match": {"method": "PUT"}, "fault": {"headers": {"azure-asyncoperation": "", "location": ""}},
    }));
    gallerist
        .replicate(NEWEST, &["--to", "uksouth=1"])
        .succeeds();
    assert!(has(&azure, "UK South", 1));
    assert_eq!(azure.writes().len(), 1);
}

#[test]
fn a_failed_region_is_told_with_azures_words_and_a_retry_copies_it_alone() {
    let (azure, gallerist) = demo(FAST);
    azure.fault(
        &json!({"fault": {"replication_fails": "uksouth", "detail": "The storage is full."}}),
    );
    let output = gallerist.replicate(NEWEST, &["--to", "uksouth=1,eastus=2"]);
    output.fails(
        1,
        &[
            "uksouth: The storage is full.",
            "→ retry; if it fails again, remove uksouth from the version and add it again",
        ],
    );
    let jobs = gallerist.jobs();
    assert_eq!(jobs[0]["error"]["code"], "ReplicationJobsNotSuccessful");
    // Lies in wait for a second copy to a region that has its copy.
    azure.fault(&json!({"fault": {"replication_fails": "eastus"}}));
    let retried = gallerist.run(&["queue", "retry", "1", "-o", "json"]);
    assert_eq!(job(&retried)["attempt"], 2);
    retried.succeeds();
    assert_eq!(azure.faults_left().len(), 1);
    assert_eq!(azure.writes().len(), 2);
    let version = azure.resource(&version_id(NEWEST));
    assert_eq!(version["properties"]["provisioningState"], "Succeeded");
    assert!(has(&azure, "UK South", 1) && has(&azure, "East US", 2));
}

#[test]
fn text_from_azure_in_a_job_is_shown_and_not_obeyed() {
    let (azure, gallerist) = demo(FAST);
    azure.fault(&json!({"fault": {
        "replication_fails": "uksouth", "detail": "\u{1b}[2J\u{1b}]0;owned\u{7}\r\nall is well",
    }}));
    let failed = gallerist.replicate(NEWEST, &["--to", "uksouth=1"]);
    failed.fails(1, &["uksouth: ␛[2J␛]0;owned␇  all is well"]);
    for output in [
        failed,
        gallerist.run(&["queue", "list"]),
        gallerist.run(&["queue", "show", "1"]),
        gallerist.run(&["queue", "list", "-o", "json"]),
    ] {
        let acts = |c: char| c != '\n' && c.is_control();
        assert!(
            !output.stdout.contains(acts) && !output.stderr.contains(acts),
            "{output:?}"
        );
    }
}
