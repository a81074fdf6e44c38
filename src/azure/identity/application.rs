use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential};
use azure_core::http::ClientMethodOptions;
use azure_identity::{
    ClientAssertion, ClientAssertionCredential, ClientAssertionCredentialOptions,
    ClientSecretCredential, ClientSecretCredentialOptions,
};
use jiff::Timestamp;
use url::Url;

use super::Remedy;
use super::certificate;
use super::failure::Failure;
use super::source::{Ask, Fresh, TokenSource};
use super::transport::Transport;
use crate::azure::cloud::Cloud;
use crate::azure::secret::Secret;

/// An application that signs in as itself (RFC 6749, section 4.4).
pub(super) struct Application {
    http: reqwest::Client,
    authority: Url,
    client_id: String,
    proof: Proof,
}

/// What it shows to be that application.
pub(super) enum Proof {
    Secret(Secret),
    /// A PEM file with a certificate and its private key.
    Certificate(PathBuf),
    /// A file with another issuer's token.
    TokenFile(PathBuf),
}

impl Application {
    pub(super) fn new(
        http: reqwest::Client,
        cloud: &Cloud,
        client_id: String,
        proof: Proof,
    ) -> Self {
        Self {
            http,
            authority: cloud.authority.clone(),
            client_id,
            proof,
        }
    }

    /// A credential of its own for each token, since keeping tokens is not its business, and a
    /// file may hold something else by now.
    async fn credential(&self, ask: &Ask<'_>) -> Result<Arc<dyn TokenCredential>, Failure> {
        let tenant = ask.access.tenant.as_str();
        let plain = self.authority.scheme() == "http";
        let origin = self.authority.origin().ascii_serialization();
        let authority = origin.replacen("http://", "https://", 1);
        let client_options = Transport::new(Arc::new(self.http.clone()), plain).options(&authority);
        let unusable = |message: String| Failure::sign_in(ask.access, message, Remedy::Elsewhere);
        let assertion = match &self.proof {
            Proof::Secret(secret) => {
                let credential = ClientSecretCredential::new(
                    tenant,
                    self.client_id.clone(),
                    secret.expose().to_owned().into(),
                    Some(ClientSecretCredentialOptions { client_options }),
                );
                let credential = credential.map_err(|e| Failure::read(ask.access, &e))?;
                return Ok(credential);
            }
            Proof::Certificate(file) => {
                let audience = format!("{origin}/{tenant}/oauth2/v2.0/token");
                let pem = read(file).await.map_err(unusable)?;
                certificate::assertion(&pem, &self.client_id, &audience)
                    .map_err(|cause| unusable(format!("{}: {cause}", file.display())))?
            }
            Proof::TokenFile(file) => {
                let token = read(file).await.map_err(unusable)?;
                Secret::new(token.expose().trim().to_owned())
            }
        };
        let credential = ClientAssertionCredential::new(
            tenant.to_owned(),
            self.client_id.clone(),
            Made(assertion),
            Some(ClientAssertionCredentialOptions { client_options }),
        );
        let credential = credential.map_err(|e| Failure::read(ask.access, &e))?;
        Ok(credential)
    }
}

#[async_trait]
impl TokenSource for Application {
    async fn token(&self, ask: &Ask<'_>) -> Result<Fresh, Failure> {
        let credential = self.credential(ask).await?;
        let token = credential.get_token(&[ask.scope], None).await;
        let token = token.map_err(|error| Failure::read(ask.access, &error))?;
        fresh(&token).ok_or_else(|| {
            let message = "the authority's answer holds no token".to_owned();
            Failure::sign_in(ask.access, message, Remedy::Elsewhere)
        })
    }
}

/// `azure_identity` takes an answer without a token for an empty one.
pub(super) fn fresh(token: &AccessToken) -> Option<Fresh> {
    let secret = token.token.secret();
    Some(Fresh {
        secret: (!secret.is_empty()).then(|| Secret::new(secret.to_owned()))?,
        expires_at: Timestamp::from_second(token.expires_on.unix_timestamp()).ok()?,
    })
}

async fn read(file: &PathBuf) -> Result<Secret, String> {
    let text = tokio::fs::read_to_string(file).await;
    text.map(Secret::new)
        .map_err(|cause| format!("{}: {cause}", file.display()))
}

/// An assertion that is there already.
#[derive(Debug)]
struct Made(Secret);

#[async_trait]
impl ClientAssertion for Made {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        Ok(self.0.expose().to_owned())
    }
}
