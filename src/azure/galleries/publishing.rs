use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::image_version::ImageVersion;
use super::storage_account_type::StorageAccountType;
use crate::azure::region::Region;

/// What is to become of a version's target regions; whatever it does not name stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishingChange {
    /// Regions to add, or to give another number of replicas.
    pub set: Vec<RegionChange>,
    /// Regions to take away; wins over `set`.
    pub remove: Vec<Region>,
    /// Whether regions may be taken away from now on; nothing leaves it as it is.
    pub allow_deletion: Option<bool>,
}

/// What one region is to have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionChange {
    /// The region.
    pub region: Region,
    /// Its replicas; nothing leaves a present region's number, and gives a new one the version's.
    pub replicas: Option<u32>,
    /// What a new region's replicas are stored on. Of a present region it cannot be changed
    /// (Azure/azure-powershell#9911) and is left alone.
    pub storage: Option<StorageAccountType>,
}

/// What Azure writes into a version and does not take back: `readOnly` in `GalleryRP` 2024-03-03,
/// gallery.json and common-types v1, and `systemData`, which Resource Manager itself keeps
/// (common-types v5, types.json).
const READ_ONLY: [(&str, &[&str]); 4] = [
    ("", &["id", "name", "type", "systemData"]),
    (
        "/properties",
        &[
            "provisioningState",
            "replicationStatus",
            "validationsProfile",
        ],
    ),
    ("/properties/publishingProfile", &["publishedDate"]),
    (
        "/properties/safetyProfile",
        &["reportedForPolicyViolation", "policyViolations"],
    ),
];

impl ImageVersion {
    /// The body that writes this version back with one change: the document as it was read,
    /// without what is read-only, with `storageProfile: {}` and with the target regions changed as
    /// asked. Fields that nobody here knows survive; present regions keep their spelling.
    ///
    /// The list of target regions replaces the one that Azure has, hence the whole document
    /// (`recordings/vm/gallery_e2e.json`: `PUT` of version 1.1.2).
    #[must_use]
    pub fn update_body(&self, change: &PublishingChange) -> Value {
        let mut body = self.document.clone();
        for (object, fields) in READ_ONLY {
            if let Some(Value::Object(object)) = body.pointer_mut(object) {
                object.retain(|field, _| !fields.contains(&field.as_str()));
            }
        }
        if let Value::Object(root) = &mut body {
            edit(root, "properties", |properties| {
                properties.insert("storageProfile".to_owned(), json!({}));
                if let Some(allow) = change.allow_deletion {
                    edit(properties, "safetyProfile", |safety| {
                        safety.insert(ALLOW_DELETION.to_owned(), allow.into());
                    });
                }
                if !(change.set.is_empty() && change.remove.is_empty()) {
                    edit(properties, "publishingProfile", |profile| {
                        let regions = match profile.remove("targetRegions") {
                            Some(Value::Array(regions)) => regions,
                            _ => Vec::new(),
                        };
                        let regions = changed(regions, change);
                        profile.insert("targetRegions".to_owned(), regions.into());
                    });
                }
            });
        }
        body
    }
}

const ALLOW_DELETION: &str = "allowDeletionOfReplicatedLocations";

fn changed(mut regions: Vec<Value>, change: &PublishingChange) -> Vec<Value> {
    for wanted in &change.set {
        let mut present = false;
        for entry in regions.iter_mut().filter(|e| is_region(e, &wanted.region)) {
            present = true;
            if let (Some(entry), Some(replicas)) = (entry.as_object_mut(), wanted.replicas) {
                entry.insert("regionalReplicaCount".to_owned(), replicas.into());
            }
        }
        if !present {
            regions.push(new_region(wanted));
        }
    }
    regions.retain(|entry| !change.remove.iter().any(|gone| is_region(entry, gone)));
    regions
}

fn new_region(wanted: &RegionChange) -> Value {
    let mut entry = Map::new();
    entry.insert("name".to_owned(), wanted.region.as_str().into());
    if let Some(replicas) = wanted.replicas {
        entry.insert("regionalReplicaCount".to_owned(), replicas.into());
    }
    if let Some(storage) = &wanted.storage {
        entry.insert("storageAccountType".to_owned(), storage.as_str().into());
    }
    Value::Object(entry)
}

fn is_region(entry: &Value, region: &Region) -> bool {
    entry
        .get("name")
        .and_then(Value::as_str)
        .is_some_and(|name| Region::new(name) == *region)
}

/// Changes the object in a field, which is made where there is none.
fn edit(
    parent: &mut Map<String, Value>,
    field: &str,
    change: impl FnOnce(&mut Map<String, Value>),
) {
    let mut object = match parent.remove(field) {
        Some(Value::Object(object)) => object,
        _ => Map::new(),
    };
    change(&mut object);
    parent.insert(field.to_owned(), Value::Object(object));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn version(properties: &Value) -> ImageVersion {
        ImageVersion::from_document(json!({
            "id": "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/r/providers/Microsoft.Compute/galleries/g/images/d/versions/1.0.0",
            "name": "1.0.0",
            "type": "Microsoft.Compute/galleries/images/versions",
            "location": "westeurope",
            "tags": {"ring": "1"},
            "futureField": [1, {"a": null}],
            "properties": properties,
        }))
        .unwrap()
    }

    fn two_regions() -> ImageVersion {
        version(&json!({
            "publishingProfile": {
                "targetRegions": [
                    {"name": "West Europe", "regionalReplicaCount": 1, "storageAccountType": "Standard_ZRS", "futureRegionField": 7},
                    {"name": "North Europe", "storageAccountType": "Standard_LRS", "excludeFromLatest": true},
                ],
                "replicaCount": 1,
                "publishedDate": "2025-01-07T05:56:46.4648477+00:00",
                "storageAccountType": "Standard_LRS",
                "targetExtendedLocations": [{"name": "edge"}],
            },
            "storageProfile": {"source": {"id": "/x"}, "osDiskImage": {"sizeInGB": 30}},
            "safetyProfile": {
                "reportedForPolicyViolation": false,
                "allowDeletionOfReplicatedLocations": false,
                "blockDeletionBeforeEndOfLife": true,
            },
            "securityProfile": {"uefiSettings": {"signatureTemplateNames": ["NoSignatureTemplate"]}},
            "provisioningState": "Succeeded",
            "replicationStatus": {"aggregatedState": "Completed"},
            "futureProperty": {"deep": true},
        }))
    }

    fn set(region: &str, replicas: u32, storage: Option<StorageAccountType>) -> RegionChange {
        RegionChange {
            region: Region::new(region),
            replicas: Some(replicas),
            storage,
        }
    }

    #[test]
    fn only_the_change_differs_and_unknown_fields_survive() {
        let change = PublishingChange {
            set: vec![
                set("westeurope", 3, Some(StorageAccountType::PremiumLrs)),
                set("uksouth", 2, Some(StorageAccountType::StandardZrs)),
            ],
            remove: vec![Region::new("northeurope")],
            allow_deletion: Some(true),
        };
        assert_eq!(
            two_regions().update_body(&change),
            json!({
                "location": "westeurope",
                "tags": {"ring": "1"},
                "futureField": [1, {"a": null}],
                "properties": {
                    "publishingProfile": {
                        "targetRegions": [
                            {"name": "West Europe", "regionalReplicaCount": 3, "storageAccountType": "Standard_ZRS", "futureRegionField": 7},
                            {"name": "uksouth", "regionalReplicaCount": 2, "storageAccountType": "Standard_ZRS"},
                        ],
                        "replicaCount": 1,
                        "storageAccountType": "Standard_LRS",
                        "targetExtendedLocations": [{"name": "edge"}],
                    },
                    "storageProfile": {},
                    "safetyProfile": {
                        "allowDeletionOfReplicatedLocations": true,
                        "blockDeletionBeforeEndOfLife": true,
                    },
                    "securityProfile": {"uefiSettings": {"signatureTemplateNames": ["NoSignatureTemplate"]}},
                    "futureProperty": {"deep": true},
                },
            })
        );
    }

    #[test]
    fn no_change_writes_back_what_was_read() {
        let version = two_regions();
        let body = version.update_body(&PublishingChange::default());
        assert_eq!(
            body.pointer("/properties/publishingProfile/targetRegions"),
            version
                .document()
                .pointer("/properties/publishingProfile/targetRegions"),
        );
        assert_eq!(
            body.pointer("/properties/safetyProfile/allowDeletionOfReplicatedLocations"),
            Some(&json!(false)),
        );
    }

    #[test]
    fn absent_parts_are_made() {
        let change = PublishingChange {
            set: vec![set("West Europe", 2, None)],
            remove: vec![],
            allow_deletion: Some(false),
        };
        let body = version(&json!({"publishingProfile": null})).update_body(&change);
        assert_eq!(
            body["properties"],
            json!({
                "publishingProfile": {"targetRegions": [{"name": "westeurope", "regionalReplicaCount": 2}]},
                "safetyProfile": {"allowDeletionOfReplicatedLocations": false},
                "storageProfile": {},
            })
        );
    }

    fn region() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "West Europe",
            "westeurope",
            "NorthEurope",
            "North Europe",
            "uksouth",
            "East US 2",
        ])
    }

    fn entry() -> impl Strategy<Value = Value> {
        (region(), prop::option::of(1..50_u32), any::<u8>()).prop_map(|(name, replicas, odd)| {
            let mut entry = json!({"name": name, "storageAccountType": "Standard_LRS", "odd": odd});
            if let Some(replicas) = replicas {
                entry["regionalReplicaCount"] = replicas.into();
            }
            entry
        })
    }

    fn change() -> impl Strategy<Value = PublishingChange> {
        let set =
            (region(), prop::option::of(1..100_u32)).prop_map(|(name, replicas)| RegionChange {
                region: Region::new(name),
                replicas,
                storage: None,
            });
        (
            prop::collection::vec(set, 0..4),
            prop::collection::vec(region().prop_map(Region::new), 0..2),
            prop::option::of(any::<bool>()),
        )
            .prop_map(|(set, remove, allow_deletion)| PublishingChange {
                set,
                remove,
                allow_deletion,
            })
    }

    proptest! {
        #[test]
        fn a_change_touches_what_it_names_and_nothing_else(
            entries in prop::collection::vec(entry(), 0..5),
            change in change(),
        ) {
            let before = version(&json!({
                "publishingProfile": {"targetRegions": entries, "odd": 1},
                "safetyProfile": {"odd": 2},
                "odd": 3,
            }));
            let body = before.update_body(&change);
            prop_assert_eq!(&body["properties"]["odd"], &json!(3));
            prop_assert_eq!(&body["properties"]["publishingProfile"]["odd"], &json!(1));
            let after = body["properties"]["publishingProfile"]["targetRegions"].as_array().unwrap();
            let named = |entry: &Value| {
                change.set.iter().any(|s| is_region(entry, &s.region))
                    || change.remove.iter().any(|r| is_region(entry, r))
            };
            let untouched = |list: &[Value]| -> Vec<Value> {
                list.iter().filter(|e| !named(e)).cloned().collect()
            };
            prop_assert_eq!(untouched(after), untouched(&entries));
            prop_assert!(!after.iter().any(|e| change.remove.iter().any(|r| is_region(e, r))));
            for wanted in &change.set {
                let last = change.set.iter().rev().find(|s| s.region == wanted.region && s.replicas.is_some());
                let removed = change.remove.contains(&wanted.region);
                let found: Vec<_> = after.iter().filter(|e| is_region(e, &wanted.region)).collect();
                prop_assert_eq!(found.is_empty(), removed);
                for entry in found {
                    if let Some(last) = last {
                        prop_assert_eq!(&entry["regionalReplicaCount"], &json!(last.replicas.unwrap()));
                    }
                    if entry.get("odd").is_some() {
                        prop_assert_eq!(&entry["storageAccountType"], &json!("Standard_LRS"));
                    }
                }
            }
            let mut again = body.clone();
            for field in ["id", "name"] {
                again[field] = before.document()[field].clone();
            }
            let again = ImageVersion::from_document(again).unwrap().update_body(&change);
            prop_assert_eq!(again, body, "a change applied twice is the change applied once");
        }
    }
}
