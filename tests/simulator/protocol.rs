//! What is common to all answers of Azure Resource Manager.

use super::client::{API, Client, GALLERIES, Reply, reply};
use reqwest::Method;
use serde_json::{Value, json};

const GALLERY: &str =
    "/resourceGroups/rg-galleries/providers/Microsoft.Compute/galleries/acg_northwind";

fn refusal(reply: &Reply) -> (u16, &str) {
    (reply.status.as_u16(), reply.code())
}

#[tokio::test]
async fn the_api_version_is_checked() {
    let client = Client::demo().await;
    let gallery = format!("{GALLERIES}{GALLERY}");
    let missing = client.get(&gallery).await;
    assert_eq!(refusal(&missing), (400, "MissingApiVersionParameter"));
    assert_eq!(missing.header("x-ms-failure-cause"), Some("gateway"));
    let unknown = client
        .get(&format!("{gallery}?api-version=1999-01-01"))
        .await;
    assert_eq!(refusal(&unknown), (400, "NoRegisteredProviderFound"));
    assert!(unknown.message().contains("2024-03-03"), "{unknown:?}");
    let unknown = client.get("/subscriptions?api-version=1999-01-01").await;
    assert_eq!(refusal(&unknown), (400, "InvalidApiVersionParameter"));
    assert!(unknown.message().contains("2022-12-01"), "{unknown:?}");
    for sent_by_az in ["2021-10-01", "2024-03-03", "2026-03-03"] {
        assert_eq!(
            client
                .get(&format!("{gallery}?api-version={sent_by_az}"))
                .await
                .status,
            200
        );
    }
    client.stop().await;
}

#[tokio::test]
async fn what_is_not_there_is_azures_404() {
    let client = Client::demo().await;
    let get = async |path: &str| {
        client
            .get(&format!("{GALLERIES}{path}?api-version={API}"))
            .await
    };
    let group = get("/resourceGroups/nowhere/providers/Microsoft.Compute/galleries").await;
    assert_eq!(refusal(&group), (404, "ResourceGroupNotFound"));
    assert_eq!(
        group.message(),
        "Resource group 'nowhere' could not be found."
    );
    let image = get(&format!("{GALLERY}/images/nothing")).await;
    assert_eq!(refusal(&image), (404, "ResourceNotFound"));
    assert_eq!(
        image.message(),
        "The Resource 'Microsoft.Compute/galleries/acg_northwind/images/nothing' under resource \
         group 'rg-galleries' was not found. For more details please go to \
         https://aka.ms/ARMResourceNotFoundFix"
    );
    assert_eq!(
        refusal(&get(&format!("{GALLERY}/images/nothing/versions")).await),
        (404, "ParentResourceNotFound")
    );
    assert_eq!(
        refusal(&get("/providers/Microsoft.Compute/castles").await),
        (404, "InvalidResourceType")
    );
    assert_eq!(
        refusal(&get("/providers/Microsoft.Castles/towers").await),
        (404, "InvalidResourceNamespace")
    );
    assert_eq!(
        refusal(&client.get(&format!("/?api-version={API}")).await),
        (404, "NotFound")
    );
    let posted = client.request(
        Method::POST,
        &format!("{GALLERIES}{GALLERY}?api-version={API}"),
    );
    assert_eq!(refusal(&reply(posted).await), (405, "HttpMethodNotAllowed"));
    client.stop().await;
}

#[tokio::test]
async fn paths_have_no_case_and_may_end_in_a_slash() {
    let client = Client::demo().await;
    let path = format!("{GALLERIES}{GALLERY}/images");
    let usual = client.get(&format!("{path}?api-version={API}")).await;
    let lower = client
        .get(&format!("{}?api-version={API}", path.to_lowercase()))
        .await;
    let upper = client
        .get(&format!("{}/?API-VERSION={API}", path.to_uppercase()))
        .await;
    assert_eq!(usual.status, 200);
    assert_eq!(usual.body, lower.body);
    assert_eq!(usual.body, upper.body);
    let group = format!("{GALLERIES}/resourcegroups/RG-GALLERIES?api-version=2024-11-01");
    assert_eq!(client.get(&group).await.body["name"], "rg-galleries");
    let head = async |group: &str| {
        let path = format!("{GALLERIES}/resourcegroups/{group}?api-version=2024-11-01");
        reply(client.request(Method::HEAD, &path))
            .await
            .status
            .as_u16()
    };
    assert_eq!(
        (head("rg-galleries").await, head("nowhere").await),
        (204, 404)
    );
    client.stop().await;
}

#[tokio::test]
async fn every_answer_can_be_traced() {
    let client = Client::demo().await;
    let path = format!("{GALLERIES}{GALLERY}?api-version={API}");
    let plain = client.get(&path).await;
    for name in [
        "x-ms-request-id",
        "x-ms-correlation-request-id",
        "x-ms-routing-request-id",
    ] {
        assert!(plain.header(name).is_some(), "{name}");
    }
    assert_eq!(
        plain.header("content-type"),
        Some("application/json; charset=utf-8")
    );
    let own = "11111111-2222-4333-8444-555555555555";
    let asked = client
        .request(Method::GET, &path)
        .header("x-ms-client-request-id", own);
    assert_eq!(reply(asked).await.header("x-ms-client-request-id"), None);
    let asked = client
        .request(Method::GET, &path)
        .header("x-ms-client-request-id", own);
    let asked = reply(asked.header("x-ms-return-client-request-id", "true")).await;
    assert_eq!(asked.header("x-ms-client-request-id"), Some(own));
    let another = client.get(&path).await;
    assert_ne!(
        plain.header("x-ms-request-id"),
        another.header("x-ms-request-id")
    );
    client.stop().await;
}

#[tokio::test]
async fn lists_come_in_pages() {
    let client = Client::demo().await;
    let whole = client
        .get(&format!(
            "{GALLERIES}{GALLERY}/images/win11-avd/versions?api-version={API}"
        ))
        .await;
    assert!(whole.body["nextLink"].is_null());
    client.stop().await;

    let estate =
        include_str!("../../assets/demo-estate.toml").replace("page_size = 100", "page_size = 3");
    let client = Client::with_estate(&estate).await;
    let mut link = format!("{GALLERIES}{GALLERY}/images/win11-avd/versions?api-version={API}");
    let mut items = Vec::new();
    let mut pages = 0;
    loop {
        let page = client.get(&link).await;
        assert_eq!(page.status, 200, "{page:?}");
        items.extend(page.body["value"].as_array().unwrap().clone());
        pages += 1;
        let Some(next) = page.body["nextLink"].as_str() else {
            break;
        };
        assert!(next.starts_with(&client.ready.resource_manager), "{next}");
        link = next.to_owned();
    }
    assert_eq!(pages, 3);
    assert_eq!(Value::Array(items), whole.body["value"]);
    let bad = client.get(&format!("{link}&$skiptoken=nonsense")).await;
    assert_eq!(bad.status, 200, "the first of two tokens counts");
    let bad = client
        .get(&format!(
            "{GALLERIES}{GALLERY}/images?api-version={API}&$skiptoken=!"
        ))
        .await;
    assert_eq!(bad.status, 400);
    client.stop().await;
}

#[tokio::test]
async fn operation_urls_are_signed() {
    let client = Client::demo().await;
    let version =
        format!("{GALLERIES}{GALLERY}/images/win11-avd/versions/2026.7.2?api-version={API}");
    let accepted = client.delete(&version).await;
    assert_eq!(
        (accepted.status.as_u16(), accepted.header("retry-after")),
        (202, Some("1"))
    );
    let status = accepted.header("azure-asyncoperation").unwrap();
    let monitor = accepted.header("location").unwrap();
    assert!((3500..4096).contains(&status.len()), "{}", status.len());
    assert_eq!(client.get(status).await.status, 200);
    let running = client.get(monitor).await;
    assert_eq!(
        (running.status.as_u16(), running.header("retry-after")),
        (202, Some("1"))
    );
    assert!(running.header("location").is_some());
    for changed in [
        status.replace("&s=", "&s=A"),
        format!("{status}&more=1"),
        status.replace("api-version=2024-03-03", "api-version=2023-07-03"),
        status.replacen("&t=", "&t=1", 1),
    ] {
        assert_eq!(client.get(&changed).await.status, 403);
    }
    let unsigned = status.split("&t=").next().unwrap();
    assert_eq!(client.get(unsigned).await.status, 403);
    assert_eq!(reply(client.bare(Method::GET, status)).await.status, 401);
    client.advance(133).await;
    assert_eq!(client.get(status).await.body["status"], "Succeeded");
    assert_eq!(client.get(monitor).await.status, 200);
    assert_eq!(client.get(&version).await.status, 404);
    client.stop().await;
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused() {
    let client = Client::demo().await;
    let path = format!("{GALLERIES}{GALLERY}?api-version={API}");
    let broken = client.request(Method::PUT, &path).body("{\"location\":");
    assert_eq!(
        refusal(&reply(broken).await),
        (400, "InvalidRequestContent")
    );
    let list = client.request(Method::PUT, &path).json(&json!([]));
    assert_eq!(refusal(&reply(list).await), (400, "InvalidRequestContent"));
    client.stop().await;
}
