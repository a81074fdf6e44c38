use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::error::ErrorKind;
use azure_core::http::headers::RETRY_AFTER;
use azure_core::http::{AsyncRawResponse, ClientOptions, HttpClient, Request, RetryOptions};

use super::refusal::Refusal;
use crate::azure::arm::retry_after;

/// Carries token requests over this program's own HTTP client, and reads refusals itself:
/// `azure_identity` 1.0 cannot read a description that JSON has to escape, as Entra's have to be.
/// Whatever fails is of a kind that `azure_identity` does not repeat, since it would do so in
/// silence.
#[derive(Debug)]
pub(super) struct Transport {
    http: Arc<dyn HttpClient>,
    /// The authority is a loopback address over plain http. `azure_identity` wants https, so it is
    /// told https and the request is put back to http here.
    plain: bool,
}

impl Transport {
    pub(super) fn new(http: Arc<dyn HttpClient>, plain: bool) -> Self {
        Self { http, plain }
    }

    /// Options of a credential that is asked over this.
    pub(super) fn options(self, authority: &str) -> ClientOptions {
        let mut configuration = CustomConfiguration::default();
        authority.clone_into(&mut configuration.authority_host);
        ClientOptions {
            transport: Some(azure_core::http::Transport::new(Arc::new(self))),
            retry: RetryOptions::none(),
            cloud: Some(Arc::new(CloudConfiguration::Custom(configuration))),
            ..ClientOptions::default()
        }
    }

    async fn send(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        if !self.plain {
            return self.http.execute_request(request).await;
        }
        let mut request = request.clone();
        // Setting http on an https address cannot fail.
        let _ = request.url_mut().set_scheme("http");
        self.http.execute_request(&request).await
    }
}

#[async_trait]
impl HttpClient for Transport {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let response = self.send(request).await;
        let response = response.map_err(|e| azure_core::Error::new(ErrorKind::Other, e))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let response = response.try_into_raw_response().await?;
        let asked = response.headers().get_optional_str(&RETRY_AFTER);
        let refusal = Refusal::read(
            u16::from(response.status()),
            asked.and_then(|header| retry_after(header, SystemTime::now())),
            response.body().as_ref(),
        );
        Err(azure_core::Error::new(ErrorKind::Other, refusal))
    }
}
