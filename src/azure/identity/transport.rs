use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use azure_core::error::ErrorKind;
use azure_core::http::headers::{HeaderName, RETRY_AFTER};
use azure_core::http::{AsyncRawResponse, HttpClient, Request};

use crate::azure::arm::retry_after;

/// Carries token requests over this program's own HTTP client.
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
        let status = u16::from(response.status());
        if matches!(status, 408 | 429 | 500..=599) {
            let asked = response
                .headers()
                .get_optional_str(&HeaderName::from(RETRY_AFTER));
            let busy = Busy {
                status,
                retry_after: asked.and_then(|header| retry_after(header, SystemTime::now())),
            };
            return Err(azure_core::Error::new(ErrorKind::Io, busy));
        }
        Ok(response)
    }
}

/// The authority answered, and not about the credential: it may be otherwise in a while.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Busy {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
}

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the authority answered HTTP {}", self.status)
    }
}

impl std::error::Error for Busy {}
