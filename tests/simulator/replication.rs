//! Copies of versions: their progress, their end, and their failing.

use super::client::{API, Client, GALLERIES, Reply};
use serde_json::{Value, json};

const IMAGE: &str = "/resourceGroups/rg-galleries/providers/Microsoft.Compute/galleries/acg_northwind/images/win11-avd";

fn version(name: &str, query: &str) -> String {
    format!("{GALLERIES}{IMAGE}/versions/{name}?api-version={API}{query}")
}

/// Reads a version, changes its regions, and writes it back as a careful client does.
async fn retarget(client: &Client, name: &str, change: impl FnOnce(&mut Vec<Value>)) -> Reply {
    let mut document = client.get(&version(name, "")).await.body;
    let targets = &mut document["properties"]["publishingProfile"]["targetRegions"];
    change(targets.as_array_mut().unwrap());
    document["properties"]["storageProfile"] = json!({});
    client.put(&version(name, ""), &document).await
}

async fn states(client: &Client, name: &str) -> (String, Vec<(String, String, i64)>) {
    let reply = client
        .get(&version(name, "&$expand=ReplicationStatus"))
        .await;
    let status = &reply.body["properties"]["replicationStatus"];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let regions = status["summary"].as_array().unwrap().iter();
    let regions = regions.map(|r| {
        (
            text(&r["region"]),
            text(&r["state"]),
            r["progress"].as_i64().unwrap(),
        )
    });
    (text(&status["aggregatedState"]), regions.collect())
}

#[tokio::test]
async fn a_new_region_is_unknown_then_replicating_then_completed() {
    let client = Client::demo().await;
    let (aggregated, regions) = states(&client, "2026.11.3").await;
    assert_eq!(aggregated, "Completed");
    assert!(
        regions
            .iter()
            .all(|(_, state, progress)| state == "Completed" && *progress == 100)
    );

    let accepted = retarget(&client, "2026.11.3", |targets| {
        targets.push(json!({ "name": "uksouth", "regionalReplicaCount": 2 }));
    })
    .await;
    assert_eq!(accepted.status, 200, "{accepted:?}");
    assert_eq!(accepted.body["properties"]["provisioningState"], "Updating");
    assert_eq!(accepted.header("retry-after"), Some("1"));
    assert!(accepted.header("location").is_none());
    let url = accepted.header("azure-asyncoperation").unwrap().to_owned();

    let (aggregated, regions) = states(&client, "2026.11.3").await;
    assert_eq!(aggregated, "InProgress");
    assert_eq!(regions[2], ("UK South".into(), "Unknown".into(), 0));

    client.advance(8 * 60 - 1).await;
    let poll = client.get(&url).await;
    assert_eq!(poll.body["status"], "InProgress");
    assert!(poll.header("retry-after").is_some());
    let (_, regions) = states(&client, "2026.11.3").await;
    assert_eq!(regions[2].1, "Replicating");
    assert!((30..100).contains(&regions[2].2), "{regions:?}");
    assert_eq!(
        client.get(&version("2026.11.3", "")).await.body["properties"]["provisioningState"],
        "Updating"
    );

    client.advance(12 * 60 + 1).await;
    let poll = client.get(&url).await;
    assert_eq!(poll.body["status"], "Succeeded");
    assert!(poll.body["endTime"].is_string());
    let (aggregated, regions) = states(&client, "2026.11.3").await;
    assert_eq!(aggregated, "Completed");
    assert_eq!(regions[2], ("UK South".into(), "Completed".into(), 100));
    let settled = client.get(&version("2026.11.3", "")).await.body;
    assert_eq!(settled["properties"]["provisioningState"], "Succeeded");
    let target = &settled["properties"]["publishingProfile"]["targetRegions"][2];
    assert_eq!(target["regionalReplicaCount"], 2);
    client.stop().await;
}

#[tokio::test]
async fn more_replicas_take_minutes_and_a_removal_less_than_one() {
    let client = Client::demo().await;
    let raised = retarget(&client, "2026.11.3", |t| {
        t[0]["regionalReplicaCount"] = json!(9);
    })
    .await;
    client.advance(119).await;
    assert_eq!(states(&client, "2026.11.3").await.0, "InProgress");
    assert_eq!(client.finish(&raised).await["status"], "Succeeded");

    let removed = retarget(&client, "2026.11.3", |targets| {
        targets.retain(|t| t["name"] == "West Europe");
    })
    .await;
    assert_eq!(removed.status, 200, "{removed:?}");
    client.advance(60).await;
    let url = removed.header("azure-asyncoperation").unwrap().to_owned();
    assert_eq!(client.get(&url).await.body["status"], "Succeeded");
    assert_eq!(states(&client, "2026.11.3").await.1.len(), 1);
    client.stop().await;
}

#[tokio::test]
async fn a_failing_region_fails_the_update_and_leaves_the_others() {
    let client = Client::demo().await;
    client
        .plan(&json!([{ "fault": { "replication_fails": "eastus", "detail": "No capacity." } }]))
        .await;
    let add = |targets: &mut Vec<Value>| {
        targets.push(json!({ "name": "eastus" }));
        targets.push(json!({ "name": "uksouth" }));
    };
    let accepted = retarget(&client, "2026.11.3", add).await;
    let failed = client.finish(&accepted).await;
    assert_eq!(failed["status"], "Failed");
    let message = failed["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("'{region:eastus, detail:No capacity.}'"),
        "{message}"
    );
    let document = client.get(&version("2026.11.3", "")).await.body;
    assert_eq!(document["properties"]["provisioningState"], "Failed");
    let (aggregated, regions) = states(&client, "2026.11.3").await;
    assert_eq!(aggregated, "Failed");
    assert_eq!(
        (regions[2].0.as_str(), regions[2].1.as_str()),
        ("East US", "Failed")
    );
    assert_eq!(
        (regions[3].0.as_str(), regions[3].1.as_str()),
        ("UK South", "Completed")
    );

    // Writing the same list again tries the failed region again.
    let again = retarget(&client, "2026.11.3", |_| ()).await;
    assert_eq!(states(&client, "2026.11.3").await.0, "InProgress");
    assert_eq!(client.finish(&again).await["status"], "Succeeded");
    assert_eq!(states(&client, "2026.11.3").await.0, "Completed");
    client.stop().await;
}

#[tokio::test]
async fn a_failed_region_can_be_removed_whatever_the_safety_profile_says() {
    let client = Client::demo().await;
    client
        .plan(&json!([{ "fault": { "replication_fails": "East US" } }]))
        .await;
    let accepted = retarget(&client, "2026.10.1", |t| {
        t.push(json!({ "name": "francecentral" }));
    })
    .await;
    assert_eq!(
        client.finish(&accepted).await["status"],
        "Succeeded",
        "that region was to work"
    );
    let accepted = retarget(&client, "2026.9.2", |t| t.push(json!({ "name": "eastus" }))).await;
    assert_eq!(client.finish(&accepted).await["status"], "Failed");
    let accepted = retarget(&client, "2026.9.2", |t| {
        t.retain(|r| r["name"] != "East US");
    })
    .await;
    assert_eq!(accepted.status, 200, "{accepted:?}");
    assert_eq!(client.finish(&accepted).await["status"], "Succeeded");
    client.stop().await;
}

#[tokio::test]
async fn one_update_at_a_time() {
    let client = Client::demo().await;
    let first = retarget(&client, "2026.11.3", |t| {
        t.push(json!({ "name": "uksouth" }));
    })
    .await;
    assert_eq!(first.status, 200);
    let second = retarget(&client, "2026.11.3", |t| {
        t.push(json!({ "name": "eastus" }));
    })
    .await;
    assert_eq!(
        (second.status.as_u16(), second.code()),
        (409, "OperationNotAllowed")
    );
    let other = retarget(&client, "2026.10.1", |t| {
        t.push(json!({ "name": "swedencentral" }));
    })
    .await;
    assert_eq!(other.status, 200, "another version is not locked");
    client.finish(&first).await;

    let deleting = client.delete(&version("2026.7.2", "")).await;
    assert_eq!(deleting.status, 202);
    let update = retarget(&client, "2026.7.2", |_| ()).await;
    assert_eq!(update.status, 409);
    assert!(
        update.message().contains("since it is marked for deletion"),
        "{update:?}"
    );
    client.stop().await;
}

#[tokio::test]
async fn the_same_seed_takes_the_same_time_and_another_not() {
    let mut ends = Vec::new();
    for seed in [7, 7, 8] {
        let client = Client::of(gallerist::simulator::EstateSource::Demo, seed).await;
        let accepted = retarget(&client, "2026.11.3", |t| {
            t.push(json!({ "name": "uksouth" }));
        })
        .await;
        let status = client.finish(&accepted).await;
        let time = |name: &str| {
            status[name]
                .as_str()
                .unwrap()
                .parse::<jiff::Timestamp>()
                .unwrap()
        };
        let took = time("endTime").as_microsecond() - time("startTime").as_microsecond();
        ends.push((took, status["name"].clone()));
        client.stop().await;
    }
    // Times are written to a tenth of a microsecond.
    assert!((ends[0].0 - ends[1].0).abs() <= 1, "{ends:?}");
    assert_eq!(ends[0].1, ends[1].1);
    assert_ne!(ends[0].0, ends[2].0);
}
