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

    /// What an answer with a status of failure says, whoever gave it: ARM, a resource provider, or
    /// a gateway on the way.
    pub(super) fn of_answer(status: u16, body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let said = serde_json::from_str(&text).ok();
        let said = said.as_ref().and_then(Self::read);
        let said = said.unwrap_or_else(|| Self::made(UNNAMED, in_words(&text)));
        if said.code == UNNAMED {
            let code = format!("HTTP {status}");
            return Self { code, ..said };
        }
        said
    }

    /// Reads `{"error": …}`, or the error itself where a provider leaves the envelope out.
    pub(crate) fn read(body: &Value) -> Option<Self> {
        let error = member(body, "error");
        if let Some(words) = error.and_then(Value::as_str) {
            return Some(Self::made(UNNAMED, words.to_owned()));
        }
        Self::object(error.filter(|e| e.is_object()).unwrap_or(body), 0)
    }

    fn object(error: &Value, depth: usize) -> Option<Self> {
        let text = |name: &str| member(error, name).and_then(Value::as_str);
        let code = text("code").filter(|c| !c.is_empty());
        let message = text("message").filter(|m| !m.is_empty());
        if depth > DEPTH || (code.is_none() && message.is_none()) {
            return None;
        }
        let details = member(error, "details").map_or(&[][..], |details| match details {
            Value::Array(details) => details,
            one => std::slice::from_ref(one),
        });
        let mut details: Vec<Self> = details
            .iter()
            .filter_map(|detail| Self::object(detail, depth + 1))
            .collect();
        details.extend(inner(error, depth + 1));
        let mut message = message.unwrap_or_default().to_owned();
        if let Some(inner) = nested(&message, depth + 1) {
            message.clear();
            details.insert(0, inner);
        }
        Some(Self {
            code: code.unwrap_or(UNNAMED).to_owned(),
            message,
            target: text("target").map(str::to_owned),
            details,
            policies: policies(error),
            ..Self::default()
        })
    }
}

/// What an error is called that has no code.
const UNNAMED: &str = "Error";

/// A member of an object, whose name some services begin with a capital.
fn member<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    let capital = || {
        let (first, rest) = name.split_at_checked(1)?;
        object.get(first.to_uppercase() + rest)
    };
    object.get(name).or_else(capital)
}

/// What `innererror` adds: an error again, or in Compute's form `internalErrorCode`, or
/// `exceptiontype` and `errordetail` (`computeRPCommon.json`, `InnerError`).
fn inner(error: &Value, depth: usize) -> Option<ArmError> {
    let inner = member(error, "innererror").or_else(|| member(error, "innerError"))?;
    let text = |name: &str| inner.get(name).and_then(Value::as_str);
    let code = text("internalErrorCode").or_else(|| text("exceptiontype"));
    let of_compute = || {
        let detail = text("errordetail").unwrap_or_default();
        Some(ArmError::made(code?, detail.to_owned()))
    };
    ArmError::object(inner, depth).or_else(of_compute)
}

/// What a text that is no JSON says: of a page its title, of anything else the first line. A long
/// one is cut.
fn in_words(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let title = lower.find("<title>").and_then(|start| {
        let start = start + "<title>".len();
        let end = start + lower[start..].find("</title>")?;
        Some(&text[start..end])
    });
    let words = match title {
        Some(title) => title,
        None if lower.trim_start().starts_with('<') => "",
        None => text.trim_start().lines().next().unwrap_or_default(),
    };
    words.trim().chars().take(LONGEST_WORDS).collect()
}

/// How much of a text that is no error of Azure's is worth telling.
const LONGEST_WORDS: usize = 200;

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
    ArmError::object(member(&value, "error").unwrap_or(&value), depth)
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
    use proptest::prelude::*;
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
        for nonsense in [json!(null), json!([]), json!({}), json!("x")] {
            assert_eq!(ArmError::read(&nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn what_lies_inside_is_told_in_every_form() {
        let error = ArmError::read(&json!({"Error": {
            "Code": "OperationNotAllowed",
            "Message": "Too many requests.",
            "Details": {"code": "TooManyRequests", "message": "GetVM", "details": [
                {"code": "Deeper", "message": "still"},
            ]},
            "innererror": {"internalErrorCode": "TooManyRequestsReceived"},
        }}));
        assert_eq!(
            error.unwrap().to_string(),
            "OperationNotAllowed: Too many requests. (TooManyRequests: GetVM (Deeper: still); \
             TooManyRequestsReceived)"
        );
        for (inner, told) in [
            (
                json!({"code": "I", "message": "in", "innererror": {"code": "J"}}),
                "I: in (J)",
            ),
            (
                json!({"exceptiontype": "E", "errordetail": "why"}),
                "E: why",
            ),
        ] {
            let error = json!({"code": "C", "message": "m", "innererror": inner});
            let error = ArmError::read(&error).unwrap().to_string();
            assert_eq!(error, format!("C: m ({told})"));
        }
        let odd = json!({"code": "C", "message": "m", "innererror": "odd", "details": 7});
        assert_eq!(ArmError::read(&odd).unwrap().to_string(), "C: m");
    }

    #[test]
    fn who_is_not_azure_is_told_in_its_own_words() {
        for (body, told) in [
            (
                &b"{\"Message\":\"An error has occurred.\"}"[..],
                "HTTP 502: An error has occurred.",
            ),
            (b"{\"error\":\"text\"}", "HTTP 502: text"),
            (
                b"upstream connect error\r\nmore",
                "HTTP 502: upstream connect error",
            ),
            (
                b"<html>\n<head><TITLE> 502 Bad Gateway </TITLE></head></html>",
                "HTTP 502: 502 Bad Gateway",
            ),
            (b"<html><body>oh</body></html>", "HTTP 502"),
            (b"<title>", "HTTP 502"),
            (b"{\"error\":{\"code\":\"BadGateway\"}}", "BadGateway"),
            (b"\xff", "HTTP 502: \u{fffd}"),
            (b"[]", "HTTP 502: []"),
            (b"", "HTTP 502"),
        ] {
            assert_eq!(ArmError::of_answer(502, body).to_string(), told);
        }
        let long = ArmError::of_answer(502, "ä".repeat(999).as_bytes());
        assert_eq!(long.message.chars().count(), LONGEST_WORDS);
    }

    /// JSON as an error might hold it, to some depth.
    fn any_json() -> impl Strategy<Value = Value> {
        let name = prop_oneof![
            Just("error"),
            Just("code"),
            Just("message"),
            Just("Message"),
            Just("details"),
            Just("innererror"),
            Just("additionalInfo"),
            Just("type"),
            Just("info"),
            Just("target"),
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "\\PC{0,12}".prop_map(Value::from),
            Just(json!("{\"code\":\"X\"}")),
            Just(json!("PolicyViolation")),
        ];
        leaf.prop_recursive(4, 32, 4, move |inner| {
            let members = proptest::collection::vec((name.clone(), inner.clone()), 0..4);
            let object = members.prop_map(|members| {
                Value::Object(
                    members
                        .into_iter()
                        .map(|(n, v)| (n.to_owned(), v))
                        .collect(),
                )
            });
            let text = inner
                .clone()
                .prop_map(|value| Value::from(value.to_string()));
            prop_oneof![
                proptest::collection::vec(inner, 0..4).prop_map(Value::from),
                object,
                text
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_is_said_is_told_without_a_panic(body in any_json()) {
            let told = ArmError::of_answer(500, body.to_string().as_bytes());
            prop_assert!(!told.code.is_empty() && !told.to_string().is_empty());
            let _ = (told.root(), told.advice());
        }

        #[test]
        fn any_bytes_are_told_without_a_panic(body in proptest::collection::vec(any::<u8>(), 0..64)) {
            prop_assert!(!ArmError::of_answer(500, &body).to_string().is_empty());
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
