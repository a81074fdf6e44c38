//! What `get` prints, and what it says when a part of Azure can't be read: the rest is shown, the
//! trouble is named with what to do next, and no token goes astray.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::{GALLERIES, Gallerist, NEWEST, Simulator, Witness, demo};

const TAILSPIN: &str = "435eff3f-9d92-45b1-9ee8-3cbba1b85ae0";
const GALLERY_SUBSCRIPTION: &str = "4bcff225-6938-4091-a01c-259ebff5a095";

/// The demo estate with pages of one item.
fn start_with_short_pages() -> (Simulator, Gallerist) {
    let demo = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets/demo-estate.toml");
    let demo = std::fs::read_to_string(demo).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("estate.toml");
    let short = demo.replace("page_size = 100", "page_size = 1");
    assert_ne!(short, demo);
    std::fs::write(&file, short).unwrap();
    let azure = Simulator::start_with(600, &file);
    let gallerist = Gallerist::new(&azure);
    (azure, gallerist)
}

fn names(list: &Value) -> Vec<&str> {
    let list = list.as_array().unwrap().iter();
    let mut names: Vec<&str> = list.map(|item| item["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    names
}

const ALL_GALLERIES: [&str; 3] = ["acg_builds", "acg_community", "acg_northwind"];

#[test]
fn tenants_are_what_azure_sent_with_route_and_state() {
    let (_azure, gallerist) = demo(600);
    let tenants = gallerist.json(&["get", "tenants", "-o", "json"]);
    let find = |name: &str| {
        let mut all = tenants.as_array().unwrap().iter();
        all.find(|tenant| tenant["displayName"] == name)
            .unwrap()
            .clone()
    };
    let home = find("Northwind Managed Desktops");
    assert_eq!(
        (&home["route"], &home["state"]),
        (&json!("home"), &json!("ok"))
    );
    assert_eq!(home["tenantId"], "2bca9505-d965-44d8-8db6-1ef4845449d6");
    assert_eq!(home["id"], "/tenants/2bca9505-d965-44d8-8db6-1ef4845449d6");
    assert_eq!(home["countryCode"], "NL");
    assert_eq!(find("Adatum")["route"], "delegated");
    assert_eq!(find("Tailspin Toys")["route"], "application");
    let refused = find("Graphic Design Institute");
    assert_eq!(
        (&refused["route"], &refused["state"]),
        (&json!("application"), &json!("sign-in"))
    );
    assert_eq!(tenants.as_array().unwrap().len(), 14);
}

#[test]
fn documents_pass_through_whole_with_whose_they_are() {
    let (azure, gallerist) = demo(600);
    let id = format!("{GALLERIES}/acg_northwind/images/server2025/versions/1.9.0");
    azure.change_resource(&id, |version| {
        version["properties"]["x-tomorrow"] = json!({"deep": [1, null, "ü"]});
        version["properties"]["publishingProfile"]["targetRegions"][0]["x-region"] = json!(true);
        version["managedBy"] = json!("somebody");
    });
    let state = azure.state();
    let everything = [("galleries", 3), ("images", 7), ("versions", 20)];
    for (what, least) in everything {
        let list = gallerist.json(&["get", what, "-o", "json"]);
        let list = list.as_array().unwrap();
        assert!(list.len() >= least, "{what}: {}", list.len());
        for document in list {
            let id = document["id"].as_str().unwrap().to_lowercase();
            let mut expected = state[&id].clone();
            assert!(expected.is_object(), "{id}");
            expected["tenantId"] = json!("2bca9505-d965-44d8-8db6-1ef4845449d6");
            expected["subscriptionId"] = json!(GALLERY_SUBSCRIPTION);
            assert_eq!(*document, expected);
        }
    }
    let subscriptions = gallerist.json(&["get", "subscriptions", "--tag", "ring1", "-o", "json"]);
    let owners = subscriptions.as_array().unwrap().iter();
    let mut owners: Vec<&str> = owners.map(|s| s["displayName"].as_str().unwrap()).collect();
    owners.sort_unstable();
    assert_eq!(
        owners,
        [
            "Adatum Production",
            "Adatum Test",
            "Litware Workplace",
            "Trey Research"
        ]
    );
    for subscription in subscriptions.as_array().unwrap() {
        assert_eq!(
            subscription["id"],
            format!(
                "/subscriptions/{}",
                subscription["subscriptionId"].as_str().unwrap()
            )
        );
        assert!(subscription["tenantId"].is_string());
    }
}

#[test]
fn machines_are_what_azure_sent_and_the_table_says_how_far_behind_they_are() {
    let (azure, gallerist) = demo(600);
    let tenant = ["get", "virtual-machines", "--tenant", "Adatum"];
    let state = azure.state();
    let list = gallerist.json(&[&tenant[..], &["-o", "json"]].concat());
    assert_eq!(list.as_array().unwrap().len(), 74);
    for machine in list.as_array().unwrap() {
        let mut expected = state[machine["id"].as_str().unwrap().to_lowercase()].clone();
        expected["tenantId"] = json!("ea6ae65d-f985-4ab4-9336-95caa4590d86");
        // Lists leave the view of a machine out.
        let properties = expected["properties"].as_object_mut().unwrap();
        assert!(properties.remove("instanceView").is_some());
        expected["subscriptionId"] = machine["id"].as_str().unwrap().split('/').nth(2).into();
        assert_eq!(*machine, expected);
    }
    let table = gallerist.run(&[&tenant[..], &["--image", "win11-avd"]].concat());
    let row = |machine: &str| -> Vec<String> {
        let mut lines = table.stdout.lines();
        let line = lines.find(|line| line.starts_with(machine)).unwrap();
        line.split_whitespace().map(str::to_owned).collect()
    };
    // Versions that are excluded in West Europe are nothing to be behind of.
    for (machine, version, behind) in [
        ("vm-avd-001", "2026.9.1", "3"),
        ("vm-pool2", "2026.10.1", "1"),
        ("vm-test", "2026.11.3", "0"),
    ] {
        let row = row(machine);
        assert_eq!(
            row[1..5],
            [
                "Adatum",
                "westeurope",
                "Standard_D4s_v5",
                "acg_northwind/win11-avd"
            ]
        );
        assert_eq!(
            (row[5].as_str(), row[6].as_str()),
            (version, behind),
            "{row:?}"
        );
    }
    assert!(!table.stdout.contains("vm-app"), "that is another image");

    // What can't be read is named, and hides nothing else.
    azure.fault(&json!({
        "times": 99, "match": {"path": "44d8c18c.*/virtualMachines\\?"}, "fault": {"status": 403}
    }));
    let rest = gallerist.run(&[&tenant[..], &["-o", "json"]].concat());
    rest.fails(
        0,
        &["Adatum: reading the virtual machines of subscription 44d8c18c"],
    );
    assert_eq!(rest.json().as_array().unwrap().len(), 4);
    azure.clear_faults();
    azure.fault(&json!({
        "times": 99, "match": {"path": "/win11-avd/versions\\?"}, "fault": {"status": 403}
    }));
    let unknown = gallerist.run(&tenant);
    unknown.fails(0, &["Northwind Managed Desktops: reading the versions of"]);
    assert!(unknown.stdout.contains("2026.9.1   ?"), "{unknown:#?}");
}

#[test]
fn filters_choose_and_an_unknown_one_is_refused() {
    let (_azure, gallerist) = demo(600);
    let versions = gallerist.json(&[
        "get",
        "versions",
        "--gallery",
        "ACG_northwind",
        "--image",
        "server2025",
        "-o",
        "json",
    ]);
    assert_eq!(names(&versions), ["1.10.0", "1.9.0"]);
    assert_eq!(versions[0]["name"], "1.10.0", "numbers, newest first");
    gallerist
        .run(&["get", "galleries", "--tenant", "Nobody"])
        .fails(2, &["no tenant has that id, name or tag"]);
    let none = gallerist.run(&["get", "galleries", "--tenant", "Adatum", "-o", "json"]);
    assert_eq!(none.succeeds().json(), json!([]));
}

#[test]
fn one_tenant_that_refuses_the_sign_in_hides_no_other() {
    let (azure, gallerist) = demo(600);
    for (code, words) in [
        (
            "AADSTS7000222",
            "the client secret of msp has expired: make a new one",
        ),
        (
            "AADSTS7000215",
            "the client secret of msp is wrong: put the secret's value",
        ),
        ("AADSTS7000112", "is disabled in tenant"),
        ("AADSTS50076", "wants multi-factor authentication"),
    ] {
        azure.set_principal(TAILSPIN, Some(code));
        let tenants = gallerist.run(&["get", "tenants", "-o", "json"]);
        tenants.fails(
            0,
            &[
                &format!("Tailspin Toys: signing in as msp in tenant {TAILSPIN}: {code}: "),
                words,
            ],
        );
        for noise in ["Trace ID", "Timestamp", "Correlation ID"] {
            assert!(!tenants.stderr.contains(noise), "{tenants:?}");
        }
        let tenants = tenants.json();
        let failing = tenants
            .as_array()
            .unwrap()
            .iter()
            .filter(|t| t["state"] == "sign-in");
        let failing: Vec<_> = failing.map(|tenant| &tenant["displayName"]).collect();
        assert_eq!(failing, ["Graphic Design Institute", "Tailspin Toys"]);
    }
    let galleries = gallerist.json(&["get", "galleries", "-o", "json"]);
    assert_eq!(names(&galleries), ALL_GALLERIES);
    azure.set_principal(TAILSPIN, None);
    let tenants = gallerist.run(&["get", "tenants"]);
    assert!(!tenants.stderr.contains("Tailspin"), "{tenants:?}");
}

#[test]
fn a_secret_that_is_wrong_everywhere_says_so_and_is_no_success() {
    let (azure, gallerist) = demo(600);
    let secret = gallerist.folder().join("wrong.secret");
    std::fs::write(&secret, "hunter2-is-wrong").unwrap();
    gallerist.configure(|text| {
        let lines = text.lines().map(|line| match line.split_once(" = ") {
            Some(("client_secret_file", _)) => format!("client_secret_file = {secret:?}"),
            _ => line.to_owned(),
        });
        lines.collect::<Vec<_>>().join("\n")
    });
    let output = gallerist.run(&["get", "galleries", "-o", "json"]);
    output.fails(1, &["AADSTS7000215", "the client secret of msp is wrong"]);
    assert_eq!(output.json(), json!([]));
    assert!(!output.stderr.contains("hunter2"), "{output:?}");
    // A name is looked for among tenants that nobody can sign in to.
    gallerist.replicate(NEWEST, &["--to", "uksouth=1"]).fails(
        2,
        &[
            "there is no gallery named \"acg_northwind\"",
            "not read: Tailspin Toys: signing in",
            "the client secret of msp is wrong",
        ],
    );
    let beyond_sign_in = azure.requests();
    assert!(
        beyond_sign_in
            .iter()
            .all(|request| request["path"].as_str().unwrap().ends_with("/token"))
    );
}

#[test]
fn the_home_tenant_failing_hides_no_customer_that_is_signed_in_to() {
    let (azure, gallerist) = demo(600);
    azure.set_principal(
        azure.ready["tenant"].as_str().unwrap(),
        Some("AADSTS7000222"),
    );
    let output = gallerist.run(&["get", "subscriptions", "-o", "json"]);
    output.fails(0, &["AADSTS7000222", "has expired: make a new one"]);
    let subscriptions = output.json();
    assert_eq!(subscriptions.as_array().unwrap().len(), 6);
}

#[test]
fn what_passes_is_tried_again_and_told() {
    let (azure, gallerist) = demo(600);
    let galleries =
        format!("/subscriptions/{GALLERY_SUBSCRIPTION}/providers/Microsoft.Compute/galleries");
    for (fault, words) in [
        (json!({"status": 401}), "again at once"),
        (json!({"status": 408}), "attempt 2 of 5"),
        (
            json!({"status": 429, "headers": {"retry-after": "1"}}),
            "attempt 2 of 5 in 1 s",
        ),
        (json!({"status": 500}), "InternalServerError"),
        (
            json!({"status": 502, "body": "<html>bad gateway</html>"}),
            "HTTP 502",
        ),
        (json!({"status": 503}), "ServiceUnavailable"),
        (json!({"status": 504}), "GatewayTimeout"),
        (json!({"drop_before": true}), "no complete answer"),
        (json!({"drop_after": true}), "no complete answer"),
        (json!({"truncate": true}), "no complete answer"),
    ] {
        azure.fault(
            &json!({"match": {"method": "GET", "path": "4bcff225.*/galleries\\?"}, "fault": fault}),
        );
        let before = azure.requests_to("GET", &galleries).len();
        let output = gallerist.run(&["get", "galleries", "-o", "json"]);
        output.fails(0, &[words]);
        assert_eq!(names(&output.json()), ALL_GALLERIES, "{fault}");
        assert_eq!(
            azure.requests_to("GET", &galleries).len(),
            before + 2,
            "{fault}"
        );
        assert!(azure.faults_left().is_empty());
    }
}

#[test]
fn what_stays_broken_is_named_with_what_to_do_and_hides_nothing_else() {
    let (azure, gallerist) = demo(600);
    let refusal = json!({"error": {"code": "AuthorizationFailed", "message": "The client 'a' with object id 'b' does not have authorization to perform action 'Microsoft.Compute/galleries/images/read' over scope '/subscriptions/s/acg_builds' or the scope is invalid."}});
    for (fault, words) in [
        (
            json!({"status": 403, "body": refusal}),
            "→ grant Compute Gallery Image Reader at /subscriptions/s/acg_builds",
        ),
        (
            json!({"status": 404}),
            "→ it isn't there, or not for this identity to see",
        ),
        (
            json!({"status": 409}),
            "→ something else may be changing it",
        ),
        (json!({"status": 401}), "→ sign in again"),
        (
            json!({"body": "{\"value\": [,]}"}),
            "not understood: no JSON",
        ),
        (
            json!({"body": {"odd": 1}}),
            "not understood: a page without a list",
        ),
        (
            json!({"body": {"value": [{"id": "/nonsense"}]}}),
            "not understood",
        ),
        (
            json!({"status": 302, "headers": {"location": "https://evil.example/"}}),
            "the answer points to https://evil.example",
        ),
    ] {
        azure.fault(&json!({"times": 99, "match": {"method": "GET", "path": "/acg_builds/images\\?"}, "fault": fault}));
        let output = gallerist.run(&["get", "images", "-o", "json"]);
        output.fails(0, &[words, "Northwind Managed Desktops: reading the "]);
        let images = output.json();
        let images = names(&images);
        assert!(
            images.contains(&"ubuntu-kiosk") && images.contains(&"win11-avd"),
            "{images:?}"
        );
        assert!(!images.contains(&"win11-avd-next"));
        azure.clear_faults();
    }
}

#[test]
fn no_answer_at_all_is_no_empty_answer() {
    let (azure, gallerist) = demo(600);
    azure.fault(
        &json!({"times": 999, "match": {"path": "/galleries\\?"}, "fault": {"status": 403}}),
    );
    let output = gallerist.run(&["get", "galleries", "-o", "json"]);
    output.fails(1, &["reading the galleries of subscription"]);
    assert_eq!(output.json(), json!([]));
}

#[test]
fn a_cloud_that_is_not_there_is_said_to_be_so() {
    let (azure, gallerist) = demo(600);
    gallerist.configure(|text| text.replace(azure.origin(), "http://127.0.0.1:1"));
    gallerist.run(&["get", "tenants"]).fails(
        0,
        &[
            "not reached: ",
            "check the network, the proxy and the cloud's addresses",
        ],
    );
}

#[test]
fn pages_are_followed_by_absolute_and_by_relative_links() {
    let (azure, gallerist) = start_with_short_pages();
    assert_eq!(
        names(&gallerist.json(&["get", "galleries", "-o", "json"])),
        ALL_GALLERIES
    );
    azure.fault(&json!({"times": 999, "fault": {"replace": {"from": azure.origin(), "to": ""}}}));
    assert_eq!(
        names(&gallerist.json(&["get", "galleries", "-o", "json"])),
        ALL_GALLERIES
    );
    assert!(azure.faults_left()[0]["times"].as_u64().unwrap() < 980);
}

#[test]
fn a_page_at_another_host_is_refused_and_gets_no_token() {
    let (azure, gallerist) = start_with_short_pages();
    let witness = Witness::listen();
    let own = azure.origin().trim_start_matches("http:");
    let other = witness.origin();
    let masked = format!("http:{own}@{}", other.trim_start_matches("http://"));
    for to in [other.as_str(), other.trim_start_matches("http:"), &masked] {
        azure.fault(&json!({
            "times": 999, "match": {"path": "4bcff225.*/galleries\\?"},
            "fault": {"replace": {"from": azure.origin(), "to": to}},
        }));
        let output = gallerist.run(&["get", "galleries"]);
        output.fails(
            1,
            &[
                &format!(
                    "the answer points to {other}, and tokens go to {} only",
                    azure.origin()
                ),
                "→ nothing was sent there",
            ],
        );
        azure.clear_faults();
    }
    azure.fault(&json!({
        "times": 999, "match": {"path": "4bcff225.*/galleries\\?"},
        "fault": {"status": 307, "headers": {"location": format!("{other}/galleries")}},
    }));
    gallerist
        .run(&["get", "galleries"])
        .fails(1, &[&format!("the answer points to {other}")]);
    assert_eq!(witness.heard(), [""; 0]);
}

#[test]
fn names_and_messages_with_escape_sequences_are_shown_and_not_obeyed() {
    let (azure, gallerist) = demo(600);
    let id = format!("{GALLERIES}/acg_builds").replace("rg-galleries", "rg-builds");
    let nasty = "acg\u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}\u{9b}31m";
    azure.change_resource(&id, |gallery| gallery["name"] = json!(nasty));
    let table = gallerist.run(&["get", "galleries"]);
    assert!(
        table
            .succeeds()
            .stdout
            .contains("acg␛]0;owned␇␛[2J\\u{202e}\\u{9b}31m"),
        "{table:?}"
    );
    let json = gallerist.run(&["get", "galleries", "-o", "json"]);
    assert!(
        json.succeeds()
            .json()
            .as_array()
            .unwrap()
            .iter()
            .any(|g| g["name"] == nasty)
    );
    azure.fault(&json!({
        "times": 99, "match": {"path": "acg_northwind/images\\?"},
        "fault": {"status": 403, "body": {"error": {"code": "No\u{1b}[1m", "message": "line\r\n\u{1b}[5;1Hgallerist: all is well"}}},
    }));
    let refused = gallerist.run(&["get", "images"]);
    refused.fails(0, &["No␛[1m: line  ␛[5;1Hgallerist: all is well"]);
    for output in [table, json, refused] {
        let acts = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(!output.stderr.contains(acts), "{output:?}");
        let to_a_program = output.stdout.starts_with('[');
        assert!(
            !output
                .stdout
                .contains(|c| acts(c) && !(to_a_program && c > '\u{7f}')),
            "{output:?}"
        );
    }
}
