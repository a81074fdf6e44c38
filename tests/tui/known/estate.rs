//! The estate: subscriptions, galleries, and the images defined in them.

use std::sync::Arc;

use gallerist::azure::{Gallery, ImageDefinition, Location, Region, Subscription};
use gallerist::estate::{DefinitionRow, GalleryRow, Route, SubscriptionRow};
use gallerist::tui::data::Estate;
use serde_json::{Value, json};

use super::{MANAGING, access, gallery_id, subscription_guid, tenant_guid, tenants, time};

pub(crate) fn estate() -> Estate {
    let subscription = |id: &str, tenant: usize, name: &str, route| {
        let document = json!({
            "id": format!("/subscriptions/{id}"), "subscriptionId": id,
            "tenantId": tenant_guid(tenant), "displayName": name, "state": "Enabled",
        });
        SubscriptionRow {
            subscription: Subscription::from_document(document).unwrap(),
            route,
            access: access(),
            trouble: None,
            machines: 0,
            machines_trouble: None,
        }
    };
    let part = |tenant: usize, number: usize, name: &str, route| {
        subscription(&subscription_guid(tenant, number), tenant, name, route)
    };
    Estate::new(
        tenants(),
        vec![
            subscription(MANAGING, 1, "Northwind Galleries", Route::Home),
            part(2, 0, "Adatum Production", Route::Delegated),
            part(2, 1, "Adatum Test", Route::Delegated),
            part(3, 0, "Contoso Production", Route::Delegated),
            part(3, 1, "Contoso AVD", Route::Delegated),
            part(4, 0, "Fabrikam", Route::Application),
        ],
        vec![
            gallery("acg_builds", "Private"),
            gallery("acg_community", "Community"),
            gallery("acg_northwind", "Groups"),
        ],
        [
            definition("acg_northwind", "server2025", None, 0),
            definition(
                "acg_northwind",
                "win11-avd",
                Some("TrustedLaunchSupported"),
                5,
            ),
            definition(
                "acg_builds",
                "win11-next",
                Some("ConfidentialVmSupported"),
                1,
            ),
        ]
        .map(Arc::new)
        .to_vec(),
        time("14:05:00"),
    )
}

fn gallery(name: &str, permissions: &str) -> GalleryRow {
    let mut document = json!({
        "id": gallery_id(name), "name": name, "location": "westeurope",
        "properties": {
            "provisioningState": "Succeeded",
            "sharingProfile": {"permissions": permissions},
        },
    });
    if permissions == "Groups" {
        document["properties"]["sharingProfile"]["groups"] = json!([
            {"type": "AADTenants", "ids": [tenant_guid(2), tenant_guid(99)]},
            {"type": "Subscriptions", "ids": [subscription_guid(3, 1)]},
        ]);
    }
    GalleryRow {
        gallery: Gallery::from_document(document).unwrap(),
        tenant: tenant_guid(1).parse().unwrap(),
        definitions: 2,
        trouble: None,
        sharing_trouble: None,
        read_at: time("14:01:00"),
    }
}

fn definition(gallery: &str, name: &str, security: Option<&str>, versions: u32) -> DefinitionRow {
    let features: Vec<Value> = security
        .iter()
        .map(|kind| json!({"name": "SecurityType", "value": kind}))
        .collect();
    let document = json!({
        "id": format!("{}/images/{name}", gallery_id(gallery)), "name": name,
        "location": "westeurope",
        "properties": {
            "osType": "Windows", "osState": "Generalized", "hyperVGeneration": "V2",
            "architecture": "x64", "features": features, "provisioningState": "Succeeded",
            "identifier": {"publisher": "northwind", "offer": "avd", "sku": name},
        },
    });
    DefinitionRow {
        definition: ImageDefinition::from_document(document).unwrap(),
        versions: Some(versions),
        trouble: None,
    }
}

pub(crate) fn locations() -> Vec<Location> {
    [
        "uksouth",
        "eastus",
        "swedencentral",
        "japaneast",
        "australiasoutheast",
        "westeurope",
    ]
    .iter()
    .map(|name| {
        let display = Region::new(name).display_name().to_owned();
        Location::from_document(json!({"name": name, "displayName": display})).unwrap()
    })
    .collect()
}
