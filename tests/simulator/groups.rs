//! Resource groups, and what is in them.

use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Client, GALLERIES, reply};
use super::hosting::{OWN, estate, hosts, interface, interface_url};

fn group(name: &str) -> String {
    format!("{OWN}/resourcegroups/{name}?api-version=2024-11-01")
}

#[tokio::test]
async fn a_group_is_made_at_once_and_stays_where_it_is() {
    let client = Client::with_estate(&estate("")).await;
    assert_eq!(
        client.get(&group("new")).await.code(),
        "ResourceGroupNotFound"
    );
    let created = client
        .put(
            &group("new"),
            &json!({ "location": "North Europe", "tags": { "a": "b" } }),
        )
        .await;
    assert_eq!(created.status, 201);
    assert_eq!(created.body["id"], format!("{OWN}/resourceGroups/new"));
    assert_eq!(created.body["location"], "northeurope");
    let again = client
        .put(&group("NEW"), &json!({ "location": "northeurope" }))
        .await;
    assert_eq!(again.status, 200);
    assert_eq!(again.body["name"], "new");
    assert!(again.body["tags"].is_null(), "a PUT replaces tags");
    let moved = client
        .put(&group("new"), &json!({ "location": "West Europe" }))
        .await;
    assert_eq!(
        (moved.status.as_u16(), moved.code()),
        (409, "InvalidResourceGroupLocation")
    );
    assert_eq!(
        moved.message(),
        "Invalid resource group location 'West Europe'. The Resource group already exists in \
         location 'northeurope'."
    );
    let patch = client.request(Method::PATCH, &group("new"));
    let patched = reply(patch.json(&json!({ "tags": { "c": "d" } }))).await;
    assert_eq!(patched.body["tags"], json!({ "c": "d" }));
    let head = reply(client.request(Method::HEAD, &group("new"))).await;
    assert_eq!((head.status.as_u16(), head.body), (204, Value::Null));
    client.stop().await;
}

#[tokio::test]
async fn names_and_regions_of_groups_are_checked() {
    let client = Client::with_estate(&estate("")).await;
    let here = json!({ "location": "westeurope" });
    for name in ["a%20b", "a*b", "ends.", &"x".repeat(91)] {
        let refused = client.put(&group(name), &here).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code()),
            (400, "InvalidResourceGroup"),
            "{name}"
        );
    }
    assert_eq!(client.put(&group("(good)_1.-x"), &here).await.status, 201);
    let nowhere = client
        .put(&group("new"), &json!({ "location": "atlantis" }))
        .await;
    assert_eq!(nowhere.code(), "LocationNotAvailableForResourceGroup");
    assert_eq!(
        client.put(&group("new"), &json!({})).await.code(),
        "LocationRequired"
    );
    client.stop().await;
}

#[tokio::test]
async fn a_group_is_deleted_with_all_in_it() {
    let client = Client::with_estate(&estate("")).await;
    let interface_of = interface_url(&hosts(OWN), "one");
    let put = client
        .put(&interface_of, &interface(&hosts(OWN), "hosts"))
        .await;
    client.finish(&put).await;
    let listed = client
        .get(&format!("{}/resources?api-version=2024-11-01", hosts(OWN)))
        .await;
    let listed: Vec<&Value> = listed.body["value"].as_array().unwrap().iter().collect();
    let kinds: Vec<&str> = listed.iter().map(|r| r["type"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        [
            "Microsoft.Network/networkInterfaces",
            "Microsoft.Network/virtualNetworks"
        ]
    );
    assert!(
        listed
            .iter()
            .all(|resource| resource["properties"].is_null())
    );

    let deleted = client.delete(&group("hosts")).await;
    assert_eq!(
        (deleted.status.as_u16(), &deleted.body),
        (202, &Value::Null)
    );
    assert!(deleted.header("azure-asyncoperation").is_none());
    let location = deleted.header("location").unwrap().to_owned();
    let poll = client.get(&location).await;
    assert_eq!((poll.status.as_u16(), &poll.body), (202, &Value::Null));
    assert!(poll.header("location").is_some() && poll.header("retry-after").is_some());
    assert_eq!(
        client.get(&group("Hosts")).await.body["properties"]["provisioningState"],
        "Deleting"
    );
    let write = client
        .put(&interface_of, &interface(&hosts(OWN), "hosts"))
        .await;
    assert_eq!(
        (write.status.as_u16(), write.code()),
        (409, "ResourceGroupBeingDeleted")
    );
    client.advance(600).await;
    let poll = client.get(&location).await;
    assert_eq!((poll.status.as_u16(), &poll.body), (200, &Value::Null));
    assert_eq!(client.get(&group("Hosts")).await.status, 404);
    assert_eq!(
        client.get(&interface_of).await.code(),
        "ResourceGroupNotFound"
    );
    let left = client.state().await;
    let below = hosts(OWN).to_lowercase();
    assert!(
        !left
            .as_object()
            .unwrap()
            .keys()
            .any(|id| id.starts_with(&below))
    );
    assert_eq!(client.delete(&group("Hosts")).await.status, 404);
    client.stop().await;
}

#[tokio::test]
async fn groups_are_listed_by_tag() {
    let client = Client::with_estate(&estate("")).await;
    client
        .put(
            &group("tagged"),
            &json!({ "location": "uksouth", "tags": { "ring": "1" } }),
        )
        .await;
    let names = async |filter: &str| {
        let path = format!("{OWN}/resourcegroups?api-version=2024-11-01&$filter={filter}");
        let list = client.get(&path).await;
        let groups = list.body["value"].as_array().cloned().unwrap_or_default();
        groups
            .iter()
            .map(|g| g["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names("tagName eq 'ring'").await, ["tagged"]);
    assert_eq!(
        names("tagName eq 'ring' and tagValue eq '1'").await,
        ["tagged"]
    );
    assert!(
        names("tagName eq 'ring' and tagValue eq '2'")
            .await
            .is_empty()
    );
    let wrong = format!("{OWN}/resourcegroups?api-version=2024-11-01&$filter=nonsense");
    assert_eq!(
        client.get(&wrong).await.code(),
        "InvalidFilterInQueryString"
    );
    client.stop().await;
}

#[tokio::test]
async fn groups_take_their_own_role() {
    let readers = estate("").replace(
        "roles = [{ role = \"Contributor\" }]",
        "roles = [{ role = \"Reader\" }, { role = \"Virtual Machine Contributor\" }]",
    );
    let client = Client::with_estate(&readers).await;
    let refused = client
        .put(&group("new"), &json!({ "location": "uksouth" }))
        .await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (403, "AuthorizationFailed")
    );
    assert!(
        refused
            .message()
            .contains("'Microsoft.Resources/subscriptions/resourceGroups/write'")
    );
    let refused = client.delete(&group("Hosts")).await;
    assert!(
        refused
            .message()
            .contains("'Microsoft.Resources/subscriptions/resourceGroups/delete'")
    );
    client.stop().await;
}

#[tokio::test]
async fn a_subscription_lists_what_the_caller_may_read_as_many_at_a_time_as_asked_for() {
    let client = Client::demo().await;
    let path = format!(
        "{GALLERIES}/resources?$filter=resourceType eq 'Microsoft.Compute/galleries'&$top=2&api-version=2024-11-01"
    );
    let first = client.get(&path).await.body;
    assert_eq!(first["value"].as_array().unwrap().len(), 2);
    assert!(first["value"][0]["properties"].is_null());
    let rest = client.get(first["nextLink"].as_str().unwrap()).await.body;
    assert_eq!(rest["value"].as_array().unwrap().len(), 1);
    assert_eq!(rest["nextLink"], Value::Null);
    let all = client
        .get(&format!("{GALLERIES}/resources?api-version=2024-11-01"))
        .await
        .body;
    let kinds: Vec<&Value> = all["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| &r["type"])
        .collect();
    assert!(
        kinds.contains(&&json!("Microsoft.Compute/virtualMachines")),
        "{kinds:?}"
    );
    assert!(
        !kinds.contains(&&json!("Microsoft.Resources/resourceGroups")),
        "{kinds:?}"
    );
    let groups = format!("{GALLERIES}/resourcegroups?$top=1&api-version=2024-11-01");
    let groups = client.get(&groups).await.body;
    assert_eq!(groups["value"].as_array().unwrap().len(), 1);
    assert!(groups["nextLink"].as_str().unwrap().contains("$top=1"));
    let none = format!("{GALLERIES}/resourcegroups?$top=0&api-version=2024-11-01");
    assert_eq!(client.get(&none).await.status, 400);
    client.stop().await;
}
