//! Versions that are deleted for the time being.

use super::client::{API, Client, GALLERIES, reply};
use crate::spec::Spec;
use reqwest::Method;
use serde_json::{Value, json};

const DAY: u32 = 24 * 3600;
const SPEC: &str =
    "compute/resource-manager/Microsoft.Compute/GalleryRP/stable/2024-03-03/gallery.json";

fn builds(below: &str) -> String {
    format!(
        "{GALLERIES}/resourceGroups/rg-builds/providers/Microsoft.Compute/galleries/acg_builds{below}?api-version={API}"
    )
}

fn version(name: &str) -> String {
    builds(&format!("/images/win11-avd-next/versions/{name}"))
}

fn deleted() -> String {
    builds("/softDeletedArtifactTypes/Images/artifacts/win11-avd-next/versions")
}

/// A subscription registered for the preview, and a gallery where it is on.
async fn with_soft_deletion() -> Client {
    let client = Client::demo().await;
    let feature = format!(
        "{GALLERIES}/providers/Microsoft.Features/providers/Microsoft.Compute/features/SIGSoftDelete"
    );
    let document = json!({
        "id": feature,
        "type": "Microsoft.Features/providers/features",
        "name": "Microsoft.Compute/SIGSoftDelete",
        "properties": { "state": "Registered" },
    });
    client.smuggle(&feature, &document).await;
    let accepted = client.put(&builds(""), &gallery(true)).await;
    assert_eq!(accepted.status, 200, "{accepted:?}");
    client.finish(&accepted).await;
    client
}

fn gallery(on: bool) -> Value {
    json!({
        "location": "westeurope",
        "properties": { "softDeletePolicy": { "isSoftDeleteEnabled": on } },
    })
}

async fn delete(client: &Client, path: &str) {
    let accepted = client.delete(path).await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    assert_eq!(client.finish(&accepted).await["status"], "Succeeded");
    assert_eq!(client.get(path).await.status, 404);
}

#[tokio::test]
async fn it_takes_the_feature_and_the_right_to_share() {
    let client = Client::demo().await;
    let refused = client.put(&builds(""), &gallery(true)).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (400, "InvalidParameter")
    );
    assert!(
        refused
            .message()
            .contains("'Microsoft.Compute/SIGSoftDelete' feature"),
        "{refused:?}"
    );
    client.stop().await;

    let client = with_soft_deletion().await;
    let roles = format!(
        "{GALLERIES}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01"
    );
    let roles = client.get(&roles).await.body;
    for role in roles["value"].as_array().unwrap() {
        let id = role["id"].as_str().unwrap();
        if role
            .to_string()
            .contains("1ef6a3be-d0ac-425d-8c01-acb62866290b")
        {
            let path = format!("/_simulator/resources?id={id}");
            assert_eq!(reply(client.bare(Method::DELETE, &path)).await.status, 200);
        }
    }
    // A Contributor turns it off, but not on.
    let off = client.put(&builds(""), &gallery(false)).await;
    assert_eq!(off.status, 200);
    client.finish(&off).await;
    let refused = client.put(&builds(""), &gallery(true)).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (403, "AuthorizationFailed")
    );
    client.stop().await;
}

#[tokio::test]
async fn a_deleted_version_is_listed_and_restored_as_it_was() {
    let client = with_soft_deletion().await;
    let path = version("0.1.15");
    let before = client.get(&path).await.body;
    delete(&client, &path).await;
    let list = client.get(&deleted()).await;
    if let Some(spec) = Spec::load(SPEC) {
        spec.response("SoftDeletedResource_ListByArtifactName", 200)
            .check(&list.body);
    }
    let entries = list.body["value"].as_array().unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0]["name"], "0.1.15");
    assert_eq!(entries[0]["properties"]["resourceArmId"], before["id"]);
    let versions = client
        .get(&builds("/images/win11-avd-next/versions"))
        .await
        .body;
    assert_eq!(versions["value"].as_array().unwrap().len(), 1);

    let restore = json!({ "location": "westeurope", "properties": { "restore": true } });
    let unknown = client.put(&version("9.9.9"), &restore).await;
    assert_eq!(unknown.status, 404);
    let accepted = client
        .put(&path, &json!({ "location": "westeurope" }))
        .await;
    assert_eq!(accepted.status, 200, "as recorded: {accepted:?}");
    assert_eq!(accepted.body["properties"]["provisioningState"], "Updating");
    client.finish(&accepted).await;
    let mut after = client.get(&path).await.body;
    after["tags"] = before["tags"].clone();
    assert_eq!(after, before);
    assert_eq!(client.get(&deleted()).await.body, json!({ "value": [] }));
    client.stop().await;
}

#[tokio::test]
async fn what_holds_deleted_versions_stays_until_they_are_purged() {
    let client = with_soft_deletion().await;
    for name in ["0.1.14", "0.1.15"] {
        delete(&client, &version(name)).await;
    }
    let image = builds("/images/win11-avd-next");
    let refused = client.delete(&image).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (409, "CannotDeleteResource")
    );
    client.advance(6 * DAY).await;
    assert_eq!(client.delete(&image).await.status, 409);
    client.advance(DAY).await;
    assert_eq!(client.get(&deleted()).await.body, json!({ "value": [] }));
    let gone = client
        .put(&version("0.1.14"), &json!({ "location": "westeurope" }))
        .await;
    assert_eq!(
        (gone.status.as_u16(), gone.code()),
        (400, "InvalidParameter"),
        "it would be a new one"
    );
    delete(&client, &image).await;
    client.stop().await;
}

#[tokio::test]
async fn it_can_be_bypassed_and_does_not_take_failed_versions() {
    let client = with_soft_deletion().await;
    let mut failed = client.get(&version("0.1.14")).await.body;
    failed["properties"]["provisioningState"] = json!("Failed");
    let id = failed["id"].as_str().unwrap().to_owned();
    client.smuggle(&id, &failed).await;
    let refused = client.delete(&version("0.1.14")).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (409, "OperationNotAllowed")
    );
    let bypassing = version("0.1.14").replace(API, "2026-03-03&bypassSoftDelete=true");
    delete(&client, &bypassing).await;
    assert_eq!(client.get(&deleted()).await.body, json!({ "value": [] }));
    client.stop().await;
}
