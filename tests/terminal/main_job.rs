//! The main job, at home and on a small terminal: share, replicate, deploy.

use serde_json::{Value, json};

use super::{ENTER, HOME, jump, mark, open_the_form, puts};
use crate::support::{FAST, MACHINES, NEWEST, Simulator, Terminal, demo, version_id};

fn the_main_job(rows: u16, columns: u16) {
    let (azure, gallerist) = demo(300);
    let mut terminal = Terminal::open(&gallerist, &[], rows, columns);
    open_the_form(&mut terminal);
    mark(&mut terminal, "uk south", "2");
    mark(&mut terminal, "east us", "1");
    terminal.shows(&["planned: 2 changes"]);
    assert_eq!(puts(&azure), Vec::<Value>::new(), "a plan changes nothing");
    terminal
        .keys(ENTER)
        .shows(&["Carry this out?", "uksouth", "eastus", "[No]"]);
    terminal.confirms();
    terminal.shows(&["4 Queue", "#1", "✔ done"]);
    terminal.keys("q");
    assert_eq!(terminal.ends(), 0);
    assert!(terminal.is_restored());
    assert_eq!(puts(&azure).len(), 1);
    let mut replicas = azure.replicas(&version_id(NEWEST));
    replicas.sort();
    let expected = [
        ("East US", 1),
        ("North Europe", 1),
        ("UK South", 2),
        ("West Europe", 2),
    ];
    assert_eq!(
        replicas,
        expected.map(|(region, count)| (region.to_owned(), count))
    );
}

#[test]
fn the_main_job_by_keys_at_home() {
    the_main_job(40, 120);
}

#[test]
fn the_main_job_by_keys_on_a_small_terminal() {
    the_main_job(24, 80);
}

/// Marks a tenant as a target.
fn mark_tenant(terminal: &mut Terminal, name: &str, marked: usize) {
    jump(terminal, name);
    terminal
        .keys(" ")
        .shows(&[&format!("{marked} marked of 14")]);
}

/// The one deployment that Azure accepted in a subscription.
fn deployment(azure: &Simulator, subscription: &str) -> Value {
    let mut writes = azure.writes();
    writes.retain(|write| {
        let path = write["path"].as_str().unwrap();
        path.contains(subscription) && path.contains("/deployments/")
    });
    assert_eq!(writes.len(), 1, "{writes:#?}");
    writes.remove(0)
}

/// Whom a deployment was signed in as and the token that came along, and the image of its machines.
fn reach(deployment: &Value) -> (Value, Value, Value) {
    let resources = &deployment["body"]["properties"]["template"]["resources"];
    let machine = resources
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["type"] == MACHINES);
    let image = machine.unwrap()["properties"]["storageProfile"]["imageReference"].clone();
    (
        deployment["tenant"].clone(),
        deployment["auxiliary"].clone(),
        image,
    )
}

fn share_replicate_deploy(rows: u16, columns: u16) {
    let (azure, gallerist) = demo(FAST);
    let mut terminal = Terminal::open(&gallerist, &[], rows, columns);
    terminal.shows(&["read at", "3 with 7 images"]);

    mark_tenant(&mut terminal, "Fourth Coffee", 1);
    jump(&mut terminal, "acg_northwind");
    terminal
        .keys("s")
        .shows(&["Share acg_northwind", "1 of 5 tenants", "planned: 1 change"]);
    assert_eq!(
        azure.writes(),
        Vec::<Value>::new(),
        "a plan changes nothing"
    );
    terminal
        .keys(ENTER)
        .shows(&["Carry this out?", "+ Fourth Coffee"])
        .confirms();
    terminal.shows(&["#1", "✔ done"]);

    open_the_form(&mut terminal);
    mark(&mut terminal, "uk south", "1");
    mark(&mut terminal, "east us", "1");
    terminal
        .shows(&["planned: 2 changes"])
        .keys(ENTER)
        .confirms();
    terminal.sees("two jobs done", |screen| {
        screen.matches("✔ done").count() == 2
    });

    mark_tenant(&mut terminal, "Adatum", 2);
    mark_tenant(&mut terminal, "Trey Research", 3);
    jump(&mut terminal, "northwind/win11-avd");
    terminal.keys("3").shows(&["2026.11.3", "2026.10.1"]);
    terminal
        .keys("d")
        .shows(&["Deploy win11-avd 2026.11.3", "each of 3", "3 tenants"]);
    terminal
        .keys("2")
        .shows(&["6 machines for 3 tenants", "planned: 3 begin"]);
    terminal
        .keys(ENTER)
        .shows(&["Carry this out?", "3 jobs begin"])
        .confirms();
    // The group as a whole, and then its jobs, which are seen at once where there is room.
    terminal.shows(&["3 jobs in the queue"]);
    terminal.keys("+").sees("the group done", |screen| {
        let of_group = |line: &str| line.contains("3 tenants") && line.contains("✔ done");
        screen.lines().any(of_group)
    });
    if rows < 40 {
        terminal.keys("l");
    }
    for (job, tenant) in [
        ("#3", "Adatum"),
        ("#4", "Fourth Coffee"),
        ("#5", "Trey Research"),
    ] {
        terminal.sees(tenant, |screen| {
            let of_job = |line: &str| line.contains(job) && line.contains("✔ done");
            screen
                .lines()
                .any(|line| of_job(line) && line.contains(tenant))
        });
    }
    terminal.keys("q");
    assert_eq!(terminal.ends(), 0);
    assert!(terminal.is_restored());

    let by_id = json!({"id": version_id(NEWEST)});
    let shared = json!({"sharedGalleryImageId":
        "/SharedGalleries/4bcff225-6938-4091-a01c-259ebff5a095-ACG_NORTHWIND/Images/win11-avd/\
         Versions/2026.11.3"});
    let (trey, fourth) = (
        "300820ae-3195-4295-b3e9-4e9bff3c041a",
        "cf68d1c5-d57d-4f0a-8247-036f7061e92e",
    );
    // Delegated: the managing tenant's token alone.
    let adatum = deployment(&azure, "44d8c18c-6e1c-42ec-8629-7598fd82b7d9");
    assert_eq!(reach(&adatum), (json!(HOME), json!([]), by_id.clone()));
    // By application: the customer's token, and one of the gallery's tenant beside it.
    let research = deployment(&azure, "90b2e690-15e8-4862-adf4-f24b17f1f14a");
    assert_eq!(reach(&research), (json!(trey), json!([HOME]), by_id));
    // By direct share: the customer's token alone.
    let coffee = deployment(&azure, "45e0f8b0-41c5-4b34-b7a5-10f1a2ffd711");
    assert_eq!(reach(&coffee), (json!(fourth), json!([]), shared));
}

#[test]
fn share_replicate_and_deploy_to_three_customers_by_keys() {
    share_replicate_deploy(40, 120);
}

#[test]
fn share_replicate_and_deploy_to_three_customers_on_a_small_terminal() {
    share_replicate_deploy(24, 80);
}
