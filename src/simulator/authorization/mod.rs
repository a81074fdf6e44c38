//! The provider `Microsoft.Authorization`: who has which role where, and what the roles are.

mod assignments;
mod definitions;
mod permissions;
mod principals;

use super::answer::Outcome;
use super::arm::Admitted;
use super::world::World;

pub(super) use definitions::definition_id;
pub(super) use principals::{Principal, PrincipalType, find_principal};

/// Answers a request whose resource group is there.
pub(super) fn answer(world: &mut World, admitted: &Admitted) -> Outcome {
    let method = admitted.request.method.as_str();
    let collection = admitted.path.is_collection();
    let kind = admitted.kind.name;
    match (
        kind.trim_start_matches("Microsoft.Authorization/"),
        method,
        collection,
    ) {
        ("roleAssignments", "GET", true) => assignments::list(world, admitted),
        ("roleAssignments", "GET", false) => assignments::get(world, admitted),
        ("roleAssignments", "PUT", false) => assignments::put(world, admitted),
        ("roleAssignments", "DELETE", false) => assignments::delete(world, admitted),
        ("roleDefinitions", "GET", true) => definitions::list(world, admitted),
        ("roleDefinitions", "GET", false) => definitions::get(world, admitted),
        ("permissions", "GET", true) => permissions::list(world, admitted),
        _ => Err(admitted.method_not_allowed()),
    }
}
