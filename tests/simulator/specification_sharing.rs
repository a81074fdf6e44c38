//! Sharing, what consumers see, and preview features against Microsoft's specifications.

use super::client::{API, Client, GALLERIES, reply};
use super::specification::check;
use crate::spec::Spec;
use reqwest::Method;
use serde_json::json;

const GALLERY: &str = "compute/resource-manager/Microsoft.Compute/GalleryRP/stable/2024-03-03";
const FEATURES: &str =
    "resources/resource-manager/Microsoft.Features/stable/2021-07-01/features.json";

/// The customer that the demo's gallery is shared with, and its subscription.
const TENANT: &str = "cf68d1c5-d57d-4f0a-8247-036f7061e92e";
const SUBSCRIPTION: &str = "/subscriptions/45e0f8b0-41c5-4b34-b7a5-10f1a2ffd711";

#[tokio::test]
async fn a_shared_gallery_and_the_update_of_its_sharing() {
    let Some(spec) = Spec::load(&format!("{GALLERY}/gallery.json")) else {
        return;
    };
    let client = Client::demo().await;
    let gallery = format!(
        "{GALLERIES}/resourceGroups/rg-galleries/providers/Microsoft.Compute/galleries/acg_northwind"
    );
    let full = format!("{gallery}?api-version={API}&$expand=sharingProfile/Groups");
    let told = client.get(&full).await;
    check(&spec, "Galleries_Get", &told, 200);
    assert!(told.body["properties"]["sharingStatus"].is_object());
    assert!(told.body["properties"]["sharingProfile"]["groups"].is_array());
    let update = json!({
        "operationType": "Add",
        "groups": [{ "type": "AADTenants", "ids": [TENANT] }],
    });
    spec.request_body("GallerySharingProfile_Update")
        .check(&update);
    let path = format!("{gallery}/share?api-version={API}");
    let accepted = reply(client.request(Method::POST, &path).json(&update)).await;
    // The specification has the update in the answer; the recorded ones are empty
    // (`vm/shared_gallery.json`).
    assert_eq!(
        (accepted.status.as_u16(), accepted.body.is_null()),
        (202, true)
    );
    check(&spec, "Galleries_Get", &client.get(&full).await, 200);
    let busy = reply(client.request(Method::POST, &path).json(&update)).await;
    check(&spec, "GallerySharingProfile_Update", &busy, 409);
    client.finish(&accepted).await;
    check(&spec, "Galleries_Get", &client.get(&full).await, 200);
    client.stop().await;
}

#[tokio::test]
async fn what_consumers_see() {
    let Some(shared) = Spec::load(&format!("{GALLERY}/sharedGallery.json")) else {
        return;
    };
    let community = Spec::load(&format!("{GALLERY}/communityGallery.json")).unwrap();
    let mut client = Client::demo().await;
    let open = format!(
        "{GALLERIES}/resourceGroups/rg-galleries/providers/Microsoft.Compute/galleries/acg_community?api-version={API}"
    );
    let open = client.get(&open).await.body;
    let public = "/properties/sharingProfile/communityGalleryInfo/publicNames/0";
    let public = open.pointer(public).unwrap().as_str().unwrap();
    client.sign_in(TENANT).await;
    let see = |rest: &str| {
        format!("{SUBSCRIPTION}/providers/Microsoft.Compute/locations/{rest}?api-version={API}")
    };
    let name = "4bcff225-6938-4091-a01c-259ebff5a095-ACG_NORTHWIND";
    let image = format!("eastus/sharedGalleries/{name}/images/win11-avd");
    for (path, operation) in [
        ("eastus/sharedGalleries".to_owned(), "SharedGalleries_List"),
        (
            format!("eastus/sharedGalleries/{name}"),
            "SharedGalleries_Get",
        ),
        (
            format!("eastus/sharedGalleries/{name}/images"),
            "SharedGalleryImages_List",
        ),
        (image.clone(), "SharedGalleryImages_Get"),
        (
            format!("{image}/versions"),
            "SharedGalleryImageVersions_List",
        ),
        (
            format!("{image}/versions/2026.10.1"),
            "SharedGalleryImageVersions_Get",
        ),
    ] {
        check(&shared, operation, &client.get(&see(&path)).await, 200);
    }
    let elsewhere = see(&format!("{image}/versions/2026.11.3"));
    check(
        &shared,
        "SharedGalleryImageVersions_Get",
        &client.get(&elsewhere).await,
        404,
    );
    let image = format!("westeurope/communityGalleries/{public}/images/ubuntu-kiosk");
    for (path, operation) in [
        (
            format!("westeurope/communityGalleries/{public}"),
            "CommunityGalleries_Get",
        ),
        (
            format!("westeurope/communityGalleries/{public}/images"),
            "CommunityGalleryImages_List",
        ),
        (image.clone(), "CommunityGalleryImages_Get"),
        (
            format!("{image}/versions"),
            "CommunityGalleryImageVersions_List",
        ),
        (
            format!("{image}/versions/1.0.0"),
            "CommunityGalleryImageVersions_Get",
        ),
    ] {
        let mut told = client.get(&see(&path)).await;
        // Told twice, once where no specification has it (`vm/community_gallery_operations.json`
        // of the recordings).
        told.body
            .as_object_mut()
            .unwrap()
            .remove("communityMetadata");
        check(&community, operation, &told, 200);
    }
    client.stop().await;
}

#[tokio::test]
async fn preview_features() {
    let Some(spec) = Spec::load(FEATURES) else {
        return;
    };
    let client = Client::demo().await;
    let at = |rest: &str| {
        format!("{GALLERIES}/providers/Microsoft.Features{rest}?api-version=2021-07-01")
    };
    let of_compute = "/providers/Microsoft.Compute/features";
    let feature = format!("{of_compute}/SIGSoftDelete");
    check(
        &spec,
        "Features_ListAll",
        &client.get(&at("/features")).await,
        200,
    );
    check(
        &spec,
        "Features_List",
        &client.get(&at(of_compute)).await,
        200,
    );
    check(&spec, "Features_Get", &client.get(&at(&feature)).await, 200);
    for (verb, operation) in [
        ("register", "Features_Register"),
        ("unregister", "Features_Unregister"),
    ] {
        let path = at(&format!("{feature}/{verb}"));
        let answer = reply(client.request(Method::POST, &path)).await;
        check(&spec, operation, &answer, 200);
    }
    client.stop().await;
}
