//! A version and a wish for the tests of checks and plan.

use serde_json::json;

use super::Replicate;
use crate::azure::{ImageVersion, Region, RegionChange};

pub(super) fn version(properties: &serde_json::Value) -> ImageVersion {
    ImageVersion::from_document(json!({
        "id": "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/r/providers/\
               Microsoft.Compute/galleries/g/images/win11/versions/1.10.0",
        "name": "1.10.0", "location": "westeurope", "properties": properties
    }))
    .unwrap()
}

pub(super) fn ordinary() -> ImageVersion {
    version(&json!({
        "provisioningState": "Succeeded",
        "publishingProfile": {"targetRegions": [
            {"name": "West Europe", "regionalReplicaCount": 1, "storageAccountType": "Standard_LRS"},
            {"name": "UK South", "regionalReplicaCount": 60, "storageAccountType": "Standard_LRS"}
        ]}
    }))
}

pub(super) fn wish(
    version: &ImageVersion,
    set: &[(&str, u32, Option<&str>)],
    gone: &[&str],
) -> Replicate {
    Replicate {
        version: version.id.clone(),
        set: set
            .iter()
            .map(|(name, replicas, storage)| RegionChange {
                region: Region::new(name),
                replicas: Some(*replicas),
                storage: storage.map(|text| text.parse().unwrap()),
            })
            .collect(),
        remove: gone.iter().map(|name| Region::new(name)).collect(),
    }
}
