//! Tenants, subscriptions and their locations (Resources 2022-12-01/subscriptions.json).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::access;
use super::answer::{Answer, Outcome};
use super::arm::Admitted;
use super::paging::page;
use super::regions;
use super::resource_path::name_of;
use super::resources::text;
use super::world::World;

/// `GET /tenants`: the caller's own, and those whose subscriptions are delegated to it.
pub(super) fn tenants(world: &World, admitted: &Admitted) -> Outcome {
    let own = &admitted.caller.tenant;
    let mut seen = BTreeSet::from([own.clone()]);
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
            "tenantCategory": if id == own { "Home" } else { "ManagedBy" },
        });
        if id == own {
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

/// Any role on any part of a subscription shows it.
fn may_read(world: &World, admitted: &Admitted) -> Result<(), super::answer::Refusal> {
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
