//! The provider `Microsoft.Compute`: galleries and what is in them, operations, virtual machines.

mod galleries;
mod image_reference;
mod images;
mod provisioning;
mod publishing;
mod replication;
mod retargeting;
mod serving;
mod sharing;
mod sources;
mod versions;
mod virtual_machines;

use super::answer::Outcome;
use super::arm::Admitted;
use super::operations;
use super::world::World;

pub(super) use galleries::public_name;
pub(super) use replication::Copies;

/// Answers a request whose resource group is there.
pub(super) fn answer(world: &mut World, admitted: &Admitted) -> Outcome {
    let method = admitted.request.method.as_str();
    let collection = admitted.path.is_collection();
    let kind = admitted.kind.name;
    match (
        kind.trim_start_matches("Microsoft.Compute/"),
        method,
        collection,
    ) {
        ("galleries", "GET", true) => galleries::list(world, admitted),
        ("galleries", "GET", false) => galleries::get(world, admitted),
        ("galleries", "PUT", false) => galleries::put(world, admitted),
        ("galleries", "DELETE", false) => galleries::delete(world, admitted),
        ("galleries/images", "GET", true) => images::list(world, admitted),
        ("galleries/images", "GET", false) => images::get(world, admitted),
        ("galleries/images", "PUT", false) => images::put(world, admitted),
        ("galleries/images", "DELETE", false) => images::delete(world, admitted),
        ("galleries/images/versions", "GET", true) => versions::list(world, admitted),
        ("galleries/images/versions", "GET", false) => versions::get(world, admitted),
        ("galleries/images/versions", "PUT", false) => versions::put(world, admitted),
        ("galleries/images/versions", "PATCH", false) => versions::patch(world, admitted),
        ("galleries/images/versions", "DELETE", false) => versions::delete(world, admitted),
        ("locations/capsOperations", "GET", false) => operations::get(world, admitted),
        ("virtualMachines", "GET", true) => virtual_machines::list(world, admitted),
        ("virtualMachines", "GET", false) => virtual_machines::get(world, admitted),
        _ => Err(admitted.method_not_allowed()),
    }
}
