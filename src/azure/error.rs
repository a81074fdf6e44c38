use std::time::Duration;

use super::advice;
use super::arm::ArmError;
use super::guid::TenantId;
use super::identity::Remedy;

/// What can go wrong between this program and Azure.
///
/// `doing` says what was being done to what, to follow "while".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Entra gave no token.
    #[error("signing in as {identity} in tenant {tenant}: {message}")]
    SignIn {
        /// The identity's name.
        identity: String,
        /// The tenant that was asked.
        tenant: TenantId,
        /// Entra's code, `AADSTS7000215`.
        code: Option<Box<str>>,
        /// Entra's words.
        message: String,
        /// Entra's id of the attempt, to quote to Microsoft's support.
        correlation_id: Option<Box<str>>,
        /// How it is mended.
        remedy: Remedy,
    },
    /// ARM or a resource provider refused or failed.
    #[error("{doing}: {error}")]
    Arm {
        /// What was being done to what.
        doing: String,
        /// What Azure said.
        error: Box<ArmError>,
        /// The HTTP status.
        status: u16,
        /// How long Azure wants not to be asked again.
        retry_after: Option<Duration>,
    },
    /// Nothing was sent: no address, no connection, no TLS.
    #[error("{doing}: not reached: {cause}")]
    Unreachable {
        /// What was being done to what.
        doing: String,
        /// Why.
        cause: String,
    },
    /// Something was sent and no whole answer came back: dropped, timed out, cut off.
    #[error("{doing}: no complete answer: {cause}")]
    Interrupted {
        /// What was being done to what.
        doing: String,
        /// Why.
        cause: String,
    },
    /// Azure's answer points somewhere that no token may go; nothing was sent there.
    #[error("{doing}: the answer points to {origin}, and tokens go to {allowed} only")]
    ForeignOrigin {
        /// What was being done to what.
        doing: String,
        /// Where it points.
        origin: String,
        /// The cloud's resource manager.
        allowed: String,
    },
    /// The answer is whole but not what the specification promises.
    #[error("{doing}: not understood: {cause}")]
    Malformed {
        /// What was being done to what.
        doing: String,
        /// What is wrong with it.
        cause: String,
    },
    /// Something in the configuration cannot be used.
    #[error("{0}")]
    Configuration(String),
}

/// Whether a write that ended in an error may have been accepted all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// It was not accepted.
    No,
    /// Only reading can tell.
    Unknown,
}

impl Error {
    /// Whether a write that ended like this may have been accepted.
    #[must_use]
    pub fn accepted(&self) -> Certainty {
        match self {
            Self::SignIn { .. } | Self::Unreachable { .. } | Self::Configuration(_) => {
                Certainty::No
            }
            Self::Arm { status, .. } if (400..500).contains(status) => Certainty::No,
            Self::Arm { .. }
            | Self::Interrupted { .. }
            | Self::ForeignOrigin { .. }
            | Self::Malformed { .. } => Certainty::Unknown,
        }
    }

    /// The HTTP status of ARM's answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Arm { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// What went wrong, without what was being done.
    #[must_use]
    pub fn cause(&self) -> String {
        match self {
            Self::Arm { error, .. } => error.to_string(),
            Self::SignIn { message, .. } | Self::Configuration(message) => message.clone(),
            Self::Unreachable { cause, .. } => format!("not reached: {cause}"),
            Self::Interrupted { cause, .. } => format!("no complete answer: {cause}"),
            Self::Malformed { cause, .. } => format!("not understood: {cause}"),
            Self::ForeignOrigin { origin, .. } => format!("the answer points to {origin}"),
        }
    }

    /// How long Azure wants not to be asked again.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Arm { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Azure's code, of ARM or of Entra; of what comes wrapped, the innermost.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Arm { error, .. } => Some(&error.root().code),
            Self::SignIn { code, .. } => code.as_deref(),
            _ => None,
        }
    }

    /// Whether what was asked for does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(404)
    }

    /// ARM's id of the action, or Entra's of the sign-in, to quote to Microsoft's support.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        match self {
            Self::Arm { error, .. } => error.correlation_id.as_deref(),
            Self::SignIn { correlation_id, .. } => correlation_id.as_deref(),
            _ => None,
        }
    }

    /// What the token would have to prove besides, as JSON: a claims challenge.
    pub(crate) fn claims(&self) -> Option<&str> {
        match self {
            Self::Arm { error, .. } => error.claims.as_deref(),
            _ => None,
        }
    }

    /// What to do next, where it is known.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        advice::of(self)
    }
}
