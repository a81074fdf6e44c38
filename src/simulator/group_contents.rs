//! What is in a resource group, of any provider (`GET …/resourceGroups/{group}/resources`,
//! Resources 2024-07-01/resources.json).

use serde_json::{Value, json};

use super::answer::Outcome;
use super::arm::{Admitted, group_not_found};
use super::filter;
use super::paging::page;
use super::resource_path::ResourcePath;
use super::resources::text;
use super::world::World;

/// Every resource that has a location; `$filter=resourceType eq '…'` picks a type.
pub(super) fn list(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    let group = admitted.path.scope();
    if world.resources.get(&group).is_none() {
        let name = admitted.path.group.as_deref();
        return Err(group_not_found(name.unwrap_or_default()));
    }
    let conditions = filter::conditions(admitted.request)?;
    let wanted = |resource: &&Value| {
        conditions.iter().all(|(name, value)| match name.as_str() {
            "resourcetype" => text(resource, "/type").eq_ignore_ascii_case(value),
            "name" => text(resource, "/name").eq_ignore_ascii_case(value),
            _ => true,
        })
    };
    let all = world.resources.below(&group);
    let all = all.filter(|resource| resource["location"].is_string());
    let all = all.filter(wanted).map(described).collect();
    page(world, admitted.request, all)
}

/// A resource without its properties; one below another is named with it, as `machine/extension`.
fn described(resource: &Value) -> Value {
    let id = text(resource, "/id");
    let name = ResourcePath::parse(&id).map(|path| path.names.join("/"));
    let mut document = json!({
        "id": id,
        "name": name,
        "type": resource["type"],
        "location": resource["location"],
    });
    for shown in [
        "kind",
        "managedBy",
        "sku",
        "plan",
        "identity",
        "zones",
        "tags",
    ] {
        if !resource[shown].is_null() {
            document[shown] = resource[shown].clone();
        }
    }
    document
}
