//! Which of the assignments that Azure lists make a principal have a role at a scope.

use super::Task;
use crate::azure::{BuiltInRole, ResourceId, RoleAssignment, RoleId};

/// The assignments by which the principal has one of the roles at the scope.
pub(super) fn holding<'a>(
    task: &'a Task,
    found: &'a [RoleAssignment],
) -> impl Iterator<Item = &'a RoleAssignment> {
    found.iter().filter(|held| {
        held.principal == task.principal
            && task.roles.contains(&held.role)
            && covers(&held.scope, &task.scope)
    })
}

/// Whether what is assigned at `scope` holds for the resource too.
pub(super) fn covers(scope: &str, resource: &ResourceId) -> bool {
    let scope = scope.trim_end_matches('/').to_lowercase();
    let key = resource.key();
    // Above subscriptions there are management groups and the root, which Azure lists only where
    // they hold.
    !scope.starts_with("/subscriptions/")
        || key == scope
        || key
            .strip_prefix(&scope)
            .is_some_and(|rest| rest.starts_with('/'))
}

pub(super) fn is_at(held: &RoleAssignment, scope: &ResourceId) -> bool {
    held.scope.eq_ignore_ascii_case(scope.as_str())
}

pub(super) fn role_name(role: &RoleId) -> String {
    BuiltInRole::of(role).map_or_else(|| format!("role {role}"), |role| role.name.to_owned())
}
