//! What can go wrong while machines are being created: nothing is created twice, nothing of
//! somebody else's is touched, and a retry creates what is missing.

use serde_json::{Value, json};

use crate::support::estate::{self, Customer, customer, estate};
use crate::support::{
    FAST, Gallerist, NEWEST, Output, STANDING, Simulator, Witness, demo, eventually,
};

const MACHINES: &str = "Microsoft.Compute/virtualMachines";
const INTERFACES: &str = "Microsoft.Network/networkInterfaces";
/// A deployment that is asked for, not one that is looked up.
const PUT: &str = "/deployments/gallerist-[^/]*\\?";

/// Machines are there by the first look at them.
fn start(customers: usize) -> (Simulator, Gallerist) {
    start_at(2400, customers)
}

fn start_at(pace: u32, customers: usize) -> (Simulator, Gallerist) {
    let azure = Simulator::start_estate(pace, &estate(customers));
    let gallerist = Gallerist::new(&azure);
    (azure, gallerist)
}

fn wish<'a>(customer: &'a Customer, count: &'a str) -> [&'a str; 7] {
    let version = estate::VERSION;
    [
        "deploy",
        version,
        "--to-tenant",
        &customer.name,
        "--count",
        count,
        "--yes",
    ]
}

fn deploy(gallerist: &Gallerist, count: &str) -> Output {
    gallerist.run(&wish(&customer(1), count))
}

fn machines(azure: &Simulator, number: usize) -> usize {
    azure.ids_below(&customer(number).id(MACHINES)).len()
}

/// The machines of each deployment that was asked for, accepted or not.
fn asked(azure: &Simulator) -> Vec<Vec<String>> {
    let requests = azure.requests().into_iter().filter(|request| {
        let path = request["path"].as_str().unwrap();
        request["method"] == "PUT" && path.contains("/deployments/")
    });
    requests.map(|request| names(&request)).collect()
}

fn names(request: &Value) -> Vec<String> {
    let resources = &request["body"]["properties"]["template"]["resources"];
    let machines = resources
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["type"] == MACHINES);
    machines
        .map(|one| one["name"].as_str().unwrap().to_owned())
        .collect()
}

fn job(gallerist: &Gallerist) -> Value {
    gallerist.json(&["queue", "list", "-o", "json"])[0].clone()
}

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
fn a_name_that_a_machine_takes_meanwhile_is_left_to_it() {
    for (kind, name) in [(MACHINES, "vm-002"), (INTERFACES, "vm-002-nic")] {
        let (azure, gallerist) = start(1);
        let id = customer(1).id(&format!("{kind}/{name}"));
        // The job's own look is held back until somebody else has made one.
        azure.fault(&json!({
            "match": {"method": "PUT", "path": "/nothing"}, "fault": {"delay_ms": 1}
        }));
        azure.fault(&json!({
            "match": {"method": "POST", "path": "/validate"}, "fault": {"delay_ms": 1500}
        }));
        let running = gallerist.spawn(&wish(&customer(1), "3"));
        eventually("the plan", || {
            (azure.faults_left().len() == 1).then_some(())
        });
        let theirs = json!({
            "id": id, "name": name, "type": kind, "location": "westeurope",
            "tags": {"owner": "somebody else"},
            "properties": {"provisioningState": "Succeeded", "x-precious": true},
        });
        azure.put_resource(&id, &theirs);
        running.wait().fails(
            1,
            &[
                &format!(
                    "{name} is there already, and this job didn't create it: nothing is changed"
                ),
                "→ plan again: the new plan takes other names",
            ],
        );
        assert_eq!(azure.resource(&id), theirs);
        assert_eq!(azure.writes(), [json!(null); 0]);
        deploy(&gallerist, "3").succeeds();
        assert_eq!(asked(&azure), [["vm-003", "vm-004", "vm-005"]]);
        assert_eq!(azure.resource(&id), theirs);
    }
}

#[test]
fn a_resource_group_that_is_made_elsewhere_meanwhile_stops_the_job() {
    let (azure, gallerist) = start(1);
    let group = format!(
        "/subscriptions/{}/resourceGroups/rg-new",
        customer(1).subscription
    );
    azure.fault(&json!({
        "match": {"method": "GET", "path": "/resourceGroups/rg-new\\?"}, "fault": {"delay_ms": 1500}
    }));
    let running = gallerist.spawn(
        &[
            &wish(&customer(1), "1")[..],
            &["--resource-group", "rg-new"],
        ]
        .concat(),
    );
    eventually("the plan's look", || {
        azure.faults_left().is_empty().then_some(())
    });
    azure.put_resource(
        &group,
        &json!({"id": group, "name": "rg-new", "type": "Microsoft.Resources/resourceGroups",
                "location": "northeurope", "properties": {"provisioningState": "Succeeded"}}),
    );
    running.wait().fails(
        1,
        &[
            "resource group rg-new has been created in northeurope since the plan",
            "→ plan again",
        ],
    );
    assert_eq!(azure.writes(), [json!(null); 0]);
}

#[test]
fn one_customers_token_that_expires_meanwhile_is_renewed() {
    let (azure, gallerist) = start_at(0, 2);
    let wish = [
        "deploy",
        estate::VERSION,
        "--tag",
        "all",
        "--count",
        "2",
        "--yes",
    ];
    let mut running = gallerist.spawn(&wish);
    running.says("#1  wave 1: accepted");
    running.says("#2  wave 1: accepted");
    azure.advance(4000);
    running.wait().succeeds();
    assert!(
        azure
            .requests()
            .iter()
            .any(|request| request["status"] == 401)
    );
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
    let wish = [
        "deploy",
        estate::VERSION,
        "--tag",
        "all",
        "--count",
        "1",
        "--yes",
    ];
    let mut running = gallerist.spawn(&wish);
    running.says("#1  wave 1: accepted");
    running.says("#2  wave 1: accepted");
    azure.advance(60);
    eventually("the machines begun", || {
        (machines(&azure, 1) + machines(&azure, 2) == 2).then_some(())
    });
    let kept = revoke(&azure, 2);
    azure.advance(900);
    running.says("#2  attempt 1 to read the status failed");
    eventually("the other to be done", || {
        let jobs = gallerist.json(&["queue", "list", "-o", "json"]);
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
        "match": {"method": "POST", "path": "/validate"}, "times": 2, "fault": {"delay_ms": 1500}
    }));
    let wish = [
        "deploy",
        estate::VERSION,
        "--tag",
        "all",
        "--count",
        "1",
        "--yes",
    ];
    let running = gallerist.spawn(&wish);
    eventually("the plan", || azure.faults_left().is_empty().then_some(()));
    let kept = revoke(&azure, 2);
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
    let version = "acg_northwind/win11-avd/2026.10.1";
    let to = ["--to-tenant", "Adatum", "--to-tenant", "Trey Research"];
    let wish = [&["deploy", version, "--count", "1", "--yes"], &to[..]].concat();
    let mut running = gallerist.spawn(&wish);
    running.says("#1  wave 1: accepted");
    running.says("#2  wave 1: accepted");
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
    let version = "acg_northwind/win11-avd/2026.10.1";
    let wish = [
        "deploy",
        version,
        "--to-tenant",
        "Trey Research",
        "--count",
        "1",
        "--yes",
    ];
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
    let home = json!(["2bca9505-d965-44d8-8db6-1ef4845449d6"]);
    assert_eq!(auxiliary, [json!([]), home]);
}

#[test]
fn an_auxiliary_token_that_has_expired_is_renewed() {
    let (azure, gallerist) = demo(STANDING);
    let version = "acg_northwind/win11-avd/2026.10.1";
    gallerist
        .configure(|text| text.replace("machines_per_replica = 20", "machines_per_replica = 1"));
    let wish = [
        "deploy",
        version,
        "--to-tenant",
        "Trey Research",
        "--count",
        "3",
        "--yes",
    ];
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
        assert_eq!(
            request["auxiliary"],
            json!(["2bca9505-d965-44d8-8db6-1ef4845449d6"])
        );
    }
    assert!(
        azure
            .requests()
            .iter()
            .any(|request| request["status"] == 401)
    );
}

#[test]
fn a_subscription_that_is_disabled_meanwhile_fails_the_job_until_it_is_back() {
    let (azure, gallerist) = start(1);
    let id = format!("/subscriptions/{}", customer(1).subscription);
    azure.fault(&json!({
        "match": {"method": "POST", "path": "/validate"}, "fault": {"delay_ms": 1500}
    }));
    let running = gallerist.spawn(&wish(&customer(1), "1"));
    eventually("the plan", || azure.faults_left().is_empty().then_some(()));
    azure.change_resource(&id, |found| found["state"] = json!("Disabled"));
    running.wait().fails(
        1,
        &[
            "ReadOnlyDisabledSubscription",
            "→ the subscription is disabled: whoever owns it",
        ],
    );
    assert_eq!(azure.writes(), [json!(null); 0]);
    azure.change_resource(&id, |found| found["state"] = json!("Enabled"));
    gallerist.run(&["queue", "retry", "1"]).succeeds();
    assert_eq!(machines(&azure, 1), 1);
}

#[test]
fn quota_that_somebody_else_uses_up_meanwhile_fails_the_job_with_what_to_do() {
    let short = estate(1).replace(
        "name = \"Customer 01 Desktops\"",
        "name = \"Customer 01 Desktops\"\nquota = { standardDSv5Family = 4 }",
    );
    let azure = Simulator::start_estate(2400, &short);
    let gallerist = Gallerist::new(&azure);
    azure.fault(&json!({
        "match": {"method": "POST", "path": "/validate"}, "fault": {"delay_ms": 1500}
    }));
    let running = gallerist.spawn(&wish(&customer(1), "2"));
    eventually("the plan", || azure.faults_left().is_empty().then_some(()));
    let other = customer(1).id(&format!("{MACHINES}/other"));
    azure.put_resource(&other, &json!({
        "id": other, "name": "other", "type": MACHINES, "location": "westeurope",
        "properties": {"hardwareProfile": {"vmSize": "Standard_D2s_v5"}, "provisioningState": "Succeeded"},
    }));
    running.wait().fails(
        1,
        &["QuotaExceeded", "ask for more quota in that subscription"],
    );
    azure.remove_resource(&other);
    gallerist.run(&["queue", "retry", "1"]).succeeds();
    assert_eq!(machines(&azure, 1), 2);
}

#[test]
fn machines_wait_for_the_copy_in_their_own_region_only() {
    let (azure, gallerist) = demo(STANDING);
    let version = NEWEST;
    // Another installation replicates meanwhile.
    let replicates = Gallerist::new(&azure);
    let to = ["replicate", version, "--to", "uksouth=1,eastus=1", "--yes"];
    let mut copies = replicates.spawn(&to);
    copies.says("accepted");
    let wish = [
        "deploy",
        version,
        "--to-tenant",
        "Trey Research",
        "--count",
        "1",
        "--yes",
    ];
    let mut running = gallerist.spawn(&wish);
    running.says("uksouth 0 %");
    assert_eq!(azure.writes().len(), 1);
    eventually("the machine, before the other copy", || {
        azure.advance(60);
        (azure.writes().len() == 2).then_some(())
    });
    azure.advance(1800);
    running.wait().succeeds();
    copies.wait().succeeds();
}

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
