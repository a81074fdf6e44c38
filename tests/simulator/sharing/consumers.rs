//! What those see whom a gallery is shared with: a subscription, a tenant, and everybody.

use super::{
    CUSTOMER, ESTATE, STRANGER, STRANGERS, THEIRS, at, gallery, properties, refusal, shared, update,
};
use crate::simulator::client::Client;
use serde_json::{Value, json};

const UNIQUE: &str = "bbbbbbbb-0000-4000-8000-000000000001-ACG";

/// What a customer is shown in a region.
fn consumer(subscription: &str, region: &str, rest: &str) -> String {
    format!(
        "/subscriptions/{subscription}/providers/Microsoft.Compute/locations/{region}/sharedGalleries{rest}"
    )
}

async fn names(client: &Client, path: &str) -> Vec<String> {
    let reply = client.get(path).await;
    let list = reply.body["value"]
        .as_array()
        .unwrap_or_else(|| panic!("{reply:?}"));
    let name = |item: &Value| item["name"].as_str().unwrap().to_owned();
    list.iter().map(name).collect()
}

#[tokio::test]
async fn a_subscription_sees_what_is_shared_with_it_where_that_is() {
    let mut client = Client::with_estate(ESTATE).await;
    let acg = gallery("acg");
    shared(&client, &acg, &update("Add", "Subscriptions", &[THEIRS])).await;
    client.sign_in(CUSTOMER).await;
    let see = |region: &str, rest: &str| at(&consumer(THEIRS, region, rest));
    assert_eq!(names(&client, &see("westeurope", "")).await, [UNIQUE]);
    assert_eq!(names(&client, &see("uksouth", "")).await, [UNIQUE]);
    assert_eq!(names(&client, &see("eastus", "")).await, [""; 0]);
    let images = format!("/{UNIQUE}/images");
    assert_eq!(
        names(&client, &see("westeurope", &images)).await,
        ["kiosk", "web"]
    );
    assert_eq!(names(&client, &see("uksouth", &images)).await, ["web"]);
    let versions = format!("{images}/web/versions");
    assert_eq!(
        names(&client, &see("uksouth", &versions)).await,
        ["1.0.0", "1.1.0"]
    );
    let first = client.get(&see("westeurope", &versions)).await;
    let next = first.body["nextLink"].as_str().unwrap();
    assert_eq!(
        names(&client, next).await,
        ["1.2.0"],
        "the third, on a page of its own"
    );

    let version = client
        .get(&see("UKSouth", &format!("{versions}/1.1.0")))
        .await;
    let unique_id = format!("/SharedGalleries/{UNIQUE}/Images/web/Versions/1.1.0");
    assert_eq!(
        version.body,
        json!({
            "location": "UKSouth",
            "name": "1.1.0",
            "identifier": { "uniqueId": unique_id },
            "properties": {
                "publishedDate": "2026-02-01T00:00:00.0000000+00:00",
                "excludeFromLatest": true,
                "storageProfile": {
                    "osDiskImage": { "diskSizeGB": 127, "hostCaching": "ReadWrite" },
                },
            },
        })
    );
    for missing in [
        see("eastus", &format!("/{UNIQUE}")),
        see("uksouth", &format!("{images}/kiosk")),
        see("uksouth", &format!("{versions}/1.2.0")),
        see("westeurope", &format!("{images}/other/versions")),
        see(
            "westeurope",
            "/bbbbbbbb-0000-4000-8000-000000000001-PRIVATE",
        ),
        see("westeurope", "/nothing"),
    ] {
        assert_eq!(
            refusal(&client.get(&missing).await),
            (404, "ResourceNotFound"),
            "{missing}"
        );
    }
    let nowhere = client.get(&see("atlantis", "")).await;
    assert_eq!(refusal(&nowhere), (400, "NoRegisteredProviderFound"));
    assert_eq!(
        client
            .put(&see("uksouth", &images), &json!({}))
            .await
            .status,
        405
    );

    client.sign_in(STRANGER).await;
    let see = |rest: &str| at(&consumer(STRANGERS, "westeurope", rest));
    assert_eq!(names(&client, &see("")).await, [""; 0]);
    assert_eq!(client.get(&see(&format!("/{UNIQUE}"))).await.status, 404);
    client.stop().await;
}

#[tokio::test]
async fn what_is_shared_with_a_tenant_is_listed_when_that_is_asked_for() {
    let mut client = Client::with_estate(ESTATE).await;
    shared(
        &client,
        &gallery("acg"),
        &update("Add", "AADTenants", &[CUSTOMER]),
    )
    .await;
    client.sign_in(CUSTOMER).await;
    let see =
        |rest: &str, query: &str| format!("{}{query}", at(&consumer(THEIRS, "westeurope", rest)));
    let to_tenant = "&sharedTo=tenant";
    assert_eq!(names(&client, &see("", "")).await, [""; 0]);
    assert_eq!(names(&client, &see("", to_tenant)).await, [UNIQUE]);
    let images = format!("/{UNIQUE}/images");
    assert_eq!(client.get(&see(&images, "")).await.status, 404);
    assert_eq!(names(&client, &see(&images, to_tenant)).await.len(), 2);
    assert_eq!(
        client.get(&see(&format!("{images}/web"), "")).await.status,
        200
    );
    let wrong = client.get(&see("", "&sharedTo=all")).await;
    assert_eq!(refusal(&wrong), (400, "InvalidParameter"));
    client.stop().await;
}

#[tokio::test]
async fn a_community_gallery_is_everyones_once_it_is_enabled() {
    let mut client = Client::with_estate(ESTATE).await;
    let open = gallery("open");
    let name = "/sharingProfile/communityGalleryInfo/publicNames/0";
    let profile = properties(&client, &open).await;
    let name = profile.pointer(name).unwrap().as_str().unwrap().to_owned();
    let see = |rest: &str| {
        let path = consumer(STRANGERS, "westeurope", rest);
        at(&path.replace("sharedGalleries", "communityGalleries"))
    };
    let path = see(&format!("/{name}/images/web/versions/1.0.0"));
    client.sign_in(STRANGER).await;
    assert_eq!(client.get(&path).await.status, 404, "not enabled yet");

    client.sign_in(&client.ready.tenant.clone()).await;
    shared(
        &client,
        &open,
        &json!({ "operationType": "EnableCommunity", "groups": [] }),
    )
    .await;
    client.sign_in(STRANGER).await;
    let version = client.get(&path).await;
    assert_eq!(
        version.body["identifier"]["uniqueId"],
        format!("/CommunityGalleries/{name}/Images/web/Versions/1.0.0")
    );
    let image = client.get(&see(&format!("/{name}/images/web"))).await.body;
    assert_eq!(image["properties"]["identifier"]["publisher"], "");
    let gallery = client.get(&see(&format!("/{name}"))).await.body;
    assert_eq!(
        gallery["communityMetadata"]["publisherContact"],
        "p@p.example"
    );
    assert_eq!(
        client.get(&see("")).await.status,
        405,
        "there is no list of them all"
    );

    client.sign_in(&client.ready.tenant.clone()).await;
    shared(&client, &open, &json!({ "operationType": "Reset" })).await;
    client.sign_in(STRANGER).await;
    assert_eq!(client.get(&path).await.status, 404);
    client.stop().await;
}
