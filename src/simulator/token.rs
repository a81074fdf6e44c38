//! Access tokens: how they are issued, and what Azure Resource Manager makes of the ones it gets.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::Refusal;
use super::chance::Chance;
use super::request::Request;
use super::resource_path::name_of;
use super::world::World;

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
    /// Authentication contexts that were satisfied
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    acrs: Vec<String>,
    /// How a person signed in
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    amr: Vec<String>,
    appid: String,
    idtyp: String,
    oid: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scp: Option<String>,
    sub: String,
    tid: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    upn: Option<String>,
    /// The number of the token
    uti: String,
    ver: String,
    /// What the client declared that it understands
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    xms_cc: Vec<String>,
}

/// Whom a token is issued to.
pub(super) struct Subject {
    pub(super) tenant: String,
    pub(super) client_id: String,
    pub(super) object_id: String,
    /// None for an application
    pub(super) person: Option<Person>,
    /// What the client declared that it understands
    pub(super) capabilities: Vec<String>,
}

/// Somebody who signed in by an application.
pub(super) struct Person {
    /// User principal name
    pub(super) name: String,
    /// Whether with a second factor, at the token's tenant
    pub(super) mfa: bool,
    /// Authentication contexts that were asked for
    pub(super) contexts: Vec<String>,
}

/// Whoever a token stands for.
#[derive(Clone, Debug, Default)]
pub(super) struct Caller {
    pub(super) tenant: String,
    pub(super) client_id: String,
    pub(super) object_id: String,
    /// A person's name; None for an application
    pub(super) user: Option<String>,
    /// Whether the person signed in with a second factor
    pub(super) mfa: bool,
    /// Callers of the `x-ms-authorization-auxiliary` tokens
    pub(super) auxiliary: Vec<Caller>,
}

impl Caller {
    /// What ARM calls it: a person by name, an application by its id.
    pub(super) fn client(&self) -> &str {
        self.user.as_deref().unwrap_or(&self.client_id)
    }
}

/// Issues a token for `audience`.
pub(super) fn issue(world: &mut World, subject: &Subject, audience: &str) -> String {
    let now = world.clock.token_now().as_second();
    let mut claims = Claims {
        aud: audience.to_owned(),
        iss: issuer(&subject.tenant),
        iat: now,
        nbf: now,
        exp: now + LIFETIME,
        acrs: Vec::new(),
        amr: Vec::new(),
        appid: subject.client_id.clone(),
        idtyp: "app".to_owned(),
        oid: subject.object_id.clone(),
        scp: None,
        sub: subject.object_id.clone(),
        tid: subject.tenant.clone(),
        upn: None,
        uti: world.directory.next_token().to_string(),
        ver: "1.0".to_owned(),
        xms_cc: subject.capabilities.clone(),
    };
    if let Some(person) = &subject.person {
        "user".clone_into(&mut claims.idtyp);
        claims.acrs.clone_from(&person.contexts);
        claims.amr = vec!["pwd".to_owned()];
        if person.mfa {
            claims.amr.push("mfa".to_owned());
        }
        claims.scp = Some("user_impersonation".to_owned());
        claims.upn = Some(person.name.clone());
    }
    sign(world.chance, &claims)
}

/// A token that nobody but this simulator can have made.
pub(super) fn sign(chance: Chance, claims: &impl Serialize) -> String {
    let header = json!({ "typ": "JWT", "alg": "HS256" });
    let payload = serde_json::to_string(claims).unwrap_or_default();
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header.to_string()),
        URL_SAFE_NO_PAD.encode(payload)
    );
    let signature = signature(chance, &signed);
    format!("{signed}.{signature}")
}

fn issuer(tenant: &str) -> String {
    format!("https://sts.windows.net/{tenant}/")
}

/// Only proves that this simulator issued the token; nothing else has to verify it.
fn signature(chance: Chance, signed: &str) -> String {
    chance.characters(&format!("token {signed}"), 43)
}

/// What a token claims, if it was [signed](sign) here.
pub(super) fn claims<T: DeserializeOwned>(chance: Chance, token: &str) -> Option<T> {
    let (signed, signed_with) = token.rsplit_once('.')?;
    let (_, payload) = signed.split_once('.')?;
    let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
    let claims = serde_json::from_slice(&payload).ok()?;
    (signature(chance, signed) == signed_with).then_some(claims)
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
    claims(world.chance, token.trim())
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
    if let Some(since) = world.directory.revoked(&claims.oid, &claims.uti) {
        return Err(revoked(world, since));
    }
    Ok(Caller {
        tenant: claims.tid,
        client_id: claims.appid,
        object_id: claims.oid,
        user: claims.upn,
        mfa: claims.amr.iter().any(|method| method == "mfa"),
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

/// A token from before a revocation: only one that was issued since will do. Header and text are
/// Microsoft Graph's (`cae` of the recordings of azure-sdk-for-js); ARM's own are unverified. Azure
/// spares clients that do not declare that they understand it, for as long as the token lives; here
/// nobody is.
fn revoked(world: &World, since: Timestamp) -> Refusal {
    let since = since.as_second().to_string();
    Refusal::gateway(
        StatusCode::UNAUTHORIZED,
        "InvalidAuthenticationToken",
        "Continuous access evaluation resulted in claims challenge with result: \
         InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp",
    )
    .header(
        "www-authenticate",
        challenge(
            world,
            &json!({ "nbf": { "essential": true, "value": since } }),
        ),
    )
}

/// What a person is told who writes without a second factor where that is mandatory: the status,
/// the code and the authentication context `p1` are those of azure-cli's pull request 31699, the
/// wording is `use-azure-cli-successfully-troubleshooting.md` of azure-docs-cli.
pub(super) fn second_factor_needed(world: &World, id: &str) -> Refusal {
    Refusal::gateway(
        StatusCode::UNAUTHORIZED,
        "RequestDisallowedByPolicy",
        format!(
            "Resource '{}' was disallowed by policy. Reasons: 'MFA is required.'. See error \
             details for policy resource IDs.",
            name_of(id)
        ),
    )
    .header(
        "www-authenticate",
        challenge(
            world,
            &json!({ "acrs": { "essential": true, "values": ["p1"] } }),
        ),
    )
}

/// Leads a client to a token with other claims.
fn challenge(world: &World, wanted: &Value) -> String {
    let claims = json!({ "access_token": wanted }).to_string();
    format!(
        "Bearer realm=\"\", authorization_uri=\"{}/common/oauth2/authorize\", \
         error=\"insufficient_claims\", claims=\"{}\"",
        world.origin,
        STANDARD.encode(claims)
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
