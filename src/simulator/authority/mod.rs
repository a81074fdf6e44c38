//! The part of Microsoft Entra that applications and people sign in with.

mod applications;
mod assertions;
mod denial;
mod device_codes;
mod device_login;
mod directory;
mod discovery;
mod managed_identity;
mod people;
mod refresh_tokens;
mod scope;

use axum::http::Method;
use serde_json::Value;

use super::answer::Answer;
use super::request::Request;
use super::world::{Tenant, World};
use denial::Denial;
pub(super) use device_codes::{decline, sign_in};
pub(super) use directory::{
    Account, Application, ConditionalAccess, Directory, Federated, ManagedIdentity, SignInPolicy,
    User,
};

/// Answers a request that is the authority's; None where it is not.
pub(super) fn answer(world: &mut World, request: &Request) -> Option<Answer> {
    let parts: Vec<&str> = request.path.split('/').filter(|p| !p.is_empty()).collect();
    let outcome = match (&request.method, parts.as_slice()) {
        (&Method::POST, [tenant, "oauth2", "v2.0", "token"]) => grant(world, request, tenant),
        (&Method::POST, [tenant, "oauth2", "v2.0", "devicecode"]) => {
            device_codes::begin(world, &Form::of(request), &tenant.to_lowercase())
        }
        (&Method::GET | &Method::POST, ["devicelogin"]) => {
            return Some(device_login::answer(world, request));
        }
        (&Method::GET, ["metadata", "identity", "oauth2", "token"]) => {
            return Some(managed_identity::answer(world, request));
        }
        (&Method::GET, path) => return discovery::answer(world, request, path),
        _ => return None,
    };
    Some(match outcome {
        Ok(body) => Answer::ok(body),
        Err(denial) => denial.into_answer(world, request),
    })
}

/// The tenant that a request of the authority is about, for the record.
pub(super) fn tenant_of(request: &Request) -> Option<String> {
    let path = request.path.trim_start_matches('/').to_lowercase();
    path.split_once("/oauth2/")
        .map(|(tenant, _)| tenant.to_owned())
}

/// The token endpoint.
fn grant(world: &mut World, request: &Request, tenant: &str) -> Result<Value, Denial> {
    let form = Form::of(request);
    let tenant = tenant.to_lowercase();
    match form.field("grant_type") {
        "client_credentials" => applications::grant(world, &form, &tenant),
        "refresh_token" => refresh_tokens::grant(world, &form, &tenant),
        "urn:ietf:params:oauth:grant-type:device_code" => {
            device_codes::grant(world, &form, &tenant)
        }
        other => Err(Denial::new(
            "unsupported_grant_type",
            70003,
            format!("The app requested an unsupported grant type '{other}'."),
        )),
    }
}

/// The fields of a form.
struct Form(Vec<(String, String)>);

impl Form {
    fn of(request: &Request) -> Self {
        Self(request.form())
    }

    /// What a field says; nothing where it is missing.
    fn field(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }
}

/// The tenant that a path names by id or domain.
fn find_tenant<'w>(world: &'w World, named: &str) -> Result<(&'w String, &'w Tenant), Denial> {
    let mut all = world.tenants.iter();
    let found = all.find(|(id, known)| {
        id.eq_ignore_ascii_case(named) || known.domain.eq_ignore_ascii_case(named)
    });
    found.ok_or_else(|| {
        Denial::new(
            "invalid_request",
            90002,
            format!(
                "Tenant '{named}' not found. Check to make sure you have the correct tenant ID \
                 and are signing into the correct cloud. Check with your subscription \
                 administrator, this may happen if there are no active subscriptions for the \
                 tenant."
            ),
        )
    })
}
