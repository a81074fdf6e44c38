use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;

use super::authority::{Grant, seconds};
use super::claims::requested;
use super::refresh_tokens::SignIn;
use super::{DeviceCodeSession, remedy, scopes};
use crate::azure::error::Error;
use crate::azure::identity::failure::Failure;
use crate::azure::identity::refusal::Refusal;
use crate::azure::identity::tokens::Slots;
use crate::azure::identity::{Access, Remedy};
use crate::azure::secret::Secret;

/// What a person needs to sign in with a browser anywhere (RFC 8628).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceCode {
    /// What is typed there, `A1B2C3D4E`.
    pub user_code: String,
    /// Where the browser goes.
    pub verification_uri: String,
    /// When the code is good for nothing any more.
    pub expires_at: Timestamp,
    /// Entra's own words for all this.
    pub message: String,
}

/// A sign-in that waits for a person. Dropped, it is forgotten.
pub struct PendingSignIn {
    session: Arc<DeviceCodeSession>,
    slots: Arc<Slots>,
    access: Access,
    claims: String,
    code: DeviceCode,
    /// What stands for the code between this program and Entra.
    device_code: Secret,
    interval: Duration,
    /// When the code is good for nothing any more, also where the system's clock is moved.
    end: Instant,
}

/// How long to wait between two questions if the authority does not say (RFC 8628, section 3.2).
const INTERVAL: i64 = 5;

/// How much longer to wait from now on, where the answer is to wait (section 3.5).
fn longer(error: &str) -> Option<Duration> {
    match error {
        "authorization_pending" => Some(Duration::ZERO),
        "slow_down" => Some(Duration::from_secs(5)),
        _ => None,
    }
}

const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

impl PendingSignIn {
    /// Asks for a code; `challenge` is what the tokens will have to prove besides.
    pub(in crate::azure::identity) async fn begin(
        session: &Arc<DeviceCodeSession>,
        slots: Arc<Slots>,
        access: &Access,
        scope: &str,
        challenge: Option<String>,
    ) -> Result<Self, Error> {
        let claims = requested(challenge.as_deref());
        let form = [
            ("client_id", session.client_id.as_str()),
            ("scope", &scopes(scope)),
            ("claims", &claims),
        ];
        let answer = session.authority.ask(access, "devicecode", &form).await;
        let answer = answer.map_err(|failure| failure.error)?;
        let answer =
            answer.map_err(|refusal| Failure::refused(access, &refusal, remedy(&refusal)).error)?;
        let begun = Begun::read(&answer).ok_or_else(|| {
            let message = "the authority's answer holds no code".to_owned();
            Failure::sign_in(access, message, Remedy::DeviceCode).error
        })?;
        Ok(Self {
            session: Arc::clone(session),
            slots,
            access: access.clone(),
            claims,
            code: begun.code,
            device_code: begun.device_code,
            interval: begun.interval,
            end: begun.end,
        })
    }

    /// What the person needs.
    #[must_use]
    pub fn device_code(&self) -> &DeviceCode {
        &self.code
    }

    /// Waits until the person has signed in, has declined or the code has expired. From then on
    /// every session of the identity in that tenant has tokens, and after a sign-in at the
    /// identity's own tenant those in the others too, as far as they accept it.
    ///
    /// # Errors
    /// [`Error::SignIn`]; [`Error::Configuration`] when the sign-in could not be kept for the next
    /// start.
    pub async fn finish(mut self) -> Result<(), Error> {
        loop {
            tokio::time::sleep(self.interval.min(self.left())).await;
            let answer = match self.look().await {
                // The network may come back before the code expires.
                Err(failure) if failure.transient => None,
                Err(failure) => return Err(failure.error),
                Ok(Err(refusal)) if refusal.is_transient() => None,
                Ok(answer) => Some(answer),
            };
            match answer {
                Some(Ok(grant)) => return self.keep(grant).await,
                Some(Err(refusal)) => match longer(&refusal.error) {
                    Some(longer) => self.interval += longer,
                    None => return Err(self.ended(&refusal)),
                },
                None => {}
            }
            if self.left().is_zero() {
                return Err(self.failed("the code has expired before anybody signed in with it"));
            }
        }
    }

    fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    async fn look(&self) -> Result<Result<Grant, Refusal>, Failure> {
        let form = [
            ("grant_type", DEVICE_CODE),
            ("client_id", self.session.client_id.as_str()),
            ("device_code", self.device_code.expose()),
            ("claims", &self.claims),
        ];
        self.session.authority.grant(&self.access, &form).await
    }

    /// Words of RFC 8628, section 3.5, and of Entra (entra-docs, v2-oauth2-device-code.md).
    fn ended(&self, refusal: &Refusal) -> Error {
        match refusal.error.as_str() {
            "expired_token" | "code_expired" => {
                self.failed("the code has expired before anybody signed in with it")
            }
            "authorization_declined" | "access_denied" => {
                self.failed("whoever had the code declined to sign in")
            }
            _ => Failure::refused(&self.access, refusal, remedy(refusal)).error,
        }
    }

    fn failed(&self, message: &str) -> Error {
        Failure::sign_in(&self.access, message.to_owned(), Remedy::DeviceCode).error
    }

    async fn keep(self, grant: Grant) -> Result<(), Error> {
        let session = &self.session;
        let kept = match grant.refresh_token {
            Some(refresh_token) => {
                let sign_in = SignIn {
                    whose: session.whose(&self.access.tenant),
                    account: grant.account,
                    refresh_token,
                };
                session.kept.keep(sign_in).await
            }
            None => Ok(()),
        };
        self.slots
            .signed_in(&self.access, &session.home, grant.token)
            .await;
        kept
    }
}

/// The answer to the first request.
struct Begun {
    code: DeviceCode,
    device_code: Secret,
    interval: Duration,
    end: Instant,
}

impl Begun {
    fn read(answer: &Value) -> Option<Self> {
        let text = |name: &str| answer.get(name)?.as_str().filter(|text| !text.is_empty());
        let number = |name: &str| answer.get(name).and_then(seconds);
        let user_code = text("user_code")?;
        // Google's name for it, which some authorities use.
        let uri = text("verification_uri").or_else(|| text("verification_url"))?;
        let lifetime = Duration::from_secs(number("expires_in")?.try_into().ok()?);
        let message = text("message").map_or_else(
            || format!("open {uri} in a browser and enter the code {user_code}"),
            str::to_owned,
        );
        let interval = number("interval").unwrap_or(INTERVAL);
        Some(Self {
            code: DeviceCode {
                user_code: user_code.to_owned(),
                verification_uri: uri.to_owned(),
                expires_at: Timestamp::now().checked_add(lifetime).ok()?,
                message,
            },
            device_code: Secret::new(text("device_code")?.to_owned()),
            interval: Duration::from_secs(interval.try_into().ok()?),
            end: Instant::now().checked_add(lifetime)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn waiting_goes_on_and_slower_when_asked_to() {
        assert_eq!(longer("authorization_pending"), Some(Duration::ZERO));
        assert_eq!(longer("slow_down"), Some(Duration::from_secs(5)));
        assert_eq!(longer("expired_token"), None);
    }

    #[test]
    fn what_a_code_lacks_has_a_default_or_makes_it_none() {
        let least = json!({"user_code": "A", "device_code": "d",
            "verification_url": "https://v", "expires_in": "900"});
        let begun = Begun::read(&least).unwrap();
        assert_eq!(begun.interval, Duration::from_secs(5));
        assert_eq!(begun.code.verification_uri, "https://v");
        assert!(begun.code.message.contains("https://v") && begun.code.message.contains("code A"));
        for lacking in ["user_code", "device_code", "verification_url", "expires_in"] {
            let mut answer = least.clone();
            answer[lacking] = json!("");
            assert!(Begun::read(&answer).is_none(), "{lacking}");
        }
        let mut odd = least;
        odd["interval"] = json!(-1);
        assert!(Begun::read(&odd).is_none());
    }
}
