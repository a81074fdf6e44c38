//! What a document says, read from the JSON a second time and compared with the client's fields.

use gallerist::azure::{
    Gallery, ImageDefinition, ImageVersion, Location, Region, StorageAccountType, Subscription,
    Tenant, TenantCategory,
};
use serde_json::Value;

pub(crate) fn items(answer: &Value) -> &[Value] {
    let list = answer.get("value").unwrap_or(answer);
    list.as_array().unwrap()
}

/// Compares a list item by item.
pub(crate) fn each<T>(got: &[T], answer: &Value, place: &str, compare: fn(&T, &Value, &str)) {
    let items = items(answer);
    assert_eq!(got.len(), items.len(), "{place}");
    for (got, said) in got.iter().zip(items) {
        compare(got, said, place);
    }
}

pub(crate) fn tenants(got: &[Tenant], answer: &Value, place: &str) {
    each(got, answer, place, |tenant, said, place| {
        assert_eq!(said["tenantId"], tenant.id.as_str(), "{place}");
        assert_eq!(
            said["displayName"].as_str(),
            tenant.name.as_deref(),
            "{place}"
        );
        assert_eq!(
            said["defaultDomain"].as_str(),
            tenant.default_domain.as_deref(),
            "{place}"
        );
        let category = tenant.category.as_ref().map(TenantCategory::as_str);
        assert_eq!(said["tenantCategory"].as_str(), category, "{place}");
        assert_eq!(tenant.document(), said, "{place}");
    });
}

pub(crate) fn subscriptions(got: &[Subscription], answer: &Value, place: &str) {
    each(got, answer, place, |subscription, said, place| {
        assert_eq!(said["subscriptionId"], subscription.id.as_str(), "{place}");
        assert_eq!(said["tenantId"], subscription.tenant.as_str(), "{place}");
        assert_eq!(said["displayName"], subscription.name.as_str(), "{place}");
        assert_eq!(said["state"], subscription.state.as_str(), "{place}");
        let managers = said["managedByTenants"].as_array().map_or(0, Vec::len);
        assert_eq!(subscription.managed_by.len(), managers, "{place}");
    });
}

pub(crate) fn locations(got: &[Location], answer: &Value, place: &str) {
    each(got, answer, place, |location, said, place| {
        assert_eq!(said["name"], location.region.as_str(), "{place}");
        assert_eq!(
            said["displayName"],
            location.display_name.as_str(),
            "{place}"
        );
        let logical = said["metadata"]["regionType"] == "Logical";
        assert_eq!(location.physical, !logical, "{place}");
        if location.physical && !location.region.as_str().ends_with("stg") {
            assert_eq!(
                Region::new(&location.display_name),
                location.region,
                "{place}"
            );
        }
    });
}

pub(crate) fn gallery(got: &Gallery, said: &Value, place: &str) {
    assert_eq!(said["name"], got.name.as_str(), "{place}");
    assert_eq!(said["id"], got.id.as_str(), "{place}");
    assert_eq!(
        Region::new(said["location"].as_str().unwrap()),
        got.location,
        "{place}"
    );
    let properties = &said["properties"];
    assert_eq!(
        properties["provisioningState"],
        got.provisioning_state.as_str(),
        "{place}"
    );
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
    let soft_delete = properties["softDeletePolicy"]["isSoftDeleteEnabled"].as_bool();
    assert_eq!(soft_delete, got.soft_delete, "{place}");
    assert_eq!(got.document(), said, "{place}");
}

pub(crate) fn image_definition(got: &ImageDefinition, said: &Value, place: &str) {
    assert_eq!(said["name"], got.name.as_str(), "{place}");
    assert_eq!(
        Region::new(said["location"].as_str().unwrap()),
        got.location,
        "{place}"
    );
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
    let features = properties["features"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let security = features.iter().find(|f| f["name"] == "SecurityType");
    let security = security.and_then(|f| f["value"].as_str());
    assert_eq!(security, got.security_type.as_deref(), "{place}");
    assert_eq!(got.document(), said, "{place}");
}

pub(crate) fn image_version(got: &ImageVersion, said: &Value, place: &str) {
    assert_eq!(said["name"], got.name.as_str(), "{place}");
    assert_eq!(got.number.unwrap().to_string(), got.name, "{place}");
    assert_eq!(
        Region::new(said["location"].as_str().unwrap()),
        got.location,
        "{place}"
    );
    let properties = &said["properties"];
    assert_eq!(
        properties["provisioningState"],
        got.provisioning_state.as_str(),
        "{place}"
    );
    let profile = &properties["publishingProfile"];
    let regions = profile["targetRegions"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
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
