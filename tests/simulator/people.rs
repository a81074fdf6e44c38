//! An estate with people in it, and what they do.

use super::client::{Client, Reply, reply};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};

pub(crate) const HOME: &str = "6c6b5a4e-0000-4000-8000-000000000001";
/// Takes the operator as a guest.
pub(crate) const GUEST: &str = "6c6b5a4e-0000-4000-8000-000000000002";
/// Takes the operator as a guest, with a second factor.
pub(crate) const STRICT: &str = "6c6b5a4e-0000-4000-8000-000000000003";
/// Took the application, and nobody.
pub(crate) const CLOSED: &str = "6c6b5a4e-0000-4000-8000-000000000004";
/// Takes the operator as a guest, and not the application.
pub(crate) const UNASKED: &str = "6c6b5a4e-0000-4000-8000-000000000005";
pub(crate) const OPERATOR: &str = "operator@msp.example";
pub(crate) const SUBSCRIPTION: &str = "/subscriptions/6c6b5a4e-0000-4000-8000-000000000101";
pub(crate) const STRICT_SUBSCRIPTION: &str = "/subscriptions/6c6b5a4e-0000-4000-8000-000000000103";
const SCOPE: &str = "https://management.azure.com/.default offline_access openid profile";

/// A provider, customers, and three people: one who can do something, one without a second factor,
/// and one who may not sign in any more.
pub(crate) const AT_HOME: &str = r#"
[application]
client_id = "6c6b5a4e-0000-4000-8000-00000000000a"
client_secret = "s"
home = "6c6b5a4e-0000-4000-8000-000000000001"

[[managed_identity]]
client_id = "6c6b5a4e-0000-4000-8000-00000000000b"
tenant = "6c6b5a4e-0000-4000-8000-000000000001"
id = "6c6b5a4e-0000-4000-8000-00000000001b"

[[user]]
name = "operator@msp.example"
home = "6c6b5a4e-0000-4000-8000-000000000001"
accounts = [
  { tenant = "6c6b5a4e-0000-4000-8000-000000000001", id = "6c6b5a4e-0000-4000-8000-000000000011", groups = ["6c6b5a4e-0000-4000-8000-0000000000f1"] },
  { tenant = "6c6b5a4e-0000-4000-8000-000000000002", id = "6c6b5a4e-0000-4000-8000-000000000012" },
  { tenant = "6c6b5a4e-0000-4000-8000-000000000003", id = "6c6b5a4e-0000-4000-8000-000000000013" },
  { tenant = "6c6b5a4e-0000-4000-8000-000000000005", id = "6c6b5a4e-0000-4000-8000-000000000015" },
]

[[user]]
name = "bare@msp.example"
home = "6c6b5a4e-0000-4000-8000-000000000001"
second_factor = false
accounts = [{ tenant = "6c6b5a4e-0000-4000-8000-000000000001", id = "6c6b5a4e-0000-4000-8000-000000000021" }]

[[user]]
name = "disabled@msp.example"
home = "6c6b5a4e-0000-4000-8000-000000000001"
accounts = [{ tenant = "6c6b5a4e-0000-4000-8000-000000000001", id = "6c6b5a4e-0000-4000-8000-000000000031", sign_in = "AADSTS50057" }]

[[tenant]]
id = "6c6b5a4e-0000-4000-8000-000000000001"
name = "Provider"
domain = "msp.example"
country = "NL"
application = "6c6b5a4e-0000-4000-8000-0000000000a1"
[[tenant.subscription]]
id = "6c6b5a4e-0000-4000-8000-000000000101"
name = "Galleries"
roles = [
  { role = "Contributor" },
  { role = "Contributor", principal = "6c6b5a4e-0000-4000-8000-0000000000f1" },
  { role = "Reader", principal = "6c6b5a4e-0000-4000-8000-00000000001b" },
]
resource_groups = [{ name = "rg", location = "westeurope" }]

[[tenant]]
id = "6c6b5a4e-0000-4000-8000-000000000002"
name = "Guest house"
domain = "guest.example"
country = "NL"
application = "6c6b5a4e-0000-4000-8000-0000000000a2"

[[tenant]]
id = "6c6b5a4e-0000-4000-8000-000000000003"
name = "Strict"
domain = "strict.example"
country = "NL"
application = "6c6b5a4e-0000-4000-8000-0000000000a3"
mfa = true
[[tenant.subscription]]
id = "6c6b5a4e-0000-4000-8000-000000000103"
name = "Desktops"
roles = [{ role = "Contributor", principal = "6c6b5a4e-0000-4000-8000-000000000013" }]
writes_need_mfa = true

[[tenant]]
id = "6c6b5a4e-0000-4000-8000-000000000004"
name = "Closed"
domain = "closed.example"
country = "NL"
application = "6c6b5a4e-0000-4000-8000-0000000000a4"

[[tenant]]
id = "6c6b5a4e-0000-4000-8000-000000000005"
name = "Unasked"
domain = "unasked.example"
country = "NL"

[[tenant]]
id = "6c6b5a4e-0000-4000-8000-000000000006"
name = "Delegating"
domain = "delegating.example"
country = "NL"
[[tenant.subscription]]
id = "6c6b5a4e-0000-4000-8000-000000000106"
name = "Delegated"
delegations = [{ to = "6c6b5a4e-0000-4000-8000-000000000001", principal = "6c6b5a4e-0000-4000-8000-0000000000f1", roles = ["Contributor"] }]
"#;

/// The people of an estate, at their keyboards.
pub(crate) struct People<'c>(pub &'c Client);

impl People<'_> {
    async fn post(&self, tenant: &str, what: &str, fields: &[(&str, &str)]) -> Reply {
        let path = format!("/{tenant}/oauth2/v2.0/{what}");
        reply(self.0.bare(Method::POST, &path).form(fields)).await
    }

    fn with<'a>(&'a self, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let mut fields = vec![
            ("client_id", self.0.ready.client_id.as_str()),
            ("scope", SCOPE),
            ("client_info", "1"),
        ];
        for field in more {
            fields.retain(|known| known.0 != field.0);
            fields.push(*field);
        }
        fields
    }

    /// Asks for a device code, with some of the usual fields changed.
    pub(crate) async fn ask_to_begin(&self, tenant: &str, changes: &[(&str, &str)]) -> Reply {
        self.post(tenant, "devicecode", &self.with(changes)).await
    }

    pub(crate) async fn begin(&self, tenant: &str, changes: &[(&str, &str)]) -> Value {
        let begun = self.ask_to_begin(tenant, changes).await;
        assert_eq!(begun.status, 200, "{begun:?}");
        begun.body
    }

    pub(crate) async fn poll(&self, tenant: &str, begun: &Value) -> Reply {
        self.poll_as(tenant, begun, &[]).await
    }

    pub(crate) async fn poll_as(
        &self,
        tenant: &str,
        begun: &Value,
        changes: &[(&str, &str)],
    ) -> Reply {
        let mut fields = self.with(changes);
        fields.extend([
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", begun["device_code"].as_str().unwrap()),
        ]);
        self.post(tenant, "token", &fields).await
    }

    /// Does something with a code by the control.
    pub(crate) async fn use_code(&self, begun: &Value, what: &Value) -> Reply {
        let mut body = what.clone();
        body["user_code"] = begun["user_code"].clone();
        let request = self.0.bare(Method::POST, "/_simulator/device_codes");
        reply(request.json(&body)).await
    }

    /// The operator's tokens after a whole sign-in at `tenant`.
    pub(crate) async fn signed_in(
        &self,
        tenant: &str,
        mfa: bool,
        changes: &[(&str, &str)],
    ) -> Value {
        let begun = self.begin(tenant, changes).await;
        let used = json!({ "user": OPERATOR, "mfa": mfa });
        let used = self.use_code(&begun, &used).await;
        assert_eq!(used.status, 200, "{used:?}");
        let tokens = self.poll(tenant, &begun).await;
        assert_eq!(tokens.status, 200, "{tokens:?}");
        tokens.body
    }

    /// Asks for an access token by the refresh token of another answer.
    pub(crate) async fn refresh(
        &self,
        tenant: &str,
        tokens: &Value,
        changes: &[(&str, &str)],
    ) -> Reply {
        let mut fields = vec![
            ("grant_type", "refresh_token"),
            ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
        ];
        fields.extend(changes);
        self.post(tenant, "token", &self.with(&fields)).await
    }

    /// Sends a request with an access token.
    pub(crate) async fn send(&self, method: Method, path: &str, tokens: &Value) -> Reply {
        let token = tokens["access_token"].as_str().unwrap();
        let request = self.0.bare(method, path).bearer_auth(token);
        reply(request.json(&json!({ "location": "westeurope" }))).await
    }
}

/// Changes something by the control.
pub(crate) async fn ask(client: &Client, what: &str, change: &Value) {
    let path = format!("/_simulator/{what}");
    let changed = reply(client.bare(Method::POST, &path).json(change)).await;
    assert_eq!(changed.status, 200, "{changed:?}");
}

/// The number of an Entra error, which stands in its text too.
pub(crate) fn number(reply: &Reply) -> i64 {
    let description = reply.body["error_description"].as_str().unwrap();
    let number = reply.body["error_codes"][0].as_i64().unwrap();
    assert!(
        description.starts_with(&format!("AADSTS{number}: ")),
        "{description}"
    );
    for name in ["error", "timestamp", "trace_id", "correlation_id"] {
        assert!(reply.body[name].is_string(), "{name} in {reply:?}");
    }
    number
}

/// What a token claims.
pub(crate) fn claims(token: &Value) -> Value {
    let payload = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}
