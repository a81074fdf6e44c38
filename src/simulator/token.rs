//! Access tokens: how they are issued, and what Azure Resource Manager makes of the ones it gets.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::answer::Refusal;
use super::request::Request;
use super::world::{ServicePrincipal, World};

/// How long a token lives, in seconds (Entra: 60 to 90 minutes).
pub(super) const LIFETIME: i64 = 3599;

/// The audience of tokens for Azure Resource Manager, and the name it had before.
pub(super) const AUDIENCE: &str = "https://management.azure.com";
const OLD_AUDIENCE: &str = "https://management.core.windows.net";

#[derive(Serialize, Deserialize)]
struct Claims {
    aud: String,
    iss: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    appid: String,
    idtyp: String,
    oid: String,
    sub: String,
    tid: String,
    ver: String,
}

/// Whoever a token stands for.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) tenant: String,
    pub(super) client_id: String,
    pub(super) object_id: String,
    /// Callers of the `x-ms-authorization-auxiliary` tokens
    pub(super) auxiliary: Vec<Caller>,
}

/// Issues a token for `audience`.
pub(super) fn issue(world: &World, principal: &ServicePrincipal, audience: &str) -> String {
    let now = world.clock.token_now().as_second();
    let header = json!({ "typ": "JWT", "alg": "HS256" });
    let claims = Claims {
        aud: audience.to_owned(),
        iss: issuer(&principal.tenant),
        iat: now,
        nbf: now,
        exp: now + LIFETIME,
        appid: principal.client_id.clone(),
        idtyp: "app".to_owned(),
        oid: principal.object_id.clone(),
        sub: principal.object_id.clone(),
        tid: principal.tenant.clone(),
        ver: "1.0".to_owned(),
    };
    let payload = serde_json::to_string(&claims).unwrap_or_default();
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header.to_string()),
        URL_SAFE_NO_PAD.encode(payload)
    );
    let signature = signature(world, &signed);
    format!("{signed}.{signature}")
}

fn issuer(tenant: &str) -> String {
    format!("https://sts.windows.net/{tenant}/")
}

/// Only proves that this simulator issued the token; nothing else has to verify it.
fn signature(world: &World, signed: &str) -> String {
    world.chance.characters(&format!("token {signed}"), 43)
}

/// Whether a token for this audience opens Azure Resource Manager.
pub(super) fn is_resource_manager(world: &World, audience: &str) -> bool {
    let audience = audience.trim_end_matches('/');
    [AUDIENCE, OLD_AUDIENCE, &world.origin].contains(&audience)
}

/// Reads the tokens of a request.
///
/// # Errors
/// Azure's 401 for a missing, malformed, expired or foreign token, auxiliary ones included.
pub(super) fn caller(world: &World, request: &Request) -> Result<Caller, Refusal> {
    let Some(header) = request.header("authorization") else {
        return Err(unauthorized(
            world,
            "AuthenticationFailed",
            "Authentication failed. The 'Authorization' header is missing.".to_owned(),
        ));
    };
    let mut caller = verify(world, header)?;
    if let Some(header) = request.header("x-ms-authorization-auxiliary") {
        let tokens: Vec<&str> = header.split(',').map(str::trim).collect();
        if tokens.len() > 3 {
            return Err(Refusal::gateway(
                StatusCode::BAD_REQUEST,
                "InvalidAuxiliaryTokens",
                "The 'x-ms-authorization-auxiliary' header holds more than three tokens.",
            ));
        }
        for token in tokens {
            caller.auxiliary.push(verify(world, token)?);
        }
    }
    Ok(caller)
}

/// The tenants whose tokens a request carries, for the record: of `Authorization`, and of the
/// auxiliary ones. They are told even where a token is refused, as long as it was issued here.
pub(super) fn tenants(world: &World, request: &Request) -> (Option<String>, Vec<String>) {
    let tenant = |header: &str| read(world, header).map(|claims| claims.tid);
    let own = request.header("authorization").and_then(tenant);
    let auxiliary = request.header("x-ms-authorization-auxiliary");
    let auxiliary = auxiliary.into_iter().flat_map(|header| header.split(','));
    (
        own,
        auxiliary.filter_map(|token| tenant(token.trim())).collect(),
    )
}

/// What a token claims, if it was issued here.
fn read(world: &World, header: &str) -> Option<Claims> {
    let (scheme, token) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let (signed, signed_with) = token.trim().rsplit_once('.')?;
    let (_, payload) = signed.split_once('.')?;
    let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
    let claims: Claims = serde_json::from_slice(&payload).ok()?;
    (signature(world, signed) == signed_with).then_some(claims)
}

fn verify(world: &World, header: &str) -> Result<Caller, Refusal> {
    let claims = read(world, header);
    let Some(claims) = claims else {
        return Err(unauthorized(
            world,
            "InvalidAuthenticationToken",
            "The access token is invalid.".to_owned(),
        ));
    };
    let now = world.clock.token_now();
    if claims.exp <= now.as_second() {
        let expired = jiff::Timestamp::from_second(claims.exp).unwrap_or(now);
        return Err(unauthorized(
            world,
            "ExpiredAuthenticationToken",
            format!(
                "The access token expiry UTC time '{}' is earlier than current UTC time '{}'.",
                expired.strftime("%-m/%-d/%Y %-I:%M:%S %p"),
                now.strftime("%-m/%-d/%Y %-I:%M:%S %p")
            ),
        ));
    }
    if !is_resource_manager(world, &claims.aud) {
        return Err(unauthorized(
            world,
            "InvalidAuthenticationTokenAudience",
            format!(
                "The access token has been obtained for wrong audience or resource '{}'. It should \
                 exactly match with one of the allowed audiences '{OLD_AUDIENCE}/', \
                 '{OLD_AUDIENCE}', '{AUDIENCE}/', '{AUDIENCE}'.",
                claims.aud
            ),
        ));
    }
    Ok(Caller {
        tenant: claims.tid,
        client_id: claims.appid,
        object_id: claims.oid,
        auxiliary: Vec::new(),
    })
}

/// A token of a tenant that the subscription does not trust.
pub(super) fn wrong_tenant(world: &World, caller: &Caller, tenant: &str) -> Refusal {
    unauthorized(
        world,
        "InvalidAuthenticationTokenTenant",
        format!(
            "The access token is from the wrong issuer '{}'. It must match the tenant '{}' \
             associated with this subscription. Please use the authority (URL) \
             'https://login.windows.net/{tenant}' to get the token. Note, if the subscription is \
             transferred to another tenant there is no impact to the services, but information \
             about new tenant could take time to propagate (up to an hour). If you just \
             transferred your subscription and see this error message, please try back later.",
            issuer(&caller.tenant),
            issuer(tenant)
        ),
    )
}

fn unauthorized(world: &World, code: &'static str, message: String) -> Refusal {
    let challenge = format!(
        "Bearer authorization_uri=\"{}/common\", error=\"invalid_token\", \
         error_description=\"{message}\"",
        world.origin
    );
    Refusal::gateway(StatusCode::UNAUTHORIZED, code, message).header("www-authenticate", challenge)
}
