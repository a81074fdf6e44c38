//! The metadata service that a machine of Azure's gets tokens of its own identity from (Microsoft's
//! `how-to-use-vm-token.md`).

use axum::http::StatusCode;
use serde_json::json;

use crate::simulator::answer::Answer;
use crate::simulator::request::Request;
use crate::simulator::token::{self, LIFETIME, Subject};
use crate::simulator::world::World;

/// `GET /metadata/identity/oauth2/token?api-version=2018-02-01&resource=…`, for the only identity
/// there is or the one of a `client_id` or `object_id`.
pub(super) fn answer(world: &mut World, request: &Request) -> Answer {
    let metadata = request.header("metadata");
    if !metadata.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return refuse("Required metadata header not specified");
    }
    if request.query("api-version").is_none() {
        return refuse("Required query variable 'api-version' is missing");
    }
    let Some(resource) = request.query("resource").map(str::to_owned) else {
        return refuse("Required query variable 'resource' is missing");
    };
    if !token::is_resource_manager(world, &resource) {
        return refuse("AADSTS500011: The resource principal was not found in the tenant.");
    }
    let fits = |name: &str, own: &str| {
        let wanted = request.query(name);
        wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(own))
    };
    let mut all = world.directory.managed_identities.iter();
    let identity =
        all.find(|one| fits("client_id", &one.client_id) && fits("object_id", &one.object_id));
    let Some(identity) = identity else {
        return refuse("Identity not found");
    };
    let subject = Subject {
        tenant: identity.tenant.clone(),
        client_id: identity.client_id.clone(),
        object_id: identity.object_id.clone(),
        person: None,
        capabilities: Vec::new(),
    };
    let now = world.clock.token_now().as_second();
    // Numbers are texts here.
    Answer::ok(json!({
        "access_token": token::issue(world, &subject, &resource),
        "client_id": subject.client_id,
        "expires_in": LIFETIME.to_string(),
        "expires_on": (now + LIFETIME).to_string(),
        "ext_expires_in": LIFETIME.to_string(),
        "not_before": now.to_string(),
        "resource": resource,
        "token_type": "Bearer",
    }))
}

fn refuse(what: &str) -> Answer {
    let body = json!({ "error": "invalid_request", "error_description": what });
    Answer::with(StatusCode::BAD_REQUEST, body)
}
