//! Virtual networks (network 2024-05-01; `network/network_vnet.json` of the recordings).

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::prefixes::Prefix;
use super::provisioning;
use super::subnets::{self, subnets_of};
use crate::simulator::answer::{Answer, Outcome, Refusal};
use crate::simulator::arm::Admitted;
use crate::simulator::operations::End;
use crate::simulator::paging::page;
use crate::simulator::resources::text;
use crate::simulator::world::World;
use crate::simulator::writing;

/// The networks of a subscription or a resource group.
pub(super) fn list(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    let scope = admitted.path.scope();
    let networks = world
        .resources
        .of_type(&scope, "Microsoft.Network/virtualNetworks");
    let networks = networks.map(|network| described(world, network));
    page(world, admitted.request, networks.collect())
}

/// One network.
pub(super) fn get(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    let network = described(world, admitted.find(world)?);
    let etag = text(&network, "/etag");
    Ok(Answer::ok(network).header("etag", etag))
}

fn described(world: &World, network: &Value) -> Value {
    let mut network = network.clone();
    let subnets: Vec<Value> = subnets_of(&network)
        .map(|subnet| subnets::described(world, subnet))
        .collect();
    network["properties"]["subnets"] = json!(subnets);
    network
}

/// How full the subnets of a network are; Azure's reserved addresses are in neither number.
pub(super) fn usages(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    let network = admitted.find_parent(world, "read")?;
    let usage = |subnet: &Value| {
        let id = text(subnet, "/id");
        let limit = subnets::prefix_of(subnet).map_or(0, Prefix::usable);
        json!({
            "currentValue": subnets::users(world, &id).count(),
            "id": id,
            "limit": limit,
            "name": { "localizedValue": "Subnet size and usage", "value": "SubnetSpace" },
            "unit": "Count",
        })
    };
    page(
        world,
        admitted.request,
        subnets_of(network).map(usage).collect(),
    )
}

/// Creates or updates a network with its subnets.
pub(super) fn put(world: &mut World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "write")?;
    let mut body = admitted.request.object()?;
    let existing = world.resources.get(&admitted.path.id()).cloned();
    let location = writing::location(admitted, &body, existing.as_ref())?;
    provisioning::check_name(admitted.path.name())?;
    let id = admitted.id(world);
    provisioning::refuse_while_busy(world, &id)?;
    let given = body.remove("properties").unwrap_or(Value::Null);
    let mut properties = given.as_object().cloned().unwrap_or_default();
    let given_subnets = properties.remove("subnets");
    let given_subnets = given_subnets.as_ref().and_then(Value::as_array);
    check_space(&id, &properties)?;
    fill_defaults(world, &id, &mut properties);
    let mut network = writing::document(&id, KIND, &location, body, properties);
    network["etag"] = json!(provisioning::next_etag(
        world,
        existing.as_ref().unwrap_or(&network)
    ));

    let mut made: Vec<Value> = Vec::new();
    for given in given_subnets.into_iter().flatten() {
        let name = text(given, "/name");
        provisioning::check_name(&name)?;
        made.push(subnets::document(&network, &name, given, &made)?);
    }
    for old in existing.iter().flat_map(subnets_of) {
        let name = text(old, "/name");
        if !made
            .iter()
            .any(|s| text(s, "/name").eq_ignore_ascii_case(&name))
        {
            subnets::refuse_while_used(world, old, "InUseSubnetCannotBeDeleted", "deleted")?;
        }
    }
    network["properties"]["subnets"] = json!(made);

    let mut done = network.clone();
    set_etag(&mut done, &provisioning::next_etag(world, &network));
    set_state(&mut done, "Succeeded");
    set_state(&mut network, "Updating");
    world.resources.put(network.clone());
    let status = if existing.is_some() {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    let answer = Answer::with(status, network.clone());
    let end = End::Become(done);
    Ok(provisioning::accept_put(
        world, admitted, answer, &network, end,
    ))
}

const KIND: &str = "Microsoft.Network/virtualNetworks";

fn check_space(id: &str, properties: &Map<String, Value>) -> Result<(), Refusal> {
    let space = properties.get("addressSpace");
    let prefixes = space.and_then(|space| space["addressPrefixes"].as_array());
    let parses = |prefix: &Value| prefix.as_str().is_some_and(|p| p.parse::<Prefix>().is_ok());
    if prefixes.is_some_and(|prefixes| !prefixes.is_empty() && prefixes.iter().all(parses)) {
        return Ok(());
    }
    Err(Refusal::service(
        StatusCode::BAD_REQUEST,
        "InvalidCIDRNotation",
        format!("The address space of virtual network {id} is not in CIDR notation."),
    ))
}

fn fill_defaults(world: &World, id: &str, properties: &mut Map<String, Value>) {
    properties.remove("enableVmProtection");
    let guid = world.chance.id(&format!("guid {}", id.to_lowercase()));
    properties.insert("resourceGuid".into(), json!(guid));
    if let Some(space) = properties.get_mut("addressSpace")
        && space["ipamPoolPrefixAllocations"].is_null()
    {
        space["ipamPoolPrefixAllocations"] = json!([]);
    }
    if let Some(dhcp) = properties.get_mut("dhcpOptions")
        && dhcp["dnsServers"].is_null()
    {
        dhcp["dnsServers"] = json!([]);
    }
    let defaults = [
        ("virtualNetworkPeerings", json!([])),
        ("enableDdosProtection", json!(false)),
        ("privateEndpointVNetPolicies", json!("Disabled")),
    ];
    for (name, value) in defaults {
        properties.entry(name).or_insert(value);
    }
}

fn set_state(network: &mut Value, state: &str) {
    network["properties"]["provisioningState"] = json!(state);
    each_subnet(network, |subnet| {
        subnet["properties"]["provisioningState"] = json!(state);
    });
}

pub(super) fn set_etag(network: &mut Value, etag: &str) {
    network["etag"] = json!(etag);
    each_subnet(network, |subnet| subnet["etag"] = json!(etag));
}

fn each_subnet(network: &mut Value, change: impl Fn(&mut Value)) {
    let subnets = network.pointer_mut("/properties/subnets");
    let subnets = subnets.and_then(Value::as_array_mut);
    subnets.into_iter().flatten().for_each(change);
}

/// Deletes a network that nothing is in.
pub(super) fn delete(world: &mut World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "delete")?;
    let Some(mut network) = world.resources.get(&admitted.path.id()).cloned() else {
        return Ok(Answer::empty(StatusCode::NO_CONTENT));
    };
    for subnet in subnets_of(&network) {
        subnets::refuse_while_used(world, subnet, "InUseSubnetCannotBeDeleted", "deleted")?;
    }
    provisioning::refuse_while_busy(world, &text(&network, "/id"))?;
    set_state(&mut network, "Deleting");
    world.resources.put(network.clone());
    Ok(provisioning::accept_delete(
        world,
        admitted,
        &network,
        End::Remove,
    ))
}
