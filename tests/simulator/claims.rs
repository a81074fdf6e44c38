//! What Azure Resource Manager asks of a token that is otherwise good.

use super::client::{Client, Reply, reply};
use super::people::{
    AT_HOME, HOME, OPERATOR, People, STRICT, STRICT_SUBSCRIPTION, SUBSCRIPTION, ask, claims, number,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};

const GROUPS: &str = "api-version=2024-11-01";

/// The claims of a challenge.
fn challenged(reply: &Reply) -> String {
    assert_eq!(reply.status, 401, "{reply:?}");
    let challenge = reply.header("www-authenticate").unwrap();
    let error = "error=\"insufficient_claims\"";
    assert!(challenge.contains(error), "{challenge}");
    let (_, claims) = challenge.split_once("claims=\"").unwrap();
    let (claims, _) = claims.split_once('"').unwrap();
    String::from_utf8(STANDARD.decode(claims).unwrap()).unwrap()
}

#[tokio::test]
async fn writes_want_a_second_factor_where_it_is_mandatory() {
    let client = Client::with_estate(AT_HOME).await;
    let people = People(&client);
    let change = json!({ "tenant": HOME, "writes_need_mfa": true });
    ask(&client, "tenants", &change).await;
    let group = format!("{SUBSCRIPTION}/resourceGroups/new?{GROUPS}");
    let tokens = people.signed_in(HOME, false, &[]).await;
    let listed = format!("{SUBSCRIPTION}/resourceGroups?{GROUPS}");
    assert_eq!(people.send(Method::GET, &listed, &tokens).await.status, 200);
    let refused = people.send(Method::PUT, &group, &tokens).await;
    assert_eq!(refused.code(), "RequestDisallowedByPolicy");
    let wanted = challenged(&refused);
    let parsed: Value = serde_json::from_str(&wanted).unwrap();
    assert_eq!(parsed["access_token"]["acrs"]["values"], json!(["p1"]));

    let silent = people.refresh(HOME, &tokens, &[("claims", &wanted)]).await;
    assert_eq!(number(&silent), 50076);
    assert_eq!(
        serde_json::from_str::<Value>(silent.body["claims"].as_str().unwrap()).unwrap(),
        parsed
    );
    let stepped_up = people.signed_in(HOME, true, &[("claims", &wanted)]).await;
    assert_eq!(claims(&stepped_up["access_token"])["acrs"], json!(["p1"]));
    assert_eq!(
        people.send(Method::PUT, &group, &stepped_up).await.status,
        201
    );
    let silent = people
        .refresh(HOME, &stepped_up, &[("claims", &wanted)])
        .await;
    assert_eq!(silent.status, 200, "{silent:?}");

    // An application is asked for nothing.
    let written = client
        .put(&group, &json!({ "location": "westeurope" }))
        .await;
    assert_eq!(written.status, 200, "{written:?}");
    client.stop().await;
}

#[tokio::test]
async fn a_subscription_can_want_a_second_factor_where_its_tenant_does_not() {
    let client = Client::with_estate(AT_HOME).await;
    let people = People(&client);
    ask(
        &client,
        "tenants",
        &json!({ "tenant": STRICT, "mfa": false }),
    )
    .await;
    let group = format!("{STRICT_SUBSCRIPTION}/resourceGroups/new?{GROUPS}");
    let abroad = people.signed_in(HOME, true, &[]).await;
    let foreign = people.send(Method::PUT, &group, &abroad).await;
    assert_eq!(foreign.code(), "InvalidAuthenticationTokenTenant");
    let there = people.signed_in(STRICT, false, &[]).await;
    challenged(&people.send(Method::PUT, &group, &there).await);
    let there = people.signed_in(STRICT, true, &[]).await;
    assert_eq!(people.send(Method::PUT, &group, &there).await.status, 201);
    client.stop().await;
}

#[tokio::test]
async fn who_may_not_write_is_told_that_before_anything_of_a_second_factor() {
    let client = Client::with_estate(AT_HOME).await;
    let people = People(&client);
    let change = json!({ "tenant": HOME, "writes_need_mfa": true });
    ask(&client, "tenants", &change).await;
    let begun = people.begin(HOME, &[]).await;
    people
        .use_code(&begun, &json!({ "user": "bare@msp.example" }))
        .await;
    let tokens = people.poll(HOME, &begun).await.body;
    let group = format!("{SUBSCRIPTION}/resourceGroups/new?{GROUPS}");
    let refused = people.send(Method::PUT, &group, &tokens).await;
    assert_eq!(refused.code(), "AuthorizationFailed");
    let told = refused.message();
    assert!(told.contains("The client 'bare@msp.example'"), "{told}");
    client.stop().await;
}

#[tokio::test]
async fn a_revoked_token_is_worth_nothing_and_one_issued_since_is() {
    let client = Client::with_estate(AT_HOME).await;
    let people = People(&client);
    let path = format!("{SUBSCRIPTION}/resourceGroups?{GROUPS}");
    let before = people.signed_in(HOME, false, &[]).await;
    ask(
        &client,
        "revocations",
        &json!({ "user": OPERATOR, "tenant": HOME }),
    )
    .await;
    let refused = people.send(Method::GET, &path, &before).await;
    assert_eq!(refused.code(), "InvalidAuthenticationToken");
    let wanted = challenged(&refused);
    let parsed: Value = serde_json::from_str(&wanted).unwrap();
    assert_eq!(parsed["access_token"]["nbf"]["essential"], true);
    let after = people
        .refresh(HOME, &before, &[("claims", &wanted)])
        .await
        .body;
    assert_eq!(people.send(Method::GET, &path, &after).await.status, 200);
    client.stop().await;
}

#[tokio::test]
async fn an_applications_tokens_can_be_revoked_too() {
    let client = Client::with_estate(AT_HOME).await;
    let path = format!("{SUBSCRIPTION}/resourceGroups?{GROUPS}");
    assert_eq!(client.get(&path).await.status, 200);
    let revocation = json!({ "client_id": client.ready.client_id, "tenant": HOME });
    ask(&client, "revocations", &revocation).await;
    challenged(&client.get(&path).await);
    let token = client.token_of(HOME).await;
    let fresh = client.bare(Method::GET, &path).bearer_auth(token);
    assert_eq!(reply(fresh).await.status, 200);
    client.stop().await;
}

#[tokio::test]
async fn what_a_client_understands_stands_in_its_tokens() {
    let client = Client::with_estate(AT_HOME).await;
    let people = People(&client);
    let capable = r#"{"access_token":{"xms_cc":{"values":["CP1"]}}}"#;
    let tokens = people.signed_in(HOME, false, &[("claims", capable)]).await;
    assert_eq!(claims(&tokens["access_token"])["xms_cc"], json!(["CP1"]));
    client.stop().await;
}
