use serde::{Deserialize, Serialize};

use crate::azure;

/// What kind of end a failure is, for whoever decides what happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Azure refused, or the operation ended badly.
    Azure,
    /// Nobody could sign in: mended by the operator, and then worth carrying on.
    SignIn,
    /// A check forbids it: mended by the operator, and then worth trying again.
    Check,
    /// The world isn't what the plan showed: a new plan is needed.
    Changed,
    /// A defect of this program.
    Defect,
}

/// Why something was not done: Azure's words, and what to do next. It is kept in the journal, so
/// it holds text and no sources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// The kind of end.
    pub cause: Cause,
    /// Azure's error code, where there is one.
    pub code: Option<String>,
    /// What was being done to what, and what came of it.
    pub message: String,
    /// What Microsoft's support asks for.
    pub correlation_id: Option<String>,
    /// What to do next.
    pub advice: Option<String>,
}

impl Failure {
    /// A failure without any of Azure's identifiers.
    #[must_use]
    pub fn new(cause: Cause, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            cause,
            code: None,
            message,
            correlation_id: None,
            advice: None,
        }
    }

    /// The same with what to do next.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }
}

impl From<azure::Error> for Failure {
    fn from(error: azure::Error) -> Self {
        let cause = match &error {
            azure::Error::SignIn { .. } => Cause::SignIn,
            _ => Cause::Azure,
        };
        Self {
            cause,
            code: error.code().map(str::to_owned),
            correlation_id: error.correlation_id().map(str::to_owned),
            advice: error.advice(),
            message: error.to_string(),
        }
    }
}
