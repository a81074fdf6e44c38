//! Who may do what: role assignments and Azure Lighthouse delegations, both kept as ARM documents.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::Value;

use super::answer::Refusal;
use super::clock::later;
use super::resource_path::{ResourcePath, name_of, subscription_of};
use super::resources::{key, text};
use super::roles::{self, Role};
use super::token::Caller;
use super::world::World;

/// How long a new role assignment takes to work. Azure says up to ten minutes; this is a usual one.
const TAKES_EFFECT_AFTER: Duration = Duration::from_secs(120);

/// Whether `caller` may do `action` (`Microsoft.Compute/galleries/read`) on the resource `id`.
///
/// # Errors
/// ARM's `AuthorizationFailed`.
pub(super) fn authorize(
    world: &World,
    caller: &Caller,
    action: &str,
    id: &str,
) -> Result<(), Refusal> {
    if allowed(world, caller, action, id) {
        return Ok(());
    }
    let (client, object_id) = (caller.client(), &caller.object_id);
    Err(Refusal::gateway(
        StatusCode::FORBIDDEN,
        "AuthorizationFailed",
        format!(
            "The client '{client}' with object id '{object_id}' does not have authorization to \
             perform action '{action}' over scope '{id}' or the scope is invalid. If access was \
             recently granted, please refresh your credentials."
        ),
    ))
}

/// Whether a role of `caller` allows `action` on the resource `id`.
pub(super) fn allowed(world: &World, caller: &Caller, action: &str, id: &str) -> bool {
    roles_on(world, caller, id).any(|role| role.allows(action))
}

/// The roles that `caller` has on the resource `id`, granted there or above.
pub(super) fn roles_on(
    world: &World,
    caller: &Caller,
    id: &str,
) -> impl Iterator<Item = &'static Role> {
    scopes_above(id).flat_map(|scope| roles_at(world, caller, scope))
}

/// Whether Azure takes a token of `tenant` for `subscription` at all: its own tenant's, or one that
/// it, or a part of it, is delegated to.
pub(super) fn trusts(world: &World, subscription: &str, tenant: &str) -> bool {
    world.tenant_of(subscription) == Some(tenant)
        || managing_tenants(world, subscription).any(|managing| managing == tenant)
}

/// The tenants that `subscription`, or a part of it, is delegated to.
pub(super) fn managing_tenants<'w>(
    world: &'w World,
    subscription: &str,
) -> impl Iterator<Item = &'w str> + use<'w> {
    world
        .resources
        .of_type(&format!("/subscriptions/{subscription}"), DELEGATION)
        .filter_map(|delegation| definition_of(world, delegation))
        .filter_map(|definition| definition["properties"]["managedByTenantId"].as_str())
}

/// Whether `caller` has any role in `subscription`, on whatever part of it.
pub(super) fn sees(world: &World, caller: &Caller, subscription: &str) -> bool {
    let scope = format!("/subscriptions/{subscription}");
    if !roles_at(world, caller, &scope).is_empty() {
        return true;
    }
    let mut grants = [ASSIGNMENT, DELEGATION]
        .into_iter()
        .flat_map(|kind| world.resources.of_type(&scope, kind));
    grants.any(|grant| !roles_of(world, caller, grant).is_empty())
}

/// Whether `caller`, or one of its auxiliary tokens, may `verb` (read, write) `linked`, a resource
/// that a request on `id` refers to. Whether it is there is for the provider to find out.
///
/// # Errors
/// ARM's two kinds of `LinkedAuthorizationFailed` (azure-docs issue 94165,
/// azure-cli issue 15753).
pub(super) fn authorize_link(
    world: &World,
    caller: &Caller,
    action: &str,
    id: &str,
    (verb, linked): (&str, &str),
) -> Result<(), Refusal> {
    let refuse = |what: String| {
        let (client, object_id) = (caller.client(), &caller.object_id);
        Err(Refusal::gateway(
            StatusCode::FORBIDDEN,
            "LinkedAuthorizationFailed",
            format!(
                "The client '{client}' with object id '{object_id}' has permission to perform \
                 action '{action}' on scope '{id}'; however{what}"
            ),
        ))
    };
    let subscription = subscription_of(linked).unwrap_or_default();
    let callers = || std::iter::once(caller).chain(&caller.auxiliary);
    if !callers().any(|caller| trusts(world, subscription, &caller.tenant)) {
        return refuse(format!(
            " the current tenant '{}' is not authorized to access linked subscription \
             '{subscription}'.",
            caller.tenant
        ));
    }
    let kind = ResourcePath::parse(linked).map(|path| path.kind());
    let may = kind.is_some_and(|kind| {
        callers().any(|caller| allowed(world, caller, &format!("{kind}/{verb}"), linked))
    });
    if may {
        return Ok(());
    }
    refuse(format!(
        ", it does not have permission to perform action '{verb}' on the linked scope(s) '{linked}' \
         or the linked scope(s) are invalid."
    ))
}

/// Whether `caller` may do `linked_action` on `linked`, a resource that its `action` on `id` refers
/// to, such as joining a subnet.
///
/// # Errors
/// ARM's `LinkedAuthorizationFailed` (azure-docs issue 94165).
pub(super) fn authorize_linked_action(
    world: &World,
    caller: &Caller,
    action: &str,
    id: &str,
    linked_action: &str,
    linked: &str,
) -> Result<(), Refusal> {
    if allowed(world, caller, linked_action, linked) {
        return Ok(());
    }
    let (client, object_id) = (caller.client(), &caller.object_id);
    Err(Refusal::gateway(
        StatusCode::FORBIDDEN,
        "LinkedAuthorizationFailed",
        format!(
            "The client '{client}' with object id '{object_id}' has permission to perform \
             action '{action}' on scope '{id}'; however, it does not have permission to perform \
             action(s) '{linked_action}' on the linked scope(s) '{linked}' (respectively) or the \
             linked scope(s) are invalid."
        ),
    ))
}

const ASSIGNMENT: &str = "Microsoft.Authorization/roleAssignments";
const DELEGATION: &str = "Microsoft.ManagedServices/registrationAssignments";

/// All that is granted to a caller in a subscription, to decide on many resources.
pub(super) struct Grants(Vec<(String, Vec<&'static Role>)>);

impl Grants {
    /// What `caller` has in the subscription with this id, and at what scopes.
    pub(super) fn of(world: &World, caller: &Caller, subscription: &str) -> Self {
        let all = world.resources.below(subscription);
        let grants = all.filter(|document| {
            let kind = document["type"].as_str();
            matches!(kind, Some(ASSIGNMENT | DELEGATION))
        });
        let grants = grants.filter_map(|grant| {
            let id = key(grant["id"].as_str()?);
            let (scope, _) = id.rsplit_once("/providers/")?;
            let roles = roles_of(world, caller, grant);
            (!roles.is_empty()).then(|| (scope.to_owned(), roles))
        });
        Self(grants.collect())
    }

    /// Which of them allow an action.
    pub(super) fn allowing(&self, action: &str) -> Vec<bool> {
        let allows = |roles: &[&Role]| roles.iter().any(|role| role.allows(action));
        self.0.iter().map(|(_, roles)| allows(roles)).collect()
    }

    /// Whether one of those that are marked is at a resource, given by its key, or above it.
    pub(super) fn reach(&self, resource: &str, marked: &[bool]) -> bool {
        self.0.iter().zip(marked).any(|((scope, _), marked)| {
            let below = resource.strip_prefix(scope.as_str());
            *marked && below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}

/// The roles that are granted to `caller` at exactly this scope.
fn roles_at(world: &World, caller: &Caller, scope: &str) -> Vec<&'static Role> {
    [ASSIGNMENT, DELEGATION]
        .into_iter()
        .flat_map(|kind| {
            world
                .resources
                .members(&format!("{scope}/providers/{kind}"))
        })
        .flat_map(|grant| roles_of(world, caller, grant))
        .collect()
}

/// The roles that a role assignment or a delegation grants to `caller`.
fn roles_of(world: &World, caller: &Caller, grant: &Value) -> Vec<&'static Role> {
    let properties = &grant["properties"];
    if let Some(definition) = definition_of(world, grant) {
        let definition = &definition["properties"];
        if definition["managedByTenantId"] != caller.tenant.as_str() {
            return Vec::new();
        }
        return definition["authorizations"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|entry| stands_for(world, &caller.object_id, &text(entry, "/principalId")))
            .filter_map(|entry| roles::find(entry["roleDefinitionId"].as_str()?))
            .collect();
    }
    let owner = grant["id"].as_str().and_then(subscription_of);
    let owner = owner.and_then(|subscription| world.tenant_of(subscription));
    let created: Option<jiff::Timestamp> = properties["createdOn"]
        .as_str()
        .and_then(|text| text.parse().ok());
    let in_force =
        created.is_none_or(|created| later(created, TAKES_EFFECT_AFTER) <= world.clock.now());
    if owner != Some(&caller.tenant)
        || !in_force
        || !stands_for(
            world,
            &caller.object_id,
            &text(grant, "/properties/principalId"),
        )
    {
        return Vec::new();
    }
    let role = properties["roleDefinitionId"].as_str().map(name_of);
    role.and_then(roles::find).into_iter().collect()
}

/// The registration definition behind a delegation.
fn definition_of<'w>(world: &'w World, delegation: &Value) -> Option<&'w Value> {
    let id = delegation["properties"]["registrationDefinitionId"].as_str()?;
    world.resources.get(id)
}

/// Whether what is granted to `id` is granted to `object_id`: itself, or a group it belongs to.
pub(super) fn stands_for(world: &World, object_id: &str, id: &str) -> bool {
    let applications = world.principals.iter();
    let applications = applications.map(|one| (&one.object_id, &one.groups));
    let people = world.directory.users.iter().flat_map(|one| &one.accounts);
    let people = people.map(|one| (&one.object_id, &one.groups));
    object_id.eq_ignore_ascii_case(id)
        || applications.chain(people).any(|(member, groups)| {
            member.eq_ignore_ascii_case(object_id)
                && groups.iter().any(|group| group.eq_ignore_ascii_case(id))
        })
}

/// A resource and everything it lies in: `/subscriptions/S`, `…/resourceGroups/R`, ….
pub(super) fn scopes_above(id: &str) -> impl Iterator<Item = &str> {
    let ends = id.match_indices('/').map(|(at, _)| at).skip(2).step_by(2);
    ends.chain([id.len()]).map(|end| &id[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_lies_in_its_group_and_subscription() {
        let id = "/subscriptions/s/resourceGroups/r/providers/P/t/n";
        let scopes: Vec<_> = scopes_above(id).collect();
        assert_eq!(
            scopes,
            [
                "/subscriptions/s",
                "/subscriptions/s/resourceGroups/r",
                "/subscriptions/s/resourceGroups/r/providers/P",
                id
            ]
        );
    }
}
