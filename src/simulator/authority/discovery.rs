//! What tells a client where the parts of this Azure are.

use serde_json::{Value, json};

use super::denial::Denial;
use super::find_tenant;
use crate::simulator::answer::Answer;
use crate::simulator::clock::short_time;
use crate::simulator::request::Request;
use crate::simulator::token;
use crate::simulator::world::World;

/// What a sign-in is begun at before it is known where its user is at home.
pub(super) const ANY_TENANT: [&str; 2] = ["common", "organizations"];

/// Answers a GET that discovers something; None where it does not.
pub(super) fn answer(world: &World, request: &Request, path: &[&str]) -> Option<Answer> {
    let body = match path {
        [tenant, "v2.0", ".well-known", "openid-configuration"] => {
            match openid_configuration(world, tenant) {
                Ok(configuration) => configuration,
                Err(denial) => return Some(denial.into_answer(world, request)),
            }
        }
        // Nothing verifies the tokens of this authority but itself.
        [_, "discovery", "v2.0", "keys"] => json!({ "keys": [] }),
        ["common", "discovery", "instance"] => instance(world),
        ["metadata", "endpoints"] => match request.api_version() {
            // A list of clouds; that it is one in these versions is unverified.
            "2019-05-01" | "2020-06-01" => json!([endpoints(world)]),
            _ => endpoints(world),
        },
        _ => return None,
    };
    Some(Answer::ok(body))
}

fn openid_configuration(world: &World, tenant: &str) -> Result<Value, Denial> {
    let issuer = if ANY_TENANT.contains(&tenant) {
        "{tenantid}"
    } else {
        find_tenant(world, tenant)?.0
    };
    let origin = &world.origin;
    let authority = format!("{origin}/{tenant}");
    Ok(json!({
        "token_endpoint": format!("{authority}/oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "jwks_uri": format!("{authority}/discovery/v2.0/keys"),
        "response_types_supported": ["code", "id_token"],
        "scopes_supported": ["openid", "profile", "offline_access"],
        "issuer": format!("{origin}/{issuer}/v2.0"),
        "authorization_endpoint": format!("{authority}/oauth2/v2.0/authorize"),
        "device_authorization_endpoint": format!("{authority}/oauth2/v2.0/devicecode"),
        "tenant_region_scope": "EU",
        "cloud_instance_name": "microsoftonline.com",
    }))
}

/// The names that this authority goes by, which MSAL asks for before it trusts it.
fn instance(world: &World) -> Value {
    let origin = &world.origin;
    let host = origin.split_once("://").map_or("", |(_, host)| host);
    json!({
        "tenant_discovery_endpoint":
            format!("{origin}/common/v2.0/.well-known/openid-configuration"),
        "api-version": "1.1",
        "metadata": [{ "preferred_network": host, "preferred_cache": host, "aliases": [host] }],
    })
}

/// `GET /metadata/endpoints`, which `az cloud register` reads.
fn endpoints(world: &World) -> Value {
    let origin = &world.origin;
    json!({
        "name": "Simulated",
        "portal": origin,
        "authentication": {
            "loginEndpoint": origin,
            "audiences": ["https://management.core.windows.net/", format!("{}/", token::AUDIENCE)],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "graph": origin,
        "graphAudience": origin,
        "microsoftGraphResourceId": origin,
        "resourceManager": origin,
        "gallery": origin,
        "batch": origin,
        "media": origin,
        "sqlManagement": origin,
        "vmImageAliasDoc": origin,
        "activeDirectoryDataLake": origin,
        "suffixes": {},
        "date": short_time(world.clock.token_now()),
    })
}
