//! Role definitions (`authorization-RoleDefinitionsCalls.json 2022-04-01`): the built-in ones.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::simulator::answer::{Answer, Outcome, Refusal};
use crate::simulator::arm::Admitted;
use crate::simulator::filter;
use crate::simulator::paging::page;
use crate::simulator::roles::{self, Role};
use crate::simulator::world::World;

const KIND: &str = "Microsoft.Authorization/roleDefinitions";
const BUILT_IN: &str = "BuiltInRole";

/// The id that a role has in a subscription.
pub(in crate::simulator) fn definition_id(subscription: &str, role: &str) -> String {
    format!("/subscriptions/{subscription}/providers/{KIND}/{role}")
}

/// `GET …/roleDefinitions`; `$filter=roleName eq '…'` or `type eq 'BuiltInRole'` picks some, without
/// regard to case (`role/role_assignment_create_update.json` of the recordings).
pub(super) fn list(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    let conditions = filter::conditions(admitted.request)?;
    let mut found: Vec<&Role> = roles::all().collect();
    for (name, value) in &conditions {
        match name.as_str() {
            "rolename" => found.retain(|role| role.name.eq_ignore_ascii_case(value)),
            "type" => found.retain(|_| BUILT_IN.eq_ignore_ascii_case(value)),
            // A built-in role is the same at every scope.
            "atscopeandbelow" => {}
            _ => {
                let filter = admitted.request.query("$filter");
                return Err(filter::invalid(filter.unwrap_or_default()));
            }
        }
    }
    let found = found.into_iter().map(|role| document(admitted, role));
    page(world, admitted.request, found.collect())
}

/// `GET …/roleDefinitions/{guid}`.
pub(super) fn get(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    let id = admitted.path.name();
    let role = roles::all().find(|role| role.id.eq_ignore_ascii_case(id));
    let role = role.ok_or_else(|| unknown(StatusCode::NOT_FOUND, id))?;
    Ok(Answer::ok(document(admitted, role)))
}

/// A role that there is not.
pub(super) fn unknown(status: StatusCode, id: &str) -> Refusal {
    Refusal::service(
        status,
        "RoleDefinitionDoesNotExist",
        format!("The specified role definition with ID '{id}' does not exist."),
    )
}

/// The id names the subscription, whatever part of it was asked
/// (`role/role_assignment_create_update.json` of the recordings).
fn document(admitted: &Admitted, role: &Role) -> Value {
    let subscription = admitted.path.subscription.as_deref();
    json!({
        "properties": {
            "roleName": role.name,
            "type": BUILT_IN,
            "description": role.description,
            "assignableScopes": ["/"],
            "permissions": [role.permission()],
            "createdOn": role.created,
            "updatedOn": role.updated,
            "createdBy": null,
            "updatedBy": null,
        },
        "id": definition_id(subscription.unwrap_or_default(), role.id),
        "type": KIND,
        "name": role.id,
    })
}
