//! Machines from one image for many customers, headless: what is printed, and what Azure saw.

use serde_json::{Value, json};

use crate::SHARE_WITH;
use crate::support::estate::{self, customer, deploy_for_all, estate};
use crate::support::{FAST, Gallerist, MACHINES, NEWEST, Output, Simulator, demo, version_id};

const HOME: &str = "2bca9505-d965-44d8-8db6-1ef4845449d6";

/// Jobs that a command printed.
fn jobs(output: &Output) -> Vec<Value> {
    output.json()["jobs"].as_array().unwrap().clone()
}

/// The deployments that Azure accepted, in order.
fn deployments(azure: &Simulator) -> Vec<Value> {
    let mut writes = azure.writes();
    writes.retain(|write| write["path"].as_str().unwrap().contains("/deployments/"));
    writes
}

/// The machines of a request's template.
fn machines(request: &Value) -> Vec<&Value> {
    let resources = request["body"]["properties"]["template"]["resources"].as_array();
    let resources = resources.unwrap().iter();
    resources.filter(|one| one["type"] == MACHINES).collect()
}

#[test]
fn the_main_job_from_the_share_to_machines_of_three_customers() {
    let (azure, gallerist) = demo(FAST);
    gallerist
        .run(&[SHARE_WITH, &["Fourth Coffee"]].concat())
        .succeeds();
    gallerist
        .replicate(NEWEST, &["--to", "eastus=1,uksouth=1"])
        .succeeds();
    let to = ["Adatum", "Trey Research", "Fourth Coffee"].map(|name| ["--to-tenant", name]);
    let wish = [
        &["deploy", NEWEST, "--count", "2", "--yes", "-o", "json"],
        to.as_flattened(),
    ];
    let deployed = gallerist.run(&wish.concat());
    let printed = deployed.succeeds().json();
    assert_eq!(printed["state"], "done");
    let of = |name: &str| {
        let found = jobs(&deployed)
            .into_iter()
            .find(|job| job["target"] == name);
        found.unwrap()
    };
    for (customer, tenant, subscription, group, names) in [
        (
            "Adatum",
            "ea6ae65d-f985-4ab4-9336-95caa4590d86",
            "44d8c18c-6e1c-42ec-8629-7598fd82b7d9",
            "rg-avd-weu",
            ["vm-avd-0001", "vm-avd-0002"],
        ),
        (
            "Trey Research",
            "300820ae-3195-4295-b3e9-4e9bff3c041a",
            "90b2e690-15e8-4862-adf4-f24b17f1f14a",
            "rg-avd-uks",
            ["vm-lab-0001", "vm-lab-0002"],
        ),
        (
            "Fourth Coffee",
            "cf68d1c5-d57d-4f0a-8247-036f7061e92e",
            "45e0f8b0-41c5-4b34-b7a5-10f1a2ffd711",
            "rg-avd-eus",
            ["vm-till-0001", "vm-till-0002"],
        ),
    ] {
        let job = of(customer);
        assert_eq!(
            (&job["tenant"], &job["state"]),
            (&json!(tenant), &json!("done"))
        );
        let below = format!("/subscriptions/{subscription}/resourceGroups/{group}/providers");
        for name in names {
            let machine = azure.resource(&format!("{below}/{MACHINES}/{name}"));
            assert_eq!(machine["properties"]["provisioningState"], "Succeeded");
            assert_eq!(
                machine["properties"]["storageProfile"]["imageReference"]["exactVersion"],
                "2026.11.3"
            );
        }
        let all = deployments(&azure);
        let sent: Vec<&Value> = all
            .iter()
            .filter(|request| request["path"].as_str().unwrap().contains(subscription))
            .collect();
        assert_eq!(sent.len(), 1);
        let reference = &machines(sent[0])[0]["properties"]["storageProfile"]["imageReference"];
        let by_id = json!({"id": version_id(NEWEST)});
        let (signed_in, auxiliary, image) = match customer {
            "Adatum" => (HOME, json!([]), by_id),
            "Trey Research" => (tenant, json!([HOME]), by_id),
            _ => {
                let shared = "/SharedGalleries/4bcff225-6938-4091-a01c-259ebff5a095-ACG_NORTHWIND/\
                              Images/win11-avd/Versions/2026.11.3";
                (tenant, json!([]), json!({"sharedGalleryImageId": shared}))
            }
        };
        assert_eq!(sent[0]["tenant"], signed_in);
        assert_eq!(sent[0]["auxiliary"], auxiliary);
        assert_eq!(*reference, image);
    }
}

#[test]
fn sixty_machines_of_one_replica_through_a_kill_in_every_wave() {
    let azure = Simulator::start_estate(0, &estate(1));
    let gallerist = Gallerist::new(&azure);
    let wish = [
        "deploy",
        estate::VERSION,
        "--to-tenant",
        "Customer 01",
        "--count",
        "60",
        "--yes",
    ];
    let mut run = gallerist.spawn(&wish);
    for wave in ["wave 1", "wave 2", "wave 3"] {
        run.says(&format!("{wave}: accepted"));
        run.kill();
        run = gallerist.spawn(&["queue", "watch"]);
        run.says("carried on");
        azure.advance(3600);
    }
    run.wait().succeeds();
    assert_eq!(azure.ids_below(&customer(1).id(MACHINES)).len(), 60);
    assert_eq!(azure.most_at_once(), 20);
    let sent = deployments(&azure);
    let waves: Vec<usize> = sent.iter().map(|request| machines(request).len()).collect();
    assert_eq!(waves, [20, 20, 20], "none was sent twice");
}

#[test]
fn ten_customers_of_whom_two_fail_in_different_ways() {
    let azure = Simulator::start_estate(600, &estate(10));
    let gallerist = Gallerist::new(&azure);
    let (broken, disabled) = (customer(3), customer(7));
    let subscription = format!("/subscriptions/{}", disabled.subscription);
    let set = |state: &str| {
        azure.change_resource(&subscription, |found| found["state"] = json!(state));
    };
    set("Disabled");
    azure.fault(&json!({
        "match": {"path": broken.id(&format!("{MACHINES}/vm-002"))},
        "fault": {"allocation_fails": {}},
    }));
    let wish = [&deploy_for_all("2")[..], &["-o", "json"]].concat();
    let deployed = gallerist.run(&wish);
    deployed.fails(
        4,
        &["held: Customer 07: subscription Customer 07 Desktops is Disabled: nothing can be"],
    );
    let states = |output: &Output| -> Vec<String> {
        let jobs = jobs(output).into_iter();
        jobs.map(|job| job["state"].as_str().unwrap().to_owned())
            .collect()
    };
    let mut expected = ["done"; 10];
    (expected[2], expected[6]) = ("failed", "held");
    assert_eq!(states(&deployed), expected);
    let failed = &jobs(&deployed)[2];
    assert_eq!(failed["tenant"], json!(broken.tenant));
    assert_eq!(failed["error"]["code"], "AllocationFailed");
    let shown = gallerist.run(&["queue", "list"]).stdout;
    assert!(shown.contains("8 done, 1 failed, 1 held"), "{shown}");
    assert!(shown.contains("queue retry --failed-of 1"), "{shown}");

    // Nothing is mended by retrying alone.
    gallerist
        .run(&["queue", "retry", &jobs(&deployed)[6]["id"].to_string()])
        .fails(3, &["subscription Customer 07 Desktops is Disabled"]);
    set("Enabled");
    let before = azure.state();
    let retried = gallerist.run(&["queue", "retry", "--failed-of", "1", "-o", "json"]);
    assert_eq!(retried.succeeds().json()["group"], 1);
    assert_eq!(states(&retried), ["done"; 10]);
    let after = azure.state();
    for (id, document) in before.as_object().unwrap() {
        let untouched = !id.contains(&broken.subscription) && !id.contains(&disabled.subscription);
        assert!(!untouched || after[id] == *document, "{id} changed");
    }
    for number in 1..=10 {
        assert_eq!(azure.ids_below(&customer(number).id(MACHINES)).len(), 2);
    }
    gallerist
        .run(&["queue", "retry", "--failed-of", "1"])
        .fails(3, &["no job of group 1 has failed or is held"]);
    gallerist
        .run(&["queue", "retry", "--failed-of", "9"])
        .fails(2, &["there is no group 9: see `gallerist queue list`"]);
}
