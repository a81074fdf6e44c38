//! A gallery's sharing as it is changed: what is accepted and done, and what is refused.

use super::{
    CUSTOMER, ESTATE, GALLERIES, PLAIN, STRANGERS, THEIRS, at, gallery, properties, refusal, share,
    shared, update,
};
use crate::simulator::client::{Client, reply};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_gallery_is_shared_and_taken_back() {
    let client = Client::with_estate(ESTATE).await;
    let acg = gallery("acg");
    let add = update("Add", "Subscriptions", &[THEIRS]);
    let accepted = share(&client, &acg, &add).await;
    assert_eq!(
        (accepted.status.as_u16(), &accepted.body),
        (202, &Value::Null)
    );
    let location = accepted.header("location").unwrap().to_owned();
    assert!(location.contains("monitor=true"));
    assert_eq!(client.get(&location).await.status, 202);
    let running = properties(&client, &acg).await;
    assert_eq!(running["sharingStatus"]["aggregatedState"], "InProgress");
    assert!(running["sharingProfile"]["groups"].is_null());

    client.advance(3).await;
    let status = client
        .get(accepted.header("azure-asyncoperation").unwrap())
        .await;
    assert_eq!(status.body["status"], "Succeeded");
    assert_eq!(client.get(&location).await.status, 200);
    let done = properties(&client, &acg).await;
    let region = |name: &str| json!({ "region": name, "state": "Succeeded", "details": "" });
    assert_eq!(
        done["sharingStatus"],
        json!({ "aggregatedState": "Succeeded", "summary": [region("uksouth"), region("westeurope")] })
    );

    shared(&client, &acg, &update("Add", "AADTenants", &[CUSTOMER])).await;
    shared(
        &client,
        &acg,
        &update("Add", "Subscriptions", &[STRANGERS, THEIRS]),
    )
    .await;
    let both = json!([
        { "type": "Subscriptions", "ids": [THEIRS, STRANGERS] },
        { "type": "AADTenants", "ids": [CUSTOMER] },
    ]);
    assert_eq!(
        properties(&client, &acg).await["sharingProfile"]["groups"],
        both
    );
    let expanded = format!("{}&$expand=sharingProfile/Groups", at(&acg));
    let expanded = client.get(&expanded).await.body;
    assert_eq!(expanded["properties"]["sharingProfile"]["groups"], both);
    let plain = client.get(&at(&acg)).await.body;
    assert!(plain["properties"]["sharingProfile"]["groups"].is_null());
    let written = client.put(&at(&acg), &plain).await;
    assert!(written.body["properties"]["sharingProfile"]["groups"].is_null());
    client.finish(&written).await;
    assert_eq!(
        properties(&client, &acg).await["sharingProfile"]["groups"],
        both
    );

    shared(&client, &acg, &update("Remove", "AADTenants", &[CUSTOMER])).await;
    shared(&client, &acg, &update("Remove", "Subscriptions", &[THEIRS])).await;
    assert_eq!(
        properties(&client, &acg).await["sharingProfile"]["groups"],
        json!([{ "type": "Subscriptions", "ids": [STRANGERS] }])
    );
    shared(&client, &acg, &json!({ "operationType": "Reset" })).await;
    assert_eq!(
        properties(&client, &acg).await["sharingProfile"],
        json!({ "permissions": "Private" })
    );
    client.stop().await;
}

#[tokio::test]
async fn what_is_no_sharing_update_is_refused() {
    let client = Client::with_estate(ESTATE).await;
    let refused = async |body: Value| {
        let reply = share(&client, &gallery("acg"), &body).await;
        assert_eq!(refusal(&reply), (400, "InvalidParameter"), "{body}");
        reply.body["error"]["target"].as_str().unwrap().to_owned()
    };
    for (body, target) in [
        (json!({}), "operationType"),
        (json!({ "operationType": "Share" }), "operationType"),
        (json!({ "operationType": "Add" }), "groups"),
        (json!({ "operationType": "Add", "groups": {} }), "groups"),
        (update("Add", "Subscriptions", &[]), "groups"),
        (update("Add", "Everyone", &[THEIRS]), "groups.type"),
        (
            json!({ "operationType": "Add", "groups": [{ "type": "AADTenants" }] }),
            "groups.ids",
        ),
        (
            update("Add", "AADTenants", &["customer.example"]),
            "groups.ids",
        ),
        (update("Reset", "Subscriptions", &[THEIRS]), "groups"),
    ] {
        assert_eq!(refused(body).await, format!("sharingUpdate.{target}"));
    }
    let path = at(&format!("{}/share", gallery("acg")));
    let torn = reply(client.request(Method::POST, &path).body("{")).await;
    assert_eq!(refusal(&torn), (400, "InvalidRequestContent"));
    assert_eq!(client.get(&path).await.status, 405);
    client.stop().await;
}

#[tokio::test]
async fn a_gallery_has_room_for_thirty_subscriptions_and_five_tenants() {
    let client = Client::with_estate(ESTATE).await;
    let acg = gallery("acg");
    for (kind, most) in [("Subscriptions", 30), ("AADTenants", 5)] {
        let ids: Vec<String> = (0..=most)
            .map(|n| format!("eeeeeeee-0000-4000-8000-{n:012}"))
            .collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        shared(&client, &acg, &update("Add", kind, &ids[..most])).await;
        shared(&client, &acg, &update("Add", kind, &ids[..1])).await;
        let one_more = share(&client, &acg, &update("Add", kind, &ids[most..])).await;
        assert_eq!(refusal(&one_more), (400, "InvalidParameter"));
        assert!(
            one_more
                .message()
                .contains(&format!("at most {most} groups"))
        );
    }
    client.stop().await;
}

#[tokio::test]
async fn a_share_needs_the_right_the_preview_and_a_gallery_made_for_it() {
    let client = Client::with_estate(ESTATE).await;
    let add = update("Add", "Subscriptions", &[THEIRS]);
    let builds = gallery("builds").replace("/images/", "/builds/");
    let contributor = share(&client, &builds, &add).await;
    assert_eq!(refusal(&contributor), (403, "AuthorizationFailed"));
    assert!(contributor.message().contains(&format!(
        "perform action 'Microsoft.Compute/galleries/share/action' over scope '{builds}'"
    )));
    let missing = share(&client, &gallery("nowhere"), &add).await;
    assert_eq!(refusal(&missing), (404, "ResourceNotFound"));
    let private = share(&client, &gallery("private"), &add).await;
    assert_eq!(refusal(&private), (409, "OperationNotAllowed"));
    assert!(private.message().contains("are 'Private' and not 'Groups'"));
    let enable = json!({ "operationType": "EnableCommunity" });
    let not_open = share(&client, &gallery("acg"), &enable).await;
    assert_eq!(refusal(&not_open), (409, "OperationNotAllowed"));

    let plain = gallery("acg").replace(GALLERIES, PLAIN);
    let early = share(&client, &plain, &add).await;
    assert_eq!(refusal(&early), (400, "InvalidParameter"));
    assert!(
        early
            .message()
            .contains("'Microsoft.Compute/SIGSharing' feature is not enabled")
    );
    let groups = json!({
        "location": "westeurope",
        "properties": { "sharingProfile": { "permissions": "Groups" } },
    });
    let new = gallery("fresh").replace(GALLERIES, PLAIN);
    let early = client.put(&at(&new), &groups).await;
    assert_eq!(refusal(&early), (400, "InvalidParameter"));
    client.stop().await;
}

#[tokio::test]
async fn one_thing_at_a_time_is_done_to_a_gallery() {
    let client = Client::with_estate(ESTATE).await;
    let acg = gallery("acg");
    let add = update("Add", "Subscriptions", &[THEIRS]);
    let first = share(&client, &acg, &add).await;
    let second = share(&client, &acg, &update("Add", "AADTenants", &[CUSTOMER])).await;
    let written = client
        .put(&at(&acg), &json!({ "location": "westeurope" }))
        .await;
    for busy in [second, written] {
        assert_eq!(refusal(&busy), (409, "OperationNotAllowed"));
        assert!(
            busy.message()
                .starts_with("Operation 'Update Gallery' is not allowed on acg")
        );
    }
    client.finish(&first).await;
    let gone = client.delete(&at(&acg)).await;
    assert_eq!(refusal(&gone), (409, "OperationNotAllowed"));
    assert_eq!(share(&client, &acg, &add).await.status, 202);
    client.stop().await;
}
