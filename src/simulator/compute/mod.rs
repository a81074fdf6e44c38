//! The provider `Microsoft.Compute`: galleries and what is in them, operations, virtual machines,
//! what a subscription is offered and may have.

mod disks;
mod extensions;
mod galleries;
mod gallery_limits;
mod image_reference;
mod images;
mod machines;
mod provisioning;
mod publishing;
mod quota;
mod replication;
mod retargeting;
mod serving;
mod share;
mod shared_content;
mod shared_galleries;
mod sharing;
mod sizes;
mod skus;
mod soft_delete;
mod source_rules;
mod sources;
mod versions;

use super::answer::Outcome;
use super::arm::Admitted;
use super::operations;
use super::world::World;

pub(super) use galleries::public_name;
pub(super) use machines::{
    Creations, Power, disk, generalize, instance_view, let_go, preflight, vm_id,
};
pub(super) use quota::{Quotas, names as quota_names};
pub(super) use replication::Copies;
pub(super) use share::MOST;
pub(super) use sharing::{SUBSCRIPTIONS, TENANTS, status as sharing_status};
pub(super) use soft_delete::SoftDeleted;

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
        ("galleries/share", "POST", true) => share::share(world, admitted),
        ("galleries/softDeletedArtifactTypes/artifacts/versions", "GET", true) => {
            soft_delete::list(world, admitted)
        }
        ("galleries/images", "GET", true) => images::list(world, admitted),
        ("galleries/images", "GET", false) => images::get(world, admitted),
        ("galleries/images", "PUT", false) => images::put(world, admitted),
        ("galleries/images", "DELETE", false) => images::delete(world, admitted),
        ("galleries/images/versions", "GET", true) => versions::list(world, admitted),
        ("galleries/images/versions", "GET", false) => versions::get(world, admitted),
        ("galleries/images/versions", "PUT", false) => versions::put(world, admitted),
        ("galleries/images/versions", "PATCH", false) => versions::patch(world, admitted),
        ("galleries/images/versions", "DELETE", false) => versions::delete(world, admitted),
        (
            "locations/sharedGalleries"
            | "locations/sharedGalleries/images"
            | "locations/sharedGalleries/images/versions"
            | "locations/communityGalleries"
            | "locations/communityGalleries/images"
            | "locations/communityGalleries/images/versions",
            "GET",
            _,
        ) => shared_galleries::get(world, admitted),
        ("locations/capsOperations" | "locations/operations", "GET", false) => {
            operations::get(world, admitted)
        }
        ("skus", "GET", true) => skus::list(world, admitted),
        ("locations/usages", "GET", true) => quota::usages(world, admitted),
        ("virtualMachines", "GET", true) => machines::list(world, admitted),
        ("virtualMachines", "GET", false) => machines::get(world, admitted),
        ("virtualMachines", "PUT", false) => machines::put(world, admitted),
        ("virtualMachines", "PATCH", false) => machines::patch(world, admitted),
        ("virtualMachines", "DELETE", false) => machines::delete(world, admitted),
        ("virtualMachines/instanceView", "GET", true) => machines::view(world, admitted),
        (
            "virtualMachines/start"
            | "virtualMachines/restart"
            | "virtualMachines/powerOff"
            | "virtualMachines/deallocate",
            "POST",
            true,
        ) => machines::act(world, admitted),
        ("virtualMachines/extensions", "GET", true) => extensions::list(world, admitted),
        ("virtualMachines/extensions", "GET", false) => extensions::get(world, admitted),
        ("virtualMachines/extensions", "PUT", false) => extensions::put(world, admitted),
        ("virtualMachines/extensions", "DELETE", false) => extensions::delete(world, admitted),
        ("disks", "GET", true) => disks::list(world, admitted),
        ("disks", "GET", false) => disks::get(world, admitted),
        _ => Err(admitted.method_not_allowed()),
    }
}
