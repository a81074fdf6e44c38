//! The features of a subscription, of which direct sharing needs one.

use super::{ESTATE, GALLERIES, PLAIN, refusal};
use crate::simulator::client::{Client, reply};
use reqwest::Method;
use serde_json::Value;

#[tokio::test]
async fn features_are_registered_and_unregistered() {
    let client = Client::with_estate(ESTATE).await;
    let path = |subscription: &str, rest: &str| {
        format!(
            "{subscription}/providers/Microsoft.Features/providers/Microsoft.Compute/features{rest}?api-version=2021-07-01"
        )
    };
    let state = async |path: &str| client.get(path).await.body["properties"]["state"].clone();
    let act = async |path: &str| {
        let reply = reply(client.request(Method::POST, path)).await;
        reply.body["properties"]["state"].clone()
    };
    assert_eq!(state(&path(GALLERIES, "/SIGSharing")).await, "Registered");
    assert_eq!(state(&path(PLAIN, "/sigsharing")).await, "NotRegistered");
    let listed = client.get(&path(PLAIN, "")).await.body;
    let listed: Vec<&Value> = listed["value"].as_array().unwrap().iter().collect();
    assert!(
        listed
            .iter()
            .any(|f| f["name"] == "Microsoft.Compute/EncryptionAtHost")
    );

    let host = |verb: &str| path(PLAIN, &format!("/EncryptionAtHost{verb}"));
    assert_eq!(act(&host("/register")).await, "Registering");
    client.advance(601).await;
    assert_eq!(state(&host("")).await, "Registered");
    assert_eq!(act(&host("/register")).await, "Registered");
    assert_eq!(act(&host("/unregister")).await, "Unregistering");
    client.advance(601).await;
    assert_eq!(state(&host("")).await, "Unregistered");

    let sharing = |verb: &str| path(PLAIN, &format!("/SIGSharing{verb}"));
    assert_eq!(act(&sharing("/register")).await, "Pending");
    client.advance(3600).await;
    assert_eq!(
        state(&sharing("")).await,
        "Pending",
        "Microsoft decides on it"
    );
    let unknown = client.get(&path(PLAIN, "/Teleportation")).await;
    assert_eq!(refusal(&unknown), (404, "FeatureNotFound"));
    client.stop().await;
}
