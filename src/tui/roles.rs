//! Role assignments in words.

use crate::azure::{BuiltInRole, PrincipalType, ResourceId, RoleAssignment, RoleId};
use crate::tui::data::Estate;
use crate::tui::state::State;

/// A role's name, or its id where it is none of Azure's own that are known here.
#[must_use]
pub fn name(role: &RoleId) -> String {
    BuiltInRole::of(role).map_or_else(|| role.to_string(), |role| role.name.to_owned())
}

/// Where an assignment that holds at a resource comes from, if not from that resource itself.
#[must_use]
pub fn source(assignment: &RoleAssignment, at: &ResourceId, estate: &Estate) -> Option<String> {
    let scope = &assignment.scope;
    if scope.eq_ignore_ascii_case(at.as_str()) {
        return None;
    }
    if scope == "/" {
        return Some("everywhere".to_owned());
    }
    let segments: Vec<&str> = scope.split('/').skip(1).collect();
    let lower: Vec<String> = segments.iter().map(|part| part.to_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    Some(match (&lower[..], &segments[..]) {
        (["subscriptions", _], [_, id]) => {
            let row = id.parse().ok().and_then(|id| estate.subscription(&id));
            let name = row.map_or(*id, |row| &row.subscription.name);
            format!("subscription {name}")
        }
        (["subscriptions", _, "resourcegroups", _], [.., group]) => {
            format!("resource group {group}")
        }
        (["providers", _, "managementgroups", _], [.., group]) => {
            format!("management group {group}")
        }
        (_, [.., last]) => (*last).to_owned(),
        (_, []) => scope.clone(),
    })
}

/// Who has an assigned role: the customer whose principal it is, or the principal.
#[must_use]
pub fn whose(assignment: &RoleAssignment, state: &State) -> String {
    let id = assignment.principal.as_str();
    let of = |principal: &Option<String>| {
        principal
            .as_deref()
            .is_some_and(|principal| principal.eq_ignore_ascii_case(id))
    };
    let customer = state
        .customers()
        .iter()
        .find(|customer| of(&customer.principal));
    if let (Some(customer), Some(estate)) = (customer, state.estate.known()) {
        return format!("{} ({id})", estate.tenant_name(&customer.id));
    }
    match &assignment.principal_type {
        Some(PrincipalType::ServicePrincipal) => format!("application {id}"),
        Some(kind) => format!("{} {id}", kind.as_str().to_lowercase()),
        None => id.to_owned(),
    }
}
