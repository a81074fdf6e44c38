//! An application that signs in as itself.

use serde_json::{Value, json};

use super::denial::{Denial, prescribed};
use super::people::unknown_application;
use super::scope::{Scope, Wanted};
use super::{Form, assertions, find_tenant};
use crate::simulator::token::{self, LIFETIME, Subject};
use crate::simulator::world::World;

/// The client credentials grant: by a secret, or by an assertion.
///
/// # Errors
/// Entra's.
pub(super) fn grant(world: &mut World, form: &Form, tenant: &str) -> Result<Value, Denial> {
    let (tenant, directory) = find_tenant(world, tenant)?;
    let client_id = form.field("client_id");
    let scope = Scope::read(world, form.field("scope"))?;
    if !scope.whole {
        return Err(Denial::new(
            "invalid_scope",
            1_002_012,
            format!(
                "The provided value for scope {} is not valid. Client credential flows must have a \
                 scope value with /.default suffixed to the resource identifier (application ID \
                 URI).",
                scope.text
            ),
        ));
    }
    let wanted = Wanted::read(form.field("claims"))?;
    let principal = world
        .principals
        .iter()
        .find(|one| one.tenant == *tenant && one.client_id.eq_ignore_ascii_case(client_id));
    let Some(principal) = principal else {
        return Err(unknown_application(client_id, &directory.name));
    };
    if let Some(code) = &principal.sign_in {
        return Err(prescribed(code, client_id));
    }
    if form.has("client_assertion") {
        assertions::check(world, form, (tenant, &directory.domain))?;
    } else if form.field("client_secret") != principal.secret {
        return Err(prescribed("AADSTS7000215", client_id));
    }
    let subject = Subject {
        tenant: tenant.clone(),
        client_id: principal.client_id.clone(),
        object_id: principal.object_id.clone(),
        person: None,
        capabilities: wanted.capabilities,
    };
    Ok(json!({
        "token_type": "Bearer",
        "expires_in": LIFETIME,
        "ext_expires_in": LIFETIME,
        "access_token": token::issue(world, &subject, &scope.audience),
    }))
}
