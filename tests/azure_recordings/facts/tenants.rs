use gallerist::azure::{Location, Region, Subscription, Tenant, TenantCategory};
use serde_json::Value;

use super::each;

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
