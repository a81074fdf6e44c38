use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::TokenCredential;
use azure_core::http::HttpClient;
use azure_identity::{ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId};
use url::Url;

use super::Remedy;
use super::application::fresh;
use super::failure::Failure;
use super::source::{Ask, Fresh, TokenSource};
use super::transport::Transport;
use crate::azure::arm::client;
use crate::azure::error::Error;
use crate::azure::guid::TenantId;

/// Where a virtual machine asks for the tokens of its identity
/// (entra-docs, how-to-use-vm-token.md). It is plain http and never leaves the host.
const IMDS: &str = "http://169.254.169.254/";

/// The identity of the Azure resource that this program runs on: a virtual machine, or what App
/// Service runs.
pub(super) struct ManagedIdentity {
    http: Arc<dyn HttpClient>,
    home: TenantId,
    client_id: Option<String>,
}

impl ManagedIdentity {
    pub(super) fn new(home: TenantId, client_id: Option<String>) -> Result<Self, Error> {
        let imds = Url::parse(IMDS).map_err(|e| Error::Configuration(e.to_string()))?;
        Ok(Self {
            http: Arc::new(client(&imds)?),
            home,
            client_id,
        })
    }
}

#[async_trait]
impl TokenSource for ManagedIdentity {
    async fn token(&self, ask: &Ask<'_>) -> Result<Fresh, Failure> {
        let unusable =
            |message: &str| Failure::sign_in(ask.access, message.to_owned(), Remedy::Elsewhere);
        if ask.access.tenant != self.home {
            return Err(unusable(
                "a managed identity signs in to its own tenant only",
            ));
        }
        let options = ManagedIdentityCredentialOptions {
            user_assigned_id: self.client_id.clone().map(UserAssignedId::ClientId),
            client_options: Transport::new(Arc::clone(&self.http), false).options(IMDS),
        };
        let credential = ManagedIdentityCredential::new(Some(options));
        let credential = credential.map_err(|error| Failure::read(ask.access, &error))?;
        match credential.get_token(&[ask.scope], None).await {
            Ok(token) => fresh(&token).ok_or_else(|| unusable("the answer holds no token")),
            Err(error) => Err(told(ask, Failure::read(ask.access, &error))),
        }
    }
}

/// Where nobody is at that address, nobody will be in a while.
fn told(ask: &Ask<'_>, failure: Failure) -> Failure {
    let Error::Unreachable { cause, .. } = &failure.error else {
        return failure;
    };
    let message = format!("no managed identity answers on this machine: {cause}");
    Failure::sign_in(ask.access, message, Remedy::Elsewhere)
}
