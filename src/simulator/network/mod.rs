//! The provider `Microsoft.Network`: virtual networks, their subnets, network interfaces.

mod addresses;
mod interfaces;
mod prefixes;
mod provisioning;
mod subnets;
mod virtual_networks;

use super::answer::Outcome;
use super::arm::Admitted;
use super::operations;
use super::world::World;

pub(super) use interfaces::{attach, detach};
pub(super) use prefixes::Prefix;

/// Answers a request whose resource group is there.
pub(super) fn answer(world: &mut World, admitted: &Admitted) -> Outcome {
    let method = admitted.request.method.as_str();
    let collection = admitted.path.is_collection();
    let kind = admitted.kind.name;
    match (
        kind.trim_start_matches("Microsoft.Network/"),
        method,
        collection,
    ) {
        ("virtualNetworks", "GET", true) => virtual_networks::list(world, admitted),
        ("virtualNetworks", "GET", false) => virtual_networks::get(world, admitted),
        ("virtualNetworks", "PUT", false) => virtual_networks::put(world, admitted),
        ("virtualNetworks", "DELETE", false) => virtual_networks::delete(world, admitted),
        ("virtualNetworks/usages", "GET", true) => virtual_networks::usages(world, admitted),
        ("virtualNetworks/subnets", "GET", true) => subnets::list(world, admitted),
        ("virtualNetworks/subnets", "GET", false) => subnets::get(world, admitted),
        ("virtualNetworks/subnets", "PUT", false) => subnets::put(world, admitted),
        ("virtualNetworks/subnets", "DELETE", false) => subnets::delete(world, admitted),
        ("networkInterfaces", "GET", true) => interfaces::list(world, admitted),
        ("networkInterfaces", "GET", false) => interfaces::get(world, admitted),
        ("networkInterfaces", "PUT", false) => interfaces::put(world, admitted),
        ("networkInterfaces", "PATCH", false) => interfaces::patch(world, admitted),
        ("networkInterfaces", "DELETE", false) => interfaces::delete(world, admitted),
        ("locations/operations" | "locations/operationResults", "GET", false) => {
            operations::get(world, admitted)
        }
        _ => Err(admitted.method_not_allowed()),
    }
}
