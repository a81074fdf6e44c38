//! What is written back to a version, held against the specification of the request and against
//! what azure-cli wrote when it was recorded.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use gallerist::azure::{ImageVersion, PublishingChange, Region, RegionChange, StorageAccountType};
use serde_json::Value;

use crate::ground_truth::{self, json_files, read};
use crate::spec::{Checked, Spec, azure_folder};
use crate::{calls::Call, facts};

const GALLERY_RP: &str = "compute/resource-manager/Microsoft.Compute/GalleryRP/stable/2024-03-03/";

/// What a version may be written with.
fn schema() -> Option<Checked> {
    let spec = Spec::load(&format!("{GALLERY_RP}gallery.json"))?;
    Some(spec.request_body("GalleryImageVersions_CreateOrUpdate"))
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
    for exchange in ground_truth::recordings(folder) {
        let place = format!("{} {}", exchange.file, exchange.target);
        match Call::of(&exchange) {
            Some(Call::ImageVersion) if exchange.status == 200 => {
                documents.push((place, exchange.response));
            }
            Some(Call::ImageVersions) => {
                let items = facts::items(&exchange.response).iter().cloned();
                documents.extend(items.map(|item| (place.clone(), item)));
            }
            _ => {}
        }
    }
    for file in json_files(
        &folder
            .join("specs")
            .join(GALLERY_RP)
            .join("examples/galleryExamples"),
    ) {
        let name = file.file_name().unwrap().display().to_string();
        if name.starts_with("GalleryImageVersion_Get") {
            let zero = "00000000-0000-0000-0000-000000000000";
            let text = read(&file)["responses"]["200"]["body"].to_string();
            let text = text.replace("{subscription-id}", zero);
            let document: Value = serde_json::from_str(&text).unwrap();
            // One example carries an id of a form that no resource has.
            if document["id"]
                .as_str()
                .unwrap()
                .starts_with("/subscriptions/")
            {
                documents.push((name, document));
            }
        }
    }
    let parsed = documents.into_iter().map(|(place, document)| {
        let version = ImageVersion::from_document(document);
        let version = version.unwrap_or_else(|e| panic!("{place}: {e}"));
        (place, version)
    });
    parsed.collect()
}

#[test]
fn every_body_is_one_that_the_specification_allows() {
    let (Some(folder), Some(schema)) = (azure_folder(), schema()) else {
        return;
    };
    let versions = versions(&folder);
    assert!(
        versions.len() > 40,
        "{} versions were found",
        versions.len()
    );
    for (place, version) in &versions {
        assert!(
            !schema.mistakes(version.document()).is_empty(),
            "{place}: an answer is no request"
        );
        for change in changes(version) {
            let mut body = version.update_body(&change);
            assert_eq!(schema.mistakes(&body), [""; 0], "{place}: {change:?}");
            body["properties"]["publishingProfile"]["replicaCount"] = "three".into();
            body["properties"]["unheardOf"] = 1.into();
            assert_eq!(
                schema.mistakes(&body).len(),
                2,
                "{place}: the schema is a strict one"
            );
        }
    }
    println!(
        "{} versions, 4 changes each, are bodies that the specification allows",
        versions.len()
    );
}

#[test]
fn recorded_updates_come_out_the_same() {
    let (Some(folder), Some(schema)) = (azure_folder(), schema()) else {
        return;
    };
    let mut last_read: BTreeMap<(String, String), ImageVersion> = BTreeMap::new();
    let mut compared = 0;
    for exchange in ground_truth::recordings(&folder) {
        let key = (exchange.file.clone(), exchange.path().to_ascii_lowercase());
        match Call::of(&exchange) {
            Some(Call::ImageVersion) if exchange.status == 200 => {
                let version = ImageVersion::from_document(exchange.response).unwrap();
                last_read.insert(key, version);
            }
            Some(Call::PutImageVersion) => {
                let wanted = exchange
                    .request
                    .pointer("/properties/publishingProfile/targetRegions");
                let (Some(before), Some(Value::Array(wanted))) = (last_read.get(&key), wanted)
                else {
                    continue;
                };
                let body = before.update_body(&change_towards(before, &exchange.request, wanted));
                assert_eq!(schema.mistakes(&body), [""; 0], "{}", exchange.file);
                assert_eq!(body["location"], exchange.request["location"]);
                assert_eq!(body["properties"]["storageProfile"], serde_json::json!({}));
                let ours = &body["properties"]["publishingProfile"]["targetRegions"];
                assert_eq!(
                    regions(ours),
                    regions(&Value::Array(wanted.clone())),
                    "{}",
                    exchange.file
                );
                compared += 1;
            }
            _ => {}
        }
    }
    assert!(compared >= 2, "{compared} recorded updates were compared");
    println!("{compared} recorded updates of target regions came out the same");
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
