//! The record of all requests, for tests to look at.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::request::Request;

/// All requests but those to the control, in order.
#[derive(Default)]
pub(super) struct Requests(Vec<Entry>);

/// One request.
#[derive(Serialize)]
pub(super) struct Entry {
    /// Simulated time
    at: Timestamp,
    method: String,
    path: String,
    query: String,
    /// The tenant whose token came along, or was asked for
    tenant: Option<String>,
    /// The tenants of the auxiliary tokens
    auxiliary: Vec<String>,
    /// Who asked, as it says itself
    agent: String,
    /// Null where a fault closed the connection before the request was processed
    status: Option<u16>,
    body: Option<Value>,
    /// `x-ms-client-request-id` of the request
    client_request_id: Option<String>,
    /// `x-ms-request-id` of the answer, whether it arrived or not
    request_id: Option<String>,
    /// `x-ms-correlation-request-id` of the answer
    correlation_id: Option<String>,
}

impl Requests {
    pub(super) fn note(
        &mut self,
        at: Timestamp,
        request: &Request,
        (tenant, auxiliary): (Option<String>, Vec<String>),
        answer: Option<&Answer>,
    ) {
        let said = |name| {
            answer
                .and_then(|answer| answer.said(name))
                .map(str::to_owned)
        };
        let own = request.header("x-ms-client-request-id");
        self.0.push(Entry {
            at,
            method: request.method.to_string(),
            path: request.path.clone(),
            query: request.raw_query().to_owned(),
            tenant,
            auxiliary,
            agent: request.header("user-agent").unwrap_or_default().to_owned(),
            status: answer.map(|answer| answer.status.as_u16()),
            body: masked_body(request),
            client_request_id: own.map(str::to_owned),
            request_id: said("x-ms-request-id"),
            correlation_id: said("x-ms-correlation-request-id"),
        });
    }

    pub(super) fn all(&self) -> &[Entry] {
        &self.0
    }
}

fn masked_body(request: &Request) -> Option<Value> {
    if request.body.is_empty() {
        return None;
    }
    let content_type = request.header("content-type").unwrap_or_default();
    let mut body = if content_type.starts_with("application/x-www-form-urlencoded") {
        let fields = request.form().into_iter();
        Value::Object(fields.map(|(k, v)| (k, json!(v))).collect::<Map<_, _>>())
    } else {
        serde_json::from_slice(&request.body)
            .unwrap_or_else(|_| json!(String::from_utf8_lossy(&request.body)))
    };
    mask(&mut body);
    Some(body)
}

/// Replaces what hangs under a name that speaks of a credential; yes or no gives none away.
fn mask(value: &mut Value) {
    const SECRET: [&str; 7] = [
        "password",
        "secret",
        "assertion",
        "token",
        "protectedsettings",
        "customdata",
        "device_code",
    ];
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let name = name.to_lowercase();
                let secret = SECRET.iter().any(|secret| name.contains(secret));
                if secret && !member.is_boolean() {
                    *member = json!("***");
                } else {
                    mask(member);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_masked_at_any_depth() {
        let mut body = json!({
            "osProfile": {
                "adminPassword": "p", "adminUsername": "u",
                "linuxConfiguration": { "disablePasswordAuthentication": false },
            },
            "parameters": [{ "registrationToken": { "value": "t" } }],
        });
        mask(&mut body);
        assert_eq!(
            body,
            json!({
                "osProfile": {
                    "adminPassword": "***", "adminUsername": "u",
                    "linuxConfiguration": { "disablePasswordAuthentication": false },
                },
                "parameters": [{ "registrationToken": "***" }],
            })
        );
    }
}
