use std::fmt;

use serde_json::Value;

/// What ARM or a resource provider said went wrong.
///
/// Shape: `{"error":{"code","message","target","details":[…]}}`
/// (azure-resource-manager-rpc, common-api-details.md).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArmError {
    /// Azure's code, `AuthorizationFailed`; `HTTP 502` where the answer holds none.
    pub code: String,
    /// Azure's words.
    pub message: String,
    /// What of the request it is about.
    pub target: Option<String>,
    /// What lies behind it; JSON that a provider put into a message as text included.
    pub details: Vec<ArmError>,
    /// The HTTP status it came with; nothing for the error of an operation.
    pub status: Option<u16>,
    /// The resource provider's id of the request (`x-ms-request-id`).
    pub request_id: Option<String>,
    /// ARM's id of the whole action (`x-ms-correlation-request-id`).
    pub correlation_id: Option<String>,
}

impl ArmError {
    /// An error told by this program in Azure's form, where Azure gives a state and no words.
    pub(crate) fn made(code: &str, message: String) -> Self {
        Self {
            code: code.to_owned(),
            message,
            ..Self::default()
        }
    }

    /// Reads `{"error": …}`, or the error itself where a provider leaves the envelope out.
    pub(crate) fn read(body: &Value) -> Option<Self> {
        Self::object(
            body.get("error").filter(|e| e.is_object()).unwrap_or(body),
            0,
        )
    }

    fn object(error: &Value, depth: usize) -> Option<Self> {
        let text = |name: &str| error.get(name).and_then(Value::as_str);
        let code = text("code").filter(|c| !c.is_empty());
        let message = text("message").filter(|m| !m.is_empty());
        if depth > DEPTH || (code.is_none() && message.is_none()) {
            return None;
        }
        let details = error.get("details").and_then(Value::as_array);
        let mut details: Vec<Self> = details
            .into_iter()
            .flatten()
            .filter_map(|detail| Self::object(detail, depth + 1))
            .collect();
        let mut message = message.unwrap_or_default().to_owned();
        if let Some(inner) = nested(&message, depth + 1) {
            message.clear();
            details.insert(0, inner);
        }
        Some(Self {
            code: code.unwrap_or("Error").to_owned(),
            message,
            target: text("target").map(str::to_owned),
            details,
            ..Self::default()
        })
    }
}

/// How deep errors are followed into each other.
const DEPTH: usize = 8;

/// The error in a message that is itself JSON, as Compute's are inside deployments.
fn nested(message: &str, depth: usize) -> Option<ArmError> {
    let text = message.trim();
    if !text.starts_with('{') {
        return None;
    }
    let value: Value = serde_json::from_str(text).ok()?;
    ArmError::object(value.get("error").unwrap_or(&value), depth)
}

impl fmt::Display for ArmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code)?;
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        for (at, detail) in self.details.iter().enumerate() {
            write!(f, "{}{detail}", if at == 0 { " (" } else { "; " })?;
        }
        if !self.details.is_empty() {
            f.write_str(")")?;
        }
        Ok(())
    }
}

impl std::error::Error for ArmError {}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_usual_envelope_with_details() {
        let error = ArmError::read(&json!({"error": {
            "code": "InvalidTemplateDeployment",
            "message": "Not valid.",
            "target": "vm",
            "details": [{"code": "QuotaExceeded", "message": "Cores."}, {"odd": true}],
        }}))
        .unwrap();
        assert_eq!(error.target.as_deref(), Some("vm"));
        assert_eq!(
            error.to_string(),
            "InvalidTemplateDeployment: Not valid. (QuotaExceeded: Cores.)"
        );
    }

    #[test]
    fn json_in_a_message_is_unwrapped() {
        let inner = json!({"error": {"code": "PropertyChangeNotAllowed", "message": "source.id"}});
        let error = ArmError::read(&json!({"error": {
            "code": "Conflict",
            "message": inner.to_string(),
        }}))
        .unwrap();
        assert_eq!(
            error.to_string(),
            "Conflict (PropertyChangeNotAllowed: source.id)"
        );
        assert_eq!(error.details[0].code, "PropertyChangeNotAllowed");
    }

    #[test]
    fn without_envelope_and_without_sense() {
        let bare = ArmError::read(&json!({"code": "Gone", "message": "gone"})).unwrap();
        assert_eq!(bare.to_string(), "Gone: gone");
        for nonsense in [
            json!(null),
            json!([]),
            json!({}),
            json!({"error": "text"}),
            json!("x"),
        ] {
            assert_eq!(ArmError::read(&nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn endless_nesting_ends() {
        let mut message = "deep".to_owned();
        for _ in 0..6 {
            message = json!({"code": "C", "message": message}).to_string();
        }
        let error = ArmError::read(&json!({"error": {"code": "C", "message": message}})).unwrap();
        assert!(error.to_string().contains("deep"));
    }
}
