//! Answers against Microsoft's specifications, of operations that the client does not call (those
//! that it does: `tests/conformance`). Properties that they do not have are refused.

use super::client::{API, Client, GALLERIES, Reply};
use crate::spec::Spec;
use serde_json::json;

const GALLERY_SPEC: &str =
    "compute/resource-manager/Microsoft.Compute/GalleryRP/stable/2024-03-03/gallery.json";
const SUBSCRIPTION_SPEC: &str =
    "resources/resource-manager/Microsoft.Resources/stable/2022-12-01/subscriptions.json";
const RESOURCE_SPEC: &str =
    "resources/resource-manager/Microsoft.Resources/stable/2024-07-01/resources.json";
pub(super) fn check(spec: &Spec, operation: &str, reply: &Reply, status: u16) {
    assert_eq!(reply.status.as_u16(), status, "{operation} {reply:?}");
    spec.response(operation, status).check(&reply.body);
}

#[test]
fn mistakes_are_found() {
    let Some(spec) = Spec::load(GALLERY_SPEC) else {
        return;
    };
    let version = json!({
        "location": "westeurope",
        "properties": {
            "storageProfile": { "osDiskImage": { "sizeInGB": "30" } },
            "publishingProfile": { "targetRegions": [{ "regionalReplicaCount": 1 }], "invented": 1 },
            "provisioningState": "Done",
        },
    });
    let schema = spec.response("GalleryImageVersions_Get", 200);
    let mistakes = schema.mistakes(&version).join("\n");
    for part in [
        "/osDiskImage/sizeInGB",
        "\"name\" is a required property",
        "'invented' was unexpected",
        "\"Done\" is not one of",
    ] {
        assert!(mistakes.contains(part), "{part} in {mistakes}");
    }
    let error = json!({ "code": "NotFound", "message": "not in an error object" });
    let schema = spec.response("GalleryImageVersions_Get", 404);
    assert!(!schema.mistakes(&error).is_empty());
}

#[tokio::test]
async fn a_subscription_and_its_groups() {
    let Some(spec) = Spec::load(SUBSCRIPTION_SPEC) else {
        return;
    };
    let client = Client::demo().await;
    let at = |path: &str| format!("{path}?api-version=2022-12-01");
    let one = client.get(&at(GALLERIES)).await;
    check(&spec, "Subscriptions_Get", &one, 200);
    let missing = client
        .get(&at("/subscriptions/00000000-0000-0000-0000-00000000dead"))
        .await;
    check(&spec, "Subscriptions_Get", &missing, 404);

    let resources = Spec::load(RESOURCE_SPEC).unwrap();
    let at = |path: &str| format!("{GALLERIES}/resourceGroups{path}?api-version=2024-07-01");
    check(
        &resources,
        "ResourceGroups_List",
        &client.get(&at("")).await,
        200,
    );
    client.stop().await;
}

#[tokio::test]
async fn a_gallery_from_its_creation_to_its_end() {
    let Some(spec) = Spec::load(GALLERY_SPEC) else {
        return;
    };
    let client = Client::demo().await;
    let group =
        format!("{GALLERIES}/resourceGroups/rg-builds/providers/Microsoft.Compute/galleries");
    let gallery = format!("{group}/acg_new?api-version={API}");
    let image = format!("{group}/acg_new/images/web-01?api-version={API}");
    let version = format!("{group}/acg_new/images/web-01/versions/1.0.0?api-version={API}");

    let missing = client.get(&gallery).await;
    check(&spec, "Galleries_Get", &missing, 404);
    assert_eq!(missing.code(), "ResourceNotFound");
    let body = json!({ "location": "West Europe" });
    spec.request_body("Galleries_CreateOrUpdate").check(&body);
    let created = client.put(&gallery, &body).await;
    check(&spec, "Galleries_CreateOrUpdate", &created, 201);
    assert_eq!(created.body["properties"]["provisioningState"], "Creating");
    client.finish(&created).await;
    check(&spec, "Galleries_Get", &client.get(&gallery).await, 200);

    let definition = json!({
        "location": "westeurope",
        "properties": {
            "osType": "Windows", "osState": "Generalized", "hyperVGeneration": "V2",
            "identifier": { "publisher": "p", "offer": "o", "sku": "s" },
            "features": [{ "name": "SecurityType", "value": "TrustedLaunchSupported" }],
        },
    });
    spec.request_body("GalleryImages_CreateOrUpdate")
        .check(&definition);
    let created = client.put(&image, &definition).await;
    check(&spec, "GalleryImages_CreateOrUpdate", &created, 201);
    client.finish(&created).await;
    check(&spec, "GalleryImages_Get", &client.get(&image).await, 200);
    let updated = client.put(&image, &client.get(&image).await.body).await;
    check(&spec, "GalleryImages_CreateOrUpdate", &updated, 200);
    client.finish(&updated).await;

    let source = format!(
        "{GALLERIES}/resourceGroups/rg-galleries/providers/Microsoft.Compute/virtualMachines/build-win11-avd"
    );
    let first = json!({
        "location": "westeurope",
        "properties": { "storageProfile": { "source": { "virtualMachineId": source } } },
    });
    spec.request_body("GalleryImageVersions_CreateOrUpdate")
        .check(&first);
    let created = client.put(&version, &first).await;
    check(&spec, "GalleryImageVersions_CreateOrUpdate", &created, 201);
    assert_eq!(client.finish(&created).await["status"], "Succeeded");
    let made = client.get(&version).await;
    check(&spec, "GalleryImageVersions_Get", &made, 200);
    assert_eq!(
        made.body["properties"]["storageProfile"]["osDiskImage"]["sizeInGB"],
        127
    );

    let mut changed = made.body.clone();
    changed["properties"]["publishingProfile"]["excludeFromLatest"] = json!(true);
    let updated = client.put(&version, &changed).await;
    check(&spec, "GalleryImageVersions_CreateOrUpdate", &updated, 200);
    client.finish(&updated).await;
    let patch = json!({ "properties": { "publishingProfile": { "excludeFromLatest": false } } });
    let patched = client
        .request(reqwest::Method::PATCH, &version)
        .json(&patch);
    let patched = super::client::reply(patched).await;
    check(&spec, "GalleryImageVersions_Update", &patched, 200);
    client.finish(&patched).await;
    let refused = client.put(&version, &json!({ "location": "westeurope", "properties": { "publishingProfile": { "targetRegions": [{ "name": "uksouth" }] } } })).await;
    check(&spec, "GalleryImageVersions_CreateOrUpdate", &refused, 400);

    for (path, operation) in [
        (&gallery, "Galleries_Delete"),
        (&image, "GalleryImages_Delete"),
    ] {
        let refused = client.delete(path).await;
        check(&spec, operation, &refused, 409);
        assert_eq!(refused.code(), "CannotDeleteResource");
    }
    for (path, operation) in [
        (&version, "GalleryImageVersions_Delete"),
        (&image, "GalleryImages_Delete"),
        (&gallery, "Galleries_Delete"),
    ] {
        let accepted = client.delete(path).await;
        check(&spec, operation, &accepted, 202);
        assert!(
            accepted
                .header("location")
                .unwrap()
                .contains("monitor=true")
        );
        assert_eq!(client.finish(&accepted).await["status"], "Succeeded");
        let monitor = client.get(accepted.header("location").unwrap()).await;
        assert_eq!(monitor.status, 200);
        check(&spec, operation, &client.delete(path).await, 204);
    }
    client.stop().await;
}
