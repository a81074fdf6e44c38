//! Regions that a guarded version leaves, in steps.

use serde_json::{Value, json};

use super::{GUARDED, held};
use crate::support::{FAST, STANDING, Simulator, demo, eventually, version_id};

/// The safety flag that each accepted write set, and the regions it left.
fn flags(azure: &Simulator) -> Vec<(Value, usize)> {
    let writes = azure.writes();
    let properties = writes.iter().map(|write| &write["body"]["properties"]);
    properties
        .map(|properties| {
            let regions = &properties["publishingProfile"]["targetRegions"];
            (
                properties["safetyProfile"]["allowDeletionOfReplicatedLocations"].clone(),
                regions.as_array().unwrap().len(),
            )
        })
        .collect()
}

fn is_guarded(azure: &Simulator) -> bool {
    let version = azure.resource(&version_id(GUARDED));
    version["properties"]["safetyProfile"]["allowDeletionOfReplicatedLocations"] == json!(false)
}

#[test]
fn a_region_is_removed_in_steps_and_the_safety_flag_put_back() {
    let (azure, gallerist) = demo(FAST);
    let plan = gallerist.run(&[
        "replicate",
        GUARDED,
        "--remove",
        "eastus",
        "--to",
        "francecentral=1",
        "--plan",
    ]);
    for words in [
        "- eastus  1 replica",
        "~ allowDeletionOfReplicatedLocations  false → true, and false again at the end",
        "note  eastus: scale sets that use this version there can't grow",
    ] {
        assert!(plan.succeeds().stdout.contains(words), "{plan:#?}");
    }
    gallerist
        .replicate(GUARDED, &["--remove", "eastus", "--to", "francecentral=1"])
        .succeeds();
    assert_eq!(
        flags(&azure),
        [(json!(true), 5), (json!(true), 4), (json!(false), 4)]
    );
    assert!(is_guarded(&azure));
    assert_eq!(held(&azure, GUARDED, "East US"), None);
    assert_eq!(held(&azure, GUARDED, "France Central"), Some(1));
}

#[test]
fn a_removal_that_stops_half_way_says_what_it_leaves_and_a_retry_finishes_it() {
    let (azure, gallerist) = demo(FAST);
    let stays_on = "allowDeletionOfReplicatedLocations stays on";
    let second_write = json!({"method": "PUT", "path": "/versions/2026.10.1"});
    azure.fault(&json!({"match": second_write, "fault": {"delay_ms": 1}}));
    azure.fault(&json!({"match": second_write, "fault": {"status": 403}}));
    gallerist
        .replicate(GUARDED, &["--remove", "eastus"])
        .fails(1, &["remove regions", stays_on]);
    assert!(!is_guarded(&azure));
    gallerist.run(&["queue", "retry", "1"]).succeeds();
    assert!(is_guarded(&azure));
    assert_eq!(held(&azure, GUARDED, "East US"), None);

    // Azure has lifted the flag also where the copies of that same write failed.
    azure.fault(&json!({"fault": {"replication_fails": "francecentral"}}));
    gallerist
        .replicate(GUARDED, &["--remove", "uksouth", "--to", "francecentral=1"])
        .fails(
            1,
            &[
                "francecentral: Failed with internal server error.",
                stays_on,
            ],
        );
    assert!(!is_guarded(&azure));
    gallerist.run(&["queue", "retry", "2"]).succeeds();
    assert!(is_guarded(&azure));
    assert_eq!(held(&azure, GUARDED, "UK South"), None);
}

#[test]
fn a_storage_type_is_changed_by_leaving_the_region_and_entering_it_again() {
    let (azure, gallerist) = demo(FAST);
    let plan = gallerist.run(&["replicate", GUARDED, "--to", "uksouth=2:zrs", "--plan"]);
    for words in [
        "~ uksouth  Standard_LRS → Standard_ZRS (removed and added again)",
        "note  uksouth: without this version until it has been copied there again",
    ] {
        assert!(plan.succeeds().stdout.contains(words), "{plan:#?}");
    }
    gallerist
        .replicate(GUARDED, &["--to", "uksouth=2:zrs"])
        .succeeds();
    let version = azure.resource(&version_id(GUARDED));
    let regions = version["properties"]["publishingProfile"]["targetRegions"]
        .as_array()
        .unwrap();
    let uk = regions
        .iter()
        .find(|region| region["name"] == "UK South")
        .unwrap();
    assert_eq!(
        (&uk["storageAccountType"], &uk["regionalReplicaCount"]),
        (&json!("Standard_ZRS"), &json!(2))
    );
    assert_eq!(
        flags(&azure),
        [(json!(true), 4), (json!(true), 3), (json!(false), 4)]
    );
    assert!(is_guarded(&azure));
}

#[test]
fn cancelling_half_way_says_what_it_leaves() {
    let (azure, gallerist) = demo(STANDING);
    let mut running = gallerist.spawn(&["replicate", GUARDED, "--remove", "eastus", "--yes"]);
    running.says("update regions: accepted");
    azure.advance(60);
    running.says("remove regions: accepted");
    running.signal("INT");
    running.wait().fails(130, &[]);
    gallerist.run(&["queue", "cancel", "1"]).succeeds();
    gallerist.run(&["queue", "cancel", "1"]).succeeds();
    let shown = gallerist.run(&["queue", "show", "1"]);
    for words in [
        "Azure carries on with what it has accepted",
        "allowDeletionOfReplicatedLocations stays on",
    ] {
        assert!(shown.stdout.contains(words), "{shown:#?}");
    }
    azure.advance(60);
    let retry = gallerist.spawn(&["queue", "retry", "1"]);
    eventually("the third write", || {
        (azure.writes().len() == 3).then_some(())
    });
    azure.advance(60);
    retry.wait().succeeds();
    assert!(is_guarded(&azure));
}
