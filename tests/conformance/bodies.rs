//! Every body that the client can send, held against the specification of the request.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use gallerist::azure::{
    BuiltInRole, ImageVersion, NewRoleAssignment, PrincipalType, PublishingChange, Region,
    RegionChange, ResourceId, SharingGroup, SharingGroupKind, SharingOperation, SharingUpdate,
    StorageAccountType,
};
use serde_json::{Value, json};

use crate::facts;
use crate::ground_truth::{self, Exchange};
use crate::replay::Stage;
use crate::support::operations::{OPERATIONS, Operation};
use crate::support::spec;
use crate::support::{Body, GALLERIES, Gallerist, Request, Simulator, body_mistakes};
use crate::table::Table;

const GALLERY: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.Compute/galleries/acg";

/// Counts the bodies of each operation; fails for one that the specification does not allow.
pub(crate) async fn check(folder: &Path, stage: &Stage<'_>, table: &mut Table) {
    let mut bodies = versions_written(folder);
    bodies.extend(others(stage).await);
    bodies.extend(deployed());
    let mut seen = BTreeSet::new();
    for (operation, body) in bodies {
        let mistakes = body_mistakes(operation, &body);
        assert_eq!(mistakes, [""; 0], "{}\n{body:#}", operation.id);
        if seen.insert((operation.id, body.to_string())) {
            table.row(operation).bodies += 1;
        }
    }
}

fn line(id: &str) -> &'static Operation {
    OPERATIONS.iter().find(|line| line.id == id).unwrap()
}

/// What is written back to every version that is told of, for every kind of change.
fn versions_written(folder: &Path) -> Vec<Body> {
    let operation = line("GalleryImageVersions_CreateOrUpdate");
    let mut bodies = Vec::new();
    let versions = versions(folder);
    assert!(
        versions.len() > 40,
        "{} versions were found",
        versions.len()
    );
    for (place, version) in &versions {
        let answer = body_mistakes(operation, version.document());
        assert!(!answer.is_empty(), "{place}: an answer is no request");
        for change in changes(version) {
            bodies.push((operation, version.update_body(&change)));
        }
    }
    bodies
}

/// What is sent for shares, role assignments and resource groups.
async fn others(stage: &Stage<'_>) -> Vec<Body> {
    let gallery: ResourceId = GALLERY.parse().unwrap();
    let share = line("GallerySharingProfile_Update");
    let mut bodies = Vec::new();
    for operation in [
        SharingOperation::Add,
        SharingOperation::Remove,
        SharingOperation::Reset,
    ] {
        for kind in [SharingGroupKind::Subscriptions, SharingGroupKind::Tenants] {
            let ids = vec![gallery.subscription().to_string()];
            let groups = match operation {
                SharingOperation::Reset => Vec::new(),
                _ => vec![SharingGroup { kind, ids }],
            };
            let operation = operation.clone();
            bodies.push((share, json!(SharingUpdate { operation, groups })));
        }
    }
    let assign = line("RoleAssignments_Create");
    for role in BuiltInRole::ALL {
        for principal_type in [None, Some(PrincipalType::ServicePrincipal)] {
            let principal = gallery.subscription().to_string().parse().unwrap();
            let role = role.id();
            let new = NewRoleAssignment {
                role,
                principal,
                principal_type,
            };
            bodies.push((assign, new.body(&gallery)));
        }
    }
    let subscription = gallery.subscription();
    let asked = stage.session.graph_image_versions(&subscription, None);
    drop(asked.await);
    let sent = stage.server.requests().pop().unwrap().json();
    bodies.push((line("Resources"), sent));
    let group = gallery.parent().unwrap();
    let region = Region::new("West Europe");
    drop(stage.session.put_resource_group(&group, &region).await);
    let sent = stage.server.requests().pop().unwrap().json();
    bodies.push((line("ResourceGroups_CreateOrUpdate"), sent));
    bodies
}

/// What the program sends for machines of each kind of image, and what is in the templates.
fn deployed() -> Vec<Body> {
    let azure = Simulator::start(2400);
    let gallerist = Gallerist::new(&azure);
    let version = "acg_northwind/win11-avd/2026.11.3";
    let wish = ["deploy", version, "--to-tenant", "Adatum", "--count", "2"];
    let deploy = |how: &str| gallerist.run(&[&wish[..], &[how]].concat());
    deploy("--yes").succeeds();
    let plan = json!({ "name": "n", "publisher": "p", "product": "o" });
    let kinds = [
        ("osType", json!("Linux")),
        ("purchasePlan", plan),
        (
            "features",
            json!([{ "name": "SecurityType", "value": "ConfidentialVM" }]),
        ),
        ("features", json!([])),
        ("osState", json!("Specialized")),
    ];
    for (property, value) in kinds {
        let definition = format!("{GALLERIES}/acg_northwind/images/win11-avd");
        azure.change_resource(&definition, |image| {
            image["properties"][property] = value.clone();
        });
        let before = azure.requests_to("POST", "/validate").len();
        let planned = deploy("--plan");
        let asked = azure.requests_to("POST", "/validate").len();
        assert!(asked > before, "{property} {value}: {planned:#?}");
    }
    let requests = azure.requests();
    let requests = requests.iter().filter_map(Request::noted);
    requests.flat_map(|request| request.bodies()).collect()
}

#[test]
fn the_schema_is_a_strict_one() {
    if spec::azure_folder().is_none() {
        return;
    }
    let update = |operation: &str| {
        let operation = SharingOperation::from(operation);
        json!(SharingUpdate {
            operation,
            groups: Vec::new()
        })
    };
    let share = line("GallerySharingProfile_Update");
    assert_eq!(body_mistakes(share, &update("Reset")), [""; 0]);
    assert_eq!(body_mistakes(share, &update("Lend")).len(), 1);
    let version = json!({ "location": "westeurope", "properties": {
        "storageProfile": {},
        "publishingProfile": { "replicaCount": "three" },
        "provisioningState": "Succeeded",
        "unheardOf": 1,
    } });
    let put = line("GalleryImageVersions_CreateOrUpdate");
    assert_eq!(body_mistakes(put, &version).len(), 3);
}

#[test]
fn recorded_updates_come_out_the_same() {
    let Some(folder) = spec::azure_folder() else {
        return;
    };
    let mut last_read: BTreeMap<(String, String), ImageVersion> = BTreeMap::new();
    let mut compared = 0;
    for exchange in ground_truth::recordings(&folder).into_iter().flatten() {
        let key = (exchange.file.clone(), exchange.path().to_ascii_lowercase());
        match id(&exchange) {
            "GalleryImageVersions_Get" if exchange.status == 200 => {
                let version = ImageVersion::from_document(exchange.response).unwrap();
                last_read.insert(key, version);
            }
            "GalleryImageVersions_CreateOrUpdate" => {
                let wanted = "/properties/publishingProfile/targetRegions";
                let wanted = exchange.request.pointer(wanted);
                let (Some(before), Some(Value::Array(wanted))) = (last_read.get(&key), wanted)
                else {
                    continue;
                };
                let place = exchange.place();
                let body = before.update_body(&change_towards(before, &exchange.request, wanted));
                assert_eq!(body["location"], exchange.request["location"], "{place}");
                assert_eq!(body["properties"]["storageProfile"], json!({}), "{place}");
                let ours = &body["properties"]["publishingProfile"]["targetRegions"];
                assert_eq!(regions(ours), regions(&json!(wanted)), "{place}");
                compared += 1;
            }
            _ => {}
        }
    }
    assert!(compared >= 4, "{compared} recorded updates were compared");
}

/// The operation of a recorded exchange.
fn id(exchange: &Exchange) -> &'static str {
    let operation = Operation::of(&exchange.method, &exchange.target);
    operation.map_or("", |operation| operation.id)
}

/// Changes of every kind, as an operator may ask for them.
fn changes(version: &ImageVersion) -> [PublishingChange; 4] {
    let new = RegionChange {
        region: Region::new("Sweden Central"),
        replicas: Some(3),
        storage: Some(StorageAccountType::StandardZrs),
    };
    let present = version.target_regions.first().map(|target| RegionChange {
        region: target.region.clone(),
        replicas: Some(7),
        storage: None,
    });
    [
        PublishingChange::default(),
        PublishingChange {
            set: vec![new],
            ..PublishingChange::default()
        },
        PublishingChange {
            set: present.into_iter().collect(),
            ..PublishingChange::default()
        },
        PublishingChange {
            remove: version
                .target_regions
                .iter()
                .skip(1)
                .map(|t| t.region.clone())
                .collect(),
            allow_deletion: Some(true),
            ..PublishingChange::default()
        },
    ]
}

/// All versions that are told of: in recordings, lists included, and in the specification's examples.
fn versions(folder: &Path) -> Vec<(String, ImageVersion)> {
    let mut documents = Vec::new();
    let get = line("GalleryImageVersions_Get");
    let spec = spec::Spec::load(get.specification.unwrap()).unwrap();
    let examples = ground_truth::examples(&spec, get);
    let recorded = ground_truth::recordings(folder).into_iter().flatten();
    for exchange in recorded.chain(examples) {
        let place = exchange.place();
        match id(&exchange) {
            "GalleryImageVersions_Get" if exchange.status == 200 => {
                documents.push((place, exchange.response));
            }
            "GalleryImageVersions_ListByGalleryImage" => {
                let items = facts::items(&exchange.response).iter().cloned();
                documents.extend(items.map(|item| (place.clone(), item)));
            }
            _ => {}
        }
    }
    // One example carries an id of a form that no resource has.
    documents.retain(|(_, document)| {
        let id = document["id"].as_str().unwrap_or_default();
        id.starts_with("/subscriptions/")
    });
    let parsed = documents.into_iter().map(|(place, document)| {
        let version = ImageVersion::from_document(document);
        let version = version.unwrap_or_else(|e| panic!("{place}: {e}"));
        (place, version)
    });
    parsed.collect()
}

/// What an operator would have had to ask for to get the recorded list.
fn change_towards(before: &ImageVersion, request: &Value, wanted: &[Value]) -> PublishingChange {
    let default = request.pointer("/properties/publishingProfile/replicaCount");
    let region = |entry: &Value| Region::new(entry["name"].as_str().unwrap());
    let kept: Vec<Region> = wanted.iter().map(region).collect();
    PublishingChange {
        set: wanted
            .iter()
            .map(|entry| {
                let replicas = entry.get("regionalReplicaCount").or(default);
                RegionChange {
                    region: region(entry),
                    replicas: replicas
                        .and_then(Value::as_u64)
                        .map(|n| u32::try_from(n).unwrap()),
                    storage: entry["storageAccountType"]
                        .as_str()
                        .map(StorageAccountType::from),
                }
            })
            .collect(),
        remove: before
            .target_regions
            .iter()
            .map(|t| t.region.clone())
            .filter(|r| !kept.contains(r))
            .collect(),
        allow_deletion: None,
    }
}

fn regions(list: &Value) -> BTreeSet<Region> {
    let names = list
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["name"].as_str().unwrap());
    names.map(Region::new).collect()
}
