//! Resource providers as a subscription has them (Resources 2024-07-01/resources.json;
//! `resource/provider_registration.json` of the recordings).

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::answer::{Answer, Outcome, Refusal};
use super::arm::Admitted;
use super::kinds::{self, Kind};
use super::regions;
use super::world::World;

/// `GET /subscriptions/{id}/providers/{namespace}`. Every subscription is registered for all that is
/// simulated.
pub(super) fn get(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    let wanted = admitted.path.name();
    let of_it = |kind: &&Kind| kind.namespace().eq_ignore_ascii_case(wanted);
    let kinds: Vec<&Kind> = kinds::all().filter(of_it).collect();
    let Some(namespace) = kinds.first().map(|kind| kind.namespace()) else {
        return Err(Refusal::gateway(
            StatusCode::NOT_FOUND,
            "InvalidResourceNamespace",
            format!("The resource namespace '{wanted}' is invalid."),
        ));
    };
    let types: Vec<Value> = kinds.iter().map(|kind| described(kind)).collect();
    let subscription = admitted.path.subscription.as_deref().unwrap_or_default();
    Ok(Answer::ok(json!({
        "id": format!("/subscriptions/{subscription}/providers/{namespace}"),
        "namespace": namespace,
        "resourceTypes": types,
        "registrationState": "Registered",
        "registrationPolicy": "RegistrationRequired",
    })))
}

/// A type, which is in every region. The newest api-version is the first, which `az` takes.
fn described(kind: &Kind) -> Value {
    let (_, types) = kind.name.split_once('/').unwrap_or_default();
    let api_versions: Vec<&&str> = kind.api_versions.iter().rev().collect();
    json!({
        "resourceType": types,
        "locations": regions::display_names(),
        "apiVersions": api_versions,
        "capabilities": "None",
    })
}
