//! The rules that a version, a definition and a gallery are written by.

use super::client::{API, Client, GALLERIES, Reply};
use serde_json::{Value, json};

const GALLERY: &str =
    "/resourceGroups/rg-galleries/providers/Microsoft.Compute/galleries/acg_northwind";

fn path(below: &str) -> String {
    format!("{GALLERIES}{GALLERY}{below}?api-version={API}")
}

fn version(name: &str) -> String {
    path(&format!("/images/win11-avd/versions/{name}"))
}

async fn write(client: &Client, name: &str, change: impl FnOnce(&mut Value)) -> Reply {
    let mut document = client.get(&version(name)).await.body;
    change(&mut document);
    client.put(&version(name), &document).await
}

/// Writes and expects a refusal, which has changed nothing.
async fn refused(
    client: &Client,
    name: &str,
    change: impl FnOnce(&mut Value),
) -> (u16, String, String) {
    let before = client.get(&version(name)).await.body;
    let reply = write(client, name, change).await;
    assert!(reply.status.is_client_error(), "{reply:?}");
    assert_eq!(client.get(&version(name)).await.body, before);
    (
        reply.status.as_u16(),
        reply.code().to_owned(),
        reply.message().to_owned(),
    )
}

fn targets(document: &mut Value) -> &mut Vec<Value> {
    let targets = &mut document["properties"]["publishingProfile"]["targetRegions"];
    targets.as_array_mut().unwrap()
}

#[tokio::test]
async fn the_list_of_regions_is_checked() {
    let client = Client::demo().await;
    let (status, _, text) = refused(&client, "2026.10.1", |d| {
        targets(d).retain(|t| t["name"] != "West Europe");
    })
    .await;
    assert_eq!(status, 400);
    assert_eq!(
        text,
        "Gallery image version publishing profile regions 'East US, North Europe, UK South' must \
         contain the location of image version 'westeurope'."
    );
    let (status, code, text) = refused(&client, "2026.10.1", |d| targets(d).truncate(3)).await;
    assert_eq!(
        (status, code.as_str()),
        (400, "InvalidParameter"),
        "{text}: westeurope is last"
    );
    let (_, _, text) = refused(&client, "2026.10.1", |d| {
        targets(d).push(json!({ "name": "NORTHEUROPE" }));
    })
    .await;
    assert_eq!(
        text,
        "Duplicate regions are not allowed in target publishing regions."
    );
    let (_, _, text) = refused(&client, "2026.10.1", |d| {
        targets(d).push(json!({ "name": "atlantis" }));
    })
    .await;
    assert!(text.contains("atlantis"), "{text}");
    client.stop().await;
}

#[tokio::test]
async fn a_region_is_removed_only_with_the_safety_flag() {
    let client = Client::demo().await;
    let (status, code, text) = refused(&client, "2026.10.1", |d| {
        targets(d).retain(|t| t["name"] == "West Europe");
    })
    .await;
    assert_eq!((status, code.as_str()), (400, "BadRequest"));
    assert!(text.starts_with("Complete set of target locations not specified while updating gallery artifact '2026.10.1' and type 'GalleryImageVersion'."), "{text}");
    let both = write(&client, "2026.10.1", |d| {
        targets(d).retain(|t| t["name"] == "West Europe");
        d["properties"]["safetyProfile"]["allowDeletionOfReplicatedLocations"] = json!(true);
    })
    .await;
    assert_eq!(
        both.status, 200,
        "the flag of the request itself counts: {both:?}"
    );
    client.finish(&both).await;
    let kept = write(&client, "2026.9.1", |d| targets(d).clear()).await;
    assert_eq!(kept.status, 200);
    assert_eq!(
        kept.body["properties"]["publishingProfile"]["targetRegions"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
    client.stop().await;
}

#[tokio::test]
async fn replicas_and_storage_are_checked() {
    let client = Client::demo().await;
    for count in [json!(0), json!(-1), json!("many"), json!(200)] {
        let (status, code, _) = refused(&client, "2026.10.1", |d| {
            targets(d)[0]["regionalReplicaCount"] = count;
        })
        .await;
        assert_eq!((status, code.as_str()), (400, "InvalidParameter"));
    }
    let all = write(&client, "2026.10.1", |d| {
        targets(d)[3]["regionalReplicaCount"] = json!(95);
    })
    .await;
    assert_eq!(all.status, 200, "95 + 1 + 2 + 2 is a hundred: {all:?}");
    let (status, _, text) = refused(&client, "2026.11.3", |d| {
        targets(d)[0]
            .as_object_mut()
            .unwrap()
            .remove("storageAccountType");
    })
    .await;
    assert_eq!(status, 409);
    assert_eq!(
        text,
        "Global storage account type does not match the storage account type in the existing \
         TargetRegion: 'North Europe'. Please specify 'Standard_ZRS' as the storage account type \
         for this region."
    );
    let (_, code, _) = refused(&client, "2026.11.3", |d| {
        targets(d).push(json!({ "name": "uksouth", "storageAccountType": "Fast" }));
    })
    .await;
    assert_eq!(code, "InvalidParameter");
    let (_, _, text) = refused(&client, "2026.11.3", |d| {
        targets(d)[0]["encryption"] = json!({ "osDiskImage": { "diskEncryptionSetId": "/x" } });
    })
    .await;
    assert!(text.contains("encryption"), "{text}");
    let (_, _, text) = refused(&client, "2026.11.3", |d| {
        d["properties"]["publishingProfile"]["replicationMode"] = json!("Shallow");
    })
    .await;
    assert!(text.contains("'Shallow'"), "{text}");
    client.stop().await;
}

#[tokio::test]
async fn defaults_are_filled_in_and_regions_come_back_by_display_name() {
    let client = Client::demo().await;
    let reply = write(&client, "2026.11.3", |d| {
        d["properties"]["publishingProfile"]["replicaCount"] = json!(5);
        targets(d).push(json!({ "name": "swedencentral" }));
    })
    .await;
    let target = &reply.body["properties"]["publishingProfile"]["targetRegions"][2];
    assert_eq!(
        *target,
        json!({ "name": "Sweden Central", "regionalReplicaCount": 5, "storageAccountType": "Standard_LRS" })
    );
    client.finish(&reply).await;
    let newest = version("2026.9.2").replace(API, "2026-03-03");
    let mut document = client.get(&newest).await.body;
    let publishing = &mut document["properties"]["publishingProfile"];
    publishing
        .as_object_mut()
        .unwrap()
        .remove("storageAccountType");
    targets(&mut document).push(json!({ "name": "swedencentral" }));
    let reply = client.put(&newest, &document).await;
    let target = &reply.body["properties"]["publishingProfile"]["targetRegions"][3];
    assert_eq!(
        target["storageAccountType"], "Standard_ZRS",
        "the newer default, where there are zones"
    );
    client.stop().await;
}

#[tokio::test]
async fn what_a_version_is_made_of_never_changes() {
    let client = Client::demo().await;
    let (status, code, text) = refused(&client, "2026.10.1", |d| {
        d["properties"]["storageProfile"]["source"]["virtualMachineId"] = json!("/another");
    })
    .await;
    assert_eq!((status, code.as_str()), (409, "PropertyChangeNotAllowed"));
    assert!(
        text.contains("'galleryImageVersion.properties.storageProfile.source.id'"),
        "{text}"
    );
    let (_, _, text) = refused(&client, "2026.10.1", |d| {
        d["properties"]["storageProfile"]["dataDiskImages"] = json!([{ "lun": 0 }]);
    })
    .await;
    assert!(text.starts_with("Adding new Data Disks"), "{text}");
    let (status, code, _) =
        refused(&client, "2026.10.1", |d| d["location"] = json!("uksouth")).await;
    assert_eq!((status, code.as_str()), (409, "InvalidResourceLocation"));
    let (status, code, _) = refused(&client, "2026.10.1", |d| {
        d.as_object_mut().unwrap().remove("location");
    })
    .await;
    assert_eq!((status, code.as_str()), (400, "LocationRequired"));

    let before = client.get(&version("2026.10.1")).await.body;
    let kept = write(&client, "2026.10.1", |d| {
        d["properties"]["storageProfile"] = json!({});
    })
    .await;
    assert_eq!(
        kept.body["properties"]["storageProfile"],
        before["properties"]["storageProfile"]
    );
    assert_eq!(
        kept.body["properties"]["publishingProfile"]["publishedDate"],
        before["properties"]["publishingProfile"]["publishedDate"]
    );
    client.stop().await;
}

#[tokio::test]
async fn what_a_put_leaves_out_is_lost() {
    let client = Client::demo().await;
    let of = |image: &str, version: &str| path(&format!("/images/{image}/versions/{version}"));
    let strange = of("win11-avd-m365", "2026.10.1");
    let document = client.get(&strange).await.body;
    assert_eq!(document["properties"]["x-northwind-build"], "4711");
    let kept = client.put(&strange, &document).await;
    assert_eq!(kept.body["properties"]["x-northwind-build"], "4711");
    client.finish(&kept).await;
    let mut careless = document.clone();
    careless["properties"]
        .as_object_mut()
        .unwrap()
        .remove("x-northwind-build");
    let lost = client.put(&strange, &careless).await;
    assert_eq!(lost.status, 200);
    client.finish(&lost).await;
    assert!(client.get(&strange).await.body["properties"]["x-northwind-build"].is_null());

    let tagged = write(&client, "2026.10.1", |d| {
        d["tags"] = json!({ "new": "tag" });
    })
    .await;
    assert_eq!(tagged.body["tags"], json!({ "new": "tag" }));
    client.finish(&tagged).await;
    let bare = json!({ "location": "westeurope" });
    let bare = client.put(&version("2026.10.1"), &bare).await;
    assert_eq!(bare.status, 200);
    assert!(bare.body["tags"].is_null());
    assert_eq!(
        bare.body["properties"]["publishingProfile"]["targetRegions"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
    client.stop().await;
}

#[tokio::test]
async fn new_versions_are_checked() {
    let client = Client::demo().await;
    let body = json!({ "location": "westeurope", "properties": { "storageProfile": {} } });
    let unsourced = client.put(&version("9.9.9"), &body).await;
    assert_eq!(
        (unsourced.status.as_u16(), unsourced.code()),
        (400, "InvalidParameter")
    );
    for name in [
        "1.0",
        "1.0.0.0",
        "a.b.c",
        "1.0.2147483648",
        "latest",
        "1..0",
    ] {
        let refused = client.put(&version(name), &body).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code()),
            (400, "InvalidParameter"),
            "{name}"
        );
    }
    let orphan = path("/images/nothing/versions/1.0.0");
    let refused = client.put(&orphan, &body).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (404, "ParentResourceNotFound")
    );
    client.stop().await;
}

#[tokio::test]
async fn a_version_can_be_protected_until_its_end_of_life() {
    let client = Client::demo().await;
    let protect = |end: &'static str| {
        move |d: &mut Value| {
            d["properties"]["safetyProfile"]["blockDeletionBeforeEndOfLife"] = json!(true);
            d["properties"]["publishingProfile"]["endOfLifeDate"] = json!(end);
        }
    };
    let (status, _, _) = refused(&client, "2026.7.2", protect("tomorrow")).await;
    assert_eq!(status, 400);
    let reply = write(&client, "2026.7.2", protect("2999-01-01T00:00:00Z")).await;
    client.finish(&reply).await;
    let refused = client.delete(&version("2026.7.2")).await;
    assert_eq!(
        refused.code(),
        "DeleteGalleryImageVersionBlockedBeforeEndOfLife"
    );
    let reply = write(&client, "2026.7.2", protect("2026-01-01T00:00:00Z")).await;
    client.finish(&reply).await;
    assert_eq!(client.delete(&version("2026.7.2")).await.status, 202);
    client.stop().await;
}

#[tokio::test]
async fn definitions_are_checked() {
    let client = Client::demo().await;
    let new = |change: &dyn Fn(&mut Value)| {
        let mut body = json!({
            "location": "westeurope",
            "properties": { "osType": "Linux", "osState": "Generalized", "identifier": { "publisher": "p", "offer": "o", "sku": "s" } },
        });
        change(&mut body["properties"]);
        body
    };
    let put = async |name: &str, body: &Value| {
        let reply = client.put(&path(&format!("/images/{name}")), body).await;
        (reply.status.as_u16(), reply.code().to_owned())
    };
    let invalid = (400, "InvalidParameter".to_owned());
    assert_eq!(put("-web", &new(&|_| ())).await, invalid);
    assert_eq!(
        put("web", &new(&|p| p["osType"] = json!("Plan9"))).await,
        invalid
    );
    assert_eq!(
        put(
            "web",
            &new(&|p| p["identifier"]["sku"] = json!("s".repeat(65)))
        )
        .await,
        invalid
    );
    assert_eq!(
        put(
            "web",
            &new(&|p| p["identifier"]["offer"]
                .take()
                .as_null()
                .unwrap_or_default())
        )
        .await,
        invalid
    );
    let taken = json!({ "publisher": "NORTHWIND", "offer": "ubuntu", "sku": "24_04-lts" });
    assert_eq!(
        put("web", &new(&|p| p["identifier"] = taken.clone()))
            .await
            .0,
        409
    );
    assert_eq!(put("web-1.x_2", &new(&|_| ())).await.0, 201);
    client.advance(1).await;
    let changed = (409, "PropertyChangeNotAllowed".to_owned());
    assert_eq!(
        put("web-1.x_2", &new(&|p| p["osState"] = json!("Specialized"))).await,
        changed
    );
    let feature = json!([{ "name": "IsHibernateSupported", "value": "true" }]);
    let with_feature = |p: &mut Value| p["features"] = feature.clone();
    assert_eq!(put("web-1.x_2", &new(&with_feature)).await, changed);
    let allowed = new(&|p| {
        with_feature(p);
        p["allowUpdateImage"] = json!(true);
    });
    assert_eq!(put("web-1.x_2", &allowed).await.0, 200);
    client.stop().await;
}

#[tokio::test]
async fn galleries_are_checked() {
    let client = Client::demo().await;
    let put = async |group: &str, name: &str, body: Value| {
        let path = format!(
            "{GALLERIES}/resourceGroups/{group}/providers/Microsoft.Compute/galleries/{name}?api-version={API}"
        );
        let reply = client.put(&path, &body).await;
        (reply.status.as_u16(), reply.code().to_owned())
    };
    let here = || json!({ "location": "westeurope" });
    let too_long = "g".repeat(81);
    for name in ["with-dash", "_first", "last.", too_long.as_str()] {
        assert_eq!(
            put("rg-builds", name, here()).await,
            (400, "InvalidParameter".into()),
            "{name}"
        );
    }
    assert_eq!(
        put("rg-builds", "ACG_northwind", here()).await,
        (409, "Conflict".into()),
        "unique in the subscription"
    );
    assert_eq!(
        put("nowhere", "g", here()).await,
        (404, "ResourceGroupNotFound".into())
    );
    let elsewhere = json!({ "location": "atlantis" });
    assert_eq!(
        put("rg-builds", "g", elsewhere).await.1,
        "LocationNotAvailableForResourceType"
    );
    let community = json!({ "location": "westeurope", "properties": { "sharingProfile": { "permissions": "Community" } } });
    assert_eq!(
        put("rg-builds", "g", community).await,
        (400, "InvalidParameter".into())
    );
    let converted = json!({ "location": "westeurope", "properties": { "sharingProfile": { "permissions": "Private" } } });
    assert_eq!(
        put("rg-galleries", "acg_northwind", converted).await,
        (409, "PropertyChangeNotAllowed".into())
    );
    assert_eq!(put("rg-galleries", "acg_northwind", here()).await.0, 200);
    client.advance(1).await;
    let shared = client.get(&path("")).await.body;
    assert_eq!(
        shared["properties"]["sharingProfile"]["permissions"], "Groups",
        "a PUT without it keeps it"
    );
    assert_eq!(client.delete(&path("")).await.status, 409);
    client.stop().await;
}
