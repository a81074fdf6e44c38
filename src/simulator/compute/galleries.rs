//! Galleries (`GalleryRP 2024-03-03/gallery.json`).

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::provisioning::{self, QUICK};
use super::{gallery_limits, share, sharing, soft_delete};
use crate::simulator::answer::{Answer, Outcome, Refusal};
use crate::simulator::arm::Admitted;
use crate::simulator::operations::End;
use crate::simulator::paging::page;
use crate::simulator::resource_path::{name_of, subscription_of};
use crate::simulator::resources::text;
use crate::simulator::world::World;
use crate::simulator::writing::{self, remove};

/// What is said of a name that is none (Microsoft's `troubleshooting-shared-images.md`).
const NAMES: &str = "Gallery name is invalid. Allowed characters are English alphanumeric \
                     characters, with underscores, and periods allowed in the middle, up to 80 \
                     characters total. All other special characters, including dashes, are \
                     disallowed.";

/// The galleries of a subscription or a resource group.
pub(super) fn list(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    let scope = admitted.path.scope();
    let galleries = world
        .resources
        .of_type(&scope, "Microsoft.Compute/galleries");
    let galleries = galleries.map(|gallery| {
        let gallery = sharing::told(gallery, admitted.request.api_version());
        let mut gallery = without_groups(gallery);
        if admitted.path.group.is_some() {
            shout_group(&mut gallery);
        }
        gallery
    });
    page(world, admitted.request, galleries.collect())
}

/// Lists of a resource group come back with the group in upper case (`vm/gallery_e2e.json` of the
/// recordings, the fifth request).
fn shout_group(gallery: &mut Value) {
    let id = text(gallery, "/id");
    let mut parts: Vec<String> = id.split('/').map(str::to_owned).collect();
    if let Some(group) = parts.get_mut(4) {
        *group = group.to_uppercase();
    }
    gallery["id"] = json!(parts.join("/"));
}

/// One gallery. Whom it is shared with is told only with `$select=Permissions` or
/// `$expand=sharingProfile/Groups` (`vm/shared_gallery.json` of the recordings).
pub(super) fn get(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    let gallery = sharing::told(admitted.find(world)?, admitted.request.api_version());
    let asked = |name: &str, value: &str| {
        let given = admitted.request.query(name);
        given.is_some_and(|given| given.eq_ignore_ascii_case(value))
    };
    Ok(Answer::ok(
        if asked("$select", "Permissions") || asked("$expand", "sharingProfile/Groups") {
            gallery
        } else {
            without_groups(gallery)
        },
    ))
}

fn without_groups(mut gallery: Value) -> Value {
    if let Some(profile) = gallery.pointer_mut("/properties/sharingProfile") {
        remove(profile, "groups");
    }
    gallery
}

/// Creates or updates a gallery.
pub(super) fn put(world: &mut World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "write")?;
    let mut body = admitted.request.object()?;
    let existing = world.resources.get(&admitted.path.id()).cloned();
    provisioning::refuse_while_busy(world, admitted, existing.as_ref())?;
    let location = writing::location(admitted, &body, existing.as_ref())?;
    let name = admitted.path.name();
    if existing.is_none() {
        let inside = |c| matches!(c, '_' | '.');
        provisioning::check_name(name, "gallery.name", NAMES, inside)?;
        refuse_second(world, admitted)?;
        gallery_limits::check(world, admitted, &location)?;
    }
    let group = world
        .resources
        .get(&admitted.path.scope())
        .map(|group| text(group, "/id"))
        .unwrap_or_default();
    let id = existing.as_ref().map_or_else(
        || format!("{group}/providers/Microsoft.Compute/galleries/{name}"),
        |existing| text(existing, "/id"),
    );
    let mut properties = provisioning::properties_of(&mut body, existing.as_ref());
    let old = existing.as_ref().map(|gallery| &gallery["properties"]);
    properties.remove("sharingStatus");
    if let Some(status) = old.and_then(|old| old.get("sharingStatus")) {
        properties.insert("sharingStatus".into(), status.clone());
    }
    properties.insert("identifier".into(), identifier(&id));
    let policy = json!({ "properties": properties });
    soft_delete::admit_policy(world, admitted, existing.as_ref(), &policy)?;
    let sharing = sharing_profile(world, &id, properties.remove("sharingProfile"), old)?;
    if old.is_none()
        && sharing
            .as_ref()
            .is_some_and(|s| s["permissions"] == "Groups")
    {
        share::require_direct_sharing(world, admitted)?;
    }
    if let Some(sharing) = sharing {
        properties.insert("sharingProfile".into(), sharing);
    }
    let mut document = writing::document(
        &id,
        "Microsoft.Compute/galleries",
        &location,
        body,
        properties,
    );
    let mut answer = provisioning::accept_put(
        world,
        admitted,
        &mut document,
        existing.is_some(),
        QUICK,
        End::Succeed(json!({})),
    );
    let told = |gallery| without_groups(sharing::told(&gallery, admitted.request.api_version()));
    answer.body = answer.body.map(told);
    Ok(answer)
}

fn identifier(id: &str) -> Value {
    let subscription = subscription_of(id).unwrap_or_default();
    json!({ "uniqueName": format!("{subscription}-{}", name_of(id).to_uppercase()) })
}

/// A gallery's name is taken once in a subscription, whatever the group; the text is Azure's
/// (Microsoft's `troubleshooting-shared-images.md`).
fn refuse_second(world: &World, admitted: &Admitted) -> Result<(), Refusal> {
    let subscription = admitted.path.subscription.as_deref().unwrap_or_default();
    let scope = format!("/subscriptions/{subscription}");
    let name = admitted.path.name();
    let taken = world
        .resources
        .of_type(&scope, "Microsoft.Compute/galleries")
        .any(|gallery| text(gallery, "/name").eq_ignore_ascii_case(name));
    if taken {
        return Err(Refusal::service(
            StatusCode::CONFLICT,
            "Conflict",
            format!(
                "The gallery name '{name}' is not unique within the subscription \
                 '{subscription}'. Please pick another gallery name."
            ),
        ));
    }
    Ok(())
}

/// How a gallery is shared is settled when it is created: a PUT without a profile keeps it, and it
/// is not converted (Microsoft's `share-gallery-direct.md`, and
/// `vm/gallery_soft_delete.json` of the recordings).
fn sharing_profile(
    world: &World,
    id: &str,
    given: Option<Value>,
    old: Option<&Value>,
) -> Result<Option<Value>, Refusal> {
    if let Some(old) = old {
        let old = old.get("sharingProfile");
        let kept = old.map_or("Private", |o| {
            o["permissions"].as_str().unwrap_or("Private")
        });
        let wanted = given.as_ref().and_then(|g| g["permissions"].as_str());
        if wanted.is_some_and(|wanted| wanted != kept) {
            return Err(Refusal::service(
                StatusCode::CONFLICT,
                "PropertyChangeNotAllowed",
                "Changing property 'gallery.properties.sharingProfile.permissions' is not allowed.",
            ));
        }
        return Ok(old.cloned());
    }
    let Some(mut profile) = given else {
        return Ok(None);
    };
    remove(&mut profile, "groups");
    if profile["permissions"] == "Community" {
        let info = &mut profile["communityGalleryInfo"];
        for required in [
            "publicNamePrefix",
            "eula",
            "publisherUri",
            "publisherContact",
        ] {
            if info[required].as_str().is_none_or(str::is_empty) {
                return Err(Refusal::invalid(
                    "sharingProfile.communityGalleryInfo",
                    format!("Required parameter '{required}' is missing (null)."),
                ));
            }
        }
        let prefix = text(info, "/publicNamePrefix");
        info["communityGalleryEnabled"] = json!(false);
        info["publicNames"] = json!([public_name(world, id, &prefix)]);
    }
    Ok(Some(profile))
}

/// The name under which a community gallery is known to everyone.
pub(in crate::simulator) fn public_name(world: &World, id: &str, prefix: &str) -> String {
    let guid = world
        .chance
        .id(&format!("public name {}", id.to_lowercase()));
    format!("{prefix}-{guid}")
}

/// Deletes a gallery that is empty and shared with nobody.
pub(super) fn delete(world: &mut World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "delete")?;
    let existing = world.resources.get(&admitted.path.id());
    let shared = existing.and_then(|e| e.pointer("/properties/sharingProfile/permissions"));
    if shared.is_some_and(|permissions| permissions != "Private") {
        return Err(Refusal::service(
            StatusCode::CONFLICT,
            "OperationNotAllowed",
            "A shared gallery cannot be deleted. Please reset its sharing profile first.",
        ));
    }
    provisioning::accept_delete(world, admitted, (QUICK, End::Remove))
}
