use crate::azure::error::Error;

/// The api-version of every resource type, each one whose specification is at hand
/// (azure-rest-api-specs: Microsoft.Resources 2022-12-01, `GalleryRP` 2024-03-03).
const TABLE: [(&str, &str); 6] = [
    ("tenants", SUBSCRIPTIONS),
    ("subscriptions", SUBSCRIPTIONS),
    ("subscriptions/locations", SUBSCRIPTIONS),
    ("Microsoft.Compute/galleries", GALLERIES),
    ("Microsoft.Compute/galleries/images", GALLERIES),
    ("Microsoft.Compute/galleries/images/versions", GALLERIES),
];

const SUBSCRIPTIONS: &str = "2022-12-01";
const GALLERIES: &str = "2024-03-03";

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
