use std::time::{Instant, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use reqwest::header::RETRY_AFTER;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::super::failure::Failure;
use super::super::refusal::Refusal;
use super::super::source::Fresh;
use super::super::{Access, Remedy};
use crate::azure::arm::retry_after;
use crate::azure::cloud::Cloud;
use crate::azure::secret::Secret;

/// Entra's endpoints of one cloud.
pub(in crate::azure::identity) struct Authority {
    http: reqwest::Client,
    origin: Url,
}

/// What the authority gives to somebody who has signed in.
pub(super) struct Grant {
    pub(super) token: Fresh,
    pub(super) refresh_token: Option<Secret>,
    /// What the person is called there.
    pub(super) account: Option<String>,
}

impl Authority {
    pub(in crate::azure::identity) fn new(http: reqwest::Client, cloud: &Cloud) -> Self {
        Self {
            http,
            origin: cloud.authority.clone(),
        }
    }

    /// Its address, by which refresh tokens of one cloud are told from those of another.
    pub(super) fn origin(&self) -> String {
        self.origin.origin().ascii_serialization()
    }

    /// One request to an endpoint below `{tenant}/oauth2/v2.0`: its answer, or its refusal.
    pub(super) async fn ask(
        &self,
        access: &Access,
        endpoint: &str,
        form: &[(&str, &str)],
    ) -> Result<Result<Value, Refusal>, Failure> {
        let lost = |error: reqwest::Error| Failure::lost(access, &error);
        let started = Instant::now();
        let mut url = self.origin.clone();
        url.set_path(&format!("/{}/oauth2/v2.0/{endpoint}", access.tenant));
        let response = self.http.post(url).form(form).send().await.map_err(lost)?;
        let status = response.status();
        tracing::debug!(
            tenant = %access.tenant,
            endpoint,
            status = status.as_u16(),
            ms = started.elapsed().as_millis(),
            "Entra"
        );
        let asked = response.headers().get(RETRY_AFTER);
        let asked = asked
            .and_then(|header| header.to_str().ok())
            .and_then(|header| retry_after(header, SystemTime::now()));
        let body = response.bytes().await.map_err(lost)?;
        let answer = serde_json::from_slice(&body);
        match answer {
            Ok(answer) if status.is_success() => Ok(Ok(answer)),
            _ => Ok(Err(Refusal::read(status.as_u16(), asked, &body))),
        }
    }

    /// Asks for a token.
    pub(super) async fn grant(
        &self,
        access: &Access,
        form: &[(&str, &str)],
    ) -> Result<Result<Grant, Refusal>, Failure> {
        match self.ask(access, "token", form).await? {
            Err(refusal) => Ok(Err(refusal)),
            Ok(answer) => Grant::read(answer).map(Ok).ok_or_else(|| {
                let message = "the authority's answer holds no token".to_owned();
                Failure::sign_in(access, message, Remedy::DeviceCode)
            }),
        }
    }
}

/// The answer to a request for a token (RFC 6749, section 5.1).
#[derive(Deserialize)]
struct Answer {
    access_token: Secret,
    expires_in: Value,
    refresh_token: Option<Secret>,
    id_token: Option<Secret>,
}

impl Grant {
    fn read(answer: Value) -> Option<Self> {
        let answer: Answer = serde_json::from_value(answer).ok()?;
        let lifetime = SignedDuration::from_secs(seconds(&answer.expires_in)?);
        if answer.access_token.expose().is_empty() {
            return None;
        }
        Some(Self {
            token: Fresh {
                secret: answer.access_token,
                expires_at: Timestamp::now().checked_add(lifetime).ok()?,
            },
            refresh_token: answer.refresh_token.filter(|t| !t.expose().is_empty()),
            account: answer.id_token.as_ref().and_then(account),
        })
    }
}

/// A number of seconds, which some authorities write as text.
pub(super) fn seconds(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// The name in an id token. It is shown and nothing more, so nobody checks the signature.
fn account(id_token: &Secret) -> Option<String> {
    let claims = id_token.expose().split('.').nth(1)?;
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    let named = ["preferred_username", "upn", "name"].map(|name| claims.get(name));
    let name = named.into_iter().flatten().find_map(Value::as_str)?;
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_grant_may_lack_everything_but_the_token() {
        let least = json!({"access_token": "a", "expires_in": "3600"});
        let grant = Grant::read(least).unwrap();
        assert!(grant.refresh_token.is_none() && grant.account.is_none());
        assert!(grant.token.lasts());
        let claims = URL_SAFE_NO_PAD.encode(r#"{"preferred_username":"ada@msp.example"}"#);
        let whole = json!({"access_token": "a", "expires_in": 10, "refresh_token": "r",
            "id_token": format!("h.{claims}.s")});
        let grant = Grant::read(whole).unwrap();
        assert_eq!(grant.account.as_deref(), Some("ada@msp.example"));
        assert!(grant.token.is_valid() && !grant.token.lasts());
        for nonsense in [
            json!({"access_token": "", "expires_in": 1}),
            json!({"access_token": "a"}),
            json!({"access_token": "a", "expires_in": i64::MAX}),
            json!({"access_token": 7, "expires_in": 1}),
            json!([]),
        ] {
            assert!(Grant::read(nonsense).is_none());
        }
        for id_token in ["", "a", "a.b", "a.!.c", "a.e30.c"] {
            assert_eq!(account(&Secret::new(id_token.to_owned())), None);
        }
    }
}
