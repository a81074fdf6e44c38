//! What goes back to the client.

use std::borrow::Cow;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

/// A response, before the transport adds what every response has.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// Lower-case name and value
    pub(super) headers: Vec<(String, String)>,
    /// None is an empty body, as with 202, 204 and HEAD
    pub(super) body: Option<Value>,
}

impl Answer {
    /// 200 with a body.
    pub(super) fn ok(body: Value) -> Self {
        Self::with(StatusCode::OK, body)
    }

    pub(super) fn with(status: StatusCode, body: Value) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Some(body),
        }
    }

    pub(super) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: None,
        }
    }

    pub(super) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.set_header(name, value.into());
        self
    }

    /// The header of that lower-case name.
    pub(super) fn said(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let header = headers.find(|(known, _)| known == name);
        header.map(|(_, value)| value.as_str())
    }

    /// Adds a header, in place of one of that name.
    pub(super) fn set_header(&mut self, name: &str, value: String) {
        let name = name.to_ascii_lowercase();
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value));
    }
}

/// An ARM error: `{"error":{"code","message","target","details","additionalInfo"}}`.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: Cow<'static, str>,
    message: String,
    target: Option<String>,
    nested: Option<Box<Nested>>,
    cause: Cause,
    headers: Vec<(String, String)>,
}

/// What few errors have besides.
#[derive(Debug, Default)]
struct Nested {
    details: Vec<Value>,
    /// `additionalInfo`
    information: Vec<Value>,
    /// `innererror.internalErrorCode`
    inner: Option<&'static str>,
}

/// Who refused, as `x-ms-failure-cause` says (`resource/resource_group.json` of the recordings).
#[derive(Clone, Copy, Debug)]
pub(super) enum Cause {
    /// Azure Resource Manager itself
    Gateway,
    /// The resource provider
    Service,
}

impl Refusal {
    /// Azure Resource Manager refuses.
    pub(super) fn gateway(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
            target: None,
            nested: None,
            cause: Cause::Gateway,
            headers: Vec::new(),
        }
    }

    /// The resource provider refuses.
    pub(super) fn service(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            cause: Cause::Service,
            ..Self::gateway(status, code, message)
        }
    }

    /// The resource provider finds `target` of the request at fault.
    pub(super) fn invalid(target: &str, message: impl Into<String>) -> Self {
        Self::service(StatusCode::BAD_REQUEST, "InvalidParameter", message).target(target)
    }

    /// Names what of the request, or of Azure, is at fault.
    pub(super) fn target(mut self, target: &str) -> Self {
        self.target = Some(target.to_owned());
        self
    }

    /// Nests the errors that this one is made of.
    pub(super) fn because_of(mut self, details: Vec<Value>) -> Self {
        self.nested.get_or_insert_default().details = details;
        self
    }

    /// Adds an entry of `additionalInfo`.
    pub(super) fn informing(mut self, kind: &str, info: &Value) -> Self {
        let entry = json!({ "type": kind, "info": info });
        self.nested.get_or_insert_default().information.push(entry);
        self
    }

    /// Tells the code that the provider itself knows the error by.
    pub(super) fn inside(mut self, code: &'static str) -> Self {
        self.nested.get_or_insert_default().inner = Some(code);
        self
    }

    /// Whether Azure Resource Manager refused, before the provider was asked.
    pub(super) fn is_of_the_gateway(&self) -> bool {
        matches!(self.cause, Cause::Gateway)
    }

    pub(super) fn header(mut self, name: &str, value: String) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value));
        self
    }

    /// The error as it stands in a body.
    pub(super) fn error(&self) -> Value {
        let mut error = Map::new();
        error.insert("code".into(), json!(self.code));
        error.insert("message".into(), json!(self.message));
        if let Some(target) = &self.target {
            error.insert("target".into(), json!(target));
        }
        if let Some(nested) = &self.nested {
            for (name, entries) in [
                ("details", &nested.details),
                ("additionalInfo", &nested.information),
            ] {
                if !entries.is_empty() {
                    error.insert(name.into(), json!(entries));
                }
            }
            if let Some(code) = nested.inner {
                error.insert("innererror".into(), json!({ "internalErrorCode": code }));
            }
        }
        Value::Object(error)
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let error = refusal.error();
        let cause = match refusal.cause {
            Cause::Gateway => "gateway",
            Cause::Service => "service",
        };
        let mut answer = Self::with(refusal.status, json!({ "error": error }));
        answer.headers = refusal.headers;
        answer.header("x-ms-failure-cause", cause)
    }
}

/// What a provider answers.
pub(super) type Outcome = Result<Answer, Refusal>;
