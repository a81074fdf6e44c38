//! What somebody else does between the plan and the request.

use serde_json::json;

use super::{asked, deploy, machines, start, wish};
use crate::support::estate::{customer, estate};
use crate::support::{Gallerist, MACHINES, NEWEST, STANDING, Simulator, demo, eventually};

const INTERFACES: &str = "Microsoft.Network/networkInterfaces";

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
            "match": {"method": "POST", "path": "/validate"}, "fault": {"held": true}
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
        azure.let_go();
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
        "match": {"method": "GET", "path": "/resourceGroups/rg-new\\?"}, "fault": {"held": true}
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
    azure.let_go();
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
fn a_subscription_that_is_disabled_meanwhile_fails_the_job_until_it_is_back() {
    let (azure, gallerist) = start(1);
    let id = format!("/subscriptions/{}", customer(1).subscription);
    azure.fault(&json!({
        "match": {"method": "POST", "path": "/validate"}, "fault": {"held": true}
    }));
    let running = gallerist.spawn(&wish(&customer(1), "1"));
    eventually("the plan", || azure.faults_left().is_empty().then_some(()));
    azure.change_resource(&id, |found| found["state"] = json!("Disabled"));
    azure.let_go();
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
        "match": {"method": "POST", "path": "/validate"}, "fault": {"held": true}
    }));
    let running = gallerist.spawn(&wish(&customer(1), "2"));
    eventually("the plan", || azure.faults_left().is_empty().then_some(()));
    let other = customer(1).id(&format!("{MACHINES}/other"));
    azure.put_resource(&other, &json!({
        "id": other, "name": "other", "type": MACHINES, "location": "westeurope",
        "properties": {"hardwareProfile": {"vmSize": "Standard_D2s_v5"}, "provisioningState": "Succeeded"},
    }));
    azure.let_go();
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
