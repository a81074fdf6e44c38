use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::application::{Application, Proof};
use super::azure_cli::AzureCli;
use super::device_code::{Authority, DeviceCodeSession, PendingSignIn, RefreshTokens};
use super::managed_identity::ManagedIdentity;
use super::slot::{Slot, Wanted};
use super::source::{Ask, Fresh, TokenSource};
use super::{Access, Credential, IdentitySettings, Remedy};
use crate::azure::arm::{Attempts, Caller, RetryPolicy};
use crate::azure::cloud::Cloud;
use crate::azure::error::Error;
use crate::azure::guid::TenantId;
use crate::azure::secret::Secret;

/// The tokens of all identities in all tenants, each kept until it is about to expire.
pub(crate) struct Tokens {
    scope: String,
    identities: BTreeMap<String, Identity>,
    slots: Arc<Slots>,
}

struct Identity {
    source: Arc<dyn TokenSource>,
    /// The same, where people sign in by device code.
    device_code: Option<Arc<DeviceCodeSession>>,
}

/// A token, and where it came from.
pub(crate) struct Token {
    pub(crate) secret: Secret,
    pub(crate) access: Access,
    answer: u64,
}

impl Tokens {
    /// `http` is the client for the authority.
    pub(crate) fn new(
        http: &reqwest::Client,
        cloud: &Cloud,
        identities: Vec<IdentitySettings>,
        refresh_tokens: RefreshTokens,
    ) -> Result<Self, Error> {
        let scope = cloud.scope();
        let mut by_name = BTreeMap::new();
        for settings in identities {
            let name = settings.name.clone();
            let identity = Identity::new(http, cloud, settings, &refresh_tokens)?;
            if by_name.insert(name.clone(), identity).is_some() {
                let name = name.escape_debug();
                return Err(Error::Configuration(format!(
                    "two identities are called \"{name}\""
                )));
            }
        }
        Ok(Self {
            scope,
            identities: by_name,
            slots: Arc::default(),
        })
    }

    pub(crate) fn knows(&self, identity: &str) -> bool {
        self.identities.contains_key(identity)
    }

    /// The tenants that an identity is known to be signed in to, before anybody is asked.
    pub(crate) fn tenants(&self, identity: &str) -> Vec<TenantId> {
        let identity = self.identities.get(identity);
        identity.map_or_else(Vec::new, |identity| identity.source.tenants())
    }

    /// How a sign-in is mended.
    pub(crate) fn remedy(&self, access: &Access) -> Remedy {
        let identity = self.identities.get(&access.identity);
        identity.map_or(Remedy::Elsewhere, |identity| {
            identity.source.remedy(&access.tenant)
        })
    }

    /// A token for whom the caller acts as; told to the caller's witness when the source has to be
    /// asked again.
    pub(crate) async fn get(
        &self,
        caller: &Caller<'_>,
        policy: RetryPolicy,
    ) -> Result<Token, Error> {
        let seen = self.slots.of(caller.access).answers();
        self.insist(caller, policy, seen, Wanted::Valid).await
    }

    /// Another token for one that ARM has refused, with the claims that it asked for. Of many who
    /// were refused the same token one asks, and all have the answer.
    pub(crate) async fn renew(
        &self,
        caller: &Caller<'_>,
        policy: RetryPolicy,
        refused: &Token,
        claims: Option<&str>,
    ) -> Result<Token, Error> {
        let wanted = Wanted::Renewed(claims);
        self.insist(caller, policy, refused.answer, wanted).await
    }

    async fn insist(
        &self,
        caller: &Caller<'_>,
        policy: RetryPolicy,
        mut seen: u64,
        wanted: Wanted<'_>,
    ) -> Result<Token, Error> {
        let access = caller.access;
        let identity = self.identity(access)?;
        let slot = self.slots.of(access);
        let caller = Caller {
            doing: access.signing_in(),
            ..*caller
        };
        let mut attempts = Attempts::new(&caller, policy);
        loop {
            let ask = Ask {
                access,
                scope: &self.scope,
                claims: None,
            };
            match slot.token(seen, wanted, &*identity.source, ask).await {
                Ok((secret, answer)) => {
                    return Ok(Token {
                        secret,
                        access: access.clone(),
                        answer,
                    });
                }
                Err(failure) if failure.transient => {
                    attempts.again(failure.error, failure.retry_after).await?;
                    seen = slot.answers();
                }
                Err(failure) => return Err(failure.error),
            }
        }
    }

    /// What to tell when ARM has refused a renewed token as well: where a person can sign in with
    /// the claims that it asks for, that they have to.
    pub(crate) async fn not_enough(&self, access: &Access, error: Error) -> Error {
        let Some(claims) = error.claims() else {
            return error;
        };
        match self.remedy(access) {
            Remedy::Elsewhere => error,
            remedy => {
                self.slots.of(access).lacks(claims).await;
                Error::SignIn {
                    identity: access.identity.clone(),
                    tenant: access.tenant.clone(),
                    code: error.code().map(Into::into),
                    message: error.cause(),
                    correlation_id: error.correlation_id().map(Into::into),
                    remedy,
                }
            }
        }
    }

    /// Begins a person's sign-in, with the claims that were last asked for there.
    pub(crate) async fn begin_sign_in(&self, access: &Access) -> Result<PendingSignIn, Error> {
        let session = self.identity(access)?.device_code.as_ref();
        let session = session.ok_or_else(|| {
            let name = access.identity.escape_debug();
            Error::Configuration(format!("nobody signs in as \"{name}\" by device code"))
        })?;
        let claims = self.slots.of(access).claims().await;
        let slots = Arc::clone(&self.slots);
        PendingSignIn::begin(session, slots, access, &self.scope, claims).await
    }

    /// Forgets an access, and with the identity's own tenant the whole identity. Whether there was
    /// a person's sign-in.
    pub(crate) async fn sign_out(&self, access: &Access) -> Result<bool, Error> {
        let Some(session) = &self.identity(access)?.device_code else {
            self.slots.clear(access, false).await;
            return Ok(false);
        };
        let forgotten = session.forget(&access.tenant).await?;
        let everywhere = access.tenant == *session.home();
        self.slots.clear(access, everywhere).await;
        Ok(forgotten)
    }

    /// Who has signed in, where that is a person.
    pub(crate) async fn account(&self, access: &Access) -> Result<Option<String>, Error> {
        let source = &self.identity(access)?.source;
        source.account(&access.tenant).await
    }

    fn identity(&self, access: &Access) -> Result<&Identity, Error> {
        self.identities.get(&access.identity).ok_or_else(|| {
            let name = access.identity.escape_debug();
            Error::Configuration(format!("no identity is called \"{name}\""))
        })
    }
}

impl Identity {
    fn new(
        http: &reqwest::Client,
        cloud: &Cloud,
        settings: IdentitySettings,
        refresh_tokens: &RefreshTokens,
    ) -> Result<Self, Error> {
        let application = |client_id, proof| -> Arc<dyn TokenSource> {
            Arc::new(Application::new(http.clone(), cloud, client_id, proof))
        };
        let source = match settings.credential {
            Credential::ClientSecret { client_id, secret } => {
                application(client_id, Proof::Secret(secret))
            }
            Credential::ClientCertificate {
                client_id,
                certificate,
            } => application(client_id, Proof::Certificate(certificate)),
            Credential::WorkloadIdentity {
                client_id,
                token_file,
            } => application(client_id, Proof::TokenFile(token_file)),
            Credential::ManagedIdentity { client_id } => {
                Arc::new(ManagedIdentity::new(settings.tenant, client_id)?)
            }
            Credential::AzureCli => Arc::new(AzureCli::new(cloud)),
            Credential::DeviceCode { client_id } => {
                let session = Arc::new(DeviceCodeSession::new(
                    Authority::new(http.clone(), cloud),
                    settings.name,
                    settings.tenant,
                    client_id,
                    refresh_tokens.clone(),
                ));
                return Ok(Self {
                    source: session.clone(),
                    device_code: Some(session),
                });
            }
        };
        Ok(Self {
            source,
            device_code: None,
        })
    }
}

/// The slots of all that have asked.
#[derive(Default)]
pub(super) struct Slots(Mutex<BTreeMap<Access, Arc<Slot>>>);

impl Slots {
    fn of(&self, access: &Access) -> Arc<Slot> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get(access) {
            return Arc::clone(slot);
        }
        Arc::clone(slots.entry(access.clone()).or_default())
    }

    /// Keeps the token of a person who has just signed in. One who has done so at home may be
    /// somebody else than before, so the identity's other tenants are asked anew.
    pub(super) async fn signed_in(&self, access: &Access, home: &TenantId, fresh: Fresh) {
        if access.tenant == *home {
            self.clear(access, true).await;
        }
        self.of(access).put(fresh).await;
    }

    /// Forgets an access, or all of its identity.
    async fn clear(&self, access: &Access, everywhere: bool) {
        let slots: Vec<Arc<Slot>> = {
            let slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let meant = |other: &Access| {
                other == access || (everywhere && other.identity == access.identity)
            };
            let meant = slots.iter().filter(|(other, _)| meant(other));
            meant.map(|(_, slot)| Arc::clone(slot)).collect()
        };
        for slot in slots {
            slot.clear().await;
        }
    }
}
