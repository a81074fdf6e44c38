//! Tenants, subscriptions and their locations (Resources 2022-12-01/subscriptions.json).

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::access;
use super::answer::{Answer, Outcome, Refusal};
use super::arm::Admitted;
use super::paging::page;
use super::regions;
use super::request::Request;
use super::resource_path::name_of;
use super::resources::text;
use super::world::World;

/// `GET /tenants`: the caller's own, a person's others, and those whose subscriptions are delegated
/// to it.
pub(super) fn tenants(world: &World, admitted: &Admitted) -> Outcome {
    let own = &admitted.caller.tenant;
    let mut at_home = BTreeSet::from([own.as_str()]);
    if let Some(user) = &admitted.caller.user {
        at_home.extend(world.directory.tenants_of(user));
    }
    let mut seen: BTreeSet<String> = at_home.iter().map(|&id| id.to_owned()).collect();
    for subscription in visible(world, admitted) {
        seen.insert(text(subscription, "/tenantId"));
    }
    let described = |(id, tenant): (&String, &super::world::Tenant)| {
        let mut document = json!({
            "id": format!("/tenants/{id}"),
            "tenantId": id,
            "countryCode": tenant.country,
            "displayName": tenant.name,
            "domains": [tenant.domain],
            "defaultDomain": tenant.domain,
            "tenantCategory": if at_home.contains(id.as_str()) { "Home" } else { "ManagedBy" },
        });
        if at_home.contains(id.as_str()) {
            document["tenantType"] = json!("AAD");
        }
        document
    };
    let all = world.tenants.iter().filter(|(id, _)| seen.contains(*id));
    page(world, admitted.request, all.map(described).collect())
}

/// `GET /subscriptions`: those that the token's tenant owns or manages, where the caller has a role.
pub(super) fn list(world: &World, admitted: &Admitted) -> Outcome {
    let documents = visible(world, admitted).map(|s| described(world, admitted, s));
    page(world, admitted.request, documents.collect())
}

/// `GET /subscriptions/{id}`.
pub(super) fn get(world: &World, admitted: &Admitted) -> Outcome {
    may_read(world, admitted)?;
    let document = admitted.find(world)?;
    Ok(Answer::ok(described(world, admitted, document)))
}

/// `GET /subscriptions/{id}/locations`: all regions, on one page.
pub(super) fn locations(world: &World, admitted: &Admitted) -> Outcome {
    may_read(world, admitted)?;
    let subscription = admitted.path.subscription.as_deref().unwrap_or_default();
    Ok(Answer::ok(
        json!({ "value": regions::locations(subscription) }),
    ))
}

/// Whether a subscription is in a state that takes a request: one that is disabled, or about to be,
/// can be read and emptied only (Microsoft's `subscription-states.md`).
///
/// # Errors
/// ARM's `ReadOnlyDisabledSubscription`.
pub(super) fn admit_method(
    world: &World,
    request: &Request,
    subscription: &str,
) -> Result<(), Refusal> {
    let document = world
        .resources
        .get(&format!("/subscriptions/{subscription}"));
    let state = document.map(|document| text(document, "/state"));
    let reads = [Method::GET, Method::HEAD, Method::DELETE].contains(&request.method);
    if reads || !matches!(state.as_deref(), Some("Disabled" | "Warned")) {
        return Ok(());
    }
    Err(Refusal::gateway(
        StatusCode::CONFLICT,
        "ReadOnlyDisabledSubscription",
        format!(
            "The subscription '{subscription}' is disabled and therefore marked as read only. You \
             cannot perform any write actions on this subscription until it is re-enabled."
        ),
    ))
}

/// Any role on any part of a subscription shows it.
fn may_read(world: &World, admitted: &Admitted) -> Result<(), Refusal> {
    let subscription = admitted.path.names.first().map_or("", String::as_str);
    if access::sees(world, admitted.caller, subscription) {
        return Ok(());
    }
    admitted.authorize(world, "read")
}

fn visible<'w>(world: &'w World, admitted: &Admitted) -> impl Iterator<Item = &'w Value> {
    world
        .resources
        .members("/subscriptions")
        .filter(|document| {
            let id = document["id"].as_str().map_or("", name_of);
            access::sees(world, admitted.caller, id)
        })
}

fn described(world: &World, admitted: &Admitted, document: &Value) -> Value {
    let id = document["id"].as_str().map_or("", name_of);
    let managing: BTreeSet<&str> = access::managing_tenants(world, id).collect();
    let managing: Vec<Value> = managing.iter().map(|t| json!({ "tenantId": t })).collect();
    let mut document = document.clone();
    document["managedByTenants"] = json!(managing);
    document["authorizationSource"] = json!("RoleBased");
    if admitted.request.api_version() < "2019-06-01" {
        // The tenant and who manages it came with later versions (extensions/account.json of the
        // recordings).
        if let Some(members) = document.as_object_mut() {
            members.remove("managedByTenants");
            members.remove("tenantId");
        }
    }
    document
}
