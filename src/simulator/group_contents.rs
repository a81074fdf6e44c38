//! What is in a subscription or a resource group, of any provider
//! (`GET …/resources`, Resources 2024-07-01/resources.json).

use serde_json::{Value, json};

use super::access;
use super::answer::Outcome;
use super::arm::{Admitted, group_not_found};
use super::filter;
use super::paging::page_by_top;
use super::resource_path::ResourcePath;
use super::resources::text;
use super::world::World;

/// Every resource that has a location; `$filter=resourceType eq '…'` picks a type. Of a subscription
/// those that the caller may read.
pub(super) fn list(world: &World, admitted: &Admitted) -> Outcome {
    let place = admitted.path.scope();
    if let Some(name) = &admitted.path.group {
        admitted.authorize(world, "read")?;
        if world.resources.get(&place).is_none() {
            return Err(group_not_found(name));
        }
    }
    let conditions = filter::conditions(admitted.request)?;
    let wanted = |resource: &&Value| {
        conditions.iter().all(|(name, value)| match name.as_str() {
            "resourcetype" => text(resource, "/type").eq_ignore_ascii_case(value),
            "name" => text(resource, "/name").eq_ignore_ascii_case(value),
            _ => true,
        })
    };
    let all = world.resources.below(&place);
    let is_group = |resource: &Value| resource["type"] == "Microsoft.Resources/resourceGroups";
    let all = all.filter(|resource| resource["location"].is_string() && !is_group(resource));
    let may_read = |resource: &&Value| {
        let action = format!("{}/read", text(resource, "/type"));
        access::allowed(world, admitted.caller, &action, &text(resource, "/id"))
    };
    let all = all.filter(wanted);
    let all = all.filter(|resource| admitted.path.group.is_some() || may_read(resource));
    let all = all.map(described).collect();
    page_by_top(world, admitted.request, all)
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
