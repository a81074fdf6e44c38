//! What writing a resource has in common, whatever its provider.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::answer::Refusal;
use super::arm::Admitted;
use super::regions;
use super::resource_path::name_of;
use super::resources::text;

/// The location of a PUT, which never changes.
pub(super) fn location(
    admitted: &Admitted,
    body: &Map<String, Value>,
    existing: Option<&Value>,
) -> Result<String, Refusal> {
    let given = body
        .get("location")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if given.is_empty() {
        return Err(Refusal::gateway(
            StatusCode::BAD_REQUEST,
            "LocationRequired",
            "The location property is required for this definition.",
        ));
    }
    let kind = admitted.kind.name;
    let Some(region) = regions::find(given) else {
        return Err(Refusal::gateway(
            StatusCode::BAD_REQUEST,
            "LocationNotAvailableForResourceType",
            format!("The provided location '{given}' is not available for resource type '{kind}'."),
        ));
    };
    if let Some(existing) = existing {
        let kept = text(existing, "/location");
        if regions::normal(&kept) != region.name {
            return Err(Refusal::gateway(
                StatusCode::CONFLICT,
                "InvalidResourceLocation",
                format!(
                    "The resource '{}' already exists in location '{kept}' in resource group '{}'. \
                     A resource with the same name cannot be created in location '{}'. Please \
                     select a new resource name.",
                    admitted.path.name(),
                    admitted.path.group.as_deref().unwrap_or_default(),
                    region.name
                ),
            ));
        }
    }
    Ok(region.name.to_owned())
}

/// The document of a resource. What the body has besides is kept, known or not; what it lacks is
/// gone, tags included.
pub(super) fn document(
    id: &str,
    kind: &str,
    location: &str,
    body: Map<String, Value>,
    properties: Map<String, Value>,
) -> Value {
    let mut document = Map::new();
    document.insert("name".into(), json!(name_of(id)));
    document.insert("id".into(), json!(id));
    document.insert("type".into(), json!(kind));
    document.insert("location".into(), json!(location));
    for (name, value) in body {
        let own = matches!(name.as_str(), "name" | "id" | "type" | "location");
        if !own && !value.is_null() {
            document.insert(name, value);
        }
    }
    document.insert("properties".into(), Value::Object(properties));
    Value::Object(document)
}

/// JSON merge patch: members replace members, lists replace lists, null removes.
pub(super) fn merge(members: &mut Map<String, Value>, changes: Map<String, Value>) {
    for (name, change) in changes {
        match (members.get_mut(&name), change) {
            (_, Value::Null) => {
                members.remove(&name);
            }
            (Some(Value::Object(inner)), Value::Object(changes)) => merge(inner, changes),
            (_, change) => {
                members.insert(name, change);
            }
        }
    }
}

/// Takes a member out.
pub(super) fn remove(value: &mut Value, name: &str) {
    if let Some(members) = value.as_object_mut() {
        members.remove(name);
    }
}
