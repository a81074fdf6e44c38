//! What a version is made from, and the disks it holds when that has been imported.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::source_rules;
use crate::simulator::access;
use crate::simulator::answer::Refusal;
use crate::simulator::arm::Admitted;
use crate::simulator::world::World;
use crate::simulator::writing::remove;

/// A version's storage profile.
pub(super) struct Storage {
    /// As it is answered at once
    pub(super) requested: Value,
    /// As it is once the source has been read: with the sizes of the disks
    pub(super) imported: Value,
}

/// The version that a storage profile is of.
pub(super) struct Version<'a> {
    pub(super) id: &'a str,
    /// `westeurope`
    pub(super) location: &'a str,
    /// Its definition
    pub(super) image: &'a Value,
}

/// The storage profile of a version that is created, or that is there. `{}` or none keeps it.
///
/// # Errors
/// A source that is missing, not to be read, or not the one that the version was made from.
pub(super) fn storage_profile(
    world: &World,
    admitted: &Admitted,
    version: &Version,
    given: Option<Value>,
    old: Option<&Value>,
) -> Result<Storage, Refusal> {
    let given = given.filter(|given| given.as_object().is_some_and(|given| !given.is_empty()));
    if let Some(old) = old {
        let old = &old["storageProfile"];
        if let Some(given) = given {
            check_unchanged(old, &given)?;
        }
        return Ok(Storage {
            requested: old.clone(),
            imported: old.clone(),
        });
    }
    let mut requested = given.unwrap_or_else(|| json!({}));
    let sources = source_ids(&requested);
    if sources.is_empty() && requested["source"]["communityGalleryImageId"].is_null() {
        return Err(one_source());
    }
    check_single(&requested)?;
    source_rules::check_kinds(&requested)?;
    for source in &sources {
        let action = admitted.kind.action("write");
        let linked = (source_rules::verb(source), source.as_str());
        access::authorize_link(world, admitted.caller, &action, version.id, linked)?;
        let found = world.resources.get(source);
        let found = found.ok_or_else(|| source_not_found(source))?;
        source_rules::check(world, found, version.image, version.location)?;
    }
    Ok(import(world, &mut requested))
}

/// The text is Azure's (Microsoft's `troubleshooting-shared-images.md`), its code unverified.
fn source_not_found(source: &str) -> Refusal {
    Refusal::service(
        StatusCode::NOT_FOUND,
        "NotFound",
        format!("Source was not found: {source}. Please make sure the source exists."),
    )
}

/// The text is Azure's, likewise.
fn one_source() -> Refusal {
    Refusal::invalid(
        "galleryImageVersion.properties.storageProfile",
        "The gallery artifact version source can only be specified either directly under \
         storageProfile or within individual OS or data disks. One and only one source type (user \
         image, snapshot, disk, virtual machine) can be provided.",
    )
}

/// A version is made of one whole source, or of disks: each once, at places of their own. The texts
/// are Azure's, likewise.
fn check_single(profile: &Value) -> Result<(), Refusal> {
    let source = &profile["source"];
    let whole = ["id", "virtualMachineId", "communityGalleryImageId"];
    let whole = whole
        .iter()
        .filter(|name| !source[**name].is_null())
        .count();
    let data = profile["dataDiskImages"].as_array();
    let disks = data.into_iter().flatten().chain([&profile["osDiskImage"]]);
    let disks: Vec<&Value> = disks.filter(|disk| !disk["source"].is_null()).collect();
    if whole + usize::from(!disks.is_empty()) > 1 {
        return Err(one_source());
    }
    let luns = data
        .into_iter()
        .flatten()
        .map(|disk| disk["lun"].to_string());
    if has_twice(luns) {
        return Err(Refusal::invalid(
            "dataDiskImages",
            "Duplicated lun numbers have been detected in the input data disks. Lun number must be \
             unique for each data disk.",
        ));
    }
    let ids = disks
        .iter()
        .filter_map(|disk| disk["source"]["id"].as_str());
    if has_twice(ids.map(str::to_lowercase)) {
        return Err(Refusal::invalid(
            "dataDiskImages",
            "Duplicated source ids are found in the input disks. Source id should be unique for \
             each disk.",
        ));
    }
    Ok(())
}

fn has_twice(texts: impl Iterator<Item = String>) -> bool {
    let mut seen = BTreeSet::new();
    let mut texts = texts;
    texts.any(|text| !seen.insert(text))
}

/// Every resource that a storage profile refers to.
fn source_ids(profile: &Value) -> Vec<String> {
    let whole = [
        &profile["source"]["id"],
        &profile["source"]["virtualMachineId"],
    ];
    let disks = profile["dataDiskImages"].as_array().into_iter().flatten();
    let disks = disks.chain([&profile["osDiskImage"]]);
    let disks = disks.map(|disk| &disk["source"]["id"]);
    let ids = whole.into_iter().chain(disks);
    ids.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The disks of a new version. Caching defaults and `"source": {}` are the service's
/// (`vm/gallery_image_version_vhd.json` and `gallery_e2e.json` of the recordings).
fn import(world: &World, requested: &mut Value) -> Storage {
    if requested["osDiskImage"].is_object() || requested["dataDiskImages"].is_array() {
        set_caching(&mut requested["osDiskImage"], "ReadWrite");
        let disks = requested.get_mut("dataDiskImages");
        for disk in disks.and_then(Value::as_array_mut).into_iter().flatten() {
            set_caching(disk, "ReadOnly");
        }
        let mut imported = requested.clone();
        set_size(world, &mut imported["osDiskImage"]);
        let disks = imported.get_mut("dataDiskImages");
        for disk in disks.and_then(Value::as_array_mut).into_iter().flatten() {
            set_size(world, disk);
        }
        return Storage {
            requested: requested.clone(),
            imported,
        };
    }
    let mut imported = requested.clone();
    let source = source_ids(requested).into_iter().next().unwrap_or_default();
    let (system, data) = disks_of(world.resources.get(&source).unwrap_or(&Value::Null));
    imported["osDiskImage"] = system;
    if !data.is_empty() {
        imported["dataDiskImages"] = json!(data);
    }
    Storage {
        requested: requested.clone(),
        imported,
    }
}

fn set_caching(disk: &mut Value, default: &str) {
    if disk["hostCaching"].is_null() {
        disk["hostCaching"] = json!(default);
    }
}

fn set_size(world: &World, disk: &mut Value) {
    let source = disk["source"]["id"].as_str().unwrap_or_default();
    let source = world.resources.get(source).unwrap_or(&Value::Null);
    let size = source["properties"]["diskSizeGB"].as_i64();
    disk["sizeInGB"] = json!(size.unwrap_or(VHD_SIZE));
}

/// The size in GB of a disk whose source does not tell.
const VHD_SIZE: i64 = 30;

/// System and data disks of a virtual machine, a managed image or another version.
fn disks_of(source: &Value) -> (Value, Vec<Value>) {
    let profile = &source["properties"]["storageProfile"];
    if profile["osDiskImage"].is_object() {
        let mut system = profile["osDiskImage"].clone();
        system["source"] = json!({});
        let mut data = profile["dataDiskImages"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        for disk in &mut data {
            remove(disk, "source");
        }
        return (system, data);
    }
    let size = |disk: &Value| json!(disk["diskSizeGB"].as_i64().unwrap_or(VHD_SIZE));
    let system = json!({
        "sizeInGB": size(&profile["osDisk"]),
        "hostCaching": "ReadWrite",
        "source": {},
    });
    let data = profile["dataDisks"].as_array().into_iter().flatten();
    let data = data.map(|disk| {
        let caching = disk["caching"].as_str().unwrap_or("None");
        json!({ "lun": disk["lun"], "sizeInGB": size(disk), "hostCaching": caching })
    });
    (system, data.collect())
}

/// A source never changes, and no disk comes in addition (Microsoft's
/// `troubleshooting-shared-images.md`).
fn check_unchanged(old: &Value, given: &Value) -> Result<(), Refusal> {
    let refuse = |property: &str| {
        Err(Refusal::service(
            StatusCode::CONFLICT,
            "PropertyChangeNotAllowed",
            format!(
                "Changing property 'galleryImageVersion.properties.storageProfile.{property}' is \
                 not allowed."
            ),
        ))
    };
    let differs = |old: &Value, given: &Value| {
        let given: Option<&Map<String, Value>> = given.as_object();
        given.into_iter().flatten().any(|(name, value)| {
            !value.is_null()
                && match (old[name].as_str(), value.as_str()) {
                    (Some(old), Some(given)) => !old.eq_ignore_ascii_case(given),
                    _ => old[name] != *value,
                }
        })
    };
    if differs(&old["source"], &given["source"]) {
        return refuse("source.id");
    }
    if differs(
        &old["osDiskImage"]["source"],
        &given["osDiskImage"]["source"],
    ) {
        return refuse("osDiskImage.source.id");
    }
    let known = old["dataDiskImages"].as_array();
    for disk in given["dataDiskImages"].as_array().into_iter().flatten() {
        let same_lun = known
            .into_iter()
            .flatten()
            .find(|old| old["lun"] == disk["lun"]);
        match same_lun {
            None => {
                return Err(Refusal::service(
                    StatusCode::CONFLICT,
                    "PropertyChangeNotAllowed",
                    "Adding new Data Disks or changing the LUN of a Data Disk in an existing Image \
                     is not allowed.",
                ));
            }
            Some(old) if differs(&old["source"], &disk["source"]) => {
                return refuse("dataDiskImages.source.id");
            }
            Some(_) => {}
        }
    }
    Ok(())
}
