//! Tokens: how they are got, and what becomes of the wrong ones.

use super::client::{Client, GALLERIES, reply};
use super::people::number;
use reqwest::Method;
use serde_json::{Value, json};

const NOBODY: &str = "00000000-0000-0000-0000-0000000000ff";

#[tokio::test]
async fn the_token_endpoint_refuses_as_entra_does() {
    let client = Client::demo().await;
    let home = client.ready.tenant.clone();
    let ask = async |tenant: &str, changes: &[(&str, &str)]| {
        let reply = client.ask_token(tenant, changes).await;
        (
            number(&reply),
            reply.status.as_u16(),
            reply.body["error"].as_str().unwrap().to_owned(),
        )
    };
    let unknown_tenant = ask(NOBODY, &[]).await;
    assert_eq!(unknown_tenant, (90002, 400, "invalid_request".into()));
    let unknown_application = ask(&home, &[("client_id", NOBODY)]).await;
    assert_eq!(
        unknown_application,
        (700_016, 400, "unauthorized_client".into())
    );
    let wrong_secret = ask(&home, &[("client_secret", "wrong")]).await;
    assert_eq!(wrong_secret, (7_000_215, 401, "invalid_client".into()));
    let wrong_scope = ask(&home, &[("scope", "everything")]).await;
    assert_eq!(wrong_scope, (70011, 400, "invalid_scope".into()));
    let wrong_grant = ask(&home, &[("grant_type", "password")]).await;
    assert_eq!(wrong_grant, (70003, 400, "unsupported_grant_type".into()));
    let blocked = tenant_called(&client, "Graphic Design Institute");
    assert_eq!(
        ask(&blocked, &[]).await,
        (53003, 400, "invalid_grant".into())
    );
    let delegating = tenant_called(&client, "Adatum");
    assert_eq!(
        ask(&delegating, &[]).await.0,
        700_016,
        "the application is not there"
    );
    client.stop().await;
}

fn tenant_called(client: &Client, name: &str) -> String {
    let config: toml::Table = std::fs::read_to_string(&client.ready.config)
        .unwrap()
        .parse()
        .unwrap();
    let tenants = config["tenant"].as_array().unwrap();
    let tenant = tenants
        .iter()
        .find(|tenant| tenant["name"].as_str() == Some(name));
    tenant.unwrap()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_name_of_the_resource_manager_is_a_scope() {
    let client = Client::demo().await;
    let own = format!("{}/.default", client.ready.resource_manager);
    for scope in [
        "https://management.azure.com//.default",
        "https://management.core.windows.net//.default",
        &own,
    ] {
        let token = client
            .ask_token(&client.ready.tenant, &[("scope", scope)])
            .await
            .body;
        assert_eq!(token["token_type"], "Bearer");
        let request = client.bare(Method::GET, "/tenants?api-version=2022-12-01");
        let request = request.bearer_auth(token["access_token"].as_str().unwrap());
        assert_eq!(reply(request).await.status, 200, "{scope}");
    }
    client.stop().await;
}

#[tokio::test]
async fn tokens_are_checked() {
    let client = Client::demo().await;
    let path = format!("{GALLERIES}?api-version=2022-12-01");
    let missing = reply(client.bare(Method::GET, &path)).await;
    assert_eq!(
        (missing.status.as_u16(), missing.code()),
        (401, "AuthenticationFailed")
    );
    assert_eq!(
        missing.message(),
        "Authentication failed. The 'Authorization' header is missing."
    );
    assert!(
        missing
            .header("www-authenticate")
            .unwrap()
            .starts_with("Bearer ")
    );

    let token = client.token_of(&client.ready.tenant).await;
    let (signed, _) = token.rsplit_once('.').unwrap();
    for forged in [format!("{signed}.x"), "nonsense".to_owned()] {
        let refused = reply(client.bare(Method::GET, &path).bearer_auth(forged)).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code()),
            (401, "InvalidAuthenticationToken")
        );
    }

    let graph = [("scope", "https://graph.microsoft.com/.default")];
    let graph = client.ask_token(&client.ready.tenant, &graph).await.body;
    let graph = graph["access_token"].as_str().unwrap();
    let refused = reply(client.bare(Method::GET, &path).bearer_auth(graph)).await;
    assert_eq!(refused.code(), "InvalidAuthenticationTokenAudience");

    client.advance_clock(3598).await;
    assert_eq!(
        reply(client.bare(Method::GET, &path).bearer_auth(&token))
            .await
            .status,
        200
    );
    client.advance_clock(2).await;
    let expired = reply(client.bare(Method::GET, &path).bearer_auth(&token)).await;
    assert_eq!(
        (expired.status.as_u16(), expired.code()),
        (401, "ExpiredAuthenticationToken")
    );
    client.stop().await;
}

#[tokio::test]
async fn an_expired_auxiliary_token_spoils_the_request() {
    let client = Client::demo().await;
    let old = client
        .token_of(&tenant_called(&client, "Trey Research"))
        .await;
    let path = format!("{GALLERIES}?api-version=2022-12-01");
    let with = |token: &str| {
        let request = client.request(Method::GET, &path);
        request.header("x-ms-authorization-auxiliary", format!("Bearer {token}"))
    };
    assert_eq!(reply(with(&old)).await.status, 200);
    for malformed in ["rubbish".to_owned(), format!("{old}, Bearer rubbish")] {
        let malformed = reply(with(&malformed)).await;
        assert_eq!(malformed.status, 401);
        assert_eq!(malformed.code(), "InvalidAuthenticationToken");
    }
    client.advance(3700).await;
    let expired = reply(with(&old)).await;
    assert_eq!(expired.status, 401);
    assert_eq!(expired.code(), "ExpiredAuthenticationToken");
    let requests = reply(client.bare(Method::GET, "/_simulator/requests"))
        .await
        .body;
    let requests = requests.as_array().unwrap().iter();
    let seen: Vec<(&Value, &Value)> = requests
        .filter(|r| r["path"] == GALLERIES)
        .map(|r| (&r["status"], &r["auxiliary"]))
        .collect();
    let trey = json!([tenant_called(&client, "Trey Research")]);
    assert_eq!(
        seen,
        [
            (&json!(200), &trey),
            (&json!(401), &json!([])),
            (&json!(401), &trey),
            (&json!(401), &trey),
        ]
    );
    client.stop().await;
}

#[tokio::test]
async fn a_sign_in_can_be_broken_and_mended() {
    let client = Client::demo().await;
    let change = async |body: Value| {
        reply(
            client
                .bare(Method::POST, "/_simulator/principals")
                .json(&body),
        )
        .await
    };
    let who = |sign_in: Value| json!({ "client_id": client.ready.client_id, "tenant": client.ready.tenant, "sign_in": sign_in });
    assert_eq!(change(who(json!("AADSTS7000222"))).await.status, 200);
    assert_eq!(
        number(&client.ask_token(&client.ready.tenant, &[]).await),
        7_000_222
    );
    assert_eq!(change(who(Value::Null)).await.status, 200);
    assert_eq!(
        client.ask_token(&client.ready.tenant, &[]).await.status,
        200
    );
    let mut renewed = who(Value::Null);
    renewed["secret"] = json!("another");
    change(renewed).await;
    assert_eq!(
        number(&client.ask_token(&client.ready.tenant, &[]).await),
        7_000_215
    );
    client.stop().await;
}

#[tokio::test]
async fn discovery_leads_back_here() {
    let client = Client::demo().await;
    let path = format!(
        "/{}/v2.0/.well-known/openid-configuration",
        client.ready.tenant
    );
    let openid = reply(client.bare(Method::GET, &path)).await.body;
    let token = format!(
        "{}/{}/oauth2/v2.0/token",
        client.ready.authority, client.ready.tenant
    );
    assert_eq!(openid["token_endpoint"], token);
    let endpoints = reply(client.bare(Method::GET, "/metadata/endpoints?api-version=2022-09-01"))
        .await
        .body;
    assert_eq!(
        endpoints["authentication"]["loginEndpoint"],
        client.ready.authority
    );
    client.stop().await;
}
