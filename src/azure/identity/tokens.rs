use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::{AccessToken, TokenCredential};
use azure_core::error::ErrorKind;
use azure_core::http::{ClientOptions, RetryOptions, Transport as AzureTransport};
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};

use super::failure::Failure;
use super::transport::Transport;
use super::{Access, Credential, IdentitySettings};
use crate::azure::arm::{Attempts, Caller, RetryPolicy};
use crate::azure::cloud::Cloud;
use crate::azure::error::Error;
use crate::azure::secret::Secret;

/// The tokens of all identities in all tenants, each kept until it is about to expire.
pub(crate) struct Tokens {
    transport: Arc<Transport>,
    authority: String,
    scope: String,
    identities: BTreeMap<String, IdentitySettings>,
    sources: Mutex<BTreeMap<Access, Arc<Source>>>,
}

/// A token, and the source it came from.
pub(crate) struct Token {
    pub(crate) secret: Secret,
    access: Access,
    source: Arc<Source>,
}

/// One identity in one tenant: a credential with the token it keeps.
struct Source {
    credential: Arc<dyn TokenCredential>,
    /// Held by whoever asks the authority; everybody else waits for that answer, good or bad.
    last_failure: tokio::sync::Mutex<Option<Failure>>,
    failures: AtomicU64,
}

impl Tokens {
    pub(crate) fn knows(&self, identity: &str) -> bool {
        self.identities.contains_key(identity)
    }

    pub(crate) fn new(
        http: reqwest::Client,
        cloud: &Cloud,
        identities: Vec<IdentitySettings>,
    ) -> Result<Self, Error> {
        let plain = cloud.authority.scheme() == "http";
        let mut by_name = BTreeMap::new();
        for identity in identities {
            if let Some(twice) = by_name.insert(identity.name.clone(), identity) {
                let name = twice.name.escape_debug();
                return Err(Error::Configuration(format!(
                    "two identities are called \"{name}\""
                )));
            }
        }
        let origin = cloud.authority.origin().ascii_serialization();
        Ok(Self {
            transport: Arc::new(Transport::new(http, plain)),
            authority: origin.replacen("http://", "https://", 1),
            scope: cloud.scope(),
            identities: by_name,
            sources: Mutex::default(),
        })
    }

    /// A token for whom the caller acts as; told to the caller's witness when the authority has to
    /// be asked again.
    pub(crate) async fn get(
        &self,
        caller: &Caller<'_>,
        policy: RetryPolicy,
    ) -> Result<Token, Error> {
        let caller = Caller {
            doing: caller.access.signing_in(),
            ..*caller
        };
        let mut attempts = Attempts::new(&caller, policy);
        loop {
            let source = self.source(caller.access)?;
            match source.token(caller.access, &self.scope).await {
                Ok(secret) => {
                    let access = caller.access.clone();
                    return Ok(Token {
                        secret,
                        access,
                        source,
                    });
                }
                Err(failure) if failure.transient => {
                    attempts.again(failure.error, failure.retry_after).await?;
                }
                Err(failure) => return Err(failure.error),
            }
        }
    }

    /// Forgets a token that ARM refused, unless somebody has already done so: the next `get` asks
    /// for a fresh one.
    pub(crate) fn refused(&self, token: &Token) {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if sources
            .get(&token.access)
            .is_some_and(|source| Arc::ptr_eq(source, &token.source))
        {
            sources.remove(&token.access);
        }
    }

    fn source(&self, access: &Access) -> Result<Arc<Source>, Error> {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(source) = sources.get(access) {
            return Ok(Arc::clone(source));
        }
        let source = Arc::new(Source {
            credential: self.credential(access)?,
            last_failure: tokio::sync::Mutex::default(),
            failures: AtomicU64::new(0),
        });
        sources.insert(access.clone(), Arc::clone(&source));
        Ok(source)
    }

    fn credential(&self, access: &Access) -> Result<Arc<dyn TokenCredential>, Error> {
        let settings = self.identities.get(&access.identity).ok_or_else(|| {
            let name = access.identity.escape_debug();
            Error::Configuration(format!("no identity is called \"{name}\""))
        })?;
        let mut authority = CustomConfiguration::default();
        authority.authority_host.clone_from(&self.authority);
        let client_options = ClientOptions {
            transport: Some(AzureTransport::new(self.transport.clone())),
            // The default is silent for more than a minute; attempts are made and told in `get`.
            retry: RetryOptions::none(),
            cloud: Some(Arc::new(CloudConfiguration::Custom(authority))),
            ..ClientOptions::default()
        };
        match &settings.credential {
            Credential::ClientSecret { client_id, secret } => {
                let credential = ClientSecretCredential::new(
                    access.tenant.as_str(),
                    client_id.clone(),
                    secret.expose().to_owned().into(),
                    Some(ClientSecretCredentialOptions { client_options }),
                );
                let credential: Arc<dyn TokenCredential> =
                    credential.map_err(|e| Failure::read(access, &e).error)?;
                Ok(credential)
            }
            _ => Err(Error::Configuration(format!(
                "the credential of {} is not built yet",
                access.identity
            ))),
        }
    }
}

impl Source {
    async fn token(&self, access: &Access, scope: &str) -> Result<Secret, Failure> {
        let failures = self.failures.load(Ordering::Acquire);
        let mut last_failure = self.last_failure.lock().await;
        if self.failures.load(Ordering::Acquire) > failures
            && let Some(failure) = last_failure.as_ref()
        {
            return Err(failure.clone());
        }
        let token = self.credential.get_token(&[scope], None).await;
        match token.and_then(not_empty) {
            Ok(token) => Ok(Secret::new(token.token.secret().to_owned())),
            Err(error) => {
                let failure = Failure::read(access, &error);
                *last_failure = Some(failure.clone());
                self.failures.fetch_add(1, Ordering::Release);
                Err(failure)
            }
        }
    }
}

/// `azure_identity` takes an answer without a token for an empty one.
fn not_empty(token: AccessToken) -> azure_core::Result<AccessToken> {
    if token.token.secret().is_empty() {
        let message = "the authority's answer holds no token";
        return Err(azure_core::Error::with_message(
            ErrorKind::Credential,
            message,
        ));
    }
    Ok(token)
}
