//! How a cloud's addresses answer to somebody who has no token yet.

use std::time::Duration;

use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::arm::{api_versions, chain, client};
use super::error::Error;
use super::session::Azure;

/// How long an answer may take: whoever waits wants to know whether there is one.
const PATIENCE: Duration = Duration::from_secs(20);

/// One of the addresses that everything goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The address, without a path.
    pub address: Url,
    /// What answers there, in words.
    pub what: &'static str,
    /// How far its clock is ahead of this machine's, to a second, where it tells the time.
    pub ahead: Result<Option<SignedDuration>, Error>,
}

impl Azure {
    /// Asks Resource Manager and the authority for something that any of them refuses or answers
    /// without a token; whatever they say, they were reached.
    pub async fn endpoints(&self) -> [Endpoint; 2] {
        let cloud = self.cloud();
        let version = api_versions::of("tenants").unwrap_or_default();
        let version = format!("api-version={version}");
        let manager = ask(
            &cloud.resource_manager,
            "Azure Resource Manager",
            "/tenants",
            Some(&version),
        );
        // The document of OpenID Connect, which is there for everybody
        // (entra-docs, v2-protocols-oidc.md).
        let authority = ask(
            &cloud.authority,
            "Entra",
            "/common/v2.0/.well-known/openid-configuration",
            None,
        );
        tokio::join!(manager, authority).into()
    }
}

async fn ask(address: &Url, what: &'static str, path: &str, query: Option<&str>) -> Endpoint {
    let mut url = address.clone();
    url.set_path(path);
    url.set_query(query);
    Endpoint {
        address: address.clone(),
        what,
        ahead: ahead(url, what).await,
    }
}

async fn ahead(url: Url, what: &str) -> Result<Option<SignedDuration>, Error> {
    let http = client(&url)?;
    let before = Timestamp::now();
    let answer = http.get(url).timeout(PATIENCE).send().await;
    let after = Timestamp::now();
    let answer = answer.map_err(|error| Error::Unreachable {
        doing: format!("asking {what} anything"),
        cause: chain(&error),
    })?;
    let date = answer.headers().get("date").and_then(|d| d.to_str().ok());
    Ok(date.and_then(|date| ahead_by(date, before, after)))
}

/// How far a `Date` (RFC 9110, section 6.6.1) is from when it was written, somewhere between the
/// two times.
fn ahead_by(date: &str, before: Timestamp, after: Timestamp) -> Option<SignedDuration> {
    let date = rfc2822::DateTimeParser::new().parse_timestamp(date).ok()?;
    let (late, early) = (date.duration_since(after), date.duration_since(before));
    let whole = |difference: SignedDuration| SignedDuration::from_secs(difference.as_secs());
    Some(match (late.is_positive(), early.is_negative()) {
        (true, _) => whole(late),
        (_, true) => whole(early),
        _ => SignedDuration::ZERO,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_ahead_or_behind_by_what_the_request_does_not_explain() {
        let at = |time: &str| -> Timestamp { format!("2026-11-24T12:{time}Z").parse().unwrap() };
        let ahead = |date: &str| {
            let date = format!("Tue, 24 Nov 2026 12:{date} GMT");
            ahead_by(&date, at("00:10"), at("00:13.5")).map(|by| by.as_secs())
        };
        assert_eq!(ahead("00:12"), Some(0));
        assert_eq!(ahead("00:10"), Some(0));
        assert_eq!(ahead("07:14"), Some(420));
        assert_eq!(ahead("00:04"), Some(-6));
        assert_eq!(ahead_by("soon", at("00:00"), at("00:01")), None);
    }
}
