//! What a machine is made of beside its interfaces: its identity and its disks.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::simulator::clock::compute_time;
use crate::simulator::resource_path::name_of;
use crate::simulator::resources::text;
use crate::simulator::world::World;

/// `vmId` of a machine; `birth` tells machines of the same name apart.
pub(in crate::simulator) fn vm_id(world: &World, id: &str, birth: usize) -> Uuid {
    let what = format!("vm {} of {birth}", id.to_lowercase());
    world.chance.id(&what)
}

/// `vm1_OsDisk_1_5cb9727d60504e1d8932ff1ee8f8a292`
pub(super) fn disk_name(world: &World, id: &str, birth: usize, what: &str) -> String {
    let guid = world
        .chance
        .id(&format!("{what} {} of {birth}", id.to_lowercase()));
    format!("{}_{what}_1_{}", name_of(id), guid.simple())
}

/// The document of a disk that a machine was created with (`DiskRP 2024-03-02/disk.json`;
/// `vm/specialized_image.json` of the recordings, the thirty-fifth request).
pub(in crate::simulator) fn disk(
    world: &World,
    machine: &Value,
    entry: &Value,
    generation: &str,
    created: Timestamp,
) -> Value {
    let id = text(entry, "/managedDisk/id");
    let size = entry["diskSizeGB"].as_i64().unwrap_or_default();
    let sku = text(entry, "/managedDisk/storageAccountType");
    let (tier, _) = sku.split_once('_').unwrap_or_default();
    let mut document = json!({
        "name": entry["name"],
        "id": id,
        "type": "Microsoft.Compute/disks",
        "location": machine["location"],
        "tags": {},
        "managedBy": machine["id"],
        "sku": { "name": sku, "tier": tier },
        "properties": {
            "creationData": { "createOption": "Empty" },
            "diskSizeGB": size,
            "diskSizeBytes": size << 30,
            "encryption": { "type": "EncryptionAtRestWithPlatformKey" },
            "networkAccessPolicy": "AllowAll",
            "publicNetworkAccess": "Enabled",
            "timeCreated": compute_time(created),
            "provisioningState": "Succeeded",
            "diskState": "Attached",
            "uniqueId": world.chance.id(&format!("disk {}", id.to_lowercase())),
        },
    });
    let properties = &mut document["properties"];
    if entry["osType"].is_string() {
        properties["osType"] = entry["osType"].clone();
        properties["hyperVGeneration"] = json!(generation);
        properties["supportedCapabilities"] = json!({ "architecture": "x64" });
    }
    if entry["createOption"] == "FromImage" {
        let mut reference = machine["properties"]["storageProfile"]["imageReference"].clone();
        let version = text(&reference, "/exactVersion");
        let mut image = String::new();
        for form in ["id", "sharedGalleryImageId", "communityGalleryImageId"] {
            if let Some(given) = reference[form].as_str() {
                image = exact(given, &version);
                reference[form] = json!(image);
            }
        }
        crate::simulator::writing::remove(&mut reference, "exactVersion");
        if let Some(lun) = entry["lun"].as_i64() {
            reference["lun"] = json!(lun);
        }
        properties["creationData"] = json!({
            "createOption": "FromImage",
            "imageReference": { "id": image },
            "galleryImageReference": reference,
        });
    }
    let security = &machine["properties"]["securityProfile"]["securityType"];
    if security == "TrustedLaunch" && entry["osType"].is_string() {
        properties["securityProfile"] = json!({ "securityType": "TrustedLaunch" });
    }
    document
}

/// A reference with the version that it came to.
fn exact(reference: &str, version: &str) -> String {
    let lower = reference.to_lowercase();
    match lower.rfind("/versions/") {
        Some(at) => format!("{}{version}", &reference[..at + "/versions/".len()]),
        None if lower.starts_with("/subscriptions/") => format!("{reference}/versions/{version}"),
        None => format!("{reference}/Versions/{version}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_tells_the_exact_version() {
        assert_eq!(
            exact("/subscriptions/s/images/d", "1.0.0"),
            "/subscriptions/s/images/d/versions/1.0.0"
        );
        assert_eq!(
            exact("/SharedGalleries/g/Images/d/Versions/latest", "1.0.0"),
            "/SharedGalleries/g/Images/d/Versions/1.0.0"
        );
        assert_eq!(
            exact("/SharedGalleries/g/Images/d", "1.0.0"),
            "/SharedGalleries/g/Images/d/Versions/1.0.0"
        );
    }
}
