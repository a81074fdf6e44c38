//! Tokens that expire, and customers that are no longer reached.

use serde_json::{Value, json};

use super::{PUT, job, machines, start, start_at, wish_of};
use crate::support::estate::{customer, deploy_for_all};
use crate::support::{FAST, Gallerist, Running, STANDING, Simulator, demo, eventually};

/// The tenant of the demo that owns the galleries.
const HOME: &str = "2bca9505-d965-44d8-8db6-1ef4845449d6";
/// A version of the demo with a copy where Trey Research has its machines.
const IN_UKSOUTH: &str = "acg_northwind/win11-avd/2026.10.1";

/// Deployments for two customers, when Azure has accepted both.
fn two_accepted(gallerist: &Gallerist, wish: &[&str]) -> Running {
    let mut running = gallerist.spawn(wish);
    running.says("#1  wave 1: accepted");
    running.says("#2  wave 1: accepted");
    running
}

/// Whether Azure has refused a token, as one that has expired.
fn has_refused_a_token(azure: &Simulator) -> bool {
    let requests = azure.requests();
    requests.iter().any(|request| request["status"] == 401)
}

#[test]
fn one_customers_token_that_expires_meanwhile_is_renewed() {
    let (azure, gallerist) = start_at(0, 2);
    let running = two_accepted(&gallerist, &deploy_for_all("2"));
    azure.advance(4000);
    running.wait().succeeds();
    assert!(has_refused_a_token(&azure));
    assert_eq!((machines(&azure, 1), machines(&azure, 2)), (2, 2));
    assert_eq!(azure.writes().len(), 2);
}

/// What a customer has delegated, taken away and kept.
fn revoke(azure: &Simulator, number: usize) -> Vec<(String, Value)> {
    let scope = format!(
        "/subscriptions/{}/providers/",
        customer(number).subscription
    );
    let ids = azure.ids_below(&scope).into_iter();
    let delegation = |id: &String| id.contains("/registrationassignments/");
    let kept: Vec<_> = ids
        .filter(delegation)
        .map(|id| (id.clone(), azure.resource(&id)))
        .collect();
    for (id, _) in &kept {
        azure.remove_resource(id);
    }
    assert!(!kept.is_empty());
    kept
}

#[test]
fn a_delegation_that_is_removed_meanwhile_is_waited_for_and_keeps_no_other() {
    let (azure, gallerist) = start_at(0, 2);
    let mut running = two_accepted(&gallerist, &deploy_for_all("1"));
    azure.advance(60);
    eventually("the machines begun", || {
        (machines(&azure, 1) + machines(&azure, 2) == 2).then_some(())
    });
    let kept = revoke(&azure, 2);
    azure.advance(900);
    running.says("#2  attempt 1 to read the status failed");
    eventually("the other to be done", || {
        let jobs = gallerist.jobs();
        let states = [&jobs[1]["state"], &jobs[0]["state"]];
        (states == [&json!("done"), &json!("unknown")]).then_some(())
    });
    for (id, document) in kept {
        azure.put_resource(&id, &document);
    }
    running.wait().succeeds();
    assert_eq!((machines(&azure, 1), machines(&azure, 2)), (1, 1));
    assert_eq!(azure.writes().len(), 2);
}

#[test]
fn a_delegation_that_is_removed_before_the_request_fails_the_job_until_it_is_back() {
    let (azure, gallerist) = start(2);
    azure.fault(&json!({
        "match": {"method": "POST", "path": "/validate"}, "times": 2, "fault": {"held": true}
    }));
    let wish = deploy_for_all("1");
    let running = gallerist.spawn(&wish);
    eventually("the plan", || azure.faults_left().is_empty().then_some(()));
    let kept = revoke(&azure, 2);
    azure.let_go();
    running.wait().fails(4, &["1 done, 1 failed"]);
    assert_eq!((machines(&azure, 1), azure.writes().len()), (1, 1));
    let error = &job(&gallerist)["error"];
    assert!(error["advice"].is_string(), "{error:#}");
    gallerist
        .run(&wish)
        .fails(4, &["held: Customer 02: subscription "]);
    for (id, document) in kept {
        azure.put_resource(&id, &document);
    }
    gallerist
        .run(&["queue", "retry", "--failed-of", "1"])
        .succeeds();
    assert_eq!(machines(&azure, 2), 1);
}

#[test]
fn one_customer_that_refuses_the_sign_in_meanwhile_is_waited_for_and_keeps_no_other() {
    const TREY: &str = "300820ae-3195-4295-b3e9-4e9bff3c041a";
    let (azure, gallerist) = demo(STANDING);
    let to = ["--to-tenant", "Adatum", "--to-tenant", "Trey Research"];
    let wish = [&["deploy", IN_UKSOUTH, "--count", "1", "--yes"], &to[..]].concat();
    let mut running = two_accepted(&gallerist, &wish);
    azure.set_principal(TREY, Some("AADSTS7000222"));
    azure.advance(4000);
    running.says("AADSTS7000222");
    running.says("#1  done");
    azure.set_principal(TREY, None);
    running.wait().succeeds();
    assert_eq!(azure.writes().len(), 2);
}

#[test]
fn an_auxiliary_token_that_goes_missing_is_told_as_what_it_is() {
    let (azure, gallerist) = demo(FAST);
    let wish = wish_of(IN_UKSOUTH, "Trey Research", "1");
    let explained = [
        "LinkedAuthorizationFailed",
        "is not authorized to access linked subscription '4bcff225-6938-4091-a01c-259ebff5a095'",
        "→ the request carried no token of the tenant that owns subscription 4bcff225",
    ];
    azure.fault(&json!({
        "match": {"method": "PUT", "path": PUT},
        "fault": {"without_header": "x-ms-authorization-auxiliary"},
    }));
    gallerist.run(&wish).fails(1, &explained);
    assert_eq!(
        job(&gallerist)["error"]["code"],
        "LinkedAuthorizationFailed"
    );
    gallerist.run(&["queue", "retry", "1"]).succeeds();
    let auxiliary: Vec<Value> = azure
        .writes()
        .iter()
        .map(|w| w["auxiliary"].clone())
        .collect();
    assert_eq!(auxiliary, [json!([]), json!([HOME])]);
}

#[test]
fn an_auxiliary_token_that_has_expired_is_renewed() {
    let (azure, gallerist) = demo(STANDING);
    gallerist
        .configure(|text| text.replace("machines_per_replica = 20", "machines_per_replica = 1"));
    let wish = wish_of(IN_UKSOUTH, "Trey Research", "3");
    let mut running = gallerist.spawn(&wish);
    running.says("wave 1: accepted");
    // All tokens are too old by the time of the second wave.
    azure.advance(4000);
    running.says("wave 2: accepted");
    azure.advance(900);
    running.wait().succeeds();
    let sent = azure.writes();
    assert_eq!(sent.len(), 2);
    for request in sent {
        assert_eq!(request["auxiliary"], json!([HOME]));
    }
    assert!(has_refused_a_token(&azure));
}
