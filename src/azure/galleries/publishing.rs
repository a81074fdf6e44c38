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

/// What Azure writes into a version and does not take back: `readOnly` in GalleryRP 2024-03-03,
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
    /// (recordings/vm/gallery_e2e.json: `PUT` of version 1.1.2).
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
