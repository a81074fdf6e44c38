//! A small Microsoft Entra for people who sign in by device code.

#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::server::{Reply, Request};

/// What a tenant that wants its own sign-in asks a token to prove.
pub(crate) const CHALLENGE: &str =
    r#"{"access_token":{"acrs":{"essential":true,"values":["p1"]}}}"#;

/// Shared with the server that answers for it.
#[derive(Clone, Default)]
pub(crate) struct Entra(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// What the next questions after a code are answered before the person has signed in.
    before: VecDeque<&'static str>,
    /// Tenants that want multi-factor authentication of their own.
    own_mfa: BTreeSet<String>,
    /// The refresh tokens that are good, with the tenant that their sign-in was at.
    good: BTreeMap<String, String>,
    /// Codes that whole tenants answer instead of tokens.
    refusing: BTreeMap<String, u32>,
    lifetime_s: Option<u32>,
    codes_expired: bool,
    issued: u32,
}

pub(crate) fn form(request: &Request) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(request.body.as_bytes())
        .into_owned()
        .collect()
}

/// What a request for a token or a code asks a token to prove, as JSON.
pub(crate) fn claims(request: &Request) -> Value {
    serde_json::from_str(&form(request)["claims"]).unwrap()
}

fn refusal(error: &str, number: u32, claims: Option<&str>) -> Reply {
    Reply::json(
        400,
        &json!({
            "error": error,
            "error_description": format!("AADSTS{number}: No. Trace ID: t\r\nCorrelation ID: c\r\nTimestamp: now"),
            "error_codes": [number],
            "correlation_id": "c",
            "claims": claims,
        }),
    )
}

impl Entra {
    /// The person answers only after these errors; `(nothing)` is a connection that ends and
    /// `(busy)` a 503.
    pub(crate) fn answering_before(&self, errors: &[&'static str]) {
        self.0.lock().unwrap().before = errors.iter().copied().collect();
    }

    pub(crate) fn wants_own_mfa(&self, tenant: &str) {
        self.0.lock().unwrap().own_mfa.insert(tenant.to_owned());
    }

    pub(crate) fn refuses(&self, tenant: &str, number: u32) {
        let mut state = self.0.lock().unwrap();
        state.refusing.insert(tenant.to_owned(), number);
    }

    /// Tokens that are about to expire as soon as they are issued.
    pub(crate) fn short_lived(&self) {
        self.0.lock().unwrap().lifetime_s = Some(1);
    }

    /// Codes that have expired when they are issued.
    pub(crate) fn codes_expire_at_once(&self) {
        self.0.lock().unwrap().codes_expired = true;
    }

    /// All refresh tokens of sign-ins at a tenant are good for nothing from now on.
    pub(crate) fn revokes(&self, tenant: &str) {
        let mut state = self.0.lock().unwrap();
        state.good.retain(|_, signed_in_at| signed_in_at != tenant);
    }

    /// The answer, if the request is one for Entra.
    pub(crate) fn answer(&self, request: &Request) -> Option<Reply> {
        let (_, path) = request.target.split_once('/')?;
        let (tenant, endpoint) = path.split_once("/oauth2/v2.0/")?;
        let form = form(request);
        let mut state = self.0.lock().unwrap();
        if let Some(number) = state.refusing.get(tenant) {
            return Some(refusal("access_denied_by_tenant", *number, None));
        }
        Some(
            match (endpoint, form.get("grant_type").map(String::as_str)) {
                ("devicecode", None) => Reply::json(
                    200,
                    &json!({
                        "user_code": "A1B2C3D4E",
                        "device_code": "DEVICE-CODE",
                        "verification_uri": "https://microsoft.com/devicelogin",
                        "expires_in": if state.codes_expired { 0 } else { 900 },
                        "interval": 0,
                        "message": "To sign in, …",
                    }),
                ),
                ("token", Some("urn:ietf:params:oauth:grant-type:device_code")) => {
                    match state.before.pop_front() {
                        Some("(nothing)") => Reply::dropped(),
                        Some("(busy)") => Reply::new(503),
                        Some(error) => refusal(error, 70_016, None),
                        None => state.grant(tenant, tenant),
                    }
                }
                ("token", Some("refresh_token")) => {
                    match state.good.get(&form["refresh_token"]).cloned() {
                        None => refusal("invalid_grant", 700_082, None),
                        Some(at) if state.own_mfa.contains(tenant) && at != tenant => {
                            refusal("interaction_required", 50_076, Some(CHALLENGE))
                        }
                        Some(at) => state.grant(tenant, &at),
                    }
                }
                _ => refusal("invalid_request", 900_144, None),
            },
        )
    }
}

impl State {
    fn grant(&mut self, tenant: &str, signed_in_at: &str) -> Reply {
        self.issued += 1;
        let number = self.issued;
        let refresh_token = format!("refresh-{number}");
        self.good
            .insert(refresh_token.clone(), signed_in_at.to_owned());
        let named = URL_SAFE_NO_PAD.encode(r#"{"preferred_username":"ada@msp.example"}"#);
        Reply::json(
            200,
            &json!({
                "token_type": "Bearer",
                "expires_in": self.lifetime_s.unwrap_or(3600),
                "access_token": format!("access-{}-{number}", &tenant[..1]),
                "refresh_token": refresh_token,
                "id_token": format!("h.{named}.s"),
            }),
        )
    }
}
