use jiff::Timestamp;
use serde::Deserialize;

use super::super::refusal::sentence;
use super::super::source::Fresh;
use crate::azure::secret::Secret;

/// What `az account get-access-token` prints.
#[derive(Deserialize)]
struct Printed {
    #[serde(rename = "accessToken")]
    access_token: Secret,
    /// Seconds since 1970; versions before 2.54 gave a local time without zone instead.
    expires_on: Option<i64>,
}

pub(super) fn token(stdout: &[u8]) -> Result<Fresh, String> {
    // serde's words may quote what it found.
    let printed: Printed = serde_json::from_slice(stdout)
        .map_err(|_| "what az printed is not understood".to_owned())?;
    let expires_at = printed
        .expires_on
        .and_then(|at| Timestamp::from_second(at).ok());
    Ok(Fresh {
        secret: printed.access_token,
        expires_at: expires_at.ok_or("this az is older than 2.54: install a newer one")?,
    })
}

/// Why `az` gave no token, out of what it wrote for people.
#[derive(Debug, PartialEq)]
pub(super) struct Refused {
    pub(super) message: String,
    pub(super) code: Option<String>,
    pub(super) correlation_id: Option<String>,
    /// It did not reach the authority.
    pub(super) network: bool,
}

impl Refused {
    pub(super) fn read(stderr: &[u8]) -> Self {
        let text = String::from_utf8_lossy(stderr);
        let said = text.split_once("ERROR: ").map_or(&*text, |(_, said)| said);
        let network = [
            "Max retries exceeded",
            "Failed to establish a new connection",
        ]
        .iter()
        .any(|words| said.contains(words));
        // Behind its words stands what it would have people do; the remedy says that.
        let words = ADVICE.iter().fold(said, |said, advice| {
            said.split_once(advice).map_or(said, |(words, _)| words)
        });
        let message = match sentence(words) {
            nothing if nothing.is_empty() => "az ended without a word".to_owned(),
            message => message,
        };
        Self {
            code: code(said),
            correlation_id: after(said, "Correlation ID: "),
            message,
            network,
        }
    }
}

/// Where `az` begins to advise (azure-cli, core/auth/util.py).
const ADVICE: [&str; 4] = [
    "Run the command below",
    "Interactive authentication is needed",
    "Please explicitly log in with",
    "To re-authenticate, please",
];

/// The first of Entra's codes in a text.
fn code(text: &str) -> Option<String> {
    let at = text.find("AADSTS")?;
    let digits = text[at + 6..]
        .bytes()
        .take_while(u8::is_ascii_digit)
        .count();
    (digits > 0).then(|| text[at..at + 6 + digits].to_owned())
}

fn after(text: &str, words: &str) -> Option<String> {
    let (_, rest) = text.split_once(words)?;
    rest.split_whitespace().next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_words_are_told_without_its_advice() {
        let read = |text: &str| Refused::read(text.as_bytes());
        let expired = read(
            "WARNING: x\nERROR: AADSTS700082: The refresh token has expired due to inactivity. \
             Trace ID: t\r\nCorrelation ID: 0f-1\r\nTimestamp: 2026-01-01 00:00:00Z\n\
             Run the command below to authenticate interactively; additional arguments may be \
             added as needed:\naz logout\naz login --tenant \"t\"\n",
        );
        assert_eq!(
            expired,
            Refused {
                message: "AADSTS700082: The refresh token has expired due to inactivity."
                    .to_owned(),
                code: Some("AADSTS700082".to_owned()),
                correlation_id: Some("0f-1".to_owned()),
                network: false,
            }
        );
        let nobody = read("ERROR: Please run 'az login' to setup account.\n");
        assert_eq!(nobody.message, "Please run 'az login' to setup account.");
        assert!(
            read("ERROR: HTTPSConnectionPool(host='l', port=443): Max retries exceeded").network
        );
        assert_eq!(read(" \n").message, "az ended without a word");
        assert_eq!(read("ERROR: AADSTS").code, None);
    }

    #[test]
    fn an_older_az_and_nonsense_are_told_without_the_token() {
        let older = r#"{"accessToken":"s3cret","expiresOn":"2026-01-01 00:00:00.000000"}"#;
        assert!(token(older.as_bytes()).unwrap_err().contains("2.54"));
        for nonsense in ["", "[]", r#"{"accessToken":["s3cret"]}"#] {
            let refusal = token(nonsense.as_bytes()).unwrap_err();
            assert!(!refusal.contains("s3cret"), "{refusal}");
        }
    }
}
