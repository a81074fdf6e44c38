use std::error::Error as StdError;
use std::time::Duration;

use super::refusal::Refusal;
use super::{Access, Remedy};
use crate::azure::arm::chain;
use crate::azure::error::Error;

/// Why there is no token, and whether it is worth asking again.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    pub(crate) transient: bool,
    pub(crate) retry_after: Option<Duration>,
    /// What the token would have to prove, as JSON.
    pub(crate) claims: Option<String>,
}

impl Failure {
    /// One for good.
    pub(super) fn new(error: Error) -> Self {
        Self {
            error,
            transient: false,
            retry_after: None,
            claims: None,
        }
    }

    /// There is no token, for a reason that this program tells itself.
    pub(super) fn sign_in(access: &Access, message: String, remedy: Remedy) -> Self {
        Self::new(Error::SignIn {
            identity: access.identity.clone(),
            tenant: access.tenant.clone(),
            code: None,
            message,
            correlation_id: None,
            remedy,
        })
    }

    /// The authority said no.
    pub(super) fn refused(access: &Access, refusal: &Refusal, remedy: Remedy) -> Self {
        Self {
            error: Error::SignIn {
                identity: access.identity.clone(),
                tenant: access.tenant.clone(),
                code: refusal.code.as_deref().map(Into::into),
                message: refusal.to_string(),
                correlation_id: refusal.correlation_id.as_deref().map(Into::into),
                remedy,
            },
            transient: refusal.is_transient(),
            retry_after: refusal.retry_after,
            claims: refusal.claims.clone(),
        }
    }

    /// The authority was not reached, or its answer not.
    pub(super) fn lost(access: &Access, error: &reqwest::Error) -> Self {
        let doing = access.signing_in();
        let cause = chain(error);
        let error = if error.is_connect() {
            Error::Unreachable { doing, cause }
        } else {
            Error::Interrupted { doing, cause }
        };
        Self {
            transient: true,
            ..Self::new(error)
        }
    }

    /// Finds in an error of `azure_identity` what it wraps: the authority's refusal, the
    /// connection's end, or its own doubts.
    pub(super) fn read(access: &Access, error: &azure_core::Error) -> Self {
        if let Some(refusal) = cause::<Refusal>(error) {
            return Self::refused(access, refusal, Remedy::Elsewhere);
        }
        if let Some(error) = cause::<reqwest::Error>(error) {
            return Self::lost(access, error);
        }
        Self::sign_in(access, error.to_string(), Remedy::Elsewhere)
    }
}

/// The first cause of that kind.
fn cause<T: StdError + 'static>(error: &azure_core::Error) -> Option<&T> {
    let first: &(dyn StdError + 'static) = error;
    std::iter::successors(Some(first), |error| (**error).source())
        .find_map(|error| error.downcast_ref())
}
