//! Taking back what a job has changed, headless: what is offered, and what Azure saw.

use serde_json::{Value, json};

use crate::SHARE_WITH;
use crate::support::{FAST, GALLERIES, NEWEST, STANDING, Simulator, demo, eventually, version_id};

const FOURTH_COFFEE: &str = "cf68d1c5-d57d-4f0a-8247-036f7061e92e";

fn replicas(azure: &Simulator) -> Vec<(String, u64)> {
    azure.replicas(&version_id(NEWEST)).into_iter().collect()
}

/// The tenants that the gallery is shared with directly.
fn tenants(azure: &Simulator) -> Vec<Value> {
    let gallery = azure.resource(&format!("{GALLERIES}/acg_northwind"));
    let groups = gallery["properties"]["sharingProfile"]["groups"].clone();
    let groups = groups.as_array().unwrap().iter();
    let tenants = groups.filter(|group| group["type"] == "AADTenants");
    tenants
        .flat_map(|group| group["ids"].as_array().unwrap().clone())
        .collect()
}

#[test]
fn a_cancelled_replication_says_what_azure_goes_on_with_and_is_taken_back() {
    let (azure, gallerist) = demo(STANDING);
    let before = replicas(&azure);
    let to = "uksouth=2,francecentral=1";
    let mut running = gallerist.spawn(&["replicate", NEWEST, "--to", to, "--yes"]);
    running.says("francecentral 0 %");
    running.signal("INT");
    running.wait().fails(130, &[]);
    gallerist.run(&["queue", "undo", "1", "--yes"]).fails(
        3,
        &["only what has ended can be taken back, so cancel it first"],
    );
    let cancelled = gallerist.run(&["queue", "cancel", "1"]);
    assert_eq!(cancelled.succeeds().stdout, "#1 cancelling\n");
    azure.advance(3000);
    gallerist.run(&["queue", "watch"]).succeeds();
    let shown = gallerist.run(&["queue", "show", "1"]);
    for words in [
        "Azure can't stop what it has accepted, which is watched to its end: the update of \
         win11-avd 2026.11.3: ",
        "francecentral 0 %",
        "done before it could be cancelled",
        "→ `gallerist queue undo 1` takes it back",
    ] {
        assert!(shown.stdout.contains(words), "{words}: {shown:#?}");
    }
    // Somebody else adds a region meanwhile, which stays.
    azure.change_resource(&version_id(NEWEST), |version| {
        let regions = &mut version["properties"]["publishingProfile"]["targetRegions"];
        let sweden = json!({"name": "Sweden Central", "regionalReplicaCount": 1});
        regions.as_array_mut().unwrap().push(sweden);
    });
    let plan = gallerist.run(&["queue", "undo", "1", "--plan"]);
    let plan = &plan.succeeds().stdout;
    assert!(
        plan.contains("- francecentral") && !plan.contains("swedencentral"),
        "{plan}"
    );
    assert_eq!(azure.writes().len(), 1);
    let undo = [
        "queue", "undo", "1", "--yes", "--note", "CHG-7", "-o", "json",
    ];
    let undoing = gallerist.spawn(&undo);
    eventually("the end of the undo", || {
        azure.advance(600);
        let job = &gallerist.jobs()[0];
        (job["id"] == 2 && job["state"] == "done").then_some(())
    });
    let undone = undoing.wait();
    assert_eq!(undone.succeeds().json()["state"], "done");
    let mut after = replicas(&azure);
    after.retain(|(region, _)| region != "Sweden Central");
    assert_eq!(after, before);
}

#[test]
fn of_a_share_only_what_it_changed_is_taken_back_and_of_that_again() {
    let (azure, gallerist) = demo(FAST);
    let both = ["Fourth Coffee", "--to-tenant", "Trey Research"];
    gallerist.run(&[SHARE_WITH, &[both[2]]].concat()).succeeds();
    let had = tenants(&azure);
    gallerist.run(&[SHARE_WITH, &both].concat()).succeeds();
    assert!(tenants(&azure).contains(&json!(FOURTH_COFFEE)));
    gallerist.run(&["queue", "undo", "2", "--yes"]).succeeds();
    assert_eq!(tenants(&azure), had);
    let again = gallerist.run(&["queue", "undo", "2", "--yes"]);
    assert!(again.succeeds().stdout.contains("already so"), "{again:?}");
    gallerist.run(&["queue", "undo", "3", "--yes"]).succeeds();
    assert!(tenants(&azure).contains(&json!(FOURTH_COFFEE)));
}

#[test]
fn a_role_is_taken_back_and_given_back() {
    let (azure, gallerist) = demo(FAST);
    let assigned = || {
        azure.ids_below(&format!(
            "{GALLERIES}/acg_northwind/providers/microsoft.authorization"
        ))
    };
    let before = assigned();
    let role = [
        "share",
        "acg_northwind",
        "--via",
        "rbac",
        "--to-tenant",
        "Adatum",
        "--yes",
    ];
    gallerist.run(&role).succeeds();
    let given = assigned();
    assert_eq!(given.len(), before.len() + 1);
    gallerist.run(&["queue", "undo", "1", "--yes"]).succeeds();
    assert_eq!(assigned(), before);
    gallerist.run(&["queue", "undo", "2", "--yes"]).succeeds();
    assert_eq!(assigned(), given);
}

#[test]
fn machines_stay_and_a_job_that_changed_nothing_has_nothing_to_take_back() {
    let (azure, gallerist) = demo(FAST);
    let deploy = [
        "deploy",
        NEWEST,
        "--to-tenant",
        "Adatum",
        "--count",
        "1",
        "--yes",
    ];
    gallerist.run(&deploy).succeeds();
    let writes = azure.writes().len();
    let words = "a deployment can't be taken back: Gallerist deletes no machines. With the tag \
                 gallerist-job: ";
    gallerist.run(&["queue", "undo", "1"]).fails(3, &[words]);
    gallerist.run(&["queue", "pause", "--all"]).succeeds();
    gallerist.run(&["replicate", NEWEST, "--to", "francecentral=1", "--yes"]);
    gallerist.run(&["queue", "cancel", "2"]).succeeds();
    let shown = gallerist.run(&["queue", "show", "2"]);
    assert!(!shown.stdout.contains("takes it back"), "{shown:#?}");
    gallerist
        .run(&["queue", "undo", "2", "--yes"])
        .fails(3, &["it changed no region: there is nothing to take back"]);
    gallerist
        .run(&["queue", "undo", "7", "--yes"])
        .fails(2, &["there is no job #7"]);
    assert_eq!(azure.writes().len(), writes);
}
