use crate::azure::error::Error;

/// The api-version of every resource type, each one whose specification is at hand
/// (azure-rest-api-specs: Microsoft.Resources 2022-12-01 and 2024-07-01, Microsoft.Features
/// 2021-07-01, Microsoft.Authorization 2022-04-01, `ComputeRP` 2024-07-01, `GalleryRP` 2024-03-03,
/// Skus 2021-07-01, Microsoft.Network 2024-05-01, Microsoft.ResourceGraph 2024-04-01).
const TABLE: [(&str, &str); 22] = [
    ("tenants", SUBSCRIPTIONS),
    ("subscriptions", SUBSCRIPTIONS),
    ("subscriptions/locations", SUBSCRIPTIONS),
    ("Microsoft.Resources/resourceGroups", RESOURCES),
    ("Microsoft.Resources/deployments", RESOURCES),
    ("subscriptions/providers", RESOURCES),
    ("Microsoft.Features/providers/features", "2021-07-01"),
    ("Microsoft.Authorization/roleAssignments", "2022-04-01"),
    ("Microsoft.Authorization/permissions", "2022-04-01"),
    ("Microsoft.Compute/galleries", GALLERIES),
    ("Microsoft.Compute/galleries/images", GALLERIES),
    ("Microsoft.Compute/galleries/images/versions", GALLERIES),
    ("Microsoft.Compute/locations/sharedGalleries", GALLERIES),
    (
        "Microsoft.Compute/locations/sharedGalleries/images/versions",
        GALLERIES,
    ),
    ("Microsoft.Compute/virtualMachines", COMPUTE),
    ("Microsoft.Compute/locations/usages", COMPUTE),
    ("Microsoft.Compute/skus", "2021-07-01"),
    ("Microsoft.Network/virtualNetworks", NETWORK),
    ("Microsoft.Network/virtualNetworks/subnets", NETWORK),
    ("Microsoft.Network/virtualNetworks/usages", NETWORK),
    ("Microsoft.Network/networkInterfaces", NETWORK),
    ("Microsoft.ResourceGraph/resources", "2024-04-01"),
];

const SUBSCRIPTIONS: &str = "2022-12-01";
const RESOURCES: &str = "2024-07-01";
const GALLERIES: &str = "2024-03-03";
const COMPUTE: &str = "2024-07-01";
const NETWORK: &str = "2024-05-01";

/// The api-version to ask for a resource type with.
pub(crate) fn of(kind: &str) -> Result<&'static str, Error> {
    TABLE
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(kind))
        .map(|(_, version)| *version)
        .ok_or_else(|| Error::Configuration(format!("{kind} is no resource type known here")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_found_whatever_their_case() {
        assert_eq!(of("microsoft.compute/GALLERIES").unwrap(), "2024-03-03");
        assert_eq!(of("tenants").unwrap(), "2022-12-01");
        assert!(of("Microsoft.Compute/disks").is_err());
    }
}
