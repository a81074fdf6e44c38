use std::error::Error as StdError;
use std::time::Duration;

use azure_core::error::ErrorKind;

use super::Access;
use super::transport::Busy;
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
    /// For good, as far as anyone can tell.
    pub(crate) fn settled(error: Error) -> Self {
        Self {
            error,
            transient: false,
            retry_after: None,
        }
    }

    /// Reads what `azure_identity` says: its error wraps the authority's answer, the transport's
    /// error or its own doubts.
    pub(crate) fn read(access: &Access, error: &azure_core::Error) -> Self {
        let doing = format!(
            "signing in as {} in tenant {}",
            access.identity, access.tenant
        );
        if let Some(busy) = cause::<Busy>(error) {
            return Self {
                error: sign_in(access, None, busy.to_string()),
                transient: true,
                retry_after: busy.retry_after,
            };
        }
        if let Some(error) = cause::<reqwest::Error>(error) {
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
        let answer = causes(error)
            .filter_map(|e| e.downcast_ref::<azure_core::Error>())
            .find_map(|e| match e.kind() {
                ErrorKind::HttpResponse { error_code, .. } => Some((e, error_code)),
                _ => None,
            });
        let (words, number) = match answer {
            Some((said, number)) => (one_line(&said.to_string()), number.as_deref()),
            None => (one_line(&error.to_string()), None),
        };
        let code = number
            .and_then(|numbers| numbers.split(',').next())
            .map(|number| format!("AADSTS{number}"))
            .or_else(|| aadsts(&words));
        Self::settled(sign_in(access, code, words))
    }
}

fn sign_in(access: &Access, code: Option<String>, message: String) -> Error {
    Error::SignIn {
        identity: access.identity.clone(),
        tenant: access.tenant.clone(),
        code,
        message,
    }
}

/// The code at the beginning of a description, `AADSTS7000215`.
fn aadsts(words: &str) -> Option<String> {
    let rest = &words[words.find("AADSTS")?..];
    let end = rest["AADSTS".len()..].find(|c: char| !c.is_ascii_digit());
    Some(
        end.map_or(rest, |end| &rest[.."AADSTS".len() + end])
            .to_owned(),
    )
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn causes(error: &azure_core::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    let first: &(dyn StdError + 'static) = error;
    std::iter::successors(Some(first), |error| (**error).source())
}

fn cause<T: StdError + 'static>(error: &azure_core::Error) -> Option<&T> {
    causes(error).find_map(|error| error.downcast_ref())
}
