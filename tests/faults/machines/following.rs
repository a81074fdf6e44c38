//! Requests whose answer is lost, and what Azure has accepted: followed to its end.

use serde_json::json;

use super::{PUT, asked, deploy, machines, start, wish};
use crate::support::estate::{customer, estate};
use crate::support::{Gallerist, Simulator, Witness, eventually};

#[test]
fn what_azure_may_have_accepted_is_looked_at_before_it_is_sent_again() {
    let (azure, gallerist) = start(1);
    for (at, fault) in (1..).zip([
        json!({"status": 500}),
        json!({"status": 503}),
        json!({"status": 504}),
        json!({"drop_before": true}),
        json!({"status": 401}),
        json!({"status": 429, "headers": {"retry-after": "1"}}),
    ]) {
        azure.fault(&json!({"match": {"method": "PUT", "path": PUT}, "fault": fault}));
        deploy(&gallerist, "1").succeeds();
        assert_eq!(asked(&azure).len(), 2 * at, "{fault}");
        assert_eq!(
            (azure.writes().len(), machines(&azure, 1)),
            (at, at),
            "{fault}"
        );
    }
}

#[test]
fn what_azure_accepted_before_the_connection_broke_is_not_sent_again() {
    let (azure, gallerist) = start(1);
    for (at, fault) in (1..).zip([json!({"drop_after": true}), json!({"truncate": true})]) {
        azure.fault(&json!({"match": {"method": "PUT", "path": PUT}, "fault": fault}));
        deploy(&gallerist, "1").succeeds();
        assert_eq!(
            (asked(&azure).len(), machines(&azure, 1)),
            (at, at),
            "{fault}"
        );
    }
}

#[test]
fn an_operation_that_cannot_be_followed_is_followed_by_its_deployment() {
    let (azure, gallerist) = start(1);
    for (at, times, fault) in [
        (1, 1, json!({"truncate": true})),
        (2, 1, json!({"body": "<html>"})),
        (3, 1, json!({"drop_before": true})),
        (4, 99, json!({"status": 404})),
    ] {
        azure.fault(&json!({
            "times": times, "match": {"path": "/operationStatuses/"}, "fault": fault
        }));
        deploy(&gallerist, "1").succeeds();
        assert_eq!(machines(&azure, 1), at, "{fault}");
        azure.clear_faults();
    }
    let witness = Witness::listen();
    azure.fault(&json!({
        "match": {"method": "PUT", "path": PUT},
        "fault": {"replace": {"from": azure.origin(), "to": witness.origin()}},
    }));
    deploy(&gallerist, "1").fails(0, &[&format!("the answer points to {}", witness.origin())]);
    assert_eq!(witness.heard(), [""; 0]);
    azure.fault(&json!({
        "match": {"method": "PUT", "path": PUT},
        "fault": {"headers": {"azure-asyncoperation": "", "location": ""}},
    }));
    deploy(&gallerist, "1").succeeds();
    assert_eq!((azure.writes().len(), machines(&azure, 1)), (6, 6));
}

#[test]
fn cancelling_lets_azure_finish_what_it_has_accepted_and_creates_nothing_more() {
    let azure = Simulator::start_estate(0, &format!("machines_per_replica = 2\n{}", estate(1)));
    let gallerist = Gallerist::new(&azure);
    let mut running = gallerist.spawn(&wish(&customer(1), "4"));
    running.says("wave 1: accepted");
    running.signal("INT");
    running.wait().fails(130, &["carries on from here"]);
    gallerist.run(&["queue", "cancel", "1"]).succeeds();
    gallerist.run(&["queue", "cancel", "1"]).succeeds();
    let shown = gallerist.run(&["queue", "show", "1"]);
    for words in [
        "Azure carries on with what it has accepted",
        "machines that were created in rg-avd stay; a retry creates only what is missing",
    ] {
        assert!(shown.stdout.contains(words), "{words}: {shown:#?}");
    }
    // Tried again at once, while Azure still creates the first two.
    let retried = gallerist.spawn(&["queue", "retry", "1"]);
    eventually("the end", || {
        azure.advance(600);
        (machines(&azure, 1) == 4).then_some(())
    });
    azure.advance(3600);
    retried.wait().succeeds();
    assert!(azure.most_at_once() <= 2);
    let asked: Vec<String> = asked(&azure).concat();
    assert_eq!(asked.len(), 4, "none twice: {asked:?}");
}
