//! Faults, the record of requests, another writer.

use super::client::{API, Client, GALLERIES, reply};
use reqwest::Method;
use serde_json::{Value, json};

fn galleries() -> String {
    format!("{GALLERIES}/providers/Microsoft.Compute/galleries?api-version={API}")
}

async fn recorded(client: &Client) -> Vec<Value> {
    let all = reply(client.bare(Method::GET, "/_simulator/requests"))
        .await
        .body;
    all.as_array().unwrap().clone()
}

#[tokio::test]
async fn a_status_comes_with_azures_body() {
    let client = Client::demo().await;
    for (status, code) in [
        (429, "SubscriptionRequestsThrottled"),
        (409, "Conflict"),
        (500, "InternalServerError"),
        (503, "ServiceUnavailable"),
        (504, "GatewayTimeout"),
    ] {
        client
            .plan(&json!([{ "match": { "path": "/galleries" }, "fault": { "status": status } }]))
            .await;
        let struck = client.get(&galleries()).await;
        assert_eq!((struck.status.as_u16(), struck.code()), (status, code));
        assert_eq!(struck.header("retry-after").is_some(), status == 429);
        assert!(struck.header("x-ms-request-id").is_some());
    }
    let throttled = json!([{ "match": { "method": "DELETE" }, "fault": { "status": 429 } }]);
    client.plan(&throttled).await;
    let struck = client.delete(&galleries()).await;
    let subscription = GALLERIES.trim_start_matches("/subscriptions/");
    let expected = format!("Number of 'delete' requests for subscription '{subscription}' actor '");
    assert!(struck.message().starts_with(&expected), "{struck:?}");
    let own = json!({ "status": 429, "headers": { "Retry-After": "2" }, "body": { "error": { "code": "Mine" } } });
    client.plan(&json!([{ "fault": own }])).await;
    let struck = client.get(&galleries()).await;
    assert_eq!(
        (struck.header("retry-after"), struck.code()),
        (Some("2"), "Mine")
    );
    assert_eq!(
        client.get(&galleries()).await.status,
        200,
        "the fault is used up"
    );
    client.stop().await;
}

#[tokio::test]
async fn faults_strike_what_they_match_and_can_be_called_off() {
    let client = Client::demo().await;
    client
        .plan(&json!([{ "match": { "method": "PUT" }, "times": 3, "fault": { "status": 500 } }]))
        .await;
    assert_eq!(client.get(&galleries()).await.status, 200);
    let left = reply(client.bare(Method::GET, "/_simulator/faults"))
        .await
        .body;
    assert_eq!(left[0]["times"], 3);
    reply(client.bare(Method::DELETE, "/_simulator/faults")).await;
    let left = reply(client.bare(Method::GET, "/_simulator/faults"))
        .await
        .body;
    assert_eq!(left, json!([]));
    client
        .plan(&json!([{ "match": { "path": "/oauth2/" }, "fault": { "status": 503 } }]))
        .await;
    assert_eq!(
        client.ask_token(&client.ready.tenant, &[]).await.status,
        503
    );
    let wrong = client
        .bare(Method::POST, "/_simulator/faults")
        .json(&json!([{ "fault": { "explode": true } }]));
    let wrong = reply(wrong).await;
    assert_eq!(wrong.status, 400);
    assert!(wrong.message().contains("explode"), "{wrong:?}");
    client.stop().await;
}

#[tokio::test]
async fn an_answer_is_held_until_it_is_let_go_and_no_other_is() {
    let client = Client::demo().await;
    client
        .plan(&json!([{ "match": { "path": "/galleries" }, "fault": { "held": true } }]))
        .await;
    let order = std::sync::Mutex::new(Vec::new());
    let held = async {
        let answer = client.get(&galleries()).await;
        order.lock().unwrap().push("answered");
        answer
    };
    let let_go = async {
        let faults = || reply(client.bare(Method::GET, "/_simulator/faults"));
        while faults().await.body != json!([]) {}
        assert_eq!(client.get(&galleries()).await.status, 200);
        order.lock().unwrap().push("let go");
        reply(client.bare(Method::DELETE, "/_simulator/held")).await
    };
    let (held, let_go) = tokio::join!(held, let_go);
    assert_eq!((held.status.as_u16(), let_go.status.as_u16()), (200, 200));
    assert_eq!(*order.lock().unwrap(), ["let go", "answered"]);
    client.stop().await;
}

#[tokio::test]
async fn dropped_requests_are_processed_or_not() {
    let client = Client::demo().await;
    let gallery = |name: &str| {
        format!(
            "{GALLERIES}/resourceGroups/rg-builds/providers/Microsoft.Compute/galleries/{name}?api-version={API}"
        )
    };
    let body = json!({ "location": "westeurope" });
    client
        .plan(&json!([{ "match": { "method": "PUT" }, "fault": { "drop_before": true } }]))
        .await;
    let put = client
        .request(Method::PUT, &gallery("before"))
        .json(&body)
        .send()
        .await;
    assert!(put.is_err(), "{put:?}");
    assert_eq!(client.get(&gallery("before")).await.status, 404);

    client
        .plan(&json!([{ "match": { "method": "PUT" }, "fault": { "drop_after": true } }]))
        .await;
    let put = client
        .request(Method::PUT, &gallery("after"))
        .json(&body)
        .send()
        .await;
    assert!(put.is_err(), "{put:?}");
    assert_eq!(client.get(&gallery("after")).await.status, 200);

    let puts: Vec<Value> = recorded(&client)
        .await
        .into_iter()
        .filter(|r| r["method"] == "PUT")
        .collect();
    assert_eq!(puts[0]["status"], Value::Null);
    assert_eq!(puts[1]["status"], 201);
    assert_eq!(puts[1]["body"], body);
    client.stop().await;
}

#[tokio::test]
async fn answers_can_be_cut_delayed_and_falsified() {
    let client = Client::demo().await;
    client
        .plan(&json!([{ "fault": { "truncate": true } }]))
        .await;
    let response = client
        .request(Method::GET, &galleries())
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.text().await.is_err());

    client
        .plan(&json!([{ "fault": { "body": "<html>", "delay_ms": 1 } }]))
        .await;
    let response = client
        .request(Method::GET, &galleries())
        .send()
        .await
        .unwrap();
    assert_eq!(response.text().await.unwrap(), "<html>");

    let from = client.ready.resource_manager.clone();
    let replace = json!({ "from": from, "to": "https://evil.example" });
    client
        .plan(&json!([{ "match": { "method": "DELETE" }, "fault": { "replace": replace } }]))
        .await;
    let version = format!(
        "{GALLERIES}/resourceGroups/rg-galleries/providers/Microsoft.Compute/galleries/acg_northwind/images/win11-avd/versions/2026.7.2?api-version={API}"
    );
    let accepted = client.delete(&version).await;
    assert!(
        accepted
            .header("location")
            .unwrap()
            .starts_with("https://evil.example/")
    );
    assert!(
        accepted
            .header("azure-asyncoperation")
            .unwrap()
            .starts_with("https://evil.example/")
    );

    client
        .plan(&json!([{ "fault": { "headers": { "Location": "/relative" } } }]))
        .await;
    let listed = client.get(&galleries()).await;
    assert_eq!(
        (listed.status.as_u16(), listed.header("location")),
        (200, Some("/relative"))
    );

    client
        .plan(&json!([{ "fault": { "without_header": "authorization" } }]))
        .await;
    assert_eq!(client.get(&galleries()).await.status, 401);
    assert_eq!(client.get(&galleries()).await.status, 200);
    client.stop().await;
}

#[tokio::test]
async fn requests_are_recorded_without_their_secrets() {
    let client = Client::demo().await;
    client.get(&galleries()).await;
    let all = recorded(&client).await;
    let token = &all[0];
    assert_eq!(token["body"]["client_secret"], "***");
    assert_eq!(token["body"]["client_id"], client.ready.client_id);
    assert_eq!(token["tenant"], client.ready.tenant);
    let list = all.last().unwrap();
    assert_eq!(list["query"], format!("api-version={API}"));
    assert_eq!(list["tenant"], client.ready.tenant);
    assert_eq!(
        (&list["status"], &list["auxiliary"]),
        (&json!(200), &json!([]))
    );
    let text = serde_json::to_string(&all).unwrap();
    assert!(!text.contains(&client.ready.client_secret) && !text.contains("_simulator"));
    client.stop().await;
}

#[tokio::test]
async fn another_writer_changes_what_is_there() {
    let client = Client::demo().await;
    let id = format!(
        "{GALLERIES}/resourceGroups/rg-builds/providers/Microsoft.Compute/galleries/acg_builds"
    );
    let path = format!("{id}?api-version={API}");
    let mut document = client.get(&path).await.body;
    document["tags"] = json!({ "by": "another" });
    client.smuggle(&id.to_uppercase(), &document).await;
    assert_eq!(client.get(&path).await.body["tags"]["by"], "another");
    let remove = format!("/_simulator/resources?id={id}");
    assert_eq!(
        reply(client.bare(Method::DELETE, &remove)).await.status,
        200
    );
    assert_eq!(client.get(&path).await.status, 404);
    assert_eq!(
        reply(client.bare(Method::DELETE, &remove)).await.status,
        404
    );
    let wrong = client.bare(Method::PUT, &remove).json(&json!([1]));
    assert_eq!(reply(wrong).await.status, 400);
    client.stop().await;
}
