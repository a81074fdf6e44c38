//! Resource Graph: queries over all subscriptions, and how far they are behind.

use super::client::{API, Client, GALLERIES, Reply, reply};
use crate::spec::Spec;
use reqwest::Method;
use serde_json::{Value, json};

const HOME: &str = "4bcff225-6938-4091-a01c-259ebff5a095";
/// A subscription that is delegated to the provider.
const DELEGATED: &str = "44d8c18c-6e1c-42ec-8629-7598fd82b7d9";
/// One that the provider's token does not open.
const FOREIGN: &str = "45e0f8b0-41c5-4b34-b7a5-10f1a2ffd711";

async fn ask(client: &Client, body: &Value) -> Reply {
    let path = "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01";
    reply(client.request(Method::POST, path).json(body)).await
}

/// The rows of a query over the subscriptions that the provider reads.
async fn rows(client: &Client, query: &str) -> Vec<Value> {
    let answered = ask(client, &json!({ "query": query })).await;
    assert_eq!(answered.status, 200, "{answered:?}");
    client.advance_clock(5).await;
    answered.body["data"].as_array().unwrap().clone()
}

/// What a column has, row by row.
fn column(rows: &[Value], name: &str) -> Vec<String> {
    let texts = rows.iter().map(|row| match &row[name] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    texts.collect()
}

#[tokio::test]
async fn resources_of_all_subscriptions_are_found_and_counted() {
    let client = Client::demo().await;
    let query = "resources
        | where type =~ 'Microsoft.Compute/galleries/images/versions' and not(name startswith '2026.1')
        | where id has 'acg_northwind' and (id contains '/IMAGES/WIN11-AVD/' or name in ('24.4.7'))
        | extend state = tostring(properties.provisioningState), home = location
        | order by name asc
        | project name, home, state, properties.publishingProfile.targetRegions[0].name";
    let found = rows(&client, query).await;
    assert!(found.len() > 3, "{found:#?}");
    let names = column(&found, "name");
    assert!(
        names.is_sorted() && names.contains(&"24.4.7".to_owned()),
        "{names:?}"
    );
    assert!(
        found
            .iter()
            .all(|row| row["state"] == "Succeeded" && row["home"] == "westeurope")
    );
    let region = "properties_publishingProfile_targetRegions_0_name";
    assert!(
        column(&found, region).contains(&"North Europe".to_owned()),
        "{found:#?}"
    );

    // Each machine once, in whatever tenant; types, groups and tenants as Resource Graph has them.
    let counts = rows(
        &client,
        "Resources | where type == 'microsoft.compute/virtualmachines'
         | summarize machines = count() by subscriptionId, resourceGroup | top 2 by machines",
    )
    .await;
    assert_eq!(counts.len(), 2);
    assert!(counts[0]["machines"].as_u64() >= counts[1]["machines"].as_u64());
    let machines = format!(
        "where type == 'microsoft.compute/virtualmachines' and subscriptionId =~ '{DELEGATED}'"
    );
    let total = rows(&client, &format!("{machines} | count")).await;
    assert_eq!(total, [json!({ "Count": 70 })]);
    let running = "properties.extended.instanceView.powerState.code";
    let stopped =
        format!("{machines} | where {running} != 'PowerState/running' | project name, tenantId");
    let stopped = rows(&client, &stopped).await;
    assert_eq!(stopped.len(), 4);
    assert_eq!(
        stopped[0]["tenantId"],
        "ea6ae65d-f985-4ab4-9336-95caa4590d86"
    );
    let kinds = rows(&client, "resources | distinct type").await;
    let kinds = column(&kinds, "type");
    for not_indexed in [
        "microsoft.authorization/roleassignments",
        "microsoft.network/virtualnetworks/subnets",
    ] {
        assert!(!kinds.contains(&not_indexed.to_owned()), "{kinds:?}");
    }
    let groups = rows(
        &client,
        &format!("ResourceContainers | where subscriptionId == '{DELEGATED}' | project name, type"),
    )
    .await;
    assert_eq!(
        groups,
        [
            json!({ "name": "Adatum Production", "type": "microsoft.resources/subscriptions" }),
            json!({ "name": "rg-avd-weu", "type": "microsoft.resources/subscriptions/resourcegroups" }),
        ]
    );
    let roles = "authorizationresources | where properties.principalId =~ 'c76f1b6b-7e77-4975-9be9-1aa464497b84' | count";
    assert!(rows(&client, roles).await[0]["Count"].as_u64() > Some(0));
    client.stop().await;
}

#[tokio::test]
async fn only_what_roles_let_the_caller_read_is_told() {
    let client = Client::demo().await;
    let query = "resources | project id, subscriptionId";
    let both = ask(
        &client,
        &json!({ "query": query, "subscriptions": [HOME, FOREIGN] }),
    )
    .await;
    assert_eq!(both.status, 200);
    let found = both.body["data"].as_array().unwrap();
    assert!(!found.is_empty() && found.iter().all(|row| row["subscriptionId"] == HOME));
    let foreign = ask(
        &client,
        &json!({ "query": query, "subscriptions": [FOREIGN] }),
    )
    .await;
    assert_eq!(
        (foreign.status.as_u16(), foreign.code()),
        (403, "AccessDenied")
    );
    let groups = json!({ "query": query, "managementGroups": ["mg"] });
    assert_eq!(ask(&client, &groups).await.status, 501);
    client.stop().await;
}

#[tokio::test]
async fn results_come_in_pages_and_as_tables() {
    let client = Client::demo().await;
    let query = "resources | where type =~ 'microsoft.compute/galleries/images' | project id, name";
    let all = rows(&client, query).await;
    let (mut paged, mut token) = (Vec::new(), Value::Null);
    loop {
        let options = if token.is_null() {
            json!({ "$top": 2 })
        } else {
            json!({ "$skipToken": token })
        };
        let page = ask(&client, &json!({ "query": query, "options": options }))
            .await
            .body;
        assert_eq!(page["totalRecords"], all.len());
        assert_eq!(page["resultTruncated"], "false");
        let data = page["data"].as_array().unwrap();
        assert_eq!(page["count"], data.len());
        paged.extend(data.clone());
        token = page["$skipToken"].clone();
        client.advance_clock(1).await;
        if token.is_null() {
            break;
        }
    }
    assert_eq!(paged, all);
    let skipped =
        json!({ "query": query, "options": { "$skip": 1, "$top": 1, "resultFormat": "table" } });
    let table = ask(&client, &skipped).await.body["data"].clone();
    assert_eq!(
        table["columns"],
        json!([{ "name": "id", "type": "string" }, { "name": "name", "type": "string" }])
    );
    assert_eq!(table["rows"], json!([[all[1]["id"], all[1]["name"]]]));
    // What has no id is cut off.
    let named = json!({ "query": "resources | project name", "options": { "$top": 1 } });
    let cut = ask(&client, &named).await.body;
    assert_eq!(
        (&cut["resultTruncated"], &cut["$skipToken"]),
        (&json!("true"), &Value::Null)
    );
    for options in [
        json!({ "$top": 1001 }),
        json!({ "$top": 0 }),
        json!({ "$skipToken": "?" }),
    ] {
        let refused = ask(&client, &json!({ "query": query, "options": options })).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code()),
            (400, "BadRequest")
        );
    }
    client.stop().await;
}

#[tokio::test]
async fn a_change_is_heard_of_after_a_while() {
    let client = Client::demo().await;
    let gallery = format!(
        "{GALLERIES}/resourceGroups/rg-builds/providers/Microsoft.Compute/galleries/scratch?api-version={API}"
    );
    let query = "resources | where name == 'scratch' | project tags.of";
    let body = json!({ "location": "westeurope", "tags": { "of": "old" } });
    let created = client.put(&gallery, &body).await;
    assert_eq!(rows(&client, query).await, [] as [Value; 0]);
    client.advance_clock(24).await;
    assert_eq!(rows(&client, query).await, [] as [Value; 0]);
    client.advance_clock(1).await;
    assert_eq!(rows(&client, query).await, [json!({ "tags_of": "old" })]);
    client.finish(&created).await;

    let body = json!({ "location": "westeurope", "tags": { "of": "new" } });
    let changed = client.put(&gallery, &body).await;
    assert_eq!(rows(&client, query).await, [json!({ "tags_of": "old" })]);
    client.finish(&changed).await;
    assert_eq!(rows(&client, query).await, [json!({ "tags_of": "new" })]);

    let change = client
        .bare(Method::POST, "/_simulator/resource_graph")
        .json(&json!({ "lag_s": 0 }));
    assert_eq!(reply(change).await.status, 200);
    let deleted = client.delete(&gallery).await;
    client.finish(&deleted).await;
    assert_eq!(rows(&client, query).await, [] as [Value; 0]);
    client.stop().await;
}

#[tokio::test]
async fn a_query_that_is_none_is_refused_in_azures_words() {
    let client = Client::demo().await;
    let cases = [
        ("where where", "ParserFailure"),
        ("resources | join (resources) on id", "InvalidQueryLanguage"),
        (
            "resources | where nam == 'a'",
            "Operator_FailedToResolveEntity",
        ),
        (
            "resources | project id | where name == 'a'",
            "Operator_FailedToResolveEntity",
        ),
        (
            "resources | summarize count() by properties.a",
            "InvalidQueryLanguage",
        ),
        ("machines | where name == 'a'", "DisallowedLogicalTableName"),
    ];
    for (query, code) in cases {
        let refused = ask(&client, &json!({ "query": query })).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code()),
            (400, "BadRequest"),
            "{query}"
        );
        assert!(
            refused
                .message()
                .starts_with("Please provide below info when asking for support: timestamp = ")
        );
        let correlation = refused.header("x-ms-correlation-request-id").unwrap();
        assert!(refused.message().contains(correlation), "{refused:?}");
        let details = &refused.body["error"]["details"];
        assert_eq!(details[0]["code"], "InvalidQuery");
        assert_eq!(details[1]["code"], code, "{query}");
        if let Some(spec) = Spec::load(SPEC) {
            // The specification wants objects of what else a detail has; the recorded ones are not
            // (`extensions/query_error.json`).
            let mut body = refused.body.clone();
            for detail in body["error"]["details"].as_array_mut().unwrap() {
                let (code, message) = (&detail["code"], &detail["message"]);
                *detail = json!({ "code": code, "message": message });
            }
            spec.response("Resources", 400).check(&body);
        }
    }
    client.stop().await;
}

const SPEC: &str =
    "resourcegraph/resource-manager/Microsoft.ResourceGraph/stable/2024-04-01/resourcegraph.json";

#[tokio::test]
async fn answers_are_as_specified_and_tell_the_quota() {
    let client = Client::demo().await;
    let body = json!({ "query": "resources | limit 2", "subscriptions": [HOME] });
    let answered = ask(&client, &body).await;
    if let Some(spec) = Spec::load(SPEC) {
        spec.request_body("Resources").check(&body);
        let mut told = answered.body.clone();
        // The specification calls data an object; Azure's is a list
        // (`extensions/query.json` of the recordings).
        assert!(told["data"].is_array());
        told["data"] = json!({});
        spec.response("Resources", 200).check(&told);
    }
    assert_eq!(answered.header("x-ms-user-quota-remaining"), Some("14"));
    assert_eq!(
        answered.header("x-ms-user-quota-resets-after"),
        Some("00:00:05")
    );
    assert_eq!(
        answered.header("x-ms-ratelimit-remaining-tenant-resource-requests"),
        Some("14")
    );
    assert_eq!(
        answered.header("x-ms-ratelimit-remaining-tenant-writes"),
        None
    );
    for _ in 0..14 {
        assert_eq!(ask(&client, &body).await.status, 200);
    }
    client.advance_clock(3).await;
    let refused = ask(&client, &body).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (429, "RateLimiting")
    );
    assert_eq!(
        refused.header("x-ms-user-quota-resets-after"),
        Some("00:00:02")
    );
    assert_eq!(refused.header("retry-after"), Some("2"));
    client.advance_clock(2).await;
    assert_eq!(ask(&client, &body).await.status, 200);
    client.stop().await;
}
