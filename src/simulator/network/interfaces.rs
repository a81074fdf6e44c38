//! Network interfaces (network 2024-05-01; `network/network_nic_edge_zone.json` and
//! `vm/specialized_image.json` of the recordings).

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::addresses::Addresses;
use super::provisioning::{self, invalid_reference};
use super::subnets;
use crate::simulator::access;
use crate::simulator::answer::{Answer, Outcome, Refusal};
use crate::simulator::arm::Admitted;
use crate::simulator::operations::End;
use crate::simulator::paging::page;
use crate::simulator::regions;
use crate::simulator::resource_path::subscription_of;
use crate::simulator::resources::text;
use crate::simulator::world::World;
use crate::simulator::writing;

const KIND: &str = "Microsoft.Network/networkInterfaces";

/// The interfaces of a subscription or a resource group.
pub(super) fn list(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    let interfaces = world.resources.of_type(&admitted.path.scope(), KIND);
    page(world, admitted.request, interfaces.cloned().collect())
}

/// One interface.
pub(super) fn get(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    Ok(answered(StatusCode::OK, admitted.find(world)?.clone()))
}

fn answered(status: StatusCode, interface: Value) -> Answer {
    let etag = text(&interface, "/etag");
    Answer::with(status, interface).header("etag", etag)
}

/// Creates or updates an interface. It is succeeded at once, and its operation ends soon after.
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
    let request = Interface {
        id: &id,
        location: &location,
        old: existing.as_ref(),
    };
    request.check_references(world, &properties)?;
    let configurations = request.configurations(world, admitted, &properties)?;
    properties.insert("ipConfigurations".into(), json!(configurations));
    request.fill_defaults(world, &mut properties);
    let mut interface = writing::document(&id, KIND, &location, body, properties);
    interface["kind"] = json!("Regular");
    let etag = provisioning::next_etag(world, existing.as_ref().unwrap_or(&interface));
    set_etag(&mut interface, &etag);
    world.resources.put(interface.clone());
    let status = match existing {
        None => StatusCode::CREATED,
        Some(_) => StatusCode::OK,
    };
    let answer = answered(status, interface.clone());
    let end = End::Succeed(json!({}));
    Ok(provisioning::accept_put(
        world, admitted, answer, &interface, end,
    ))
}

fn set_etag(interface: &mut Value, etag: &str) {
    interface["etag"] = json!(etag);
    let configurations = interface.pointer_mut("/properties/ipConfigurations");
    let configurations = configurations.and_then(Value::as_array_mut);
    for configuration in configurations.into_iter().flatten() {
        configuration["etag"] = json!(etag);
    }
}

/// An interface that is being written.
struct Interface<'i> {
    id: &'i str,
    location: &'i str,
    old: Option<&'i Value>,
}

impl Interface<'_> {
    /// Security groups and public addresses that it names have to be there.
    fn check_references(
        &self,
        world: &World,
        properties: &Map<String, Value>,
    ) -> Result<(), Refusal> {
        let group = properties.get("networkSecurityGroup");
        let group = group.and_then(|group| group["id"].as_str());
        let configurations = properties.get("ipConfigurations");
        let configurations = configurations.and_then(Value::as_array);
        let public = configurations.into_iter().flatten();
        let public = public.filter_map(|c| c["properties"]["publicIPAddress"]["id"].as_str());
        for referred in group.into_iter().chain(public) {
            let found = world.resources.get(referred);
            let here = found.is_some_and(|found| self.is_near(&text(found, "/location")));
            if !here {
                return Err(invalid_reference(referred, self.id));
            }
        }
        Ok(())
    }

    fn is_near(&self, location: &str) -> bool {
        regions::normal(location) == self.location
    }

    /// The configurations, each with an address in its subnet. One that was there keeps its own.
    fn configurations(
        &self,
        world: &World,
        admitted: &Admitted,
        properties: &Map<String, Value>,
    ) -> Result<Vec<Value>, Refusal> {
        let given = properties.get("ipConfigurations").and_then(Value::as_array);
        let given = given.filter(|given| !given.is_empty());
        let given = given.ok_or_else(|| missing("ipConfigurations"))?;
        let mut made = Vec::new();
        for (at, given) in given.iter().enumerate() {
            let name = given["name"].as_str().ok_or_else(|| missing("name"))?;
            let subnet = given["properties"]["subnet"]["id"].as_str();
            let subnet = subnet.ok_or_else(|| missing("subnet"))?;
            let mut properties = given["properties"].as_object().cloned().unwrap_or_default();
            let address = self.address(world, admitted, name, subnet, &properties, &made)?;
            properties.insert("privateIPAddress".into(), json!(address));
            let defaults = [
                ("privateIPAllocationMethod", json!("Dynamic")),
                ("privateIPAddressVersion", json!("IPv4")),
                ("primary", json!(at == 0)),
            ];
            for (name, value) in defaults {
                properties.entry(name).or_insert(value);
            }
            properties.insert("provisioningState".into(), json!("Succeeded"));
            made.push(json!({
                "name": name,
                "id": format!("{}/ipConfigurations/{name}", self.id),
                "type": "Microsoft.Network/networkInterfaces/ipConfigurations",
                "properties": properties,
            }));
        }
        Ok(made)
    }

    /// The address of one configuration. Its subnet has to be there, in the same subscription and
    /// region, and whoever writes has to be allowed to join it.
    fn address(
        &self,
        world: &World,
        admitted: &Admitted,
        name: &str,
        subnet_id: &str,
        properties: &Map<String, Value>,
        others: &[Value],
    ) -> Result<String, Refusal> {
        let same = |id: &str| subscription_of(id).unwrap_or_default().to_lowercase();
        if same(subnet_id) != same(self.id) {
            return Err(invalid_reference(subnet_id, self.id));
        }
        access::authorize_linked_action(
            world,
            admitted.caller,
            &admitted.kind.action("write"),
            self.id,
            "Microsoft.Network/virtualNetworks/subnets/join/action",
            subnet_id,
        )?;
        let subnet = subnets::find(world, subnet_id);
        let subnet = subnet.filter(|subnet| self.is_near(&subnet.location));
        let subnet = subnet.ok_or_else(|| invalid_reference(subnet_id, self.id))?;
        let addresses = Addresses::of(world, &subnet, self.id, others);
        let wanted = properties.get("privateIPAddress").and_then(Value::as_str);
        let is_static = properties
            .get("privateIPAllocationMethod")
            .and_then(Value::as_str)
            .is_some_and(|method| method.eq_ignore_ascii_case("Static"));
        let configuration = format!("{}/ipConfigurations/{name}", self.id);
        if is_static {
            let wanted = wanted.ok_or_else(|| missing("privateIPAddress"))?;
            return addresses.take(wanted, &configuration);
        }
        match self.old.and_then(|old| own_address(old, name, &subnet.id)) {
            Some(kept) => Ok(kept),
            None => addresses.any(),
        }
    }

    /// What the service fills in, and what it keeps of an interface that was there.
    fn fill_defaults(&self, world: &World, properties: &mut Map<String, Value>) {
        for service_only in ["virtualMachine", "macAddress", "primary", "resourceGuid"] {
            properties.remove(service_only);
        }
        let lower = self.id.to_lowercase();
        let guid = world.chance.id(&format!("guid {lower}"));
        let suffix = world.chance.characters(&format!("suffix {lower}"), 26);
        let suffix = suffix.to_lowercase().replace(['-', '_'], "x");
        let mut defaults = vec![
            ("provisioningState", json!("Succeeded")),
            ("resourceGuid", json!(guid)),
            (
                "dnsSettings",
                json!({
                    "dnsServers": [],
                    "appliedDnsServers": [],
                    "internalDomainNameSuffix":
                        format!("{}.ax.internal.cloudapp.net", &suffix[..26]),
                }),
            ),
            ("vnetEncryptionSupported", json!(false)),
            ("enableIPForwarding", json!(false)),
            ("disableTcpStateTracking", json!(false)),
            ("hostedWorkloads", json!([])),
            ("tapConfigurations", json!([])),
            ("nicType", json!("Standard")),
            ("allowPort25Out", json!(true)),
            ("auxiliaryMode", json!("None")),
        ];
        let old = self.old.map(|old| &old["properties"]);
        for kept in ["virtualMachine", "macAddress", "primary"] {
            if let Some(value) = old.and_then(|old| old.get(kept)) {
                defaults.push((kept, value.clone()));
            }
        }
        for (name, value) in defaults {
            properties.entry(name).or_insert(value);
        }
    }
}

/// The address that a configuration of an interface has in this subnet.
fn own_address(interface: &Value, name: &str, subnet: &str) -> Option<String> {
    let configurations = interface["properties"]["ipConfigurations"].as_array();
    let own = configurations?
        .iter()
        .find(|own| text(own, "/name").eq_ignore_ascii_case(name))?;
    let used = text(own, "/properties/subnet/id");
    let address = own["properties"]["privateIPAddress"].as_str();
    address
        .filter(|_| used.eq_ignore_ascii_case(subnet))
        .map(str::to_owned)
}

/// A part of the body that is missing; code and text are unverified.
fn missing(what: &str) -> Refusal {
    Refusal::service(
        StatusCode::BAD_REQUEST,
        "InvalidRequestFormat",
        format!("Cannot parse the request. Value for '{what}' is missing."),
    )
    .target(what)
}

/// Replaces the tags of an interface: done at once.
pub(super) fn patch(world: &mut World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "write")?;
    let body = admitted.request.object()?;
    let mut interface = admitted.find(world)?.clone();
    provisioning::refuse_while_busy(world, &text(&interface, "/id"))?;
    if let Some(tags) = body.get("tags") {
        interface["tags"] = tags.clone();
    }
    let etag = provisioning::next_etag(world, &interface);
    set_etag(&mut interface, &etag);
    world.resources.put(interface.clone());
    Ok(answered(StatusCode::OK, interface))
}

/// Deletes an interface that no machine uses.
pub(super) fn delete(world: &mut World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "delete")?;
    let Some(mut interface) = world.resources.get(&admitted.path.id()).cloned() else {
        return Ok(Answer::empty(StatusCode::NO_CONTENT));
    };
    let id = text(&interface, "/id");
    if let Some(machine) = interface["properties"]["virtualMachine"]["id"].as_str() {
        return Err(in_use(&id, machine));
    }
    provisioning::refuse_while_busy(world, &id)?;
    interface["properties"]["provisioningState"] = json!("Deleting");
    world.resources.put(interface.clone());
    let end = End::Remove;
    Ok(provisioning::accept_delete(
        world, admitted, &interface, end,
    ))
}

/// The text is Azure's (hashicorp/packer's and Terraform's logs of deletions).
fn in_use(interface: &str, machine: &str) -> Refusal {
    Refusal::service(
        StatusCode::BAD_REQUEST,
        "NicInUse",
        format!(
            "Network Interface {interface} is used by existing resource {machine}. In order to \
             delete the network interface, it must be dissociated from the resource. To learn \
             more, see aka.ms/deletenic."
        ),
    )
}

/// Notes at an interface that a machine has it.
pub(in crate::simulator) fn attach(world: &mut World, id: &str, machine: &str, primary: bool) {
    let address = mac_address(world, id);
    if let Some(interface) = world.resources.get_mut(id) {
        let properties = &mut interface["properties"];
        properties["virtualMachine"] = json!({ "id": machine });
        properties["primary"] = json!(primary);
        properties["macAddress"] = json!(address);
    }
}

/// Notes at an interface that no machine has it.
pub(in crate::simulator) fn detach(world: &mut World, id: &str) {
    let interface = world.resources.get_mut(id);
    let properties = interface.and_then(|interface| interface["properties"].as_object_mut());
    if let Some(properties) = properties {
        for name in ["virtualMachine", "primary", "macAddress"] {
            properties.remove(name);
        }
    }
}

/// The hardware address that an interface has on a machine, from Microsoft's range.
fn mac_address(world: &World, id: &str) -> String {
    let guid = world.chance.id(&format!("mac {}", id.to_lowercase()));
    let [a, b, c, ..] = *guid.as_bytes();
    format!("60-45-BD-{a:02X}-{b:02X}-{c:02X}")
}
