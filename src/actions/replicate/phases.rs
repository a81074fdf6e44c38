//! From a wish and a version as it is to the requests that get there, and what a request needs to
//! find when it is sent. Pure.

use serde::{Deserialize, Serialize};

use super::{MAX_REPLICAS, Replicate};
use crate::azure::{
    ImageVersion, PublishingChange, Region, RegionChange, ReplicationState, StorageAccountType,
};

/// One request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Phase {
    /// Names the step.
    pub(super) name: String,
    /// What it changes.
    pub(super) change: PublishingChange,
}

impl Phase {
    pub(super) fn lifts_safety(&self) -> bool {
        self.change.allow_deletion == Some(true)
    }

    pub(super) fn restores_safety(&self) -> bool {
        self.change.allow_deletion == Some(false)
    }
}

/// What the plan saw of a region that it changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seen {
    pub(super) region: Region,
    /// Nothing where the version wasn't there.
    pub(super) held: Option<Held>,
}

/// What a version has in a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Held {
    pub(super) replicas: u32,
    pub(super) storage: Option<StorageAccountType>,
}

/// What the version has in a region at the moment.
pub(super) fn held(version: &ImageVersion, region: &Region) -> Option<Held> {
    let target = version
        .target_regions
        .iter()
        .find(|target| target.region == *region)?;
    // A region without a count of its own takes the version's, and that is 1 where it has none.
    let replicas = target.replicas.or(version.replica_count).unwrap_or(1);
    let storage = target
        .storage
        .clone()
        .or_else(|| version.storage_account_type.clone());
    Some(Held { replicas, storage })
}

/// What the regions that the wish names hold at the moment.
pub(super) fn seen(version: &ImageVersion, wish: &Replicate) -> Vec<Seen> {
    let named = wish
        .set
        .iter()
        .map(|change| &change.region)
        .chain(&wish.remove);
    named
        .map(|region| Seen {
            region: region.clone(),
            held: held(version, region),
        })
        .collect()
}

/// Whether the storage type of a region that the version is in would become another one. Azure
/// refuses to change it in place (Azure/azure-powershell#9911), so the region is left and entered
/// again.
pub(super) fn changes_storage(version: &ImageVersion, change: &RegionChange) -> bool {
    match (held(version, &change.region), &change.storage) {
        (Some(held), Some(storage)) => held.storage.as_ref() != Some(storage),
        _ => false,
    }
}

/// The requests, fewest first: regions come before others go, so that the image is never in fewer
/// places than it has to be; the safety flag is lifted with the request before the first removal
/// and put back with the one after the last.
pub(super) fn phases(version: &ImageVersion, wish: &Replicate) -> Vec<Phase> {
    let (rebuilt, set): (Vec<_>, Vec<_>) = wish
        .set
        .iter()
        .cloned()
        .partition(|change| changes_storage(version, change));
    let due =
        |change: &RegionChange| !satisfies(version, change) || broken(version, &change.region);
    let set: Vec<RegionChange> = set.into_iter().filter(due).collect();
    let present = |region: &&Region| held(version, region).is_some();
    let remove: Vec<Region> = wish
        .remove
        .iter()
        .filter(present)
        .chain(rebuilt.iter().map(|change| &change.region))
        .cloned()
        .collect();
    let lift = !remove.is_empty() && !version.allow_deletion_of_replicated_locations;
    let rebuilt = rebuilt
        .into_iter()
        .map(|change| {
            let replicas = change
                .replicas
                .or_else(|| held(version, &change.region).map(|held| held.replicas));
            RegionChange { replicas, ..change }
        })
        .collect();
    let steps = [
        ("update regions", set, Vec::new(), lift.then_some(true)),
        ("remove regions", Vec::new(), remove, None),
        ("finish", rebuilt, Vec::new(), lift.then_some(false)),
    ];
    steps
        .into_iter()
        .map(|(name, set, remove, allow_deletion)| Phase {
            name: name.to_owned(),
            change: PublishingChange {
                set,
                remove,
                allow_deletion,
            },
        })
        .filter(|phase| phase.change != PublishingChange::default())
        .collect()
}

/// Whether the copy in a region failed, which sending the same list again mends (azure-cli#15539).
pub(super) fn broken(version: &ImageVersion, region: &Region) -> bool {
    let replication = version
        .replication
        .iter()
        .flat_map(|status| &status.regions);
    replication
        .into_iter()
        .any(|copy| copy.region == *region && copy.state == ReplicationState::Failed)
}

/// Whether the version's list has a region as it is wished.
pub(super) fn satisfies(version: &ImageVersion, change: &RegionChange) -> bool {
    held(version, &change.region).is_some_and(|held| {
        change
            .replicas
            .is_none_or(|replicas| replicas == held.replicas)
            && change
                .storage
                .as_ref()
                .is_none_or(|storage| Some(storage) == held.storage.as_ref())
    })
}

/// Whether the version's list is as the change wants it. It says nothing of copies being there.
pub(super) fn applied(version: &ImageVersion, change: &PublishingChange) -> bool {
    change.set.iter().all(|set| satisfies(version, set))
        && change
            .remove
            .iter()
            .all(|region| held(version, region).is_none())
        && change
            .allow_deletion
            .is_none_or(|flag| flag == version.allow_deletion_of_replicated_locations)
}

/// A region that holds neither what the plan saw nor anything that this task makes of it: somebody
/// else changed it meanwhile.
pub(super) fn changed_meanwhile<'a>(
    version: &ImageVersion,
    seen: &'a [Seen],
    phases: &[Phase],
) -> Option<&'a Seen> {
    seen.iter().find(|seen| {
        let now = held(version, &seen.region);
        let makes = |phase: &Phase| {
            let set = phase
                .change
                .set
                .iter()
                .find(|change| change.region == seen.region);
            let set = set.is_some_and(|change| satisfies(version, change));
            set || (now.is_none() && phase.change.remove.contains(&seen.region))
        };
        now != seen.held && !phases.iter().any(makes)
    })
}

/// Replicas over all regions once the change is applied, which the service limits.
pub(super) fn replicas_after(version: &ImageVersion, change: &PublishingChange) -> u32 {
    let set = |region: &Region| change.set.iter().find(|set| set.region == *region);
    let kept: u32 = version
        .target_regions
        .iter()
        .filter(|target| !change.remove.contains(&target.region))
        .filter_map(|target| {
            let wanted = set(&target.region).and_then(|change| change.replicas);
            wanted.or_else(|| held(version, &target.region).map(|held| held.replicas))
        })
        .sum();
    let added: u32 = change
        .set
        .iter()
        .filter(|change| held(version, &change.region).is_none())
        .map(|change| change.replicas.or(version.replica_count).unwrap_or(1))
        .sum();
    kept + added
}

/// The refusal of a change that would exceed the limit.
pub(super) fn too_many(version: &ImageVersion, change: &PublishingChange) -> Option<String> {
    let after = replicas_after(version, change);
    (after > MAX_REPLICAS).then(|| {
        format!("{after} replicas over all regions are more than the {MAX_REPLICAS} that a version may have")
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn version(regions: &[(&str, u32, &str)]) -> ImageVersion {
        let targets: Vec<_> = regions
            .iter()
            .map(|(name, replicas, storage)| {
                json!({"name": name, "regionalReplicaCount": replicas, "storageAccountType": storage})
            })
            .collect();
        ImageVersion::from_document(json!({
            "id": "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/r/providers/\
                   Microsoft.Compute/galleries/g/images/i/versions/1.0.0",
            "name": "1.0.0", "location": "westeurope",
            "properties": {
                "provisioningState": "Succeeded",
                "publishingProfile": {"targetRegions": targets, "replicaCount": 1},
                "safetyProfile": {"allowDeletionOfReplicatedLocations": false}
            }
        }))
        .unwrap()
    }

    fn set(region: &str, replicas: u32, storage: Option<&str>) -> RegionChange {
        RegionChange {
            region: Region::new(region),
            replicas: Some(replicas),
            storage: storage.map(|text| text.parse().unwrap()),
        }
    }

    fn wish(version: &ImageVersion, set: Vec<RegionChange>, remove: &[&str]) -> Replicate {
        let remove = remove.iter().map(|name| Region::new(name)).collect();
        Replicate {
            version: version.id.clone(),
            set,
            remove,
        }
    }

    #[test]
    fn adding_and_changing_counts_is_one_request() {
        let version = version(&[("West Europe", 1, "Standard_LRS")]);
        let wish = wish(
            &version,
            vec![set("uksouth", 2, None), set("westeurope", 3, None)],
            &[],
        );
        let phases = phases(&version, &wish);
        assert_eq!(phases.len(), 1);
        assert_eq!(phases[0].change.set.len(), 2);
        assert_eq!(phases[0].change.allow_deletion, None);
    }

    #[test]
    fn a_region_goes_after_others_came_and_the_safety_flag_is_put_back() {
        let version = version(&[
            ("West Europe", 1, "Standard_LRS"),
            ("UK South", 1, "Standard_LRS"),
        ]);
        let wish = wish(&version, vec![set("eastus", 1, None)], &["uksouth"]);
        let phases = phases(&version, &wish);
        let names: Vec<_> = phases.iter().map(|phase| phase.name.as_str()).collect();
        assert_eq!(names, ["update regions", "remove regions", "finish"]);
        assert!(phases[0].lifts_safety() && phases[0].change.set.len() == 1);
        assert_eq!(phases[1].change.remove, [Region::new("uksouth")]);
        assert!(phases[2].restores_safety());
    }

    #[test]
    fn another_storage_type_means_leaving_the_region_and_entering_it_again() {
        let version = version(&[
            ("West Europe", 1, "Standard_LRS"),
            ("UK South", 4, "Standard_LRS"),
        ]);
        let mut change = set("uksouth", 4, Some("zrs"));
        change.replicas = None;
        let phases = phases(&version, &wish(&version, vec![change], &[]));
        assert_eq!(phases[1].change.remove, [Region::new("uksouth")]);
        assert_eq!(phases[2].change.set[0].replicas, Some(4));
        assert_eq!(
            phases[2].change.set[0].storage,
            Some(StorageAccountType::StandardZrs)
        );
    }

    #[test]
    fn what_is_already_so_makes_no_request() {
        let version = version(&[("West Europe", 2, "Standard_LRS")]);
        let change = set("westeurope", 2, Some("lrs"));
        assert_eq!(
            phases(&version, &wish(&version, vec![change], &["eastus"])),
            []
        );
    }

    #[test]
    fn only_a_change_of_the_regions_we_touch_asks_for_a_new_plan() {
        let before = version(&[("West Europe", 1, "Standard_LRS")]);
        let wish = wish(&before, vec![set("uksouth", 2, None)], &[]);
        let (seen, phases) = (seen(&before, &wish), phases(&before, &wish));
        let other = version(&[
            ("West Europe", 1, "Standard_LRS"),
            ("East US", 9, "Premium_LRS"),
        ]);
        assert_eq!(changed_meanwhile(&other, &seen, &phases), None);
        let same = version(&[
            ("West Europe", 1, "Standard_LRS"),
            ("UK South", 2, "Standard_LRS"),
        ]);
        assert_eq!(changed_meanwhile(&same, &seen, &phases), None);
        let ours = version(&[
            ("West Europe", 1, "Standard_LRS"),
            ("UK South", 7, "Standard_LRS"),
        ]);
        assert_eq!(changed_meanwhile(&ours, &seen, &phases), Some(&seen[0]));
    }

    proptest! {
        /// Applying every phase in order to the version as it was gives the wish, in at most three
        /// requests, never above the sum of what was and what is wished, and the flag as it was.
        #[test]
        fn the_phases_lead_from_what_is_to_the_wish(
            present in proptest::collection::btree_map("[a-d]", (1u32..9, 0usize..2), 1..4),
            wished in proptest::collection::btree_map("[b-f]", (1u32..9, proptest::option::of(0usize..2)), 0..4),
            gone in proptest::collection::btree_set("[b-f]", 0..3),
        ) {
            let kinds = ["Standard_LRS", "Standard_ZRS"];
            let regions: Vec<_> = present
                .iter()
                .map(|(name, (replicas, kind))| (name.as_str(), *replicas, kinds[*kind]))
                .collect();
            let version = version(&regions);
            let changes: Vec<_> = wished
                .iter()
                .filter(|(name, _)| !gone.contains(*name))
                .map(|(name, (replicas, kind))| set(name, *replicas, kind.map(|k| kinds[k])))
                .collect();
            let gone: Vec<&str> = gone.iter().map(String::as_str).collect();
            let wish = wish(&version, changes, &gone);
            let phases = phases(&version, &wish);
            prop_assert!(phases.len() <= 3);
            let (mut now, before) = (version.clone(), seen(&version, &wish));
            for phase in &phases {
                prop_assert_eq!(changed_meanwhile(&now, &before, &phases), None);
                now = ImageVersion::from_document({
                    let mut body = now.update_body(&phase.change);
                    body["id"] = json!(version.id.to_string());
                    body["name"] = json!("1.0.0");
                    body
                }).unwrap();
                prop_assert!(applied(&now, &phase.change));
            }
            for change in &wish.set {
                prop_assert!(satisfies(&now, change));
            }
            for region in &wish.remove {
                prop_assert_eq!(held(&now, region), None);
            }
            prop_assert!(!now.allow_deletion_of_replicated_locations);
        }
    }
}
