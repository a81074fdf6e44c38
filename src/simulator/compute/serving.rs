//! Which versions of an image a region serves, and which of them is the latest there.

use serde_json::{Value, json};

use crate::simulator::regions;
use crate::simulator::resources::text;
use crate::simulator::world::World;

/// Whether machines can be made from `version` in `region`: it has a complete copy there, and is
/// neither being created nor being deleted.
pub(super) fn serves(world: &World, version: &Value, region: &str) -> bool {
    let state = text(version, "/properties/provisioningState");
    matches!(state.as_str(), "Succeeded" | "Updating" | "Failed")
        && target(version, region).is_some()
        && world.copies.serves(version, region, world.clock.now())
}

/// The latest version of a definition in `region`: the highest number that is served there and not
/// excluded, as a whole or in that region (Microsoft's `shared-image-galleries.md`).
pub(super) fn latest<'w>(world: &'w World, definition: &str, region: &str) -> Option<&'w Value> {
    let versions = world.resources.members(&format!("{definition}/versions"));
    versions
        .filter(|version| serves(world, version, region) && !excluded(version, region))
        .max_by_key(|version| number(&text(version, "/name")))
}

/// Whether a version is excluded from latest, as a whole or in `region`.
pub(super) fn excluded(version: &Value, region: &str) -> bool {
    let whole = &version["properties"]["publishingProfile"]["excludeFromLatest"];
    let here = target(version, region).map(|target| &target["excludeFromLatest"]);
    *whole == json!(true) || here.is_some_and(|here| *here == json!(true))
}

/// What a version's publishing profile says of `region`.
fn target<'v>(version: &'v Value, region: &str) -> Option<&'v Value> {
    let wanted = regions::normal(region);
    let targets = version["properties"]["publishingProfile"]["targetRegions"].as_array();
    let named = |target: &&Value| target["name"].as_str().map(regions::normal);
    let mut targets = targets.into_iter().flatten();
    targets.find(|target| named(target).as_ref() == Some(&wanted))
}

/// `1.10.0` as numbers, to be compared.
fn number(version: &str) -> Vec<u64> {
    version
        .split('.')
        .map(|part| part.parse().unwrap_or_default())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(number("1.10.0") > number("1.9.9"));
        assert!(number("2.0.0") > number("1.10.0"));
    }

    #[test]
    fn a_version_is_excluded_as_a_whole_or_in_one_region() {
        let version = |whole: bool| {
            json!({ "properties": { "publishingProfile": {
                "excludeFromLatest": whole,
                "targetRegions": [
                    { "name": "West Europe" },
                    { "name": "UK South", "excludeFromLatest": true },
                ],
            } } })
        };
        assert!(!excluded(&version(false), "westeurope"));
        assert!(excluded(&version(false), "uksouth"));
        assert!(excluded(&version(true), "westeurope"));
    }
}
