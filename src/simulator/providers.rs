//! Resource providers as a subscription has them (`Resources 2024-07-01/resources.json`,
//! `resource/provider_registration.json` of the recordings). `az` finds api-versions there.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::answer::{Answer, Outcome, Refusal};
use super::arm::Admitted;
use super::kinds;
use super::regions;
use super::world::World;

/// One provider with its types, their regions and api-versions.
pub(super) fn get(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    let name = admitted.path.name();
    let namespace = kinds::namespace(name).ok_or_else(|| {
        Refusal::gateway(
            StatusCode::NOT_FOUND,
            "InvalidResourceNamespace",
            format!("The resource namespace '{name}' is invalid."),
        )
    })?;
    Ok(Answer::ok(described(admitted, namespace)))
}

/// A provider that is registered; every type is in every region.
fn described(admitted: &Admitted, namespace: &str) -> Value {
    let subscription = admitted.path.subscription.as_deref().unwrap_or_default();
    let locations = regions::display_names();
    let types = kinds::of_provider(namespace).map(|(name, api_versions)| {
        // The newest first.
        let api_versions: Vec<&&str> = api_versions.iter().rev().collect();
        json!({
            "resourceType": name,
            "locations": locations,
            "apiVersions": api_versions,
            "capabilities": "None",
        })
    });
    json!({
        "id": format!("/subscriptions/{subscription}/providers/{namespace}"),
        "namespace": namespace,
        "resourceTypes": types.collect::<Vec<_>>(),
        "registrationState": "Registered",
        "registrationPolicy": "RegistrationRequired",
    })
}
