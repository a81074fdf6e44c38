use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use azure_core::error::ErrorKind;
use azure_core::http::headers::RETRY_AFTER;
use azure_core::http::{AsyncRawResponse, HttpClient, Request};
use serde_json::Value;

use crate::azure::arm::retry_after;

/// Carries token requests over this program's own HTTP client, and reads refusals itself:
/// `azure_identity` 1.0 cannot read a description that JSON has to escape, as Entra's have to be.
#[derive(Debug)]
pub(crate) struct Transport {
    http: Arc<dyn HttpClient>,
    /// The authority is a loopback address over plain http. `azure_identity` wants https, so it is
    /// told https and the request is put back to http here.
    plain: bool,
}

impl Transport {
    pub(crate) fn new(http: reqwest::Client, plain: bool) -> Self {
        Self {
            http: Arc::new(http),
            plain,
        }
    }
}

#[async_trait]
impl HttpClient for Transport {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let response = if self.plain {
            let mut request = request.clone();
            // Setting http on an https address cannot fail.
            let _ = request.url_mut().set_scheme("http");
            self.http.execute_request(&request).await?
        } else {
            self.http.execute_request(request).await?
        };
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
        Err(azure_core::Error::new(ErrorKind::Io, refusal))
    }
}

/// The authority answered, and not with a token.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    status: u16,
    /// Entra's first code, `AADSTS7000215`.
    pub(crate) code: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    /// What Microsoft's support asks for.
    pub(crate) correlation_id: Option<String>,
    message: String,
}

impl Refusal {
    fn read(status: u16, retry_after: Option<Duration>, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |name| body.get(name).and_then(Value::as_str);
        let number = body.pointer("/error_codes/0").and_then(Value::as_u64);
        let message = match text("error_description").or_else(|| text("error")) {
            Some(said) => {
                // Behind the sentence Entra repeats the identifiers that the answer has as fields.
                let sentence = said.split("Trace ID: ").next().unwrap_or(said);
                sentence.split_whitespace().collect::<Vec<_>>().join(" ")
            }
            None => format!("the authority answered HTTP {status}"),
        };
        Self {
            status,
            code: number.map(|number| format!("AADSTS{number}")),
            retry_after,
            correlation_id: text("correlation_id").map(str::to_owned),
            message,
        }
    }

    /// Whether the answer is not about the credential, so that it may be otherwise in a while.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self.status, 408 | 429 | 500..=599)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}
