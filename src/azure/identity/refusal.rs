use std::fmt;
use std::time::Duration;

use serde_json::Value;

/// The authority answered, and not with a token.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    status: u16,
    /// OAuth's word for it, `invalid_grant`.
    pub(super) error: String,
    /// Entra's first code, `AADSTS7000215`.
    pub(super) code: Option<String>,
    pub(super) retry_after: Option<Duration>,
    /// What Microsoft's support asks for.
    pub(super) correlation_id: Option<String>,
    /// What the token would have to prove, as JSON.
    pub(super) claims: Option<String>,
    message: String,
}

impl Refusal {
    pub(super) fn read(status: u16, retry_after: Option<Duration>, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |name| body.get(name).and_then(Value::as_str);
        let number = body.pointer("/error_codes/0").and_then(Value::as_u64);
        let message = match text("error_description").or_else(|| text("error")) {
            Some(said) => sentence(said),
            None => format!("the authority answered HTTP {status}"),
        };
        Self {
            status,
            error: text("error").unwrap_or_default().to_owned(),
            code: number.map(|number| format!("AADSTS{number}")),
            retry_after,
            correlation_id: text("correlation_id").map(str::to_owned),
            claims: text("claims").map(str::to_owned),
            message,
        }
    }

    /// Whether the answer is not about the credential, so that it may be otherwise in a while.
    pub(super) fn is_transient(&self) -> bool {
        matches!(self.status, 408 | 410 | 429 | 500..=599)
    }
}

/// What Entra says, without the identifiers that it repeats behind: the answer has them as fields.
pub(super) fn sentence(said: &str) -> String {
    let sentence = said.split("Trace ID: ").next().unwrap_or(said);
    sentence.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}
