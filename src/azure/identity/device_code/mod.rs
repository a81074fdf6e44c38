//! A person's sign-in by device code, and what it is good for afterwards.
//!
//! The refresh token of the sign-in at home is tried at the other tenants too: it is bound to
//! person and application and to no tenant (entra-docs, refresh-tokens.md). Multi-factor
//! authentication is not shared between tenants (Azure/azure-cli#31742), so a tenant may want a
//! sign-in of its own, whose refresh token is then tried first there.

mod authority;
mod claims;
mod pending;
mod refresh_tokens;

use async_trait::async_trait;

use super::failure::Failure;
use super::refusal::Refusal;
use super::source::{Ask, Fresh, TokenSource};
use super::{Access, Remedy};
use crate::azure::error::Error;
use crate::azure::guid::TenantId;
use crate::azure::secret::Secret;

pub(super) use authority::Authority;
use authority::Grant;
pub use pending::{DeviceCode, PendingSignIn};
pub(crate) use refresh_tokens::RefreshTokens;
use refresh_tokens::{SignIn, Whose};

/// One identity that people sign in to.
pub(crate) struct DeviceCodeSession {
    authority: Authority,
    identity: String,
    home: TenantId,
    client_id: String,
    kept: RefreshTokens,
}

impl DeviceCodeSession {
    pub(super) fn new(
        authority: Authority,
        identity: String,
        home: TenantId,
        client_id: String,
        kept: RefreshTokens,
    ) -> Self {
        Self {
            authority,
            identity,
            home,
            client_id,
            kept,
        }
    }

    /// The tenant that people sign in to first.
    pub(super) fn home(&self) -> &TenantId {
        &self.home
    }

    /// Forgets a tenant's own sign-in, or with the home tenant all of them.
    pub(super) async fn forget(&self, tenant: &TenantId) -> Result<bool, Error> {
        let whose = self.whose(tenant);
        let everywhere = *tenant == self.home;
        let forgotten = self
            .kept
            .forget(move |other| *other == whose || (everywhere && other.same_identity(&whose)));
        forgotten.await
    }

    fn whose(&self, tenant: &TenantId) -> Whose {
        Whose {
            authority: self.authority.origin(),
            client_id: self.client_id.clone(),
            identity: self.identity.clone(),
            tenant: tenant.clone(),
        }
    }

    /// The sign-ins that may do for a tenant, its own first; read anew each time, since another
    /// process may have written them.
    async fn sign_ins(&self, tenant: &TenantId) -> Result<Vec<SignIn>, Error> {
        let kept = self.kept.read().await?;
        let of = |tenant| {
            let whose = self.whose(tenant);
            kept.iter().find(|sign_in| sign_in.whose == whose)
        };
        let own = of(tenant);
        let home = of(&self.home).filter(|_| *tenant != self.home);
        Ok(own.into_iter().chain(home).cloned().collect())
    }

    /// Asks for a token with a refresh token.
    async fn redeem(
        &self,
        ask: &Ask<'_>,
        refresh_token: &Secret,
    ) -> Result<Result<Grant, Refusal>, Failure> {
        let claims = claims::requested(ask.claims);
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", self.client_id.as_str()),
            ("refresh_token", refresh_token.expose()),
            ("scope", &scopes(ask.scope)),
            ("claims", &claims),
        ];
        self.authority.grant(ask.access, &form).await
    }
}

#[async_trait]
impl TokenSource for DeviceCodeSession {
    async fn token(&self, ask: &Ask<'_>) -> Result<Fresh, Failure> {
        let mut tried: Vec<SignIn> = Vec::new();
        let mut refused = None;
        loop {
            let sign_ins = self.sign_ins(&ask.access.tenant).await;
            let sign_ins = sign_ins.map_err(|error| unread(ask.access, error))?;
            let is_new = |sign_in: &SignIn| !tried.iter().any(|old| old.is(sign_in));
            let Some(sign_in) = sign_ins.into_iter().find(is_new) else {
                break;
            };
            match self.redeem(ask, &sign_in.refresh_token).await? {
                Ok(grant) => {
                    if let Some(newer) = grant.refresh_token
                        && let Err(error) = self.kept.replace(sign_in, newer).await
                    {
                        // The older one stays good.
                        tracing::warn!(%error, "a refresh token could not be kept");
                    }
                    return Ok(grant.token);
                }
                Err(refusal) if refusal.is_transient() => {
                    return Err(Failure::refused(ask.access, &refusal, Remedy::DeviceCode));
                }
                Err(refusal) => {
                    tried.push(sign_in);
                    refused = Some(refusal);
                }
            }
        }
        let nobody = || {
            let message = "nobody has signed in yet".to_owned();
            Failure::sign_in(ask.access, message, Remedy::DeviceCode)
        };
        Err(refused.map_or_else(nobody, |refusal| {
            Failure::refused(ask.access, &refusal, remedy(&refusal))
        }))
    }

    fn remedy(&self, _tenant: &TenantId) -> Remedy {
        Remedy::DeviceCode
    }

    async fn account(&self, tenant: &TenantId) -> Result<Option<String>, Error> {
        let sign_ins = self.sign_ins(tenant).await?;
        Ok(sign_ins.into_iter().next().and_then(|kept| kept.account))
    }
}

/// What every token request asks for.
fn scopes(scope: &str) -> String {
    format!("{scope} offline_access openid profile")
}

/// Whether signing in again may help. Codes as in the list of AADSTS error codes
/// (entra-docs, reference-error-codes.md): an application or a tenant that is not there, a person
/// or a device that is kept out.
fn remedy(refusal: &Refusal) -> Remedy {
    match refusal.code.as_deref() {
        Some(
            "AADSTS53000" | "AADSTS53001" | "AADSTS53002" | "AADSTS53003" | "AADSTS50105"
            | "AADSTS90002" | "AADSTS900023" | "AADSTS500011" | "AADSTS700016" | "AADSTS7000112"
            | "AADSTS7000218" | "AADSTS7000229",
        ) => Remedy::Elsewhere,
        _ => Remedy::DeviceCode,
    }
}

/// The file of refresh tokens cannot be read: signing in again sets aside what is not understood.
fn unread(access: &Access, error: Error) -> Failure {
    match error {
        Error::Configuration(message) => Failure::sign_in(access, message, Remedy::DeviceCode),
        error => Failure::new(error),
    }
}
