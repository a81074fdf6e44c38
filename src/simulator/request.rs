//! A request as it came in.

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode};
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::answer::Refusal;

/// A request, read whole.
pub(super) struct Request {
    pub(super) method: Method,
    /// Path and query exactly as they were sent
    pub(super) url: String,
    /// The path, percent-decoded
    pub(super) path: String,
    query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Request {
    pub(super) fn new(method: Method, url: &str, headers: HeaderMap, body: Bytes) -> Self {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        Self {
            method,
            url: url.to_owned(),
            path: percent_decoded(path),
            query: form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            headers,
            body,
        }
    }

    /// A query parameter; names are compared without case, as Azure does.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The query as it was sent, empty without one.
    pub(super) fn raw_query(&self) -> &str {
        self.url.split_once('?').map_or("", |(_, query)| query)
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(super) fn api_version(&self) -> &str {
        self.query("api-version").unwrap_or_default()
    }

    /// The body as a JSON object.
    ///
    /// # Errors
    /// ARM's `InvalidRequestContent`.
    pub(super) fn object(&self) -> Result<Map<String, Value>, Refusal> {
        serde_json::from_slice(&self.body).map_err(|error| {
            Refusal::gateway(
                StatusCode::BAD_REQUEST,
                "InvalidRequestContent",
                format!(
                    "The request content was invalid and could not be deserialized: '{error}'."
                ),
            )
        })
    }

    /// The body as form fields.
    pub(super) fn form(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }
}

fn percent_decoded(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = (byte == b'%')
            .then(|| path.get(at + 1..at + 3))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(escaped.unwrap_or(byte));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_and_malformed_ones_left() {
        assert_eq!(percent_decoded("/a%20b%2e1/%zz%2"), "/a b.1/%zz%2");
    }

    #[test]
    fn parameter_names_have_no_case() {
        let request = Request::new(
            Method::GET,
            "/x?Api-Version=1&$Expand=a%20b",
            HeaderMap::new(),
            Bytes::new(),
        );
        assert_eq!(request.api_version(), "1");
        assert_eq!(request.query("$expand"), Some("a b"));
    }
}
