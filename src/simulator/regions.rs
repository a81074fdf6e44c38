//! Azure's public regions.

use std::sync::LazyLock;

use serde_json::{Value, json};

/// The answer of `GET /subscriptions/{id}/locations` (`resource/list_locations.json` of the
/// recordings), without its identifiers and without Microsoft's staging regions.
static REGIONS: LazyLock<Vec<Value>> =
    LazyLock::new(|| serde_json::from_str(include_str!("regions.json")).unwrap_or_default());

/// A region that resources can live in.
#[derive(Clone, Copy)]
pub(super) struct Region {
    /// `westeurope`
    pub(super) name: &'static str,
    /// `West Europe`, which the gallery provider answers with
    pub(super) display_name: &'static str,
    /// Whether it has availability zones
    pub(super) has_zones: bool,
}

/// Finds a physical region by either of its names, however it is spelled: Azure takes
/// `West Europe`, `westeurope` and `WESTEUROPE` for the same.
pub(super) fn find(name: &str) -> Option<Region> {
    let wanted = normal(name);
    REGIONS
        .iter()
        .filter(|region| region["metadata"]["regionType"] == "Physical")
        .find(|region| region["name"] == wanted.as_str())
        .and_then(|region| {
            Some(Region {
                name: region["name"].as_str()?,
                display_name: region["displayName"].as_str()?,
                has_zones: region["availabilityZoneMappings"].is_array(),
            })
        })
}

/// The names of all physical regions.
pub(super) fn names() -> Vec<&'static str> {
    REGIONS
        .iter()
        .filter(|region| region["metadata"]["regionType"] == "Physical")
        .filter_map(|region| region["name"].as_str())
        .collect()
}

/// How all physical regions are shown.
pub(super) fn display_names() -> Vec<&'static str> {
    let regions = names().into_iter().filter_map(find);
    regions.map(|region| region.display_name).collect()
}

/// The canonical spelling: lower case without spaces.
pub(super) fn normal(name: &str) -> String {
    name.chars()
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect()
}

/// All regions as `subscription` lists them, logical ones (`europe`, `global`) included.
pub(super) fn locations(subscription: &str) -> Vec<Value> {
    let id = |name: &Value| {
        format!(
            "/subscriptions/{subscription}/locations/{}",
            name.as_str().unwrap_or_default()
        )
    };
    REGIONS
        .iter()
        .map(|region| {
            let mut region = region.clone();
            region["id"] = json!(id(&region["name"]));
            if let Some(pairs) = region
                .pointer_mut("/metadata/pairedRegion")
                .and_then(Value::as_array_mut)
            {
                for pair in pairs {
                    pair["id"] = json!(id(&pair["name"]));
                }
            }
            region
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_region_is_found() {
        for spelling in ["westeurope", "West Europe", "WESTEUROPE", "west europe"] {
            assert_eq!(find(spelling).unwrap().display_name, "West Europe");
        }
        assert!(find("europe").is_none(), "a logical region holds nothing");
        assert!(find("atlantis").is_none());
    }

    #[test]
    fn regions_carry_the_subscription_that_asked() {
        let all = locations("s");
        assert!(all.len() > 60);
        let paired = all.iter().find(|r| r["name"] == "westeurope").unwrap();
        assert_eq!(
            paired["metadata"]["pairedRegion"][0]["id"],
            "/subscriptions/s/locations/northeurope"
        );
    }
}
