//! What `doctor` finds, on an estate where things are as they should be but for one.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::thread;

use serde_json::{Value, json};

use crate::support::{GALLERIES, Gallerist, Output, Simulator, demo};

const TREY: &str = "Trey Research";
const TREY_SUBSCRIPTION: &str = "/subscriptions/90b2e690-15e8-4862-adf4-f24b17f1f14a";
const VERSION: &str = "acg_northwind/win11-avd/2026.10.1";

/// The findings of one check, at a scope that ends so.
fn found<'a>(findings: &'a Value, check: &str, scope_end: &str) -> Vec<&'a Value> {
    let findings = findings.as_array().unwrap().iter();
    let ends = |finding: &&Value| {
        let scope = finding["scope"].as_str().unwrap_or_default();
        finding["check"] == check && scope.to_lowercase().ends_with(&scope_end.to_lowercase())
    };
    findings.filter(ends).collect()
}

fn states(findings: &Value, state: &str) -> usize {
    let findings = findings.as_array().unwrap().iter();
    findings.filter(|finding| finding["state"] == state).count()
}

/// Fails the test unless there is one such finding, in this state, with these words in its text and
/// its advice.
#[track_caller]
fn one(findings: &Value, (check, scope_end): (&str, &str), state: &str, words: &[&str]) {
    let found = found(findings, check, scope_end);
    let [finding] = found[..] else {
        panic!("{check} {scope_end}: {found:#?}");
    };
    assert_eq!(finding["state"], state, "{finding:#}");
    let told = format!("{} → {}", finding["text"], finding["advice"]);
    for word in words {
        assert!(told.contains(word), "{word:?} isn't in {told}");
    }
}

fn doctor(gallerist: &Gallerist, args: &[&str]) -> Output {
    gallerist.run(&[&["doctor", "-o", "json"], args].concat())
}

#[test]
fn the_demo_has_one_sign_in_that_fails_and_one_gallery_that_is_not_shared_by_role() {
    let (azure, gallerist) = demo(600);
    let output = doctor(&gallerist, &[]);
    output.fails(1, &[]);
    let findings = output.json();
    for finding in findings.as_array().unwrap() {
        let keys: Vec<&String> = finding.as_object().unwrap().keys().collect();
        assert_eq!(
            keys,
            ["advice", "check", "scope", "state", "tenant", "text"],
            "{finding:#}"
        );
    }
    assert_eq!(states(&findings, "failed"), 1, "{findings:#}");
    let failed = findings.as_array().unwrap().iter();
    let failed: Vec<&Value> = failed.filter(|one| one["state"] == "failed").collect();
    assert_eq!(failed[0]["check"], "sign-in");
    assert_eq!(failed[0]["tenant"], "f9773528-9f57-430f-8473-3a6f2509b9ad");
    assert!(
        failed[0]["advice"]
            .as_str()
            .unwrap()
            .contains("conditional access")
    );
    assert_eq!(found(&findings, "sign-in", "").len(), 14);
    assert_eq!(found(&findings, "clock", "").len(), 2);
    for check in ["replicate", "share-direct", "share-rbac", "deploy"] {
        one(&findings, (check, "/galleries/acg_northwind"), "ok", &[]);
    }
    one(
        &findings,
        ("share-rbac", "/galleries/acg_builds"),
        "warning",
        &[
            "msp is not allowed Microsoft.Authorization/roleAssignments/write",
            "grant msp Role Based Access Control Administrator",
            "/galleries/acg_builds",
        ],
    );
    // A private gallery is not one that is shared directly.
    assert!(found(&findings, "share-direct", "/galleries/acg_builds").is_empty());
    assert!(azure.writes().is_empty() && !gallerist.state().exists());
}

#[test]
fn one_tenant_alone_is_looked_at_where_it_is_named() {
    let (_azure, gallerist) = demo(600);
    let output = gallerist.run(&["doctor", "--tenant", "adatum"]);
    output.succeeds();
    let about_tenants = |line: &&str| line.contains(" sign-in ") || line.contains(" deploy ");
    let lines: Vec<&str> = output.stdout.lines().filter(about_tenants).collect();
    assert!(lines.len() >= 3, "{output:#?}");
    assert!(
        lines.iter().all(|line| line.contains("Adatum")),
        "{output:#?}"
    );
    assert!(
        output
            .stdout
            .lines()
            .any(|line| line.ends_with(": 0 failed, 0 warnings"))
    );
    let nobody = gallerist.run(&["doctor", "--tenant", "Nobody"]);
    nobody.fails(2, &["no tenant has the id or the name \"Nobody\""]);
    assert_eq!(nobody.stdout, "");
}

const SHARING_ADMIN: &str = "1ef6a3be-d0ac-425d-8c01-acb62866290b";
const CONTRIBUTOR: &str = "b24988ac-6180-42a0-ab88-20f7382dd24c";
const MACHINE_CONTRIBUTOR: &str = "9980e02c-c2be-4d73-94e8-173b1dc7cf3c";
const NETWORK_CONTRIBUTOR: &str = "4d97b98b-1d4f-4787-a291-c67834d212e7";
const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";

/// The assignment of this role to the application in a subscription.
fn assignment(azure: &Simulator, subscription: &str, role: &str) -> String {
    let assignments = format!("{subscription}/providers/Microsoft.Authorization/roleAssignments/");
    let mut ids = azure.ids_below(&assignments);
    ids.retain(|id| {
        let held = azure.resource(id);
        let text = |name: &str| held["properties"][name].as_str().unwrap().to_owned();
        let people = [
            "0c266ffd-860c-48a9-9240-e9c880f479e2",
            "c4aef31d-10ab-466b-9ffd-80211660f56b",
        ];
        text("roleDefinitionId").ends_with(role) && !people.contains(&text("principalId").as_str())
    });
    assert_eq!(ids.len(), 1, "{role} in {subscription}");
    ids.remove(0)
}

fn take_role(azure: &Simulator, subscription: &str, role: &str) {
    azure.remove_resource(&assignment(azure, subscription, role));
}

#[test]
fn a_role_that_deploying_lacks_is_named_and_the_plan_agrees() {
    let (azure, gallerist) = demo(600);
    let plan = [
        "deploy",
        VERSION,
        "--to-tenant",
        TREY,
        "--count",
        "1",
        "--plan",
    ];
    gallerist.run(&plan).succeeds();
    let before = doctor(&gallerist, &["--tenant", TREY]);
    before.succeeds();
    take_role(&azure, TREY_SUBSCRIPTION, MACHINE_CONTRIBUTOR);
    let output = doctor(&gallerist, &["--tenant", TREY]);
    output.fails(1, &[]);
    let findings = output.json();
    let group = format!("{TREY_SUBSCRIPTION}/resourceGroups/rg-avd-uks");
    one(
        &findings,
        ("deploy", &group),
        "failed",
        &[
            "msp is not allowed Microsoft.Compute/virtualMachines/write",
            &format!("grant msp Virtual Machine Contributor at {group}"),
        ],
    );
    one(&findings, ("deploy", "/subnets/hosts"), "ok", &[]);
    let refused = gallerist.run(&plan);
    refused.fails(3, &[]);
    let action = "perform action 'Microsoft.Compute/virtualMachines/write'";
    assert!(refused.stdout.contains(action), "{refused:#?}");
    take_role(&azure, TREY_SUBSCRIPTION, NETWORK_CONTRIBUTOR);
    let findings = doctor(&gallerist, &["--tenant", TREY]).json();
    let subnet =
        format!("{group}/providers/Microsoft.Network/virtualNetworks/vnet-avd-uks/subnets/hosts");
    one(
        &findings,
        ("deploy", &subnet),
        "failed",
        &[&format!("grant msp Network Contributor at {subnet}")],
    );
}

#[test]
fn what_verbs_lack_at_a_gallery_is_told_for_each_of_them() {
    let (azure, gallerist) = demo(600);
    let subscription = GALLERIES.split("/resourceGroups").next().unwrap();
    // What is left is Reader, and User Access Administrator at the group.
    take_role(&azure, subscription, SHARING_ADMIN);
    let contributor = assignment(&azure, subscription, CONTRIBUTOR);
    azure.change_resource(&contributor, |held| {
        let role = &mut held["properties"]["roleDefinitionId"];
        *role = json!(role.as_str().unwrap().replace(CONTRIBUTOR, READER));
    });
    let home = "Northwind Managed Desktops";
    let output = doctor(&gallerist, &["--tenant", home]);
    output.succeeds();
    let findings = output.json();
    let gallery = "/galleries/acg_northwind";
    for (check, state, words) in [
        (
            "replicate",
            "warning",
            "Compute Gallery Artifacts Publisher at",
        ),
        (
            "share-direct",
            "warning",
            "Compute Gallery Sharing Admin (Contributor cannot share) at",
        ),
        ("share-rbac", "ok", ""),
        ("deploy", "ok", ""),
    ] {
        one(&findings, (check, gallery), state, &[words]);
    }
}

#[test]
fn a_group_that_is_missing_and_a_feature_that_is_not_registered_are_warnings() {
    let (azure, gallerist) = demo(600);
    gallerist.configure(|text| text.replace("\"rg-avd-uks\"", "\"rg-new\""));
    let subscription = GALLERIES.split("/resourceGroups").next().unwrap();
    let feature = format!(
        "{subscription}/providers/Microsoft.Features/providers/Microsoft.Compute/features/SIGSharing"
    );
    azure.change_resource(&feature, |feature| {
        feature["properties"]["state"] = json!("NotRegistered");
    });
    let output = doctor(&gallerist, &["--tenant", TREY]);
    output.succeeds();
    one(
        &output.json(),
        ("deploy", "/resourceGroups/rg-new"),
        "warning",
        &[
            "rg-new isn't there",
            "Contributor at /subscriptions/90b2e690",
        ],
    );
    let output = doctor(&gallerist, &["--tenant", "Northwind Managed Desktops"]);
    output.succeeds();
    let findings = output.json();
    one(
        &findings,
        ("share-direct", subscription),
        "warning",
        &[
            "Microsoft.Compute/SIGSharing is NotRegistered",
            "aka.ms/directsharedgallery-preview",
        ],
    );
}

#[test]
fn a_tenant_that_fails_hides_no_other() {
    let (azure, gallerist) = demo(600);
    azure.fault(&json!({
        "match": {"method": "GET", "path": format!("{TREY_SUBSCRIPTION}/resourceGroups/")},
        "times": 100,
        "fault": {"status": 403, "body": {"error": {"code": "Refused", "message": "Not today."}}},
    }));
    let output = doctor(&gallerist, &[]);
    output.fails(1, &[]);
    let findings = output.json();
    one(
        &findings,
        (
            "deploy",
            &format!("{TREY_SUBSCRIPTION}/resourceGroups/rg-avd-uks"),
        ),
        "failed",
        &["Not today."],
    );
    let adatum = "ea6ae65d-f985-4ab4-9336-95caa4590d86";
    let others = findings.as_array().unwrap().iter();
    let mut others = others.filter(|one| one["tenant"] == adatum);
    assert!(others.all(|one| one["state"] == "ok"), "{findings:#}");
}

#[test]
fn a_configuration_that_is_not_understood_is_the_one_thing_to_mend() {
    let (_azure, gallerist) = demo(600);
    gallerist.configure(|text| text.replace("credential", "credentail"));
    let output = doctor(&gallerist, &[]);
    output.fails(1, &[]);
    let findings = output.json();
    one(
        &findings,
        ("configuration", ""),
        "failed",
        &["did you mean `credential`?"],
    );
    assert_eq!(findings.as_array().unwrap().len(), 2, "{findings:#}");
}

#[test]
fn a_state_folder_that_others_may_read_is_told_with_the_command_that_mends_it() {
    let (_azure, gallerist) = demo(600);
    let folder = gallerist.state();
    std::fs::create_dir(folder).unwrap();
    let tokens = folder.join("tokens.json");
    std::fs::write(&tokens, "{}").unwrap();
    let mode = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(folder, 0o700);
    mode(&tokens, 0o644);
    let output = doctor(&gallerist, &["--tenant", "Adatum"]);
    output.fails(1, &[]);
    let mend = format!("chmod 600 {}", tokens.display());
    one(
        &output.json(),
        ("state-folder", "tokens.json"),
        "failed",
        &["its mode is 644", &mend],
    );
}

#[test]
fn an_address_that_is_not_reached_is_told_and_nobody_is_asked_in_vain() {
    let (azure, gallerist) = demo(600);
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let before = azure.requests().len();
    gallerist.configure(|text| {
        let authority = format!("authority = \"{}\"", azure.origin());
        assert!(text.contains(&authority), "{text}");
        text.replace(&authority, &format!("authority = \"{closed}\""))
    });
    let output = doctor(&gallerist, &[]);
    output.fails(1, &[]);
    let findings = output.json();
    one(
        &findings,
        ("endpoint", &closed),
        "failed",
        &["asking Entra anything: not reached", "the proxy"],
    );
    one(&findings, ("endpoint", azure.origin()), "ok", &[]);
    assert!(found(&findings, "sign-in", "").is_empty());
    assert_eq!(azure.requests().len(), before + 1);
}

/// A server that answers everybody that there is nothing, and tells this time.
fn server_that_says(date: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream: TcpStream = stream.unwrap();
            let mut piece = [0; 8192];
            // Whoever has asked may have gone.
            let _ = stream.read(&mut piece);
            let _ = write!(
                stream,
                "HTTP/1.1 404 Not Found\r\ndate: {date}\r\nconnection: close\r\n\
                 content-length: 0\r\n\r\n"
            );
        }
    });
    origin
}

#[test]
fn a_clock_that_is_wrong_is_told_with_what_comes_of_it() {
    let (azure, gallerist) = demo(600);
    let elsewhen = server_that_says("Tue, 15 Nov 1994 08:12:31 GMT");
    gallerist.configure(|text| {
        let manager = format!("resource_manager = \"{}\"", azure.origin());
        assert!(text.contains(&manager), "{text}");
        text.replace(&manager, &format!("resource_manager = \"{elsewhen}\""))
    });
    let output = doctor(&gallerist, &[]);
    output.fails(1, &[]);
    let findings = output.json();
    one(
        &findings,
        ("clock", &elsewhen),
        "failed",
        &["ahead: tokens are refused", "timedatectl"],
    );
    one(&findings, ("clock", azure.origin()), "ok", &[]);
    one(&findings, ("endpoint", &elsewhen), "ok", &[]);
}
