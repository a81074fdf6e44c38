use std::error::Error as StdError;
use std::time::Duration;

use super::transport::Refusal;
use super::{Access, Remedy};
use crate::azure::arm::chain;
use crate::azure::error::Error;

/// Why there is no token, and whether it is worth asking again.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    pub(crate) transient: bool,
    pub(crate) retry_after: Option<Duration>,
}

impl Failure {
    /// Finds in an error of `azure_identity` what it wraps: the authority's refusal, the
    /// connection's end, or its own doubts.
    pub(crate) fn read(access: &Access, error: &azure_core::Error) -> Self {
        let sign_in = |code, message, correlation_id| Error::SignIn {
            identity: access.identity.clone(),
            tenant: access.tenant.clone(),
            code,
            message,
            correlation_id,
            remedy: Remedy::Elsewhere,
        };
        if let Some(refusal) = cause::<Refusal>(error) {
            let correlation_id = refusal.correlation_id.clone();
            return Self {
                error: sign_in(refusal.code.clone(), refusal.to_string(), correlation_id),
                transient: refusal.is_transient(),
                retry_after: refusal.retry_after,
            };
        }
        if let Some(error) = cause::<reqwest::Error>(error) {
            let doing = access.signing_in();
            let cause = chain(error);
            let error = if error.is_connect() {
                Error::Unreachable { doing, cause }
            } else {
                Error::Interrupted { doing, cause }
            };
            return Self {
                error,
                transient: true,
                retry_after: None,
            };
        }
        Self {
            error: sign_in(None, error.to_string(), None),
            transient: false,
            retry_after: None,
        }
    }
}

/// The first cause of that kind.
fn cause<T: StdError + 'static>(error: &azure_core::Error) -> Option<&T> {
    let first: &(dyn StdError + 'static) = error;
    std::iter::successors(Some(first), |error| (**error).source())
        .find_map(|error| error.downcast_ref())
}
