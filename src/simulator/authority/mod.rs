//! The part of Microsoft Entra that applications sign in with.

mod discovery;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::answer::Answer;
use super::request::Request;
use super::token::{self, LIFETIME};
use super::world::{self, World};

/// Answers a request that is the authority's; None where it is not.
pub(super) fn answer(world: &World, request: &Request) -> Option<Answer> {
    let parts: Vec<&str> = request.path.split('/').filter(|p| !p.is_empty()).collect();
    match (&request.method, parts.as_slice()) {
        (&Method::POST, [tenant, "oauth2", "v2.0", "token"]) => {
            Some(match grant(world, request, &tenant.to_lowercase()) {
                Ok(token) => Answer::ok(token),
                Err(error) => error.into_answer(world, request),
            })
        }
        (&Method::GET, path) => discovery::answer(world, request, path),
        _ => None,
    }
}

/// The tenant that a request of the authority is about, for the record.
pub(super) fn tenant_of(request: &Request) -> Option<String> {
    let path = request.path.trim_start_matches('/').to_lowercase();
    path.split_once("/oauth2/")
        .map(|(tenant, _)| tenant.to_owned())
}

/// An error of the token endpoint: status, OAuth's word for it, Entra's number and text.
struct Denial {
    status: StatusCode,
    error: &'static str,
    number: u32,
    text: String,
}

impl Denial {
    fn new(error: &'static str, number: u32, text: impl Into<String>) -> Self {
        let status = match error {
            "invalid_client" => StatusCode::UNAUTHORIZED,
            _ => StatusCode::BAD_REQUEST,
        };
        Self {
            status,
            error,
            number,
            text: text.into(),
        }
    }

    fn into_answer(self, world: &World, request: &Request) -> Answer {
        let trace = world.chance.id(&format!("trace {}", world.answers));
        let correlation = request
            .header("client-request-id")
            .map_or_else(|| trace.to_string(), str::to_owned);
        let now = world.clock.token_now().strftime("%Y-%m-%d %H:%M:%SZ");
        let description = format!(
            "AADSTS{}: {} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {now}",
            self.number, self.text
        );
        Answer::with(
            self.status,
            json!({
                "error": self.error,
                "error_description": description,
                "error_codes": [self.number],
                "timestamp": now.to_string(),
                "trace_id": trace,
                "correlation_id": correlation,
                "error_uri": format!("{}/error?code={}", world.origin, self.number),
            }),
        )
    }
}

/// The client credentials grant.
fn grant(world: &World, request: &Request, tenant: &str) -> Result<Value, Denial> {
    let form = request.form();
    let field = |name: &str| {
        form.iter()
            .find(|(known, _)| known == name)
            .map_or("", |(_, value)| value.as_str())
    };
    if field("grant_type") != "client_credentials" {
        return Err(Denial::new(
            "unsupported_grant_type",
            70003,
            format!(
                "The app requested an unsupported grant type '{}'.",
                field("grant_type")
            ),
        ));
    }
    let (tenant, directory) = find_tenant(world, tenant)?;
    let client_id = field("client_id");
    let audience = audience(world, field("scope"))?;
    let principal = world
        .principals
        .iter()
        .find(|p| p.tenant == *tenant && p.client_id.eq_ignore_ascii_case(client_id));
    let Some(principal) = principal else {
        return Err(Denial::new(
            "unauthorized_client",
            700_016,
            format!(
                "Application with identifier '{client_id}' was not found in the directory '{}'. \
                 This can happen if the application has not been installed by the administrator \
                 of the tenant or consented to by any user in the tenant. You may have sent your \
                 authentication request to the wrong tenant.",
                directory.name
            ),
        ));
    };
    if let Some(code) = &principal.sign_in {
        return Err(prescribed(code, client_id));
    }
    if field("client_secret") != principal.secret {
        return Err(prescribed("AADSTS7000215", client_id));
    }
    Ok(json!({
        "token_type": "Bearer",
        "expires_in": LIFETIME,
        "ext_expires_in": LIFETIME,
        "access_token": token::issue(world, principal, &audience),
    }))
}

/// The tenant that a path names by id or domain.
fn find_tenant<'w>(
    world: &'w World,
    named: &str,
) -> Result<(&'w String, &'w world::Tenant), Denial> {
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

/// The audience that a scope asks for: Azure Resource Manager under any of its names, or
/// Microsoft Graph, whose tokens are good for nothing here.
fn audience(world: &World, scope: &str) -> Result<String, Denial> {
    let Some(resource) = scope.strip_suffix("/.default") else {
        return Err(Denial::new(
            "invalid_scope",
            70011,
            format!(
                "The provided request must include a 'scope' input parameter. The provided value \
                 for the input parameter 'scope' is not valid. The scope {scope} is not valid."
            ),
        ));
    };
    let known = token::is_resource_manager(world, resource)
        || resource.trim_end_matches('/') == "https://graph.microsoft.com";
    if known {
        return Ok(resource.to_owned());
    }
    Err(Denial::new(
        "invalid_resource",
        500_011,
        format!(
            "The resource principal named {resource} was not found in the tenant. This can happen \
             if the application has not been installed by the administrator of the tenant or \
             consented to by any user in the tenant. You might have sent your authentication \
             request to the wrong tenant."
        ),
    ))
}

/// The error that the estate file or the control prescribes for a tenant.
fn prescribed(code: &str, client_id: &str) -> Denial {
    let number = code.trim_start_matches("AADSTS").parse().unwrap_or(90_001);
    let (error, text) = match number {
        7_000_215 => (
            "invalid_client",
            format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is \
                 the client secret value, not the client secret ID, for a secret added to app \
                 '{client_id}'."
            ),
        ),
        7_000_222 => (
            "invalid_client",
            format!(
                "The provided client secret keys for app '{client_id}' are expired. Visit the \
                 Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or \
                 consider using certificate credentials for added security: \
                 https://aka.ms/certCreds."
            ),
        ),
        7_000_112 => (
            "unauthorized_client",
            format!("Application '{client_id}' is disabled."),
        ),
        53_003 => (
            "invalid_grant",
            "Access has been blocked by Conditional Access policies. The access policy does not \
             allow token issuance."
                .to_owned(),
        ),
        50_076 => (
            "invalid_grant",
            "Due to a configuration change made by your administrator, or because you moved to a \
             new location, you must use multi-factor authentication to access the resource."
                .to_owned(),
        ),
        _ => ("invalid_grant", "The sign-in was refused.".to_owned()),
    };
    Denial::new(error, number, text)
}
