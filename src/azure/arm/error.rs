use std::fmt;

use serde_json::Value;

use crate::azure::advice;

/// What ARM or a resource provider said went wrong.
///
/// Shape: `{"error":{"code","message","target","details":[…],"additionalInfo":[…]}}`
/// (azure-resource-manager-rpc, common-api-details.md). Displays the causes first and what only
/// wraps them behind, in parentheses: `QuotaExceeded: … (InvalidTemplateDeployment)`.
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
    /// The names of the policies that forbid it.
    pub policies: Vec<String>,
    /// The HTTP status it came with; nothing for the error of an operation.
    pub status: Option<u16>,
    /// The resource provider's id of the request (`x-ms-request-id`).
    pub request_id: Option<String>,
    /// ARM's id of the whole action (`x-ms-correlation-request-id`).
    pub correlation_id: Option<String>,
    /// What the token would have to prove besides, as JSON.
    pub claims: Option<String>,
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

    /// What it comes down to: the first cause behind all that only wraps it.
    #[must_use]
    pub fn root(&self) -> &Self {
        match self.details.first() {
            Some(detail) if self.wraps() => detail.root(),
            _ => self,
        }
    }

    /// What to do next, where it is known.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        advice::of_arm(self)
    }

    /// What went wrong, without what only wraps it.
    fn causes(&self) -> Vec<&Self> {
        if self.wraps() {
            self.details.iter().flat_map(Self::causes).collect()
        } else {
            vec![self]
        }
    }

    /// Whether it says only that something inside went wrong.
    fn wraps(&self) -> bool {
        let wrapper = || WRAPPERS.iter().any(|w| self.code.eq_ignore_ascii_case(w));
        !self.details.is_empty() && (self.message.is_empty() || wrapper())
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
            policies: policies(error),
            ..Self::default()
        })
    }
}

/// Codes of errors whose details are the matter, and whose message says no more than to look there
/// (`recordings/vm/specialized_image.json`; azure-docs, common-deployment-errors.md).
const WRAPPERS: [&str; 5] = [
    "DeploymentFailed",
    "InvalidTemplateDeployment",
    "ResourceDeploymentFailure",
    "MultipleErrorsOccurred",
    "DeploymentPreflightFailed",
];

/// How people call the policies that an error tells of.
fn policies(error: &Value) -> Vec<String> {
    let info = error.get("additionalInfo").and_then(Value::as_array);
    let violations = info.into_iter().flatten().filter(|info| {
        let kind = info.get("type").and_then(Value::as_str);
        kind.is_some_and(|kind| kind.eq_ignore_ascii_case("PolicyViolation"))
    });
    let name = |violation: &Value| {
        let names = [
            "/info/policyAssignmentDisplayName",
            "/info/policyDefinitionDisplayName",
            "/info/policyAssignmentName",
        ];
        let mut names = names
            .iter()
            .filter_map(|name| violation.pointer(name)?.as_str());
        names.find(|name| !name.is_empty()).map(str::to_owned)
    };
    violations.filter_map(name).collect()
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
        let mut details: Vec<String> = Vec::new();
        for cause in self.details.iter().flat_map(Self::causes) {
            let cause = cause.to_string();
            if !details.contains(&cause) {
                details.push(cause);
            }
        }
        let details = details.join("; ");
        if self.wraps() {
            return write!(f, "{details} ({})", self.code);
        }
        f.write_str(&self.code)?;
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        if !details.is_empty() {
            write!(f, " ({details})")?;
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
            "QuotaExceeded: Cores. (InvalidTemplateDeployment)"
        );
        assert_eq!(error.root().code, "QuotaExceeded");
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
            "PropertyChangeNotAllowed: source.id (Conflict)"
        );
        assert_eq!(error.details[0].code, "PropertyChangeNotAllowed");
    }

    #[test]
    fn a_failed_deployment_says_each_cause_once_and_first() {
        let quota = json!({"code": "QuotaExceeded", "message": "Cores."});
        let failed = |inner: &Value| json!({"code": "ResourceDeploymentFailure", "message": "It failed.", "details": [inner]});
        let taken = json!({"code": "Conflict", "message": "vm-3 is taken."});
        let error = ArmError::read(&json!({"error": {
            "code": "DeploymentFailed",
            "message": "Please list deployment operations for details.",
            "details": [failed(&quota), failed(&quota), taken],
        }}))
        .unwrap();
        assert_eq!(
            error.to_string(),
            "QuotaExceeded: Cores.; Conflict: vm-3 is taken. (DeploymentFailed)"
        );
        assert_eq!(error.root().code, "QuotaExceeded");
    }

    #[test]
    fn what_says_something_itself_comes_before_its_details() {
        let error = ArmError::read(
            &json!({"code": "OperationNotAllowed", "message": "Too many.",
            "details": [{"code": "TooManyRequests", "message": "{\"measuredRequestCount\":9}"}]}),
        )
        .unwrap();
        assert!(
            error
                .to_string()
                .starts_with("OperationNotAllowed: Too many. (TooMany")
        );
        assert_eq!(error.root().code, "OperationNotAllowed");
        let alone = ArmError::made("DeploymentFailed", "No details.".to_owned());
        assert_eq!(alone.to_string(), "DeploymentFailed: No details.");
    }

    #[test]
    fn policies_are_known_by_the_name_that_people_gave_them() {
        let violation = |info: Value| json!({"type": "PolicyViolation", "info": info});
        let error = ArmError::read(&json!({"error": {
            "code": "RequestDisallowedByPolicy",
            "message": "Resource 'vm-1' was disallowed by policy.",
            "additionalInfo": [
                violation(json!({"policyDefinitionDisplayName": "Allowed sizes", "policyAssignmentDisplayName": ""})),
                violation(json!({"policyAssignmentDisplayName": "Ours", "policyDefinitionDisplayName": "Allowed locations"})),
                {"type": "Else", "info": {"policyAssignmentName": "x"}},
                "odd",
            ],
        }}))
        .unwrap();
        assert_eq!(error.policies, ["Allowed sizes", "Ours"]);
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
