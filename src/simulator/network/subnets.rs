//! Subnets, which lie in the document of their virtual network (network 2024-05-01;
//! `network/network_vnet.json` of the recordings).

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::prefixes::Prefix;
use super::provisioning;
use super::virtual_networks::set_etag;
use crate::simulator::answer::{Answer, Outcome, Refusal};
use crate::simulator::arm::Admitted;
use crate::simulator::operations::End;
use crate::simulator::paging::page;
use crate::simulator::resource_path::{ResourcePath, subscription_of};
use crate::simulator::resources::text;
use crate::simulator::world::World;

/// A subnet that is there.
pub(super) struct Subnet {
    pub(super) id: String,
    pub(super) prefix: Prefix,
    /// Where its network is
    pub(super) location: String,
}

/// Finds a subnet by its id.
pub(super) fn find(world: &World, id: &str) -> Option<Subnet> {
    let path = ResourcePath::parse(id)?;
    let is_subnet = path.kind() == "microsoft.network/virtualnetworks/subnets";
    let network = is_subnet.then(|| path.parent()).flatten()?;
    let network = world.resources.get(&network.id())?;
    let subnet = named(network, path.name())?;
    Some(Subnet {
        id: text(subnet, "/id"),
        prefix: prefix_of(subnet)?,
        location: text(network, "/location"),
    })
}

fn named<'n>(network: &'n Value, name: &str) -> Option<&'n Value> {
    subnets_of(network).find(|subnet| text(subnet, "/name").eq_ignore_ascii_case(name))
}

pub(super) fn subnets_of(network: &Value) -> impl Iterator<Item = &Value> {
    let subnets = network["properties"]["subnets"].as_array();
    subnets.into_iter().flatten()
}

pub(super) fn prefix_of(subnet: &Value) -> Option<Prefix> {
    let properties = &subnet["properties"];
    let prefix = properties["addressPrefix"].as_str();
    let prefix = prefix.or_else(|| properties["addressPrefixes"][0].as_str());
    prefix?.parse().ok()
}

/// The configurations of interfaces that are in a subnet. Interfaces are in the subscription of
/// their network.
pub(super) fn users<'w>(
    world: &'w World,
    subnet: &str,
) -> impl Iterator<Item = &'w Value> + use<'w> {
    let subscription = subscription_of(subnet).unwrap_or_default();
    let interfaces = world.resources.of_type(
        &format!("/subscriptions/{subscription}"),
        "Microsoft.Network/networkInterfaces",
    );
    let subnet = subnet.to_owned();
    interfaces
        .filter_map(|interface| interface["properties"]["ipConfigurations"].as_array())
        .flatten()
        .filter(move |configuration| {
            let used = configuration["properties"]["subnet"]["id"].as_str();
            used.is_some_and(|used| used.eq_ignore_ascii_case(&subnet))
        })
}

/// A subnet as it is read: with those that use it, whose names come in upper case
/// (`vm/specialized_image.json` of the recordings, the twenty-ninth request).
pub(super) fn described(world: &World, subnet: &Value) -> Value {
    let mut subnet = subnet.clone();
    let users: Vec<Value> = users(world, &text(&subnet, "/id"))
        .map(|configuration| json!({ "id": shouted(&text(configuration, "/id")) }))
        .collect();
    if !users.is_empty() {
        subnet["properties"]["ipConfigurations"] = json!(users);
    }
    subnet
}

fn shouted(id: &str) -> String {
    // …/resourceGroups/G/providers/Microsoft.Network/networkInterfaces/N/ipConfigurations/C
    const NAMES: [usize; 3] = [4, 8, 10];
    let parts = id.split('/').enumerate();
    let parts = parts.map(|(at, part)| {
        if NAMES.contains(&at) {
            part.to_uppercase()
        } else {
            part.to_owned()
        }
    });
    parts.collect::<Vec<_>>().join("/")
}

/// The subnets of a network.
pub(super) fn list(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    let network = admitted.find_parent(world, "read")?;
    let subnets = subnets_of(network).map(|subnet| described(world, subnet));
    page(world, admitted.request, subnets.collect())
}

/// One subnet.
pub(super) fn get(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    let network = admitted
        .path
        .parent()
        .and_then(|network| world.resources.get(&network.id()));
    let network = network.ok_or_else(|| admitted.parent_not_found())?;
    let subnet = named(network, admitted.path.name()).ok_or_else(|| not_found(admitted))?;
    let subnet = described(world, subnet);
    let etag = text(&subnet, "/etag");
    Ok(Answer::ok(subnet).header("etag", etag))
}

/// A subnet that its network does not have. Networks answer this themselves, and in few words.
fn not_found(admitted: &Admitted) -> Refusal {
    Refusal::service(
        StatusCode::NOT_FOUND,
        "NotFound",
        format!("Resource {} not found.", admitted.path.id()),
    )
}

/// A subnet of a network that is being written, as it will be.
///
/// # Errors
/// A prefix that is none, that is outside of the network, or that another subnet has.
pub(super) fn document(
    network: &Value,
    name: &str,
    given: &Value,
    others: &[Value],
) -> Result<Value, Refusal> {
    let id = format!("{}/subnets/{name}", text(network, "/id"));
    let mut properties = given["properties"].as_object().cloned().unwrap_or_default();
    for service_only in ["ipConfigurations", "provisioningState"] {
        properties.remove(service_only);
    }
    fill_defaults(&mut properties);
    let subnet = json!({
        "name": name,
        "id": id,
        "etag": network["etag"],
        "type": "Microsoft.Network/virtualNetworks/subnets",
        "properties": properties,
    });
    check_prefix(network, &subnet, others)?;
    Ok(subnet)
}

fn fill_defaults(properties: &mut Map<String, Value>) {
    let defaults = [
        ("delegations", json!([])),
        ("ipamPoolPrefixAllocations", json!([])),
        ("privateEndpointNetworkPolicies", json!("Disabled")),
        ("privateLinkServiceNetworkPolicies", json!("Enabled")),
        ("provisioningState", json!("Succeeded")),
    ];
    for (name, value) in defaults {
        properties.entry(name).or_insert(value);
    }
}

fn check_prefix(network: &Value, subnet: &Value, others: &[Value]) -> Result<(), Refusal> {
    let (name, network_name) = (text(subnet, "/name"), text(network, "/name"));
    let refuse = |code: &'static str, what: String| {
        Err(Refusal::service(StatusCode::BAD_REQUEST, code, what))
    };
    let prefix = prefix_of(subnet).filter(|prefix| prefix.fits_a_subnet());
    let Some(prefix) = prefix else {
        return refuse(
            "NetcfgInvalidSubnet",
            format!("Subnet '{name}' is not valid in virtual network '{network_name}'."),
        );
    };
    let spaces = network["properties"]["addressSpace"]["addressPrefixes"].as_array();
    let spaces = spaces.into_iter().flatten().filter_map(Value::as_str);
    let mut spaces = spaces.filter_map(|space| space.parse::<Prefix>().ok());
    if !spaces.any(|space| space.covers(prefix)) {
        return refuse(
            "NetcfgSubnetRangeOutsideVnet",
            format!(
                "Subnet '{name}' is not valid because its IP address range is outside the IP \
                 address range of virtual network '{network_name}'."
            ),
        );
    }
    let mut others = others
        .iter()
        .filter(|other| !text(other, "/name").eq_ignore_ascii_case(&name));
    if others.any(|other| prefix_of(other).is_some_and(|other| other.overlaps(prefix))) {
        return refuse(
            "NetcfgSubnetRangesOverlap",
            format!(
                "Subnet '{name}' is not valid because its IP address range overlaps with that of \
                 an existing subnet in virtual network '{network_name}'."
            ),
        );
    }
    Ok(())
}

/// Creates or updates a subnet: the network's document changes.
pub(super) fn put(world: &mut World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "write")?;
    let body = Value::Object(admitted.request.object()?);
    let name = admitted.path.name();
    provisioning::check_name(name)?;
    let mut network = admitted.find_parent(world, "write")?.clone();
    let network_id = text(&network, "/id");
    provisioning::refuse_while_busy(world, &network_id)?;
    let mut others: Vec<Value> = subnets_of(&network).cloned().collect();
    let at = others
        .iter()
        .position(|other| text(other, "/name").eq_ignore_ascii_case(name));
    let old = at.map(|at| others.remove(at));
    network["etag"] = json!(provisioning::next_etag(world, &network));
    let subnet = document(&network, name, &body, &others)?;
    if let Some(old) = &old
        && prefix_of(old) != prefix_of(&subnet)
    {
        refuse_while_used(world, old, "InUsePrefixCannotBeDeleted", "changed")?;
    }
    let mut answered = subnet.clone();
    let users: Vec<Value> = users(world, &text(&subnet, "/id"))
        .map(|configuration| json!({ "id": configuration["id"] }))
        .collect();
    if !users.is_empty() {
        answered["properties"]["ipConfigurations"] = json!(users);
    }
    answered["properties"]["provisioningState"] = json!("Updating");
    others.insert(at.unwrap_or(others.len()), subnet);
    network["properties"]["subnets"] = json!(others);
    set_etag(&mut network, &text(&answered, "/etag"));
    world.resources.put(network.clone());
    let mut done = network.clone();
    set_etag(&mut done, &provisioning::next_etag(world, &network));
    let status = if old.is_some() {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    let answer = Answer::with(status, answered);
    let end = End::Become(done);
    Ok(provisioning::accept_put(
        world, admitted, answer, &network, end,
    ))
}

/// Deletes a subnet that nothing is in.
pub(super) fn delete(world: &mut World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "delete")?;
    let mut network = admitted.find_parent(world, "delete")?.clone();
    let name = admitted.path.name();
    let Some(subnet) = named(&network, name) else {
        return Ok(Answer::empty(StatusCode::NO_CONTENT));
    };
    refuse_while_used(world, subnet, "InUseSubnetCannotBeDeleted", "deleted")?;
    provisioning::refuse_while_busy(world, &text(&network, "/id"))?;
    let kept = subnets_of(&network).filter(|s| !text(s, "/name").eq_ignore_ascii_case(name));
    let kept: Vec<Value> = kept.cloned().collect();
    network["properties"]["subnets"] = json!(kept);
    let end = End::Become(network.clone());
    Ok(provisioning::accept_delete(world, admitted, &network, end))
}

/// The text is Azure's for a deletion; for other changes it is unverified.
pub(super) fn refuse_while_used(
    world: &World,
    subnet: &Value,
    code: &'static str,
    what: &str,
) -> Result<(), Refusal> {
    let id = text(subnet, "/id");
    let Some(user) = users(world, &id).next() else {
        return Ok(());
    };
    Err(Refusal::service(
        StatusCode::BAD_REQUEST,
        code,
        format!(
            "Subnet {} is in use by {} and cannot be {what}. In order to delete the subnet, delete \
             all the resources within the subnet. See aka.ms/deletesubnet.",
            text(subnet, "/name"),
            text(user, "/id")
        ),
    ))
}
