//! Image versions that are deleted for the time being (Microsoft's `soft-delete-gallery.md`;
//! `vm/gallery_soft_delete.json` of the recordings).

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::simulator::access;
use crate::simulator::answer::{Outcome, Refusal};
use crate::simulator::arm::Admitted;
use crate::simulator::clock::{later, short_offset_time};
use crate::simulator::features;
use crate::simulator::paging::page;
use crate::simulator::resources::{key, text};
use crate::simulator::world::World;

const FEATURE: &str = "Microsoft.Compute/SIGSoftDelete";

/// How long a version can be restored.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

/// The versions that can be restored, by id.
#[derive(Default)]
pub(in crate::simulator) struct SoftDeleted(BTreeMap<String, Deleted>);

struct Deleted {
    version: Value,
    at: Timestamp,
}

impl SoftDeleted {
    /// Keeps a version that has just been deleted.
    pub(in crate::simulator) fn keep(&mut self, version: Value, at: Timestamp) {
        let key = key(version["id"].as_str().unwrap_or_default());
        self.0.insert(key, Deleted { version, at });
    }

    /// Forgets for good what was deleted long enough ago.
    pub(in crate::simulator) fn purge(&mut self, now: Timestamp) {
        self.0.retain(|_, deleted| later(deleted.at, KEPT) > now);
    }

    /// Forgets what lay below a resource that is gone.
    pub(in crate::simulator) fn forget(&mut self, resource: &str) {
        let below = format!("{}/", key(resource));
        self.0.retain(|id, _| !id.starts_with(&below));
    }

    /// The version with this id.
    pub(super) fn get(&self, id: &str) -> Option<&Value> {
        self.0.get(&key(id)).map(|deleted| &deleted.version)
    }

    /// Takes a version out, which is restored; says whether it was there.
    pub(super) fn take(&mut self, id: &str) -> bool {
        self.0.remove(&key(id)).is_some()
    }

    /// Whether there is a version below a gallery or a definition.
    pub(super) fn any_below(&self, id: &str) -> bool {
        self.below(id).next().is_some()
    }

    fn below<'s>(&'s self, id: &str) -> impl Iterator<Item = &'s Deleted> + use<'s> {
        let prefix = format!("{}/", key(id));
        let deleted = self.0.range(prefix.clone()..);
        let deleted = deleted.take_while(move |(id, _)| id.starts_with(&prefix));
        deleted.map(|(_, deleted)| deleted)
    }
}

/// Whether what is deleted in a gallery can be restored.
pub(super) fn is_on(gallery: &Value) -> bool {
    gallery["properties"]["softDeletePolicy"]["isSoftDeleteEnabled"] == json!(true)
}

/// That soft deletion may be turned on: the subscription is registered for the preview, and the
/// caller is an Owner or may share galleries. Azure's texts are unverified; the first is that of
/// direct sharing.
pub(super) fn admit_policy(
    world: &World,
    admitted: &Admitted,
    old: Option<&Value>,
    new: &Value,
) -> Result<(), Refusal> {
    if !is_on(new) || old.is_some_and(is_on) {
        return Ok(());
    }
    let subscription = admitted.path.subscription.as_deref().unwrap_or_default();
    if !features::is_registered(world, subscription, FEATURE) {
        return Err(Refusal::invalid(
            "gallery.properties.softDeletePolicy",
            format!(
                "The property 'gallery.properties.softDeletePolicy' is not valid because the \
                 '{FEATURE}' feature is not enabled for this subscription."
            ),
        ));
    }
    let action = "Microsoft.Compute/galleries/share/action";
    access::authorize(world, admitted.caller, action, &admitted.path.id())
}

/// What deleting a version comes to: whether it can be restored then.
///
/// # Errors
/// A failed version is not deleted while soft deletion is on. Azure's text is unverified.
pub(super) fn keeps(world: &World, admitted: &Admitted, version: &Value) -> Result<bool, Refusal> {
    let gallery = admitted.path.parent().and_then(|image| image.parent());
    let gallery = gallery.and_then(|gallery| world.resources.get(&gallery.id()));
    let bypassed = admitted.request.query("bypassSoftDelete");
    let bypassed = bypassed.is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if bypassed || !gallery.is_some_and(is_on) {
        return Ok(false);
    }
    if version["properties"]["provisioningState"] == "Failed" {
        return Err(Refusal::service(
            StatusCode::CONFLICT,
            "OperationNotAllowed",
            format!(
                "Gallery image version '{}' in provisioning state 'Failed' cannot be soft-deleted.",
                admitted.path.name()
            ),
        ));
    }
    Ok(true)
}

const KIND: &str = "Microsoft.Compute/galleries/softDeletedArtifactTypes/artifacts/versions";

/// `GET …/softDeletedArtifactTypes/Images/artifacts/{definition}/versions`
/// (`GalleryRP 2024-03-03/gallery.json`).
pub(super) fn list(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    let [gallery, kind, image] = &admitted.path.names[..] else {
        return Err(admitted.parent_not_found());
    };
    if !kind.eq_ignore_ascii_case("Images") {
        return Err(Refusal::invalid(
            "artifactType",
            "The value of parameter artifactType is invalid.",
        ));
    }
    let scope = admitted.path.scope();
    let gallery = format!("{scope}/providers/Microsoft.Compute/galleries/{gallery}");
    let Some(found) = world.resources.get(&gallery) else {
        return Err(admitted.parent_not_found());
    };
    let gallery = text(found, "/id");
    let deleted = world
        .soft_deleted
        .below(&format!("{gallery}/images/{image}"));
    let deleted = deleted.map(|Deleted { version, at }| {
        json!({
            "name": version["name"],
            "id": format!(
                "{gallery}/softDeletedArtifactTypes/Images/artifacts/{image}/versions/{}",
                text(version, "/name")
            ),
            "type": KIND,
            "location": version["location"],
            "properties": {
                "resourceArmId": version["id"],
                "softDeletedArtifactType": "Images",
                "softDeletedTime": short_offset_time(*at),
            },
        })
    });
    page(world, admitted.request, deleted.collect())
}
