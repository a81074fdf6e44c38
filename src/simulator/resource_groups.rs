//! Resource groups (`resource/resource_group.json` of the recordings).

use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::access;
use super::answer::{Answer, Outcome, Refusal};
use super::arm::{Admitted, group_not_found};
use super::filter;
use super::operations::{self, End, Style, Work};
use super::paging::page_by_top;
use super::regions;
use super::resources::{Resources, text};
use super::world::World;

/// Shortest and longest deletion of an empty group, in simulated seconds; each resource in it adds
/// some.
const DELETION_SECONDS: (f64, f64) = (15.0, 60.0);
const DELETION_OF_A_RESOURCE: Duration = Duration::from_secs(2);

/// `GET …/resourcegroups`: those that the caller may read.
pub(super) fn list(world: &World, admitted: &Admitted) -> Outcome {
    let action = admitted.kind.action("read");
    let conditions = filter::conditions(admitted.request)?;
    let readable = |document: &&Value| {
        access::allowed(world, admitted.caller, &action, &text(document, "/id"))
    };
    let groups = in_subscription(&world.resources, admitted)
        .filter(readable)
        .filter(|group| is_tagged(group, &conditions));
    page_by_top(world, admitted.request, groups.cloned().collect())
}

/// `tagName eq 'a' and tagValue eq 'b'`.
fn is_tagged(group: &Value, conditions: &[(String, String)]) -> bool {
    let wanted = |name: &str| {
        let found = conditions.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    };
    let Some(name) = wanted("tagname") else {
        return true;
    };
    let Some(value) = group["tags"][name].as_str() else {
        return false;
    };
    wanted("tagvalue").is_none_or(|wanted| wanted == value)
}

/// `GET` and `HEAD …/resourcegroups/{name}`; HEAD answers 204, or 404 without a body.
pub(super) fn get(world: &World, admitted: &Admitted) -> Outcome {
    let head = admitted.request.method == Method::HEAD;
    admitted.authorize(world, "read")?;
    let Some(document) = world.resources.get(&admitted.path.id()) else {
        let refusal = group_not_found(admitted.path.name());
        return if head {
            let mut answer = Answer::from(refusal);
            answer.body = None;
            Ok(answer)
        } else {
            Err(refusal)
        };
    };
    Ok(if head {
        Answer::empty(StatusCode::NO_CONTENT)
    } else {
        Answer::ok(document.clone())
    })
}

/// Creates a group, or replaces its tags: done at once.
pub(super) fn put(world: &mut World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "write")?;
    let body = admitted.request.object()?;
    let name = admitted.path.name();
    check_name(name)?;
    let location = location(&body)?;
    let existing = world.resources.get(&admitted.path.id());
    let id = match existing {
        None => {
            let subscription = admitted.path.names.first().map_or("", String::as_str);
            format!("/subscriptions/{subscription}/resourceGroups/{name}")
        }
        Some(existing) => {
            refuse_while_deleting(existing)?;
            let kept = text(existing, "/location");
            if regions::normal(&kept) != location {
                let given = body["location"].as_str().unwrap_or_default();
                return Err(elsewhere(given, &kept));
            }
            text(existing, "/id")
        }
    };
    let status = match existing {
        None => StatusCode::CREATED,
        Some(_) => StatusCode::OK,
    };
    let mut document = json!({
        "id": id,
        "name": super::resource_path::name_of(&id),
        "type": "Microsoft.Resources/resourceGroups",
        "location": location,
        "properties": { "provisioningState": "Succeeded" },
    });
    for kept in ["tags", "managedBy"] {
        if let Some(value) = body.get(kept).filter(|value| !value.is_null()) {
            document[kept] = value.clone();
        }
    }
    world.resources.put(document.clone());
    Ok(Answer::with(status, document))
}

/// Replaces the tags of a group.
pub(super) fn patch(world: &mut World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "write")?;
    let body = admitted.request.object()?;
    let Some(document) = world.resources.get_mut(&admitted.path.id()) else {
        return Err(group_not_found(admitted.path.name()));
    };
    refuse_while_deleting(document)?;
    for changed in ["tags", "managedBy"] {
        if let Some(value) = body.get(changed) {
            document[changed] = value.clone();
        }
    }
    Ok(Answer::ok(document.clone()))
}

/// Deletes a group with everything in it: 202 and `Location`, which answers 202 until all is gone.
pub(super) fn delete(world: &mut World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "delete")?;
    let Some(mut document) = world.resources.get(&admitted.path.id()).cloned() else {
        return Err(group_not_found(admitted.path.name()));
    };
    let id = text(&document, "/id");
    let (least, most) = DELETION_SECONDS;
    let what = format!("delete {}", id.to_lowercase());
    let inside = u32::try_from(world.resources.count_below(&id)).unwrap_or(u32::MAX);
    let takes = world.chance.seconds(&what, least, most) + DELETION_OF_A_RESOURCE * inside;
    document["properties"]["provisioningState"] = json!("Deleting");
    world.resources.put(document.clone());
    let work = Work {
        style: Style::ResourceManager,
        monitored: true,
        api_version: admitted.request.api_version(),
        resource: &document,
        takes,
        end: End::Remove,
    };
    Ok(operations::begin(
        world,
        Answer::empty(StatusCode::ACCEPTED),
        work,
    ))
}

/// A group that is being deleted takes no changes.
///
/// # Errors
/// ARM's `ResourceGroupBeingDeleted`.
pub(super) fn refuse_while_deleting(group: &Value) -> Result<(), Refusal> {
    if group["properties"]["provisioningState"] != "Deleting" {
        return Ok(());
    }
    Err(Refusal::gateway(
        StatusCode::CONFLICT,
        "ResourceGroupBeingDeleted",
        format!(
            "The resource group '{}' is in deprovisioning state and cannot perform this operation.",
            text(group, "/name")
        ),
    ))
}

/// 1 to 90 letters, digits, `-`, `_`, `.`, `(` and `)`, no period at the end (Microsoft's
/// `resource-name-rules.md`). The second half of the text is unverified.
fn check_name(name: &str) -> Result<(), Refusal> {
    let refuse = |why: String| {
        Err(Refusal::gateway(
            StatusCode::BAD_REQUEST,
            "InvalidResourceGroup",
            format!("The provided resource group name '{name}' {why}"),
        ))
    };
    let wrong: String = name
        .chars()
        .filter(|c| !c.is_alphanumeric() && !matches!(c, '-' | '_' | '.' | '(' | ')'))
        .collect();
    if !wrong.is_empty() {
        return refuse(format!(
            "has these invalid characters: '{wrong}'. The name can only be a letter, digit, '-', \
             '.', '(', ')' or '_'."
        ));
    }
    if name.chars().count() > 90 {
        return refuse("exceeds the maximum length of '90'.".to_owned());
    }
    if name.ends_with('.') {
        return refuse("ends with a period, which is not allowed.".to_owned());
    }
    Ok(())
}

/// The region of a body in its canonical spelling.
fn location(body: &Map<String, Value>) -> Result<String, Refusal> {
    let given = body.get("location").and_then(Value::as_str);
    let Some(given) = given.filter(|given| !given.is_empty()) else {
        return Err(Refusal::gateway(
            StatusCode::BAD_REQUEST,
            "LocationRequired",
            "The location property is required for this definition.",
        ));
    };
    regions::find(given)
        .map(|region| region.name.to_owned())
        .ok_or_else(|| {
            Refusal::gateway(
                StatusCode::BAD_REQUEST,
                "LocationNotAvailableForResourceGroup",
                format!(
                    "The provided location '{given}' is not available for resource group. List of \
                 available regions is '{}'.",
                    regions::names().join(",")
                ),
            )
        })
}

/// The text is Azure's (azure-cli issue 22242).
fn elsewhere(given: &str, kept: &str) -> Refusal {
    Refusal::gateway(
        StatusCode::CONFLICT,
        "InvalidResourceGroupLocation",
        format!(
            "Invalid resource group location '{given}'. The Resource group already exists in \
             location '{kept}'."
        ),
    )
}

fn in_subscription<'w>(
    resources: &'w Resources,
    admitted: &Admitted,
) -> impl Iterator<Item = &'w Value> + use<'w> {
    let subscription = admitted.path.names.first().map_or("", String::as_str);
    resources.members(&format!("/subscriptions/{subscription}/resourceGroups"))
}
