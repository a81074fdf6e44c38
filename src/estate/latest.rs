//! What "latest" means: the highest version by number, region by region (azure-compute-docs,
//! `shared-image-galleries.md`).

use std::collections::BTreeMap;

use crate::azure::{
    ImageVersion, ProvisioningState, Region, RegionReplication, ReplicationState, VersionNumber,
};

/// The version that a machine created from the definition in `region` would get.
///
/// A version counts when it isn't excluded, globally or in that region, and has a copy there: it is
/// `Succeeded`, or still `Updating` with that region's copy completed. Its end of life doesn't
/// matter. Names that aren't three numbers never count.
#[must_use]
pub fn latest<'a>(versions: &'a [ImageVersion], region: &Region) -> Option<&'a ImageVersion> {
    let eligible = versions.iter().filter(|version| counts(version, region));
    eligible
        .filter(|version| version.number.is_some())
        .max_by_key(|version| version.number)
}

/// The effective latest version of every region that any of the versions is in.
#[must_use]
pub fn latest_by_region(versions: &[ImageVersion]) -> BTreeMap<Region, VersionNumber> {
    let regions = versions.iter().flat_map(|version| &version.target_regions);
    let regions = regions.map(|target| target.region.clone());
    regions
        .filter_map(|region| {
            let number = latest(versions, &region)?.number?;
            Some((region, number))
        })
        .collect()
}

/// The regions where a version counts.
pub(super) fn offered_in(version: &ImageVersion) -> impl Iterator<Item = &Region> {
    let regions = version.target_regions.iter().map(|target| &target.region);
    regions.filter(|region| counts(version, region))
}

/// Whether the version may be meant by "latest" in a region.
pub(super) fn counts(version: &ImageVersion, region: &Region) -> bool {
    let Some(target) = version
        .target_regions
        .iter()
        .find(|target| target.region == *region)
    else {
        return false;
    };
    if version.exclude_from_latest || target.exclude_from_latest {
        return false;
    }
    match version.provisioning_state {
        ProvisioningState::Succeeded => true,
        ProvisioningState::Updating => {
            copy(version, region).is_some_and(|copy| copy.state == ReplicationState::Completed)
        }
        _ => false,
    }
}

fn copy<'a>(version: &'a ImageVersion, region: &Region) -> Option<&'a RegionReplication> {
    version
        .replication
        .as_ref()?
        .regions
        .iter()
        .find(|copy| copy.region == *region)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn version(name: &str, regions: &[&str], change: impl FnOnce(&mut Value)) -> ImageVersion {
        let targets: Vec<Value> = regions.iter().map(|name| json!({"name": name})).collect();
        let mut document = json!({
            "id": format!("/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/r/\
                providers/Microsoft.Compute/galleries/g/images/i/versions/{name}"),
            "name": name, "location": "westeurope",
            "properties": {
                "provisioningState": "Succeeded",
                "publishingProfile": {"targetRegions": targets}
            }
        });
        change(&mut document["properties"]);
        ImageVersion::from_document(document).unwrap()
    }

    fn latest_in(versions: &[ImageVersion], region: &str) -> Option<String> {
        latest(versions, &Region::new(region)).map(|version| version.name.clone())
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        let versions = [
            version("1.9.0", &["westeurope"], |_| {}),
            version("1.10.0", &["West Europe"], |_| {}),
            version("nightly", &["westeurope"], |_| {}),
        ];
        assert_eq!(
            latest_in(&versions, "West Europe").as_deref(),
            Some("1.10.0")
        );
    }

    #[test]
    fn a_version_counts_only_where_it_is() {
        let versions = [
            version("1.0.0", &["westeurope", "uksouth"], |_| {}),
            version("2.0.0", &["uksouth"], |_| {}),
        ];
        assert_eq!(latest_in(&versions, "westeurope").as_deref(), Some("1.0.0"));
        assert_eq!(latest_in(&versions, "uksouth").as_deref(), Some("2.0.0"));
        assert_eq!(latest_in(&versions, "eastus"), None);
        let all: Vec<String> = latest_by_region(&versions)
            .iter()
            .map(|(region, number)| format!("{region} {number}"))
            .collect();
        assert_eq!(all, ["uksouth 2.0.0", "westeurope 1.0.0"]);
    }

    #[test]
    fn exclusion_hides_everywhere_or_in_one_region_and_age_hides_nowhere() {
        let versions = [
            version("1.0.0", &["westeurope", "uksouth"], |p| {
                p["publishingProfile"]["endOfLifeDate"] = json!("2020-01-01T00:00:00Z");
            }),
            version("2.0.0", &["westeurope", "uksouth"], |p| {
                p["publishingProfile"]["targetRegions"][0]["excludeFromLatest"] = json!(true);
            }),
            version("3.0.0", &["westeurope", "uksouth"], |p| {
                p["publishingProfile"]["excludeFromLatest"] = json!(true);
            }),
        ];
        assert_eq!(latest_in(&versions, "westeurope").as_deref(), Some("1.0.0"));
        assert_eq!(latest_in(&versions, "uksouth").as_deref(), Some("2.0.0"));
    }

    #[test]
    fn while_a_version_is_updated_it_counts_where_its_copy_is_complete() {
        let updating = |p: &mut Value| {
            p["provisioningState"] = json!("Updating");
            p["replicationStatus"] = json!({"aggregatedState": "InProgress", "summary": [
                {"region": "West Europe", "state": "Completed", "details": "", "progress": 100},
                {"region": "UK South", "state": "Replicating", "details": "", "progress": 99}
            ]});
        };
        let versions = [version("1.0.0", &["westeurope", "uksouth"], updating)];
        assert_eq!(latest_in(&versions, "westeurope").as_deref(), Some("1.0.0"));
        assert_eq!(latest_in(&versions, "uksouth"), None);
        for state in ["Creating", "Failed", "Deleting"] {
            let versions = [version("1.0.0", &["westeurope"], |p| {
                p["provisioningState"] = json!(state);
            })];
            assert_eq!(latest_in(&versions, "westeurope"), None, "{state}");
        }
    }
}
