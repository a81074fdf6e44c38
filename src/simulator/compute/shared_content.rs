//! What a gallery may hold that is shared directly or with the community (Microsoft's
//! `share-gallery-direct.md`, `share-gallery-community.md` and `shared-image-galleries.md`). Azure's
//! codes and texts for these are unverified.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::machines::security_types;
use super::sharing;
use crate::simulator::answer::Refusal;
use crate::simulator::arm::Admitted;
use crate::simulator::resources::text;
use crate::simulator::world::World;

/// A definition is in the region of its gallery, and not for one security type alone.
pub(super) fn check_image(
    world: &World,
    admitted: &Admitted,
    location: &str,
    properties: &Map<String, Value>,
) -> Result<(), Refusal> {
    let Some(gallery) = shared_gallery(world, admitted) else {
        return Ok(());
    };
    check_region(gallery, location)?;
    let (_, demanded) = security_types(&json!({ "properties": properties }));
    demanded.map_or(Ok(()), |demanded| {
        Err(refuse(
            gallery,
            &format!("with the security type '{demanded}'"),
        ))
    })
}

/// A version is in the region of its gallery, and not encrypted.
pub(super) fn check_version(
    world: &World,
    admitted: &Admitted,
    location: &str,
    publishing: &Value,
) -> Result<(), Refusal> {
    let Some(gallery) = shared_gallery(world, admitted) else {
        return Ok(());
    };
    check_region(gallery, location)?;
    let targets = publishing["targetRegions"].as_array();
    let mut targets = targets.into_iter().flatten();
    if targets.any(|target| target["encryption"].is_object()) {
        return Err(refuse(gallery, "that are encrypted"));
    }
    Ok(())
}

/// The gallery of a request's path, unless it is private.
fn shared_gallery<'w>(world: &'w World, admitted: &Admitted) -> Option<&'w Value> {
    let mut path = admitted.path.clone();
    while let Some(above) = path.parent() {
        path = above;
    }
    let gallery = world.resources.get(&path.id())?;
    (sharing::permissions(gallery) != "Private").then_some(gallery)
}

fn check_region(gallery: &Value, location: &str) -> Result<(), Refusal> {
    let home = text(gallery, "/location");
    if home == location {
        return Ok(());
    }
    Err(refuse(gallery, &format!("outside of its region '{home}'")))
}

fn refuse(gallery: &Value, what: &str) -> Refusal {
    Refusal::service(
        StatusCode::CONFLICT,
        "OperationNotAllowed",
        format!(
            "The gallery '{}' is shared with permissions '{}' and cannot have resources {what}.",
            text(gallery, "/name"),
            sharing::permissions(gallery)
        ),
    )
}
