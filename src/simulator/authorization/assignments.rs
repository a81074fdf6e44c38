//! Role assignments (`authorization-RoleAssignmentsCalls.json 2022-04-01`).
//!
//! A new one works after a while, which `access` sees to; one that is deleted is gone at once.

use axum::http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::definitions::{self, definition_id};
use super::principals::find_principal;
use crate::simulator::access::{scopes_above, stands_for};
use crate::simulator::answer::{Answer, Outcome, Refusal};
use crate::simulator::arm::{Admitted, not_found};
use crate::simulator::clock::role_time;
use crate::simulator::filter;
use crate::simulator::paging::page;
use crate::simulator::resource_path::{ResourcePath, name_of, subscription_of};
use crate::simulator::resources::{key, text};
use crate::simulator::roles;
use crate::simulator::world::World;

const KIND: &str = "Microsoft.Authorization/roleAssignments";

/// `GET {scope}/…/roleAssignments`: those at the scope, above it and, without
/// `$filter=atScope()`, below it. `principalId eq '…'` picks those of one principal,
/// `assignedTo('…')` those of its groups too (azure-docs `role-assignments-list-rest.md`).
pub(super) fn list(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    let scope = admitted.path.scope();
    let conditions = filter::conditions(admitted.request)?;
    let at_scope = conditions.iter().any(|(name, _)| name == "atscope");
    let above = scopes_above(&scope).filter(|above| *above != scope || at_scope);
    let above = above.flat_map(|above| {
        world
            .resources
            .members(&format!("{above}/providers/{KIND}"))
    });
    let below = world.resources.of_type(&scope, KIND);
    let mut found: Vec<&Value> = above.chain(below.filter(|_| !at_scope)).collect();
    found.retain(|_| is_at_home(world, admitted));
    for (name, value) in &conditions {
        let principal = |assignment: &Value| text(assignment, "/properties/principalId");
        match name.as_str() {
            "atscope" => {}
            "principalid" => found.retain(|one| principal(one).eq_ignore_ascii_case(value)),
            "assignedto" => found.retain(|one| stands_for(world, value, &principal(one))),
            _ => {
                let filter = admitted.request.query("$filter");
                return Err(filter::invalid(filter.unwrap_or_default()));
            }
        }
    }
    page(
        world,
        admitted.request,
        found.into_iter().cloned().collect(),
    )
}

/// `GET …/roleAssignments/{guid}`.
pub(super) fn get(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    let found = world.resources.get(&admitted.path.id());
    let found = found.filter(|_| is_at_home(world, admitted));
    found.cloned().map(Answer::ok).ok_or_else(|| {
        // The text is unverified.
        Refusal::service(
            StatusCode::NOT_FOUND,
            "RoleAssignmentNotFound",
            format!(
                "The role assignment '{}' is not found.",
                admitted.path.name()
            ),
        )
    })
}

/// Whether the caller is of the tenant that the scope is in. A service provider sees none of its
/// customer's role assignments, whatever its role (azure-docs `role-assignments-list-rest.md`).
fn is_at_home(world: &World, admitted: &Admitted) -> bool {
    tenant(world, admitted) == admitted.caller.tenant
}

fn tenant<'w>(world: &'w World, admitted: &Admitted) -> &'w str {
    let subscription = admitted.path.subscription.as_deref();
    let tenant = subscription.and_then(|subscription| world.tenant_of(subscription));
    tenant.unwrap_or_default()
}

/// `DELETE …/roleAssignments/{guid}`: 200 with what it was, 204 where there was none.
pub(super) fn delete(world: &mut World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "delete")?;
    let id = admitted.path.id();
    let Some(mut document) = world.resources.get(&id).cloned() else {
        return Ok(Answer::empty(StatusCode::NO_CONTENT));
    };
    world.resources.remove(&id);
    document["properties"]["updatedOn"] = json!(role_time(world.clock.now()));
    document["properties"]["updatedBy"] = json!(admitted.caller.object_id);
    Ok(Answer::ok(document))
}

/// `PUT …/roleAssignments/{guid}`: 201, also where it was there and is only described anew
/// (`role/role_assignment_create_update.json` of the recordings).
pub(super) fn put(world: &mut World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "write")?;
    if Uuid::try_parse(admitted.path.name()).is_err() {
        let message = format!(
            "The role assignment ID '{}' is not valid. The role assignment ID must be a GUID.",
            admitted.path.name()
        );
        return Err(refused("InvalidRoleAssignmentId", message));
    }
    refuse_missing_scope(world, admitted)?;
    let grant = grant(world, admitted)?;
    let id = admitted.id(world);
    refuse_conflict(world, admitted, &id, &grant)?;
    let now = json!(role_time(world.clock.now()));
    let caller = json!(admitted.caller.object_id);
    let existing = world.resources.get(&id).map(|known| &known["properties"]);
    let (created, creator) = existing.map_or((&now, &caller), |properties| {
        (&properties["createdOn"], &properties["createdBy"])
    });
    let mut document = json!({
        "properties": {
            "roleDefinitionId": grant.definition,
            "principalId": grant.principal,
            "principalType": grant.kind,
            "scope": grant.scope,
            "condition": grant.given["condition"],
            "conditionVersion": grant.given["conditionVersion"],
            "createdOn": created,
            "updatedOn": now,
            "createdBy": creator,
            "updatedBy": caller,
            "delegatedManagedIdentityResourceId": grant.given["delegatedManagedIdentityResourceId"],
            "description": grant.given["description"],
        },
        "id": id,
        "type": KIND,
        "name": name_of(&id),
    });
    world.resources.put(document.clone());
    // The answer knows no creator yet, and the time of the request for the creation's, also where
    // the assignment is older.
    document["properties"]["createdOn"] = now;
    document["properties"]["createdBy"] = Value::Null;
    Ok(Answer::with(StatusCode::CREATED, document))
}

/// What is to be granted, looked up.
struct Grant {
    scope: String,
    definition: String,
    principal: String,
    kind: Value,
    /// The properties of the request
    given: Value,
}

impl Grant {
    /// Whether `assignment` gives any role to the same principal at the same scope.
    fn is_for(&self, assignment: &Value) -> bool {
        let same = |pointer, own: &str| text(assignment, pointer).eq_ignore_ascii_case(own);
        same("/properties/scope", &self.scope) && same("/properties/principalId", &self.principal)
    }

    fn is_of_role(&self, assignment: &Value) -> bool {
        let role = text(assignment, "/properties/roleDefinitionId");
        name_of(&role).eq_ignore_ascii_case(name_of(&self.definition))
    }
}

/// Reads the request. A principal that is missing is refused even where its type is given, for
/// which Azure may take it in case it was made a moment ago: directories do not lag behind here.
fn grant(world: &World, admitted: &Admitted) -> Result<Grant, Refusal> {
    let mut body = admitted.request.object()?;
    let given = body.remove("properties").unwrap_or_default();
    let (definition, principal) = (
        text(&given, "/roleDefinitionId"),
        text(&given, "/principalId"),
    );
    if !key(&definition).contains("/providers/microsoft.authorization/roledefinitions/") {
        let message = "The request was incorrectly formatted.".to_owned();
        return Err(refused("BadRequestFormat", message));
    }
    let Ok(role_id) = Uuid::try_parse(name_of(&definition)) else {
        let message = format!(
            "The role definition ID '{}' is not valid.",
            name_of(&definition)
        );
        return Err(refused("InvalidRoleDefinitionId", message));
    };
    let Ok(principal_id) = Uuid::try_parse(&principal) else {
        let message =
            format!("The Principal ID '{principal}' is not valid. Principal ID must be a GUID.");
        return Err(refused("InvalidPrincipalId", message));
    };
    let Some(role) = roles::find(&role_id.to_string()) else {
        let id = role_id.simple().to_string();
        return Err(definitions::unknown(StatusCode::BAD_REQUEST, &id));
    };
    let tenant = tenant(world, admitted);
    let Some(known) = find_principal(world, tenant, &principal_id.to_string()) else {
        let message = format!(
            "Principal {} does not exist in the directory {tenant}. Check that you have the \
             correct principal ID. If you are creating this principal and then immediately \
             assigning a role, this error might be related to a replication delay. In this case, \
             set the role assignment principalType property to a value, such as \
             ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype",
            principal_id.simple()
        );
        return Err(refused("PrincipalNotFound", message));
    };
    let kind = json!(known.kind);
    let wanted = &given["principalType"];
    if !wanted.is_null() && *wanted != kind {
        let (wanted, kind) = (text(&given, "/principalType"), text(&kind, ""));
        let message = format!(
            "The PrincipalId '{}' has type '{kind}' , which is different from specified \
             PrinciaplType '{wanted}'.",
            principal_id.simple()
        );
        return Err(refused("UnmatchedPrincipalType", message));
    }
    let id = admitted.id(world);
    let scope = id.rsplit_once("/providers/").map_or("", |(scope, _)| scope);
    Ok(Grant {
        scope: scope.to_owned(),
        definition: definition_id(subscription_of(scope).unwrap_or_default(), role.id),
        principal: principal_id.to_string(),
        kind,
        given,
    })
}

/// A role can be assigned only on what is there. Whether Azure looks is unverified.
fn refuse_missing_scope(world: &World, admitted: &Admitted) -> Result<(), Refusal> {
    let scope = admitted.path.scope();
    if world.resources.get(&scope).is_some() {
        return Ok(());
    }
    Err(not_found(
        &ResourcePath::parse(&scope).unwrap_or_else(|| admitted.path.clone()),
    ))
}

/// The name is one assignment's in the whole tenant, and the same grant is not made twice. That a
/// role is as fixed as scope and principal are is unverified.
fn refuse_conflict(
    world: &World,
    admitted: &Admitted,
    id: &str,
    grant: &Grant,
) -> Result<(), Refusal> {
    let tenant = tenant(world, admitted);
    let all = world.resources.of_type("/subscriptions", KIND);
    let mut all = all.filter(|known| {
        let owner = known["id"].as_str().and_then(subscription_of);
        owner.and_then(|owner| world.tenant_of(owner)) == Some(tenant)
    });
    let name = name_of(id);
    let rival = all.find(|known| {
        let namesake = text(known, "/name").eq_ignore_ascii_case(name);
        namesake != (grant.is_for(known) && grant.is_of_role(known))
    });
    let Some(rival) = rival else {
        return Ok(());
    };
    if text(rival, "/name").eq_ignore_ascii_case(name) {
        let message =
            "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.";
        return Err(refused(
            "RoleAssignmentUpdateNotPermitted",
            message.to_owned(),
        ));
    }
    Err(Refusal::service(
        StatusCode::CONFLICT,
        "RoleAssignmentExists",
        format!(
            "The role assignment already exists. The ID of the existing role assignment is {}.",
            text(rival, "/name").replace('-', "")
        ),
    ))
}

fn refused(code: &'static str, message: String) -> Refusal {
    Refusal::service(StatusCode::BAD_REQUEST, code, message)
}
