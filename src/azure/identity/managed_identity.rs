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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use azure_core::http::headers::Headers;
    use azure_core::http::{AsyncRawResponse, Request, StatusCode};

    use super::*;
    use crate::azure::identity::Access;

    const HOME: &str = "11111111-1111-1111-1111-111111111111";
    const ELSEWHERE: &str = "22222222-2222-2222-2222-222222222222";

    /// Answers in the place of a host's metadata service.
    #[derive(Debug)]
    struct Imds {
        status: StatusCode,
        body: &'static str,
        asked: Mutex<Vec<(String, Option<String>)>>,
    }

    #[async_trait]
    impl HttpClient for Imds {
        async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
            let header = request.headers().get_optional_string(&"metadata".into());
            let asked = (request.url().to_string(), header);
            self.asked.lock().unwrap().push(asked);
            let body = self.body.as_bytes().to_vec();
            Ok(AsyncRawResponse::from_bytes(
                self.status,
                Headers::new(),
                body,
            ))
        }
    }

    async fn ask(
        status: StatusCode,
        body: &'static str,
        tenant: &str,
        client_id: Option<&str>,
    ) -> (Result<Fresh, Failure>, Vec<(String, Option<String>)>) {
        let imds = Arc::new(Imds {
            status,
            body,
            asked: Mutex::default(),
        });
        let identity = ManagedIdentity {
            http: imds.clone(),
            home: HOME.parse().unwrap(),
            client_id: client_id.map(str::to_owned),
        };
        let access = Access {
            identity: "host".to_owned(),
            tenant: tenant.parse().unwrap(),
        };
        let ask = Ask {
            access: &access,
            scope: "https://management.core.usgovcloudapi.net//.default",
            claims: None,
        };
        let answer = identity.token(&ask).await;
        let asked = imds.asked.lock().unwrap().clone();
        (answer, asked)
    }

    const TOKEN: &str = r#"{"access_token":"t","expires_in":"86399","expires_on":"4102444800","token_type":"Bearer","resource":"r","client_id":"c"}"#;

    #[tokio::test]
    async fn the_host_is_asked_as_it_wants_to_be() {
        let resource = "resource=https%3A%2F%2Fmanagement.core.usgovcloudapi.net%2F";
        for (client_id, query) in [(None, ""), (Some("app"), "&client_id=app")] {
            let (fresh, asked) = ask(StatusCode::Ok, TOKEN, HOME, client_id).await;
            let fresh = fresh.unwrap();
            assert_eq!(fresh.secret.expose(), "t");
            assert_eq!(fresh.expires_at.as_second(), 4_102_444_800);
            let url = format!(
                "{IMDS}metadata/identity/oauth2/token?api-version=2019-08-01&{resource}{query}"
            );
            assert_eq!(asked, [(url, Some("true".to_owned()))]);
        }
    }

    #[tokio::test]
    async fn its_refusals_are_told_at_once_with_its_words() {
        let missing = r#"{"error":"invalid_request","error_description":"Identity not found"}"#;
        let (refused, asked) = ask(StatusCode::BadRequest, missing, HOME, None).await;
        let failure = refused.unwrap_err();
        assert!(failure.error.to_string().ends_with("Identity not found"));
        assert!(!failure.transient && asked.len() == 1);
        for busy in [
            StatusCode::TooManyRequests,
            StatusCode::Gone,
            StatusCode::InternalServerError,
        ] {
            let (refused, asked) = ask(busy, "{}", HOME, None).await;
            assert!(refused.unwrap_err().transient);
            assert_eq!(asked.len(), 1, "repeating is told, so it is not done here");
        }
    }

    #[tokio::test]
    async fn another_tenant_is_not_even_asked_for() {
        let (refused, asked) = ask(StatusCode::Ok, TOKEN, ELSEWHERE, None).await;
        let message = refused.unwrap_err().error.to_string();
        assert!(message.contains("its own tenant only"), "{message}");
        assert!(asked.is_empty());
    }

    #[tokio::test]
    async fn where_there_is_no_such_host_that_is_told() {
        let access = Access {
            identity: "host".to_owned(),
            tenant: HOME.parse().unwrap(),
        };
        let ask = Ask {
            access: &access,
            scope: "s",
            claims: None,
        };
        let unreachable = Error::Unreachable {
            doing: access.signing_in(),
            cause: "timed out".to_owned(),
        };
        let failure = Failure {
            transient: true,
            ..Failure::new(unreachable)
        };
        let failure = told(&ask, failure);
        assert!(!failure.transient);
        let message = failure.error.to_string();
        assert!(message.ends_with("no managed identity answers on this machine: timed out"));
    }
}
