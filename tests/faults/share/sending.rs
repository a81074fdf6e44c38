//! Shares that Azure refuses, or whose answer is lost.

use serde_json::json;

use super::{direct, share};
use crate::support::{FAST, Gallerist, Output, Simulator, Witness, demo};

fn by_role(gallerist: &Gallerist, args: &[&str]) -> Output {
    share(gallerist, &[&["--via", "rbac"], args].concat())
}

/// Takes roles of the application away, by the names of their definitions.
fn revoke(azure: &Simulator, definitions: &[&str]) {
    let subscription = "/subscriptions/4bcff225-6938-4091-a01c-259ebff5a095";
    let assignments = azure.ids_below(subscription).into_iter();
    let assignments = assignments.filter(|id| id.contains("/roleassignments/"));
    let mut found = 0;
    for id in assignments {
        let role = azure.resource(&id)["properties"].clone();
        let of_the_application = role["principalType"] == "ServicePrincipal";
        let definition = role["roleDefinitionId"].as_str().unwrap();
        if of_the_application && definitions.iter().any(|one| definition.ends_with(one)) {
            azure.remove_resource(&id);
            found += 1;
        }
    }
    assert_eq!(found, definitions.len());
}

const SHARING_ADMIN: &str = "1ef6a3be-d0ac-425d-8c01-acb62866290b";
const USER_ACCESS_ADMINISTRATOR: &str = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9";

#[test]
fn a_contributor_cannot_share_and_is_told_which_role_can() {
    let (azure, gallerist) = demo(FAST);
    revoke(&azure, &[SHARING_ADMIN, USER_ACCESS_ADMINISTRATOR]);
    direct(&gallerist, &["--to-tenant", "Fourth Coffee"]).fails(
        1,
        &[
            "AuthorizationFailed",
            "Microsoft.Compute/galleries/share/action",
            "→ grant Compute Gallery Sharing Admin (Contributor cannot share) at ",
        ],
    );
    by_role(&gallerist, &["--to-tenant", "Adatum"]).fails(
        1,
        &[
            "AuthorizationFailed",
            "Microsoft.Authorization/roleAssignments/write",
            "→ grant Role Based Access Control Administrator, User Access Administrator or Owner",
            "(Contributor cannot assign roles) at /subscriptions/",
            "/galleries/acg_northwind; what was granted",
        ],
    );
    assert_eq!(azure.writes(), [json!(null); 0]);
}

#[test]
fn a_principal_that_the_gallerys_tenant_does_not_know_is_told_as_such() {
    let (azure, gallerist) = demo(FAST);
    let nobody = "00000000-0000-4000-8000-00000000000a";
    by_role(&gallerist, &["--principal", nobody]).fails(
        1,
        &[
            "PrincipalNotFound",
            nobody,
            "→ no such principal in the tenant of the gallery",
        ],
    );
    assert_eq!(azure.writes(), [json!(null); 0]);
}

#[test]
fn a_role_that_takes_its_time_is_told_and_waited_for() {
    let (azure, gallerist) = demo(FAST);
    let plan = by_role(&gallerist, &["--to-tenant", "Adatum", "--plan"]);
    let told = "note  Azure takes up to ten minutes until the role works";
    assert!(plan.succeeds().stdout.contains(told), "{plan:#?}");
    by_role(&gallerist, &["--to-tenant", "Adatum"]).fails(
        0,
        &["assigned; Azure takes up to ten minutes until it works"],
    );
    // Somebody deploys at once, and Azure doesn't know of the role everywhere yet: the version is
    // read for the plan, then as the one that deploys, then so again for the job.
    let version = json!({"method": "GET", "path": "/2026.10.1\\?.*ReplicationStatus"});
    for fault in [
        json!({"delay_ms": 1}),
        json!({"status": 403}),
        json!({"delay_ms": 1}),
        json!({"status": 403}),
    ] {
        azure.fault(&json!({"match": version, "fault": fault}));
    }
    let wish = [
        "deploy",
        "acg_northwind/win11-avd/2026.10.1",
        "--count",
        "1",
        "--yes",
    ];
    let trey = [&wish[..], &["--to-tenant", "Trey Research"]].concat();
    gallerist
        .run(&trey)
        .fails(0, &["the role of msp on the image to work"]);
}

#[test]
fn what_azure_may_have_accepted_of_a_share_is_looked_at_before_it_is_sent_again() {
    let (azure, gallerist) = demo(FAST);
    let customers = ["Adatum", "Contoso", "Fabrikam", "Litware", "Proseware"];
    let faults = [
        json!({"status": 500}),
        json!({"status": 504}),
        json!({"drop_before": true}),
        json!({"status": 401}),
        json!({"status": 429, "headers": {"retry-after": "1"}}),
    ];
    for ((at, customer), fault) in (1..).zip(customers).zip(&faults) {
        azure.fault(&json!({"match": {"method": "POST", "path": "/share\\?"}, "fault": fault}));
        direct(&gallerist, &["--to-tenant", customer]).succeeds();
        assert_eq!(azure.requests_to("POST", "/share").len(), 2 * at, "{fault}");
        assert_eq!(azure.writes().len(), at, "{fault}");
    }
    let customers = [
        "Adatum",
        "Contoso",
        "Fabrikam",
        "Proseware",
        "Woodgrove Bank",
    ];
    for ((at, customer), fault) in (1..).zip(customers).zip(&faults) {
        let put = json!({"method": "PUT", "path": "/roleAssignments/"});
        azure.fault(&json!({"match": put, "fault": fault}));
        by_role(&gallerist, &["--to-tenant", customer]).succeeds();
        let mut sent = azure.requests();
        sent.retain(|request| request["method"] == "PUT");
        assert_eq!(sent.len(), 2 * at, "{fault}");
        assert_eq!(azure.writes().len(), 5 + at, "{fault}");
    }
}

#[test]
fn what_azure_accepted_of_a_share_before_the_connection_broke_is_not_sent_again() {
    let (azure, gallerist) = demo(FAST);
    let faults = [json!({"drop_after": true}), json!({"truncate": true})];
    for (customer, fault) in ["Adatum", "Contoso"].iter().zip(&faults) {
        azure.fault(&json!({"match": {"method": "POST", "path": "/share\\?"}, "fault": fault}));
        direct(&gallerist, &["--to-tenant", customer]).succeeds();
        let put = json!({"method": "PUT", "path": "/roleAssignments/"});
        azure.fault(&json!({"match": put, "fault": fault}));
        by_role(&gallerist, &["--to-tenant", customer]).succeeds();
    }
    assert_eq!(azure.requests_to("POST", "/share").len(), 2);
    assert_eq!(azure.writes().len(), 4);
}

#[test]
fn an_operation_of_a_share_at_another_host_is_refused_and_the_gallery_followed_instead() {
    let (azure, gallerist) = demo(FAST);
    let witness = Witness::listen();
    azure.fault(&json!({
        "match": {"method": "POST", "path": "/share\\?"},
        "fault": {"replace": {"from": azure.origin(), "to": witness.origin()}},
    }));
    direct(&gallerist, &["--to-tenant", "Adatum"])
        .fails(0, &[&format!("the answer points to {}", witness.origin())]);
    assert_eq!(azure.writes().len(), 1);
    assert_eq!(witness.heard(), [""; 0]);
}

#[test]
fn a_share_that_azure_refuses_fails_with_its_words_and_can_be_retried() {
    let (azure, gallerist) = demo(FAST);
    let odd = json!({"error": {"code": "TryAnotherDay", "message": "\u{1b}[2JIt is Monday."}});
    azure.fault(&json!({
        "match": {"method": "POST", "path": "/share\\?"}, "fault": {"status": 400, "body": odd}
    }));
    let refused = direct(&gallerist, &["--to-tenant", "Adatum"]);
    refused.fails(
        1,
        &[
            "TryAnotherDay: ␛[2JIt is Monday.",
            "`gallerist queue retry 1`",
        ],
    );
    assert!(!refused.stderr.contains('\u{1b}') && !refused.stdout.contains('\u{1b}'));
    assert_eq!(azure.writes(), [json!(null); 0]);
    gallerist.run(&["queue", "retry", "1"]).succeeds();
    assert_eq!(azure.writes().len(), 1);
}
