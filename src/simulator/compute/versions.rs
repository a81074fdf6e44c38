//! Image versions (`GalleryRP 2024-03-03/gallery.json`).

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::provisioning;
use super::publishing::{self, Profile};
use super::replication;
use super::retargeting::Changes;
use super::{gallery_limits, shared_content, soft_delete, sources};
use crate::simulator::answer::{Answer, Outcome, Refusal};
use crate::simulator::arm::Admitted;
use crate::simulator::clock::compute_time;
use crate::simulator::operations::{End, Failure};
use crate::simulator::paging::page;
use crate::simulator::resources::text;
use crate::simulator::world::World;
use crate::simulator::writing::{self, merge, remove};

/// The versions of a definition; `$expand` is ignored on lists (`GalleryRP 2024-03-03/gallery.json`).
pub(super) fn list(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    let image = text(admitted.find_parent(world, "read")?, "/id");
    let api_version = admitted.request.api_version();
    let versions = world.resources.members(&format!("{image}/versions"));
    let versions = versions.map(|version| described(version, api_version));
    page(world, admitted.request, versions.collect())
}

/// One version, with `$expand=ReplicationStatus` how far its copies are.
pub(super) fn get(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    let stored = admitted.find(world)?;
    let mut version = described(stored, admitted.request.api_version());
    let expand = admitted.request.query("$expand").unwrap_or_default();
    if expand
        .split(',')
        .any(|part| part.trim().eq_ignore_ascii_case("ReplicationStatus"))
    {
        let now = world.clock.now();
        version["properties"]["replicationStatus"] = world.copies.status(stored, now);
    }
    Ok(Answer::ok(version))
}

/// Safety profiles came with 2022-03-03 and are not answered before (`extensions/community_gallery_operations.json` of the recordings).
fn described(version: &Value, api_version: &str) -> Value {
    let mut version = version.clone();
    if api_version < "2022-03-03" {
        remove(&mut version["properties"], "safetyProfile");
    }
    version
}

/// Creates or updates a version. Target regions are a full replacement list
/// (`vm/gallery_e2e.json` of the recordings).
pub(super) fn put(world: &mut World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "write")?;
    let body = admitted.request.object()?;
    write(world, admitted, body)
}

/// Updates what the body names, and keeps all else. Answered with 200, as the specification has it.
pub(super) fn patch(world: &mut World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "write")?;
    let changes = admitted.request.object()?;
    let mut body = admitted
        .find(world)?
        .as_object()
        .cloned()
        .unwrap_or_default();
    merge(&mut body, changes);
    write(world, admitted, body)
}

fn write(world: &mut World, admitted: &Admitted, mut body: Map<String, Value>) -> Outcome {
    let name = admitted.path.name();
    let definition = admitted.find_parent(world, "write")?.clone();
    let image = text(&definition, "/id");
    let existing = world.resources.get(&admitted.path.id());
    // A PUT of a version that was soft-deleted restores it, whatever it says of `restore`
    // (vm/gallery_soft_delete.json of the recordings).
    let deleted = world.soft_deleted.get(&admitted.path.id());
    let existing = existing.or(deleted).cloned();
    let restores = |properties: &Value| properties["restore"] == json!(true);
    if existing.is_none() && body.get("properties").is_some_and(restores) {
        return Err(nothing_to_restore(name));
    }
    provisioning::refuse_while_busy(world, admitted, existing.as_ref())?;
    let location = writing::location(admitted, &body, existing.as_ref())?;
    check_version_name(name)?;
    let id = format!("{image}/versions/{name}");
    let old = existing.as_ref().map(|version| &version["properties"]);
    let api_version = admitted.request.api_version();

    let mut properties = provisioning::properties_of(&mut body, existing.as_ref());
    for service_only in ["replicationStatus", "validationsProfile", "restore"] {
        properties.remove(service_only);
    }
    let published = old.map_or_else(
        || json!(compute_time(world.clock.now())),
        |old| old["publishingProfile"]["publishedDate"].clone(),
    );
    let profile = Profile {
        location: &location,
        old: old.map(|old| &old["publishingProfile"]),
        api_version,
    };
    let publishing = profile.publish(properties.remove("publishingProfile"), published)?;
    let safety = publishing::safety(properties.remove("safetyProfile"), old);
    let storage = sources::storage_profile(
        world,
        admitted,
        &sources::Version {
            id: &id,
            location: &location,
            image: &definition,
        },
        properties.remove("storageProfile"),
        old,
    )?;
    if old.is_none() {
        gallery_limits::check(world, admitted, &location)?;
    }
    shared_content::check_version(world, admitted, &location, &publishing)?;
    let changes = Changes::between(world, &id, old, &publishing);
    if !changes.removed.is_empty() && safety["allowDeletionOfReplicatedLocations"] != json!(true) {
        return Err(removal_not_allowed(name));
    }
    properties.insert("publishingProfile".into(), publishing);
    properties.insert("storageProfile".into(), storage.requested);
    properties.insert("safetyProfile".into(), safety);

    let (mut takes, failures) = changes.start(world, &id);
    if world.soft_deleted.take(&id) {
        // 2.5 minutes in the recording.
        takes = takes.max(world.chance.seconds(&format!("restore {id}"), 120.0, 180.0));
    }
    let end = if failures.is_empty() {
        End::Succeed(json!({ "storageProfile": storage.imported }))
    } else {
        let message = replication::failure_message(&failures);
        End::Fail(Failure::new(REPLICATION_FAILED, message))
    };
    let mut document = writing::document(&id, KIND, &location, body, properties);
    let mut answer = provisioning::accept_put(
        world,
        admitted,
        &mut document,
        existing.is_some(),
        takes,
        end,
    );
    answer.body = answer.body.map(|body| described(&body, api_version));
    Ok(answer)
}

const KIND: &str = "Microsoft.Compute/galleries/images/versions";

/// The code of a failed replication: no recording has one. The text is known.
const REPLICATION_FAILED: &str = "ReplicationJobsNotSuccessful";

/// Azure's text is unverified.
fn nothing_to_restore(name: &str) -> Refusal {
    Refusal::service(
        StatusCode::NOT_FOUND,
        "NotFound",
        format!("There is no soft-deleted gallery image version '{name}' to restore."),
    )
}

/// `Major.Minor.Patch`, each a 32-bit integer; the text is Azure's (Microsoft's
/// `troubleshooting-shared-images.md`).
fn check_version_name(name: &str) -> Result<(), Refusal> {
    let parts: Vec<&str> = name.split('.').collect();
    let is_number =
        |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit()) && part.parse::<i32>().is_ok();
    if parts.len() == 3 && parts.iter().all(is_number) {
        return Ok(());
    }
    Err(Refusal::invalid(
        "galleryImageVersion.name",
        "The image version name is invalid. The image version name should follow \
         Major(int).Minor(int).Patch(int) format, for e.g: 1.0.0, 2018.12.1 etc.",
    ))
}

/// The text is Azure's, as for application versions (hashicorp/terraform-provider-azurerm pull
/// request 21999).
fn removal_not_allowed(name: &str) -> Refusal {
    Refusal::service(
        StatusCode::BAD_REQUEST,
        "BadRequest",
        format!(
            "Complete set of target locations not specified while updating gallery artifact \
             '{name}' and type 'GalleryImageVersion'. Deletion of previously replicated locations \
             is not allowed, and you need to specify a complete set of target locations in the \
             update request or specify null or empty set for target regions in the update request \
             or set allow deletion of replicated locations under safety profile property. To \
             figure out complete set of target locations, you can perform a get first on gallery \
             artifact"
        ),
    )
}

/// Deletes a version, unless it is protected until its end of life.
pub(super) fn delete(world: &mut World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "delete")?;
    let mut end = End::Remove;
    if let Some(version) = world.resources.get(&admitted.path.id()) {
        if soft_delete::keeps(world, admitted, version)? {
            end = End::SoftDelete;
        }
        let properties = &version["properties"];
        let end_of_life = properties["publishingProfile"]["endOfLifeDate"].as_str();
        let end_of_life = end_of_life.and_then(|text| text.parse::<jiff::Timestamp>().ok());
        let alive = end_of_life.is_some_and(|end| end > world.clock.now());
        if alive && properties["safetyProfile"]["blockDeletionBeforeEndOfLife"] == json!(true) {
            return Err(Refusal::service(
                StatusCode::CONFLICT,
                "DeleteGalleryImageVersionBlockedBeforeEndOfLife",
                format!(
                    "Gallery image version '{}' cannot be deleted before its end of life date.",
                    admitted.path.name()
                ),
            ));
        }
    }
    let what = format!("delete {}", admitted.path.id().to_lowercase());
    // 0.5 to 2.2 minutes in the recordings.
    let takes = world.chance.seconds(&what, 30.0, 132.0);
    provisioning::accept_delete(world, admitted, (takes, end))
}
