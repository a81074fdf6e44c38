//! Every answer against Microsoft's specifications. Properties that they do not have are refused.

use super::client::{API, Client, GALLERIES, Reply};
use crate::spec::Spec;
use serde_json::{Value, json};

const GALLERY_SPEC: &str =
    "compute/resource-manager/Microsoft.Compute/GalleryRP/stable/2024-03-03/gallery.json";
const SUBSCRIPTION_SPEC: &str =
    "resources/resource-manager/Microsoft.Resources/stable/2022-12-01/subscriptions.json";
const RESOURCE_SPEC: &str =
    "resources/resource-manager/Microsoft.Resources/stable/2024-07-01/resources.json";
const MACHINE_SPEC: &str =
    "compute/resource-manager/Microsoft.Compute/ComputeRP/stable/2024-07-01/virtualMachine.json";

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
async fn tenants_subscriptions_and_groups() {
    let Some(spec) = Spec::load(SUBSCRIPTION_SPEC) else {
        return;
    };
    let client = Client::demo().await;
    let at = |path: &str| format!("{path}?api-version=2022-12-01");
    for (path, operation) in [
        ("/tenants", "Tenants_List"),
        ("/subscriptions", "Subscriptions_List"),
    ] {
        let mut list = client.get(&at(path)).await;
        // Required by the specification, and yet not in the real answers
        // (`extensions/account.json` of the recordings).
        list.body["nextLink"] = json!("");
        check(&spec, operation, &list, 200);
    }
    let one = client.get(&at(GALLERIES)).await;
    check(&spec, "Subscriptions_Get", &one, 200);
    let locations = client.get(&at(&format!("{GALLERIES}/locations"))).await;
    check(&spec, "Subscriptions_ListLocations", &locations, 200);
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
    check(
        &resources,
        "ResourceGroups_Get",
        &client.get(&at("/rg-galleries")).await,
        200,
    );
    check(
        &resources,
        "ResourceGroups_Get",
        &client.get(&at("/nowhere")).await,
        404,
    );
    client.stop().await;
}

#[tokio::test]
async fn virtual_machines() {
    let Some(spec) = Spec::load(MACHINE_SPEC) else {
        return;
    };
    let client = Client::demo().await;
    let subscriptions = client
        .get("/subscriptions?api-version=2022-12-01")
        .await
        .body;
    let shared = subscriptions["value"].as_array().unwrap().iter();
    let shared = shared
        .map(|s| &s["id"])
        .find(|id| *id != GALLERIES)
        .unwrap();
    let shared = shared.as_str().unwrap();
    let list =
        format!("{shared}/providers/Microsoft.Compute/virtualMachines?api-version=2024-07-01");
    let machines = client.get(&list).await;
    check(
        &spec,
        "VirtualMachines_ListAll",
        &with_listed_size(&machines),
        200,
    );
    let id = machines.body["value"][0]["id"].as_str().unwrap();
    let machine = client.get(&format!("{id}?api-version=2024-07-01")).await;
    check(
        &spec,
        "VirtualMachines_Get",
        &with_listed_size(&machine),
        200,
    );
    assert!(machine.body["properties"]["instanceView"].is_null());
    let expanded = client
        .get(&format!("{id}?api-version=2024-07-01&$expand=instanceView"))
        .await;
    check(
        &spec,
        "VirtualMachines_Get",
        &with_listed_size(&expanded),
        200,
    );
    assert!(expanded.body["properties"]["instanceView"].is_object());
    client.stop().await;
}

/// The specification lists the sizes of 2019 and lets there be others.
fn with_listed_size(reply: &Reply) -> Reply {
    let text = reply
        .body
        .to_string()
        .replace("Standard_D2s_v5", "Standard_D2s_v3");
    Reply {
        status: reply.status,
        headers: reply.headers.clone(),
        body: serde_json::from_str(&text).unwrap(),
    }
}

#[tokio::test]
async fn everything_in_the_demo_galleries() {
    let Some(spec) = Spec::load(GALLERY_SPEC) else {
        return;
    };
    let client = Client::demo().await;
    let query = format!("?api-version={API}");
    let galleries = format!("{GALLERIES}/providers/Microsoft.Compute/galleries{query}");
    let galleries = client.get(&galleries).await;
    check(&spec, "Galleries_List", &galleries, 200);
    let mut versions_seen = 0;
    for gallery in galleries.body["value"].as_array().unwrap() {
        let id = gallery["id"].as_str().unwrap();
        let one = client
            .get(&format!("{id}{query}&$select=Permissions"))
            .await;
        check(&spec, "Galleries_Get", &one, 200);
        let images = client.get(&format!("{id}/images{query}")).await;
        // What the demo has in addition is there to be kept by clients, not to be specified.
        let images = without_extras(images);
        check(&spec, "GalleryImages_ListByGallery", &images, 200);
        for image in images.body["value"].as_array().unwrap() {
            let id = image["id"].as_str().unwrap();
            let versions = without_extras(client.get(&format!("{id}/versions{query}")).await);
            check(
                &spec,
                "GalleryImageVersions_ListByGalleryImage",
                &versions,
                200,
            );
            for version in versions.body["value"].as_array().unwrap() {
                let id = version["id"].as_str().unwrap();
                let expand = format!("{id}{query}&$expand=ReplicationStatus");
                let one = without_extras(client.get(&expand).await);
                check(&spec, "GalleryImageVersions_Get", &one, 200);
                versions_seen += 1;
            }
        }
    }
    assert!(versions_seen > 15);
    client.stop().await;
}

fn without_extras(mut reply: Reply) -> Reply {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(members) => {
                members.retain(|name, _| !name.starts_with("x-northwind"));
                members.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    strip(&mut reply.body);
    reply
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
