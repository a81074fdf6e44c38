use gallerist::azure::{Location, Region, Subscription, Tenant, TenantCategory};
use serde_json::Value;

pub(crate) fn tenant(got: &Tenant, said: &Value, place: &str) {
    assert_eq!(said["tenantId"], got.id.as_str(), "{place}");
    let name = said["displayName"].as_str();
    assert_eq!(name, got.name.as_deref(), "{place}");
    let domain = said["defaultDomain"].as_str();
    assert_eq!(domain, got.default_domain.as_deref(), "{place}");
    let category = got.category.as_ref().map(TenantCategory::as_str);
    assert_eq!(said["tenantCategory"].as_str(), category, "{place}");
    assert_eq!(got.document(), said, "{place}");
}

pub(crate) fn subscription(got: &Subscription, said: &Value, place: &str) {
    assert_eq!(said["subscriptionId"], got.id.as_str(), "{place}");
    assert_eq!(said["tenantId"], got.tenant.as_str(), "{place}");
    assert_eq!(said["displayName"], got.name.as_str(), "{place}");
    assert_eq!(said["state"], got.state.as_str(), "{place}");
    let managers = said["managedByTenants"].as_array().map_or(0, Vec::len);
    assert_eq!(got.managed_by.len(), managers, "{place}");
    assert_eq!(got.document(), said, "{place}");
}

pub(crate) fn location(got: &Location, said: &Value, place: &str) {
    assert_eq!(said["name"], got.region.as_str(), "{place}");
    assert_eq!(said["displayName"], got.display_name.as_str(), "{place}");
    let logical = said["metadata"]["regionType"] == "Logical";
    let edge = said["type"] == "EdgeZone";
    assert_eq!(got.physical, !logical && !edge, "{place}");
    if got.physical && !got.region.as_str().ends_with("stg") {
        assert_eq!(Region::new(&got.display_name), got.region, "{place}");
    }
    assert_eq!(got.document(), said, "{place}");
}
