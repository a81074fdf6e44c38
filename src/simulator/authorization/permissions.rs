//! What the caller may do (`authorization-RoleDefinitionsCalls.json 2022-04-01`).

use serde_json::Value;

use crate::simulator::access;
use crate::simulator::answer::Outcome;
use crate::simulator::arm::Admitted;
use crate::simulator::paging::page;
use crate::simulator::roles::Role;
use crate::simulator::world::World;

/// `GET {scope}/providers/Microsoft.Authorization/permissions`: a permission for each role that the
/// caller has there. That nobody is refused, and that one without a role gets none, is unverified.
pub(super) fn list(world: &World, admitted: &Admitted) -> Outcome {
    let scope = admitted.path.scope();
    let roles = access::roles_on(world, admitted.caller, &scope);
    let permissions: Vec<Value> = roles.map(Role::permission).collect();
    page(world, admitted.request, permissions)
}
