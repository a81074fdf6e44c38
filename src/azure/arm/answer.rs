use std::time::{Duration, SystemTime};

use reqwest::header::HeaderMap;
use serde_json::Value;

use super::challenge;
use super::error::ArmError;
use super::retry_after::retry_after;
use crate::azure::error::Error;

/// What came back, whole or not.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// The bytes, or why they did not all arrive.
    pub(crate) body: Result<Vec<u8>, Error>,
    /// This program's own id of the request.
    pub(crate) client_request_id: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The wait that it asks for.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        retry_after(self.header("retry-after")?, SystemTime::now())
    }

    /// The body as JSON. One that ends in the middle was cut off, not malformed.
    pub(crate) fn json(&self, doing: &str) -> Result<Value, Error> {
        let body = without_mark(self.body.as_ref().map_err(Error::clone)?);
        serde_json::from_slice(body).map_err(|error| {
            let doing = doing.to_owned();
            if error.is_eof() {
                let cause = format!("it ended after {} bytes", body.len());
                Error::Interrupted { doing, cause }
            } else {
                let cause = format!("no JSON: {error}");
                Error::Malformed { doing, cause }
            }
        })
    }

    /// What an answer that is none of success says.
    pub(super) fn refusal(&self, doing: &str) -> Error {
        let text = |name| self.header(name).map(str::to_owned);
        let status = self.status;
        let body = self.body.as_deref().unwrap_or_default();
        Error::Arm {
            doing: doing.to_owned(),
            error: Box::new(ArmError {
                status: Some(status),
                request_id: text("x-ms-request-id"),
                correlation_id: text("x-ms-correlation-request-id"),
                claims: challenge::claims(&self.headers),
                ..ArmError::of_answer(status, without_mark(body))
            }),
            status,
            retry_after: self.retry_after(),
        }
    }
}

pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The bytes without the mark of their order, which some services begin a text with.
fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}
