//! The versions of an image: one that is being replicated, and older ones.

use gallerist::azure::{ImageVersion, Region};
use gallerist::estate::VersionRow;
use serde_json::{Value, json};

use super::{MANAGING, definition_id, time};

pub(crate) fn versions() -> Vec<VersionRow> {
    let row = |version: ImageVersion, latest: &[&str]| VersionRow {
        machines: match version.name.as_str() {
            "2026.11.3" => 4,
            "2026.11.2" => 40,
            "2026.9.1" => 18,
            _ => 0,
        },
        version,
        latest_in: latest.iter().map(|region| Region::new(region)).collect(),
        read_at: time("14:01:00"),
    };
    let updating = |properties: &mut Value| {
        properties["provisioningState"] = "Updating".into();
        properties["replicationStatus"] = json!({"aggregatedState": "InProgress", "summary": [
            {"region": "West Europe", "state": "Completed", "progress": 100, "details": ""},
            {"region": "North Europe", "state": "Completed", "progress": 100, "details": ""},
            {"region": "UK South", "state": "Replicating", "progress": 62, "details": ""},
            {"region": "East US", "state": "Failed", "progress": 0,
             "details": "The replication failed: QuotaExceeded: snapshots in eastus: limit 50000, \
                         used 50000."},
        ]});
    };
    let everywhere = [
        ("westeurope", 3),
        ("northeurope", 3),
        ("uksouth", 2),
        ("eastus", 1),
    ];
    vec![
        row(
            version("2026.11.3", &everywhere, updating),
            &["westeurope", "northeurope"],
        ),
        row(
            version("2026.11.2", &everywhere, |_| ()),
            &["uksouth", "eastus"],
        ),
        row(
            version("2026.10.9", &everywhere[..2], |properties| {
                properties["publishingProfile"]["excludeFromLatest"] = true.into();
            }),
            &[],
        ),
        row(
            version("2026.9.1", &everywhere[..1], |properties| {
                properties["publishingProfile"]["endOfLifeDate"] = "2026-12-15T00:00:00Z".into();
            }),
            &[],
        ),
        row(
            version("2026.8.4", &everywhere[..1], |properties| {
                properties["publishingProfile"]["endOfLifeDate"] = "2026-01-01T00:00:00Z".into();
            }),
            &[],
        ),
    ]
}

fn version(name: &str, regions: &[(&str, u32)], change: impl FnOnce(&mut Value)) -> ImageVersion {
    let targets: Vec<Value> = regions
        .iter()
        .map(|(name, replicas)| {
            json!({"name": name, "regionalReplicaCount": replicas, "storageAccountType": "Standard_LRS"})
        })
        .collect();
    let mut document = json!({
        "id": format!("{}/versions/{name}", definition_id("win11-avd")), "name": name,
        "location": "westeurope",
        "properties": {
            "provisioningState": "Succeeded",
            "publishingProfile": {
                "targetRegions": targets, "publishedDate": "2026-11-20T09:00:00Z",
            },
            "storageProfile": {
                "osDiskImage": {"sizeInGB": 127},
                "source": {"virtualMachineId": format!(
                    "/subscriptions/{MANAGING}/resourceGroups/rg/providers/Microsoft.Compute/\
                     virtualMachines/build-win11"
                )},
            },
        },
    });
    change(&mut document["properties"]);
    ImageVersion::from_document(document).unwrap()
}
