//! Galleries, definitions and versions, all succeeded and replicated.

use serde_json::{Map, Value, json};

use super::Place;
use crate::simulator::clock::compute_time;
use crate::simulator::compute::{SUBSCRIPTIONS, TENANTS, public_name, sharing_status};
use crate::simulator::estate_file::{
    Extra, Gallery, Guid, Image, Permissions, SharedWith, Target, Version,
};
use crate::simulator::world::World;

impl Place<'_> {
    fn gallery_id(&self, gallery: &Gallery) -> String {
        format!(
            "{}/providers/Microsoft.Compute/galleries/{}",
            self.group(&gallery.resource_group),
            gallery.name
        )
    }

    pub(super) fn open(&self, world: &mut World, gallery: &Gallery) {
        let id = self.gallery_id(gallery);
        let mut properties = json!({
            "identifier": {
                "uniqueName": format!(
                    "{}-{}",
                    self.subscription.id.as_str(),
                    gallery.name.to_uppercase()
                ),
            },
            "provisioningState": "Succeeded",
        });
        if let Some(description) = &gallery.description {
            properties["description"] = json!(description);
        }
        if gallery.permissions != Permissions::Private {
            properties["sharingProfile"] = json!({ "permissions": gallery.permissions });
        }
        if let Some(shared) = &gallery.shared_with {
            properties["sharingProfile"]["groups"] = groups(shared.get_ref());
        }
        if let Some(community) = &gallery.community {
            let public_name = public_name(world, &id, &community.prefix);
            properties["sharingProfile"]["communityGalleryInfo"] = json!({
                "communityGalleryEnabled": community.enabled,
                "publisherUri": community.publisher,
                "publisherContact": community.contact,
                "eula": community.eula,
                "publicNamePrefix": community.prefix,
                "publicNames": [public_name],
            });
        }
        let document = json!({
            "name": gallery.name,
            "id": id,
            "type": "Microsoft.Compute/galleries",
            "location": gallery.location.as_str(),
            "tags": gallery.tags,
            "properties": properties,
        });
        world.resources.put(with_extra(document, &gallery.extra));
        for image in &gallery.images {
            define(world, &id, gallery, image);
        }
        if gallery.shared_with.is_some() {
            let document = world.resources.get(&id).unwrap_or(&Value::Null);
            let status = sharing_status(world, document, "Succeeded");
            if let Some(document) = world.resources.get_mut(&id) {
                document["properties"]["sharingStatus"] = status;
            }
        }
    }
}

/// The groups of a sharing profile; a kind without ids is not among them.
fn groups(shared: &SharedWith) -> Value {
    let kinds = [
        (SUBSCRIPTIONS, &shared.subscriptions),
        (TENANTS, &shared.tenants),
    ];
    let groups = kinds.iter().filter(|(_, ids)| !ids.is_empty());
    let groups = groups.map(|(kind, ids)| {
        let ids: Vec<&str> = ids.iter().map(Guid::as_str).collect();
        json!({ "type": kind, "ids": ids })
    });
    groups.collect::<Vec<Value>>().into()
}

fn define(world: &mut World, gallery_id: &str, gallery: &Gallery, image: &Image) {
    let id = format!("{gallery_id}/images/{}", image.name);
    let feature = |(name, value): (&String, &String)| json!({ "name": name, "value": value });
    let features: Vec<Value> = image.features.iter().map(feature).collect();
    let mut properties = json!({
        "hyperVGeneration": image.generation,
        "architecture": "x64",
        "osType": image.os,
        "osState": image.state,
        "identifier": { "publisher": image.publisher, "offer": image.offer, "sku": image.sku },
        "provisioningState": "Succeeded",
    });
    if !features.is_empty() {
        properties["features"] = json!(features);
    }
    if let Some(description) = &image.description {
        properties["description"] = json!(description);
    }
    if let Some(end) = image.end_of_life {
        properties["endOfLifeDate"] = json!(compute_time(end));
    }
    let document = json!({
        "name": image.name,
        "id": id,
        "type": "Microsoft.Compute/galleries/images",
        "location": gallery.location.as_str(),
        "tags": image.tags,
        "properties": properties,
    });
    world.resources.put(with_extra(document, &image.extra));
    for version in &image.versions {
        publish(world, &id, gallery, image, version);
    }
}

fn publish(world: &mut World, image_id: &str, gallery: &Gallery, image: &Image, version: &Version) {
    let targets = version.regions.iter().map(|(region, target)| match target {
        Target::Replicas(replicas) => json!({
            "name": region.display_name(),
            "regionalReplicaCount": replicas,
            "storageAccountType": "Standard_LRS",
        }),
        Target::Region(target) => {
            let mut document = json!({
                "name": region.display_name(),
                "regionalReplicaCount": target.replicas,
                "storageAccountType": target.storage,
            });
            if target.exclude_from_latest {
                document["excludeFromLatest"] = json!(true);
            }
            document
        }
    });
    let mut publishing = json!({
        "targetRegions": targets.collect::<Vec<_>>(),
        "replicaCount": 1,
        "excludeFromLatest": version.exclude_from_latest,
        "publishedDate": compute_time(version.published),
        "storageAccountType": "Standard_LRS",
    });
    if let Some(end) = version.end_of_life {
        publishing["endOfLifeDate"] = json!(compute_time(end));
    }
    let builder = image_id.split("/providers/").next().unwrap_or_default();
    let document = json!({
        "name": version.name,
        "id": format!("{image_id}/versions/{}", version.name),
        "type": "Microsoft.Compute/galleries/images/versions",
        "location": gallery.location.as_str(),
        "tags": version.tags,
        "properties": {
            "publishingProfile": publishing,
            "storageProfile": {
                "source": {
                    "virtualMachineId": format!(
                        "{builder}/providers/Microsoft.Compute/virtualMachines/build-{}",
                        image.name
                    ),
                },
                "osDiskImage": {
                    "sizeInGB": version.size,
                    "hostCaching": "ReadWrite",
                    "source": {},
                },
            },
            "safetyProfile": {
                "reportedForPolicyViolation": false,
                "allowDeletionOfReplicatedLocations":
                    version.allow_deletion_of_replicated_locations,
            },
            "provisioningState": "Succeeded",
        },
    });
    world.resources.put(with_extra(document, &version.extra));
}

/// Puts in what no specification knows.
fn with_extra(mut document: Value, extra: &Extra) -> Value {
    let copy = |into: &mut Value, from: &Map<String, Value>| {
        for (name, value) in from {
            into[name] = value.clone();
        }
    };
    copy(&mut document, &extra.document);
    copy(&mut document["properties"], &extra.properties);
    document
}
