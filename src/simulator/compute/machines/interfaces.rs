//! The network interfaces and disks of a machine: they have to be there, and they are let go.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::required;
use crate::simulator::access;
use crate::simulator::answer::Refusal;
use crate::simulator::arm::Admitted;
use crate::simulator::network;
use crate::simulator::regions;
use crate::simulator::resource_path::subscription_of;
use crate::simulator::resources::text;
use crate::simulator::world::World;

/// The `networkProfile` of a new machine as it is kept. Its interfaces have to be there, in the same
/// subscription and region, free, and whoever writes has to be allowed to join them.
///
/// # Errors
/// `LinkedAuthorizationFailed`, `InvalidResourceReference`, `NicInUse`.
pub(super) fn checked(
    world: &World,
    admitted: &Admitted,
    given: &Value,
    machine: &str,
    region: &str,
) -> Result<Value, Refusal> {
    let interfaces = given["networkInterfaces"].as_array();
    let interfaces = interfaces.filter(|interfaces| !interfaces.is_empty());
    let interfaces = interfaces.ok_or_else(|| required("networkProfile"))?;
    let mut kept = Vec::new();
    for interface in interfaces {
        let id = interface["id"]
            .as_str()
            .ok_or_else(|| required("networkInterface.id"))?;
        access::authorize_linked_action(
            world,
            admitted.caller,
            &admitted.kind.action("write"),
            machine,
            "Microsoft.Network/networkInterfaces/join/action",
            id,
        )?;
        let found = find(world, id, machine, region)?;
        if let Some(user) = found["properties"]["virtualMachine"]["id"].as_str()
            && !user.eq_ignore_ascii_case(machine)
        {
            return Err(in_use(id, user));
        }
        let properties = interface["properties"].as_object().into_iter().flatten();
        let properties = properties.filter(|(_, value)| !value.is_null());
        let properties: Value = properties.map(|(n, v)| (n.clone(), v.clone())).collect();
        let mut entry = json!({ "id": found["id"] });
        if properties != json!({}) {
            entry["properties"] = properties;
        }
        kept.push(entry);
    }
    Ok(json!({ "networkInterfaces": kept }))
}

fn find<'w>(world: &'w World, id: &str, machine: &str, region: &str) -> Result<&'w Value, Refusal> {
    let same = |id: &str| subscription_of(id).unwrap_or_default().to_lowercase();
    let found = world.resources.get(id).filter(|interface| {
        text(interface, "/type").eq_ignore_ascii_case("Microsoft.Network/networkInterfaces")
            && text(interface, "/properties/provisioningState") != "Deleting"
            && regions::normal(&text(interface, "/location")) == regions::normal(region)
            && same(id) == same(machine)
    });
    found.ok_or_else(|| {
        Refusal::service(
            StatusCode::BAD_REQUEST,
            "InvalidResourceReference",
            format!(
                "Resource {id} referenced by resource {machine} was not found. Please make sure \
                 that the referenced resource exists, and that both resources are in the same \
                 region."
            ),
        )
    })
}

fn in_use(interface: &str, machine: &str) -> Refusal {
    Refusal::service(
        StatusCode::BAD_REQUEST,
        "NicInUse",
        format!("Network Interface {interface} is used by existing resource {machine}."),
    )
}

/// Attaches the interfaces of a machine to it.
pub(super) fn attach(world: &mut World, machine: &Value) {
    let id = text(machine, "/id");
    for (at, interface) in interfaces_of(machine).iter().enumerate() {
        let primary = interface["properties"]["primary"].as_bool();
        let interface = text(interface, "/id");
        network::attach(world, &interface, &id, primary.unwrap_or(at == 0));
    }
}

fn interfaces_of(machine: &Value) -> Vec<Value> {
    let interfaces = machine["properties"]["networkProfile"]["networkInterfaces"].as_array();
    interfaces.cloned().unwrap_or_default()
}

/// Lets go what a machine had, as it is gone: with `deleteOption` Delete it is gone too.
pub(in crate::simulator) fn let_go(world: &mut World, machine: &Value) {
    let goes = |option: &Value| {
        option
            .as_str()
            .is_some_and(|o| o.eq_ignore_ascii_case("Delete"))
    };
    for interface in interfaces_of(machine) {
        let id = text(&interface, "/id");
        if goes(&interface["properties"]["deleteOption"]) {
            world.forget(&id);
        } else {
            network::detach(world, &id);
        }
    }
    let storage = &machine["properties"]["storageProfile"];
    let data = storage["dataDisks"].as_array().into_iter().flatten();
    for disk in data.chain([&storage["osDisk"]]) {
        let id = text(disk, "/managedDisk/id");
        if goes(&disk["deleteOption"]) {
            world.forget(&id);
        } else if let Some(disk) = world.resources.get_mut(&id) {
            crate::simulator::writing::remove(disk, "managedBy");
            disk["properties"]["diskState"] = json!("Unattached");
        }
    }
}
