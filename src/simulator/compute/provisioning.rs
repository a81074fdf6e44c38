//! What writing a gallery, a definition and a version have in common.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::simulator::answer::{Answer, Outcome, Refusal};
use crate::simulator::arm::Admitted;
use crate::simulator::operations::{self, End, Style, Work};
use crate::simulator::resources::text;
use crate::simulator::world::World;

/// How long creating a gallery or a definition takes (durations in the recordings).
pub(super) const QUICK: Duration = Duration::from_millis(200);

/// That nothing else is being done to a resource (one update at a time: Microsoft's
/// `troubleshooting-shared-images.md`). The text for a
/// resource that is being deleted is Azure's, the other is unverified.
pub(super) fn refuse_while_busy(
    world: &World,
    admitted: &Admitted,
    existing: Option<&Value>,
) -> Result<(), Refusal> {
    let id = existing.map(|document| text(document, "/id"));
    let Some(running) = id.as_ref().and_then(|id| world.operations.busy(id)) else {
        return Ok(());
    };
    let name = admitted.path.name();
    let what = match admitted.kind.name {
        "Microsoft.Compute/galleries" | "Microsoft.Compute/galleries/share" => "Gallery",
        "Microsoft.Compute/galleries/images" => "Gallery Image",
        _ => "Gallery Image Version",
    };
    let why = if running.removes() {
        format!(
            "is not allowed on {name} since it is marked for deletion. You can only retry the Delete operation (or wait for an ongoing one to complete)."
        )
    } else {
        format!("is not allowed on {name} since another operation on it is in progress.")
    };
    Err(Refusal::service(
        StatusCode::CONFLICT,
        "OperationNotAllowed",
        format!("Operation 'Update {what}' {why}"),
    ))
}

/// Letters, digits and what `inside` allows, starting and ending with a letter or digit, at most 80
/// (Microsoft's `troubleshooting-shared-images.md`).
pub(super) fn check_name(
    name: &str,
    parameter: &str,
    refusal: &str,
    inside: fn(char) -> bool,
) -> Result<(), Refusal> {
    let ends = [name.chars().next(), name.chars().next_back()];
    let ends_well = ends
        .iter()
        .all(|c| c.is_some_and(|c| c.is_ascii_alphanumeric()));
    let all_well = name.chars().all(|c| c.is_ascii_alphanumeric() || inside(c));
    if ends_well && all_well && name.len() <= 80 {
        return Ok(());
    }
    Err(Refusal::invalid(parameter, refusal))
}

/// The properties of a PUT without what only the service writes; those there are if the body has
/// none at all.
pub(super) fn properties_of(
    body: &mut Map<String, Value>,
    existing: Option<&Value>,
) -> Map<String, Value> {
    let given = body.remove("properties");
    let given = given.filter(|given| !given.is_null());
    let old = || existing.map(|document| document["properties"].clone());
    let mut properties = match given.or_else(old) {
        Some(Value::Object(properties)) => properties,
        _ => Map::new(),
    };
    properties.remove("provisioningState");
    properties
}

/// Stores what a PUT made and begins its operation: 201 for a new resource, 200 for one that was
/// there, and `Azure-AsyncOperation` without `Location` (`vm/gallery_e2e.json` of the recordings).
pub(super) fn accept_put(
    world: &mut World,
    admitted: &Admitted,
    document: &mut Value,
    existed: bool,
    takes: Duration,
    end: End,
) -> Answer {
    let (status, state) = if existed {
        (StatusCode::OK, "Updating")
    } else {
        (StatusCode::CREATED, "Creating")
    };
    document["properties"]["provisioningState"] = json!(state);
    world.resources.put(document.clone());
    let answer = Answer::with(status, document.clone());
    let work = Work {
        style: Style::Galleries,
        monitored: false,
        api_version: admitted.request.api_version(),
        resource: document,
        takes,
        end,
    };
    operations::begin(world, answer, work)
}

/// Begins a deletion: 202 with `Azure-AsyncOperation` and `Location`, or 204 where there is nothing.
pub(super) fn accept_delete(
    world: &mut World,
    admitted: &Admitted,
    (takes, end): (Duration, End),
) -> Outcome {
    let Some(mut document) = world.resources.get(&admitted.path.id()).cloned() else {
        return Ok(Answer::empty(StatusCode::NO_CONTENT));
    };
    let id = text(&document, "/id");
    if world.resources.has_children(&id) || world.soft_deleted.any_below(&id) {
        return Err(Refusal::service(
            StatusCode::CONFLICT,
            "CannotDeleteResource",
            "Can not delete resource before nested resources are deleted.",
        ));
    }
    refuse_while_busy(world, admitted, Some(&document))?;
    document["properties"]["provisioningState"] = json!("Deleting");
    world.resources.put(document.clone());
    let answer = Answer::empty(StatusCode::ACCEPTED);
    let work = Work {
        style: Style::Galleries,
        monitored: true,
        api_version: admitted.request.api_version(),
        resource: &document,
        takes,
        end,
    };
    Ok(operations::begin(world, answer, work))
}
