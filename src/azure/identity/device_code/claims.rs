use serde_json::{Value, json};

/// What is asked for with every token: that it be one for a client that understands claims
/// challenges (`CP1`; entra-docs, claims-challenge.md), and what a challenge wanted besides.
pub(super) fn requested(challenge: Option<&str>) -> String {
    let challenge = challenge.and_then(|text| serde_json::from_str(text).ok());
    let mut claims: Value = challenge.filter(Value::is_object).unwrap_or(json!({}));
    if !claims["access_token"].is_object() {
        claims["access_token"] = json!({});
    }
    claims["access_token"]["xms_cc"] = json!({"values": ["CP1"]});
    claims.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_passed_on_beside_the_capability() {
        let capable = json!({"values": ["CP1"]});
        let acrs = json!({"essential": true, "values": ["p1"]});
        for (challenge, claims) in [
            (None, json!({"access_token": {"xms_cc": capable}})),
            (
                Some(json!({"access_token": {"acrs": acrs}}).to_string()),
                json!({"access_token": {"acrs": acrs, "xms_cc": capable}}),
            ),
            (
                Some(
                    json!({"id_token": {"auth_time": {"essential": true}}, "access_token": null})
                        .to_string(),
                ),
                json!({"id_token": {"auth_time": {"essential": true}}, "access_token": {"xms_cc": capable}}),
            ),
            (
                Some("nonsense".to_owned()),
                json!({"access_token": {"xms_cc": capable}}),
            ),
        ] {
            let sent: Value = serde_json::from_str(&requested(challenge.as_deref())).unwrap();
            assert_eq!(sent, claims);
        }
    }
}
