//! Whom roles can be assigned to.

use serde::{Deserialize, Serialize};

use crate::simulator::world::World;

/// Something in a directory that can have roles.
pub(in crate::simulator) struct Principal {
    pub(in crate::simulator) object_id: String,
    pub(in crate::simulator) kind: PrincipalType,
}

/// `principalType` (`authorization-RoleAssignmentsCalls.json 2022-04-01`).
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(in crate::simulator) enum PrincipalType {
    User,
    Group,
    ServicePrincipal,
    ForeignGroup,
    Device,
}

/// The principal with this object id in the directory of `tenant`.
pub(in crate::simulator) fn find_principal<'w>(
    world: &'w World,
    tenant: &str,
    object_id: &str,
) -> Option<&'w Principal> {
    let mut all = world.tenants.get(tenant)?.principals.iter();
    all.find(|principal| principal.object_id.eq_ignore_ascii_case(object_id))
}
