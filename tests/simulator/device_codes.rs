//! People sign in: the device code, the page, and what is told to the client that waits.

use super::client::{Client, Reply, reply};
use super::people::{AT_HOME, HOME, OPERATOR, People, ask, number};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_code_is_pending_until_somebody_signs_in_with_it_and_good_once() {
    let client = Client::with_estate(AT_HOME).await;
    let people = People(&client);
    let begun = people.begin(HOME, &[]).await;
    assert_eq!(begun["expires_in"], 900);
    let page = begun["verification_uri"].as_str().unwrap();
    let told = begun["message"].as_str().unwrap();
    assert!(told.contains(page) && told.contains(begun["user_code"].as_str().unwrap()));
    let waiting = people.poll(HOME, &begun).await;
    assert_eq!(
        (
            waiting.status.as_u16(),
            &waiting.body["error"],
            number(&waiting)
        ),
        (400, &json!("authorization_pending"), 70016)
    );

    let pending = reply(client.bare(Method::GET, "/_simulator/device_codes")).await;
    assert_eq!(pending.body[0]["user_code"], begun["user_code"]);
    assert_eq!(
        people
            .use_code(&begun, &json!({ "user": OPERATOR }))
            .await
            .status,
        200
    );
    let pending = reply(client.bare(Method::GET, "/_simulator/device_codes")).await;
    assert_eq!(pending.body, json!([]));

    client.advance_clock(5).await;
    let tokens = people.poll(HOME, &begun).await;
    assert_eq!(tokens.status, 200, "{tokens:?}");
    for name in ["access_token", "refresh_token", "id_token", "client_info"] {
        assert!(tokens.body[name].is_string(), "{name}");
    }
    let again = people.poll(HOME, &begun).await;
    assert_eq!(again.body["error"], "bad_verification_code");
    client.stop().await;
}

#[tokio::test]
async fn whoever_polls_too_often_is_slowed_down() {
    let client = Client::with_estate(AT_HOME).await;
    let people = People(&client);
    let begun = people.begin(HOME, &[]).await;
    let mut told = Vec::new();
    for _ in 0..20 {
        told.push(people.poll(HOME, &begun).await.body["error"].clone());
    }
    assert_eq!(told[0], "authorization_pending");
    assert!(told.contains(&json!("slow_down")), "{told:?}");
    client.advance_clock(5).await;
    let patient = people.poll(HOME, &begun).await;
    assert_eq!(patient.body["error"], "authorization_pending");
    client.stop().await;
}

#[tokio::test]
async fn a_code_can_be_declined_and_expires() {
    let client = Client::with_estate(AT_HOME).await;
    let people = People(&client);
    let declined = people.begin(HOME, &[]).await;
    let late = people.begin(HOME, &[]).await;
    assert_ne!(declined["user_code"], late["user_code"]);
    people
        .use_code(&declined, &json!({ "decline": true }))
        .await;
    let told = people.poll(HOME, &declined).await;
    assert_eq!(told.body["error"], "authorization_declined");

    client.advance_clock(900).await;
    let refused = people.use_code(&late, &json!({ "user": OPERATOR })).await;
    assert_eq!(refused.status, 400, "{refused:?}");
    let told = people.poll(HOME, &late).await;
    assert_eq!(
        (&told.body["error"], number(&told)),
        (&json!("expired_token"), 70020)
    );
    client.stop().await;
}

#[tokio::test]
async fn only_known_applications_and_tenants_begin() {
    let client = Client::with_estate(AT_HOME).await;
    let people = People(&client);
    let begin = async |tenant: &str, changes: &[(&str, &str)]| {
        number(&people.ask_to_begin(tenant, changes).await)
    };
    let nobody = "00000000-0000-0000-0000-0000000000ff";
    assert_eq!(begin(nobody, &[]).await, 90002);
    assert_eq!(begin(HOME, &[("client_id", nobody)]).await, 700_016);
    assert_eq!(
        begin("organizations", &[("client_id", nobody)]).await,
        700_016
    );
    assert_eq!(begin(HOME, &[("scope", "everything")]).await, 70011);
    assert_eq!(begin(HOME, &[("claims", "everything")]).await, 9_002_313);
    client.stop().await;
}

#[tokio::test]
async fn any_organisation_is_the_home_of_whoever_signs_in() {
    let client = Client::with_estate(AT_HOME).await;
    let people = People(&client);
    // Azure CLI's, which needs nobody's consent.
    let cli = [("client_id", "04b07795-8ddb-461a-bbee-02f9e1bf7b46")];
    let begun = people.begin("organizations", &cli).await;
    people.use_code(&begun, &json!({ "user": OPERATOR })).await;
    client.advance_clock(5).await;
    let elsewhere = people.poll_as(HOME, &begun, &cli).await;
    assert_eq!(elsewhere.body["error"], "bad_verification_code");
    let tokens = people.poll_as("organizations", &begun, &cli).await;
    let claims = super::people::claims(&tokens.body["access_token"]);
    assert_eq!(
        (&claims["tid"], &claims["upn"]),
        (&json!(HOME), &json!(OPERATOR))
    );
    assert_eq!(
        (&claims["idtyp"], &claims["amr"]),
        (&json!("user"), &json!(["pwd"]))
    );
    client.stop().await;
}

#[tokio::test]
async fn the_page_does_what_the_control_does() {
    let client = Client::with_estate(AT_HOME).await;
    let people = People(&client);
    let begun = people.begin(HOME, &[]).await;
    let page = begun["verification_uri"].as_str().unwrap();
    let shown = client.bare(Method::GET, page).send().await.unwrap();
    assert!(
        shown.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/html")
    );
    let shown = shown.text().await.unwrap();
    assert!(
        shown.contains("name=\"user_code\"") && shown.contains(OPERATOR),
        "{shown}"
    );

    let submit = async |fields: &[(&str, &str)]| {
        let answer = client
            .bare(Method::POST, page)
            .form(fields)
            .send()
            .await
            .unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let (status, said) = submit(&[("user_code", "<wrong>"), ("user", OPERATOR)]).await;
    assert_eq!(status, 403);
    assert!(
        said.contains("&lt;wrong&gt;") && !said.contains("<wrong>"),
        "{said}"
    );
    let code = begun["user_code"].as_str().unwrap().to_lowercase();
    let (status, said) = submit(&[("user_code", &code), ("user", OPERATOR)]).await;
    assert_eq!(status, 200, "{said}");
    client.advance_clock(5).await;
    assert_eq!(people.poll(HOME, &begun).await.status, 200);
    client.stop().await;
}

#[tokio::test]
async fn codes_and_tokens_are_not_in_the_record() {
    let client = Client::with_estate(AT_HOME).await;
    let people = People(&client);
    let tokens = people.signed_in(HOME, false, &[]).await;
    people.refresh(HOME, &tokens, &[]).await;
    let requests = client
        .bare(Method::GET, "/_simulator/requests")
        .send()
        .await
        .unwrap();
    let requests = requests.text().await.unwrap();
    for name in ["refresh_token", "access_token"] {
        assert!(!requests.contains(tokens[name].as_str().unwrap()), "{name}");
    }
    let requests: Value = serde_json::from_str(&requests).unwrap();
    let polls = requests.as_array().unwrap().iter();
    let mut polls = polls.filter(|one| one["body"]["device_code"].is_string());
    assert!(polls.all(|one| one["body"]["device_code"] == "***"));
    client.stop().await;
}

#[tokio::test]
async fn conditional_access_tells_the_client_that_waits() {
    let client = Client::with_estate(AT_HOME).await;
    let people = People(&client);
    for policy in ["block", "block_device_code"] {
        let tokens = people.signed_in(HOME, false, &[]).await;
        ask(
            &client,
            "tenants",
            &json!({ "tenant": HOME, "conditional_access": policy }),
        )
        .await;
        let begun = people.begin(HOME, &[]).await;
        assert_eq!(
            people
                .use_code(&begun, &json!({ "user": OPERATOR }))
                .await
                .status,
            200
        );
        client.advance_clock(5).await;
        let told: Reply = people.poll(HOME, &begun).await;
        assert_eq!(
            (&told.body["error"], number(&told)),
            (&json!("invalid_grant"), 53003)
        );
        let refreshed = people.refresh(HOME, &tokens, &[]).await;
        let let_in = policy == "block_device_code";
        assert_eq!(refreshed.status.is_success(), let_in, "{policy}");
        ask(
            &client,
            "tenants",
            &json!({ "tenant": HOME, "conditional_access": "none" }),
        )
        .await;
    }
    client.stop().await;
}

#[tokio::test]
async fn the_page_knows_who_cannot_sign_in() {
    let client = Client::with_estate(AT_HOME).await;
    let people = People(&client);
    for (user, code) in [
        ("disabled@msp.example", "AADSTS50057"),
        ("stranger@x", "stranger@x"),
    ] {
        let begun = people.begin(HOME, &[]).await;
        let refused = people.use_code(&begun, &json!({ "user": user })).await;
        assert_eq!(refused.status, 400);
        let said = refused.message();
        assert!(said.contains(code), "{said}");
        assert_eq!(
            people.poll(HOME, &begun).await.body["error"],
            "authorization_pending"
        );
    }
    client.stop().await;
}
