//! What to do next about an error, where it is known.

mod refusals;
mod roles;
mod sign_in;

pub(crate) use roles::narrowest as narrowest_role;

use super::arm::ArmError;
use super::error::Error;

/// What to do next about an error.
pub(crate) fn of(error: &Error) -> Option<String> {
    match error {
        Error::SignIn {
            identity,
            tenant,
            code,
            remedy,
            ..
        } => sign_in::advice(identity, tenant.as_str(), code.as_deref(), remedy),
        Error::Arm { error, status, .. } => refused(error, *status),
        Error::Unreachable { .. } => {
            Some("check the network, the proxy and the cloud's addresses; nothing was sent".into())
        }
        Error::Interrupted { .. } => {
            Some("try again; after a write look first, for it may have been accepted".into())
        }
        Error::ForeignOrigin { .. } => Some(
            "nothing was sent there; if the configured cloud is the right one, report this".into(),
        ),
        Error::Malformed { .. } => Some("try again; if it stays so, report this".into()),
        Error::Configuration(_) => None,
    }
}

/// What to do next about what ARM said, of an operation that failed for one.
pub(crate) fn of_arm(error: &ArmError) -> Option<String> {
    refused(error, error.status.unwrap_or_default())
}

/// The advice of the innermost error that there is one for; the status is the outermost's.
fn refused(error: &ArmError, status: u16) -> Option<String> {
    let inner = error.details.iter().find_map(|detail| refused(detail, 0));
    inner.or_else(|| refusals::advice(error, status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrapped_leads_to_the_advice_of_the_innermost_known() {
        let quota = ArmError::made("QuotaExceeded", "Cores.".to_owned());
        let wrap = |code: &str, inner: ArmError| ArmError {
            details: vec![ArmError::made("Odd", String::new()), inner],
            ..ArmError::made(code, "see inside".to_owned())
        };
        let error = wrap("InvalidTemplateDeployment", wrap("Unheard", quota.clone()));
        assert_eq!(error.advice(), quota.advice());
        assert!(error.advice().is_some());
        let outer = wrap("SubnetIsFull", ArmError::made("Odd", String::new()));
        assert!(outer.advice().unwrap().contains("subnet"));
    }

    #[test]
    fn a_status_alone_is_the_answers_not_its_details() {
        let error = ArmError {
            details: vec![ArmError::made("Odd", "x".to_owned())],
            status: Some(503),
            ..ArmError::made("HTTP 503", String::new())
        };
        assert!(error.advice().unwrap().contains("trouble"));
    }
}
