use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::azure::secret::Secret;

/// Whom a token stands for, as it says itself. Nothing is decided by it: a token is Azure's to
/// read, and may be one that nobody else can (entra-docs, access-tokens.md).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Principal {
    /// The object that roles are assigned to, in the tenant of the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_id: Option<String>,
    /// The application that asked for the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The person's name for signing in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Principal {
    pub(crate) fn of(token: &Secret) -> Self {
        let claims = claims(token.expose()).unwrap_or_default();
        let text = |names: &[&str]| {
            let mut found = names.iter().filter_map(|name| claims[*name].as_str());
            found.next().map(str::to_owned)
        };
        Self {
            object_id: text(&["oid"]),
            client_id: text(&["appid", "azp"]),
            name: text(&["upn", "unique_name", "preferred_username"]),
        }
    }
}

/// The second part of three of a JSON Web Token (RFC 7519).
fn claims(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let claims = parts.nth(1)?;
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&claims).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn token(claims: &Value) -> Secret {
        let claims = URL_SAFE_NO_PAD.encode(claims.to_string());
        Secret::new(format!("eyJhbGciOiJSUzI1NiJ9.{claims}.c2lnbmF0dXJl"))
    }

    #[test]
    fn a_token_says_whom_it_stands_for() {
        let of = |claims| Principal::of(&token(&claims));
        let application = of(json!({"oid": "o-1", "appid": "a-1", "idtyp": "app", "ver": "1.0"}));
        assert_eq!(application.object_id.as_deref(), Some("o-1"));
        assert_eq!(application.client_id.as_deref(), Some("a-1"));
        assert_eq!(application.name, None);
        let person = of(json!({"oid": "o-2", "azp": "a-2", "preferred_username": "ada@example"}));
        assert_eq!(person.client_id.as_deref(), Some("a-2"));
        assert_eq!(person.name.as_deref(), Some("ada@example"));
    }

    proptest! {
        #[test]
        fn what_can_t_be_read_is_nobody(text in "[ -~]{0,60}") {
            let token = Secret::new(format!("x.{text}"));
            let said = serde_json::to_string(&Principal::of(&token)).unwrap();
            prop_assert_eq!(said, "{}");
        }
    }
}
