use gallerist::azure::{
    Gallery, ImageDefinition, ImageVersion, SharedGallery, SharedImageVersion, SharingGroupKind,
    StorageAccountType,
};
use serde_json::{Value, json};

pub(crate) fn gallery(got: &Gallery, said: &Value, place: &str) {
    assert_eq!(said["name"], got.name.as_str(), "{place}");
    assert_eq!(said["id"], got.id.as_str(), "{place}");
    super::region(&got.location, said, place);
    let properties = &said["properties"];
    super::state(&got.provisioning_state, properties, place);
    assert_eq!(
        properties["identifier"]["uniqueName"].as_str(),
        got.unique_name.as_deref(),
        "{place}"
    );
    let sharing = properties["sharingProfile"]["permissions"].as_str();
    assert_eq!(
        sharing.unwrap_or("Private"),
        got.sharing.as_str(),
        "{place}"
    );
    let groups = super::list(&properties["sharingProfile"]["groups"]);
    assert_eq!(json!(got.groups), json!(groups), "{place}");
    for group in groups {
        let kind = SharingGroupKind::from(group["type"].as_str().unwrap());
        for id in group["ids"].as_array().unwrap() {
            let id = id.as_str().unwrap();
            assert!(got.is_shared_with(&kind, &id.to_uppercase()), "{place}");
        }
    }
    let status = &properties["sharingStatus"]["aggregatedState"];
    let aggregated = got.sharing_status.as_ref().map(|s| s.aggregated.as_str());
    assert_eq!(status.as_str(), aggregated, "{place}");
    let soft_delete = properties["softDeletePolicy"]["isSoftDeleteEnabled"].as_bool();
    assert_eq!(soft_delete, got.soft_delete, "{place}");
    assert_eq!(got.document(), said, "{place}");
}

pub(crate) fn image_definition(got: &ImageDefinition, said: &Value, place: &str) {
    assert_eq!(said["name"], got.name.as_str(), "{place}");
    super::region(&got.location, said, place);
    let properties = &said["properties"];
    assert_eq!(properties["osType"], got.os_type.as_str(), "{place}");
    assert_eq!(properties["osState"], got.os_state.as_str(), "{place}");
    assert_eq!(
        properties["hyperVGeneration"].as_str(),
        got.generation.as_deref(),
        "{place}"
    );
    assert_eq!(
        properties["architecture"].as_str(),
        got.architecture.as_deref(),
        "{place}"
    );
    let identifier = &properties["identifier"];
    assert_eq!(
        identifier["publisher"].as_str(),
        got.publisher.as_deref(),
        "{place}"
    );
    assert_eq!(
        identifier["offer"].as_str(),
        got.offer.as_deref(),
        "{place}"
    );
    assert_eq!(identifier["sku"].as_str(), got.sku.as_deref(), "{place}");
    let features = super::list(&properties["features"]);
    let feature = |name: &str| {
        let feature = features.iter().find(|feature| feature["name"] == name);
        feature.and_then(|feature| feature["value"].as_str())
    };
    assert_eq!(
        feature("SecurityType"),
        got.security_type.as_deref(),
        "{place}"
    );
    let accelerated = feature("IsAcceleratedNetworkSupported").is_some_and(|v| v == "True");
    assert_eq!(accelerated, got.accelerated_networking, "{place}");
    assert_eq!(
        properties["purchasePlan"],
        json!(got.purchase_plan),
        "{place}"
    );
    assert_eq!(got.document(), said, "{place}");
}

pub(crate) fn image_version(got: &ImageVersion, said: &Value, place: &str) {
    assert_eq!(said["name"], got.name.as_str(), "{place}");
    assert_eq!(got.number.unwrap().to_string(), got.name, "{place}");
    super::region(&got.location, said, place);
    let properties = &said["properties"];
    super::state(&got.provisioning_state, properties, place);
    let profile = &properties["publishingProfile"];
    let regions = super::list(&profile["targetRegions"]);
    assert_eq!(regions.len(), got.target_regions.len(), "{place}");
    for (said, got) in regions.iter().zip(&got.target_regions) {
        assert_eq!(said["name"], got.region.display_name(), "{place}");
        assert_eq!(
            said["regionalReplicaCount"].as_u64(),
            got.replicas.map(u64::from),
            "{place}"
        );
        let storage = got.storage.as_ref().map(StorageAccountType::as_str);
        assert_eq!(said["storageAccountType"].as_str(), storage, "{place}");
        assert_eq!(said.get("encryption").is_some(), got.encrypted, "{place}");
        assert_eq!(
            said["excludeFromLatest"] == true,
            got.exclude_from_latest,
            "{place}"
        );
    }
    assert_eq!(
        profile["replicaCount"].as_u64(),
        got.replica_count.map(u64::from),
        "{place}"
    );
    assert_eq!(
        profile["excludeFromLatest"] == true,
        got.exclude_from_latest,
        "{place}"
    );
    let published = profile["publishedDate"].as_str();
    assert_eq!(published.is_some(), got.published.is_some(), "{place}");
    if let (Some(said), Some(got)) = (published, got.published) {
        let seconds = &said[.."2025-01-07T05:56:46".len()];
        assert!(
            got.to_string().starts_with(seconds),
            "{place}: {said} {got}"
        );
    }
    let size = &properties["storageProfile"]["osDiskImage"]["sizeInGB"];
    assert_eq!(size.as_u64(), got.os_disk_size_gb, "{place}");
    let source = properties["storageProfile"]["source"]["id"].as_str();
    if source.is_some() {
        assert_eq!(source, got.source.as_deref(), "{place}");
    }
    let allow = &properties["safetyProfile"]["allowDeletionOfReplicatedLocations"];
    assert_eq!(
        *allow == true,
        got.allow_deletion_of_replicated_locations,
        "{place}"
    );
    assert_eq!(got.document(), said, "{place}");
}

pub(crate) fn shared_gallery(got: &SharedGallery, said: &Value, place: &str) {
    assert_eq!(said["name"], got.name.as_str(), "{place}");
    assert_eq!(
        said["identifier"]["uniqueId"],
        got.unique_id.as_str(),
        "{place}"
    );
    super::region(&got.location, said, place);
    assert_eq!(got.document(), said, "{place}");
}

pub(crate) fn shared_image_version(got: &SharedImageVersion, said: &Value, place: &str) {
    assert_eq!(said["name"], got.name.as_str(), "{place}");
    let unique_id = &said["identifier"]["uniqueId"];
    assert_eq!(*unique_id, got.unique_id.as_str(), "{place}");
    let properties = &said["properties"];
    assert_eq!(
        properties["excludeFromLatest"] == true,
        got.exclude_from_latest,
        "{place}"
    );
    assert_eq!(
        properties["publishedDate"].is_string(),
        got.published.is_some(),
        "{place}"
    );
    let size = &properties["storageProfile"]["osDiskImage"]["diskSizeGB"];
    assert_eq!(size.as_u64(), got.os_disk_size_gb, "{place}");
    assert_eq!(got.document(), said, "{place}");
}
