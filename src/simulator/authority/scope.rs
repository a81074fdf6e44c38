//! What a token is asked for.

use serde_json::Value;

use super::denial::Denial;
use crate::simulator::token;
use crate::simulator::world::World;

/// The scopes of a request.
#[derive(Clone)]
pub(super) struct Scope {
    /// As they were asked for
    pub(super) text: String,
    /// Azure Resource Manager under any of its names, or Microsoft Graph, whose tokens are good for
    /// nothing here
    pub(super) audience: String,
    /// Whether whatever was consented to is asked for, rather than a named permission
    pub(super) whole: bool,
    /// Whether a refresh token is wanted
    pub(super) offline: bool,
    /// Whether an id token is wanted
    pub(super) openid: bool,
}

impl Scope {
    /// Reads the scopes of a request.
    ///
    /// # Errors
    /// Entra's for none, for several resources at once, and for one that is not there.
    pub(super) fn read(world: &World, text: &str) -> Result<Self, Denial> {
        const OPENID: [&str; 4] = ["openid", "profile", "email", "offline_access"];
        let (openid, resources): (Vec<&str>, Vec<&str>) = text
            .split_whitespace()
            .partition(|scope| OPENID.contains(scope));
        let resources: Option<Vec<(&str, bool)>> =
            resources.iter().map(|scope| resource(scope)).collect();
        let Some([(audience, whole)]) = resources.as_deref() else {
            return Err(Denial::new(
                "invalid_scope",
                70011,
                format!(
                    "The provided request must include a 'scope' input parameter. The provided \
                     value for the input parameter 'scope' is not valid. The scope {text} is not \
                     valid."
                ),
            ));
        };
        let known = token::is_resource_manager(world, audience)
            || audience.trim_end_matches('/') == "https://graph.microsoft.com";
        if !known {
            return Err(Denial::new(
                "invalid_resource",
                500_011,
                format!(
                    "The resource principal named {audience} was not found in the tenant. This \
                     can happen if the application has not been installed by the administrator of \
                     the tenant or consented to by any user in the tenant. You might have sent \
                     your authentication request to the wrong tenant."
                ),
            ));
        }
        Ok(Self {
            text: text.to_owned(),
            audience: (*audience).to_owned(),
            whole: *whole,
            offline: openid.contains(&"offline_access"),
            openid: openid.contains(&"openid"),
        })
    }
}

/// The resource that a scope is of, and whether it is all of what was consented to there.
fn resource(scope: &str) -> Option<(&str, bool)> {
    let whole = scope.strip_suffix("/.default").map(|one| (one, true));
    let named = || scope.strip_suffix("/user_impersonation");
    whole.or_else(|| named().map(|one| (one, false)))
}

/// What a `claims` parameter asks of an access token.
#[derive(Clone, Default)]
pub(super) struct Wanted {
    /// A sign-in with a second factor
    pub(super) mfa: bool,
    /// Authentication contexts, which here are all satisfied by a second factor
    pub(super) contexts: Vec<String>,
    /// What the client declares that it understands
    pub(super) capabilities: Vec<String>,
}

impl Wanted {
    /// Reads a `claims` parameter; an empty one asks for nothing.
    ///
    /// # Errors
    /// Entra's for one that is no JSON object.
    pub(super) fn read(text: &str) -> Result<Self, Denial> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let claims: Option<Value> = serde_json::from_str(text).ok();
        let Some(claims) = claims.filter(Value::is_object) else {
            return Err(malformed());
        };
        let claims = &claims["access_token"];
        let contexts = values(&claims["acrs"]);
        let policies = [values(&claims["capolids"]), values(&claims["polids"])];
        Ok(Self {
            mfa: !contexts.is_empty() || policies.iter().any(|ids| !ids.is_empty()),
            contexts,
            capabilities: values(&claims["xms_cc"]),
        })
    }
}

/// The `value`, or the `values`, of a claim.
fn values(claim: &Value) -> Vec<String> {
    let many = claim["values"].as_array().into_iter().flatten();
    let one = Some(&claim["value"]).into_iter();
    let texts = many.chain(one).filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

/// A request that makes no sense.
pub(super) fn malformed() -> Denial {
    Denial::new(
        "invalid_request",
        9_002_313,
        "Invalid request. Request is malformed or invalid.",
    )
}
