//! One sign-in, many tenants: what a refresh token is good for and when it stops.

use super::client::{Client, reply};
use super::people::{
    AT_HOME, CLOSED, GUEST, HOME, OPERATOR, People, STRICT, UNASKED, ask, claims, number,
};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn a_refresh_token_is_good_wherever_its_person_is_and_is_replaced() {
    let client = Client::with_estate(AT_HOME).await;
    let people = People(&client);
    let tokens = people.signed_in(HOME, false, &[]).await;
    let next = people.refresh(GUEST, &tokens, &[]).await;
    assert_eq!(next.status, 200, "{next:?}");
    let claimed = claims(&next.body["access_token"]);
    assert_eq!(claimed["tid"], GUEST);
    assert_eq!(claimed["oid"], "6c6b5a4e-0000-4000-8000-000000000012");
    assert_ne!(next.body["refresh_token"], tokens["refresh_token"]);
    let info = next.body["client_info"].as_str();
    assert_eq!(
        info,
        tokens["client_info"].as_str(),
        "whoever it is stays the same"
    );
    for usable in [&tokens, &next.body] {
        let at_home = people.refresh("common", usable, &[]).await;
        assert_eq!(claims(&at_home.body["access_token"])["tid"], HOME);
    }
    let quiet = [("scope", "https://management.azure.com/.default")];
    let quiet = people.refresh(HOME, &tokens, &quiet).await.body;
    assert!(quiet["refresh_token"].is_null() && quiet["id_token"].is_null());
    client.stop().await;
}

#[tokio::test]
async fn a_refresh_token_ends_where_its_person_or_its_application_does() {
    let client = Client::with_estate(AT_HOME).await;
    let people = People(&client);
    let tokens = people.signed_in(HOME, false, &[]).await;
    let closed = people.refresh(CLOSED, &tokens, &[]).await;
    assert_eq!(number(&closed), 50020);
    let unasked = people.refresh(UNASKED, &tokens, &[]).await;
    assert_eq!(number(&unasked), 65001);
    assert_eq!(unasked.body["suberror"], "consent_required");
    let cli = [("client_id", "04b07795-8ddb-461a-bbee-02f9e1bf7b46")];
    let foreign = people.refresh(HOME, &tokens, &cli).await;
    assert_eq!(number(&foreign), 70000, "it is of another application");
    let garbled = json!({ "refresh_token": "1.nonsense" });
    assert_eq!(number(&people.refresh(HOME, &garbled, &[]).await), 70000);
    client.stop().await;
}

#[tokio::test]
async fn a_second_factor_counts_at_the_tenant_where_it_was_shown() {
    let client = Client::with_estate(AT_HOME).await;
    let people = People(&client);
    let at_home = people.signed_in(HOME, true, &[]).await;
    let refused = people.refresh(STRICT, &at_home, &[]).await;
    assert_eq!(number(&refused), 50076);
    assert_eq!(refused.body["error"], "interaction_required");
    assert_eq!(refused.body["suberror"], "basic_action");
    let wanted = refused.body["claims"].as_str().unwrap();

    let begun = people.begin(STRICT, &[("claims", wanted)]).await;
    let without = people.use_code(&begun, &json!({ "user": OPERATOR })).await;
    assert!(without.message().contains("AADSTS50076"), "{without:?}");
    let there = people.signed_in(STRICT, true, &[("claims", wanted)]).await;
    let claimed = claims(&there["access_token"]);
    assert_eq!(claimed["amr"], json!(["pwd", "mfa"]));

    let again = people.refresh(STRICT, &there, &[]).await;
    assert_eq!(again.status, 200, "{again:?}");
    assert_eq!(number(&people.refresh(STRICT, &at_home, &[]).await), 50076);
    assert_eq!(people.refresh(GUEST, &at_home, &[]).await.status, 200);
    client.stop().await;
}

#[tokio::test]
async fn whoever_has_no_second_factor_has_to_enrol() {
    let client = Client::with_estate(AT_HOME).await;
    let people = People(&client);
    let begun = people.begin(HOME, &[]).await;
    people
        .use_code(&begun, &json!({ "user": "bare@msp.example" }))
        .await;
    let tokens = people.poll(HOME, &begun).await.body;
    ask(&client, "tenants", &json!({ "tenant": HOME, "mfa": true })).await;
    assert_eq!(number(&people.refresh(HOME, &tokens, &[]).await), 50079);
    let begun = people.begin(HOME, &[]).await;
    let enrol = people
        .use_code(&begun, &json!({ "user": "bare@msp.example", "mfa": true }))
        .await;
    assert!(enrol.message().contains("AADSTS50079"), "{enrol:?}");
    client.stop().await;
}

#[tokio::test]
async fn a_refresh_token_expires_unused_and_is_revoked() {
    let client = Client::with_estate(AT_HOME).await;
    let people = People(&client);
    let day = 24 * 3600;
    let tokens = people.signed_in(HOME, false, &[]).await;
    client.advance_clock(89 * day).await;
    let next = people.refresh(HOME, &tokens, &[]).await.body;
    client.advance_clock(89 * day).await;
    assert_eq!(people.refresh(HOME, &next, &[]).await.status, 200);
    client.advance_clock(90 * day).await;
    assert_eq!(number(&people.refresh(HOME, &tokens, &[]).await), 700_082);

    let tokens = people.signed_in(HOME, false, &[]).await;
    ask(
        &client,
        "revocations",
        &json!({ "user": OPERATOR, "sessions": true }),
    )
    .await;
    let revoked = people.refresh(HOME, &tokens, &[]).await;
    assert_eq!(
        (number(&revoked), &revoked.body["suberror"]),
        (50173, &json!("bad_token"))
    );
    let tokens = people.signed_in(HOME, false, &[]).await;
    assert_eq!(people.refresh(HOME, &tokens, &[]).await.status, 200);
    client.stop().await;
}

#[tokio::test]
async fn an_account_can_be_broken_at_home_or_elsewhere() {
    let client = Client::with_estate(AT_HOME).await;
    let people = People(&client);
    let tokens = people.signed_in(HOME, false, &[]).await;
    let at = async |tenant: &str| people.refresh(tenant, &tokens, &[]).await;
    for code in [50055, 50057, 50158, 70008] {
        let sign_in = format!("AADSTS{code}");
        let change = json!({ "user": OPERATOR, "tenant": GUEST, "sign_in": sign_in });
        ask(&client, "users", &change).await;
        assert_eq!(number(&at(GUEST).await), code);
        assert_eq!(at(HOME).await.status, 200);
    }
    let change = json!({ "user": OPERATOR, "tenant": HOME, "sign_in": "AADSTS50057" });
    ask(&client, "users", &change).await;
    assert_eq!(number(&at(UNASKED).await), 50057, "home decides first");
    ask(
        &client,
        "users",
        &json!({ "user": OPERATOR, "sign_in": null }),
    )
    .await;
    assert_eq!(at(GUEST).await.status, 200);
    client.stop().await;
}

#[tokio::test]
async fn a_person_sees_the_tenants_it_is_in_and_what_is_delegated_to_it() {
    let client = Client::with_estate(AT_HOME).await;
    let people = People(&client);
    let tokens = people.signed_in(HOME, false, &[]).await;
    let listed = people
        .send(Method::GET, "/tenants?api-version=2022-12-01", &tokens)
        .await;
    let listed = listed.body["value"].as_array().unwrap().clone();
    let listed: Vec<_> = listed
        .iter()
        .map(|one| {
            (
                one["displayName"].as_str().unwrap(),
                one["tenantCategory"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        listed,
        [
            ("Provider", "Home"),
            ("Guest house", "Home"),
            ("Strict", "Home"),
            ("Unasked", "Home"),
            ("Delegating", "ManagedBy"),
        ]
    );
    let subscriptions = "/subscriptions?api-version=2022-12-01";
    let listed = people.send(Method::GET, subscriptions, &tokens).await;
    let names: Vec<_> = listed.body["value"].as_array().unwrap().iter().collect();
    let names: Vec<_> = names.iter().map(|one| &one["displayName"]).collect();
    assert_eq!(names, ["Galleries", "Delegated"]);
    client.stop().await;
}

#[tokio::test]
async fn a_machine_gets_tokens_of_its_own_identity() {
    let client = Client::with_estate(AT_HOME).await;
    let ask = async |query: &str, metadata: &str| {
        let path = format!("/metadata/identity/oauth2/token?api-version=2018-02-01{query}");
        reply(client.bare(Method::GET, &path).header("metadata", metadata)).await
    };
    let resource = "&resource=https://management.azure.com/";
    let token = ask(resource, "true").await;
    assert_eq!(token.status, 200, "{token:?}");
    assert_eq!(token.body["expires_in"], "3599");
    let people = People(&client);
    let path = "/subscriptions?api-version=2022-12-01";
    let seen = people.send(Method::GET, path, &token.body).await;
    assert_eq!(seen.body["value"][0]["displayName"], "Galleries");
    let own = format!("{resource}&client_id=6c6b5a4e-0000-4000-8000-00000000000b");
    assert_eq!(ask(&own, "true").await.status, 200);
    let other = format!("{resource}&client_id={}", client.ready.client_id);
    for (query, metadata) in [(resource, "no"), ("", "true"), (other.as_str(), "true")] {
        let refused = ask(query, metadata).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.body["error"]),
            (400, &json!("invalid_request"))
        );
    }
    client.stop().await;
}
