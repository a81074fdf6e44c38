//! What is printed where all is well: Azure's own documents, and whose they are.

use serde_json::json;

use super::{GALLERY_SUBSCRIPTION, names};
use crate::support::{GALLERIES, demo};

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
