//! Machines that Azure does not create: told in its words, and a retry creates what is missing.

use serde_json::{Value, json};

use super::{PUT, asked, deploy, job, machines, start, wish};
use crate::support::MACHINES;
use crate::support::estate::customer;

#[test]
fn a_deployment_that_fails_at_machine_7_of_12_is_retried_for_that_one_alone() {
    let (azure, gallerist) = start(1);
    let seventh = customer(1).id(&format!("{MACHINES}/vm-007"));
    azure.fault(&json!({"match": {"path": seventh}, "fault": {"allocation_fails": {}}}));
    deploy(&gallerist, "12").fails(
        1,
        &[
            "vm-007: AllocationFailed: Allocation failed.",
            "retry: only what is missing is created",
        ],
    );
    let failed = job(&gallerist);
    assert_eq!(failed["error"]["code"], "AllocationFailed");
    let untouched = |state: Value| {
        let mut state = state;
        let all = state.as_object_mut().unwrap();
        all.retain(|id, _| id.contains("/virtualmachines/") && !id.contains("vm-007"));
        state
    };
    let before = untouched(azure.state());
    assert_eq!(before.as_object().unwrap().len(), 11);
    gallerist.run(&["queue", "retry", "1"]).succeeds();
    assert_eq!(asked(&azure)[1], ["vm-007"]);
    assert_eq!(untouched(azure.state()), before);
    assert_eq!(
        azure.resource(&seventh)["properties"]["provisioningState"],
        "Succeeded"
    );
}

#[test]
fn capacity_that_azure_does_not_have_is_told_with_what_to_do() {
    let (azure, gallerist) = start(1);
    azure.fault(&json!({"times": 4, "fault": {"allocation_fails": {}}}));
    deploy(&gallerist, "4").fails(1, &["4 of 4 failed: vm-001: AllocationFailed", "; …", "→ "]);
    gallerist.run(&["queue", "retry", "1"]).succeeds();
    assert_eq!(machines(&azure, 1), 4);
    azure.fault(&json!({"times": 9, "fault": {"allocation_fails": {"code": "SkuNotAvailable"}}}));
    let short = deploy(&gallerist, "1");
    short.fails(
        3,
        &[
            "SkuNotAvailable",
            "currently not available in location 'westeurope'",
        ],
    );
    assert_eq!(machines(&azure, 1), 4);
}

#[test]
fn a_policy_refusal_that_comes_as_nested_json_is_unpacked() {
    let (azure, gallerist) = start(1);
    let policy = json!({"error": {
        "code": "RequestDisallowedByPolicy",
        "target": "vm-001",
        "message": "Resource 'vm-001' was disallowed by policy. Policy identifiers: '[{\"policyAssignment\":{\"name\":\"Tags are needed\"}}]'.",
        "additionalInfo": [{"type": "PolicyViolation", "info": {
            "policyDefinitionDisplayName": "Tags are needed",
            "policyAssignmentDisplayName": "Tags are needed",
        }}],
    }});
    let nested = json!({"status": "Failed", "error": {
        "code": "DeploymentFailed",
        "message": "At least one resource deployment operation failed. Please list deployment operations for details.",
        "details": [{"code": "Forbidden", "message": policy.to_string()}],
    }});
    azure.fault(&json!({
        "match": {"method": "PUT", "path": PUT}, "fault": {"status": 403, "body": nested}
    }));
    let refused = deploy(&gallerist, "1");
    refused.fails(1, &["RequestDisallowedByPolicy", "Tags are needed"]);
    assert!(!refused.stderr.contains("\\\""), "{refused:#?}");
    assert_eq!(
        job(&gallerist)["error"]["code"],
        "RequestDisallowedByPolicy"
    );
}

#[test]
fn a_password_that_azure_finds_too_weak_is_told_and_mended() {
    let (azure, gallerist) = start(1);
    let file = gallerist.folder().join("password");
    std::fs::write(&file, "password\n").unwrap();
    let customer = customer(1);
    let weak = [&wish(&customer, "1")[..], &["--password-file", "password"]].concat();
    gallerist.run(&weak).fails(
        1,
        &["vm-001: InvalidParameter: The supplied password must be"],
    );
    assert_eq!(machines(&azure, 1), 0);
    gallerist
        .run(&["queue", "retry", "1"])
        .fails(1, &["The supplied password must be"]);
    std::fs::write(&file, "Correct-Horse-1\n").unwrap();
    gallerist.run(&["queue", "retry", "1"]).succeeds();
    assert_eq!(machines(&azure, 1), 1);
}

#[test]
fn text_from_azure_about_a_machine_is_shown_and_not_obeyed() {
    let (azure, gallerist) = start(1);
    azure.fault(&json!({"fault": {"allocation_fails": {"message": "\u{1b}[2J\u{1b}]0;owned\u{7}\r\nall is well"}}}));
    let failed = deploy(&gallerist, "1");
    failed.fails(1, &["AllocationFailed: ␛[2J␛]0;owned␇  all is well"]);
    for output in [
        failed,
        gallerist.run(&["queue", "list"]),
        gallerist.run(&["queue", "show", "1"]),
    ] {
        let acts = |c: char| c != '\n' && c.is_control();
        assert!(
            !output.stdout.contains(acts) && !output.stderr.contains(acts),
            "{output:?}"
        );
    }
}
