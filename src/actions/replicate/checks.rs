//! What is looked at before anything is changed, and what forbids the change.

use super::phases::{self, Phase, changes_storage, held};
use super::{MAX_REPLICAS, Replicate};
use crate::actions::site::writable;
use crate::actions::{Check, Verdict};
use crate::azure::{
    Error, ImageVersion, Location, ProvisioningState, PublishingChange, Region, RegionChange,
    ReplicationMode, Subscription,
};

/// All checks, in the order in which a person asks.
pub(super) fn checks(
    version: &ImageVersion,
    wish: &Replicate,
    phases: &[Phase],
    locations: Result<&[Location], &Error>,
    subscription: Option<&Subscription>,
) -> Vec<Check> {
    let mut checks = vec![at_rest(version)];
    checks.extend(subscription.map(|owned| writable(&owned.name, &owned.state)));
    match locations {
        Ok(locations) => {
            let regions = wish.set.iter().map(|change| &change.region);
            checks.extend(regions.map(|region| offered(region, locations)));
        }
        Err(error) => checks.push(not_known(error)),
    }
    checks.extend(home(version, wish));
    checks.extend(unchangeable(version, wish));
    checks.push(replica_limit(version, phases));
    checks
}

fn at_rest(version: &ImageVersion) -> Check {
    use Verdict::{Fail, Pass, Warn};
    match &version.provisioning_state {
        ProvisioningState::Succeeded => Check::new(Pass, "the version is there and at rest"),
        ProvisioningState::Updating => Check::new(
            Warn,
            "another update of the version is under way: the job waits for it",
        ),
        ProvisioningState::Failed => Check::new(
            Warn,
            "the last update of the version failed: its whole list of regions is sent again",
        ),
        state => Check::new(
            Fail,
            format!("the version is {state}: it can't be changed now"),
        )
        .advise("wait until it is Succeeded and plan again"),
    }
}

/// A role on the gallery alone doesn't show what the subscription may use; Azure checks it anyway.
fn not_known(error: &Error) -> Check {
    let text = format!("the subscription's regions can't be read: {error}");
    let check = Check::new(Verdict::Warn, text);
    check.advise("check the spelling; Azure refuses a region that it doesn't offer")
}

fn offered(region: &Region, locations: &[Location]) -> Check {
    if locations
        .iter()
        .any(|location| location.physical && location.region == *region)
    {
        return Check::new(
            Verdict::Pass,
            format!("{region} is offered to the subscription"),
        );
    }
    let check = Check::new(
        Verdict::Fail,
        format!("{region} isn't a region of the subscription"),
    );
    let nearest = locations
        .iter()
        .filter(|location| location.physical)
        .map(|location| {
            (
                strsim::jaro_winkler(region.as_str(), location.region.as_str()),
                location,
            )
        })
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match nearest {
        Some((_, location)) => check.advise(format!("did you mean {}?", location.region)),
        None => check.advise("see `gallerist get regions` for those that are"),
    }
}

/// The region that the version lives in can't be left ("publishing profile regions must contain
/// the location of image version", azure-compute-docs, troubleshooting).
fn home(version: &ImageVersion, wish: &Replicate) -> Option<Check> {
    let home = &version.location;
    let leaves = wish.remove.contains(home);
    let rebuilds = wish
        .set
        .iter()
        .any(|set| set.region == *home && changes_storage(version, set));
    let text = match (leaves, rebuilds) {
        (false, false) => return None,
        (true, _) => format!("{home} is the version's home: it can't be removed"),
        (_, true) => format!(
            "{home} is the version's home: its storage type can't be changed, because that means \
             leaving the region"
        ),
    };
    let check = Check::new(Verdict::Fail, text);
    Some(check.advise("publish a new version that lives elsewhere"))
}

/// What the service lets nobody change on a version that exists (azure-compute-docs,
/// troubleshooting; packer-plugin-azure#337).
fn unchangeable(version: &ImageVersion, wish: &Replicate) -> Vec<Check> {
    let mut checks = Vec::new();
    let is_new = |change: &&RegionChange| held(version, &change.region).is_none();
    if version.target_regions.iter().any(|target| target.encrypted)
        && let Some(change) = wish.set.iter().find(is_new)
    {
        let text = format!(
            "the version is encrypted with customer-managed keys: {} would need a disk encryption \
             set of its own",
            change.region
        );
        let advice = "add the region with its disk encryption set in the portal or with az";
        checks.push(Check::new(Verdict::Fail, text).advise(advice));
    }
    let shallow = version.replication_mode == Some(ReplicationMode::Shallow);
    if shallow
        && wish
            .set
            .iter()
            .any(|change| change.replicas.is_some_and(|count| count > 1))
    {
        let text = "the version is a shallow one: it has one replica a region";
        checks.push(Check::new(Verdict::Fail, text).advise("publish it with full replication"));
    }
    checks
}

fn replica_limit(version: &ImageVersion, phases: &[Phase]) -> Check {
    let most = phases
        .iter()
        .map(|phase| phases::replicas_after(version, &phase.change))
        .max();
    let most =
        most.unwrap_or_else(|| phases::replicas_after(version, &PublishingChange::default()));
    match phases
        .iter()
        .find_map(|phase| phases::too_many(version, &phase.change))
    {
        Some(text) => Check::new(Verdict::Fail, text).advise("lower the counts or leave a region"),
        None => Check::new(
            Verdict::Pass,
            format!("{most} of {MAX_REPLICAS} replicas in all"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixtures::{ordinary, version, wish};
    use super::*;

    fn locations() -> Vec<Location> {
        let document = |name: &str| {
            json!({"id": format!("/subscriptions/s/locations/{name}"), "name": name,
                   "displayName": name, "metadata": {"regionType": "Physical"}})
        };
        ["westeurope", "uksouth", "eastus"]
            .iter()
            .map(|name| Location::from_document(document(name)).unwrap())
            .collect()
    }

    fn failed(version: &ImageVersion, wish: &Replicate) -> Vec<String> {
        let phases = phases::phases(version, wish);
        checks(version, wish, &phases, Ok(&locations()), None)
            .into_iter()
            .filter(|check| check.verdict == Verdict::Fail)
            .map(|check| format!("{} → {}", check.text, check.advice.unwrap_or_default()))
            .collect()
    }

    #[test]
    fn an_unknown_region_fails_with_the_nearest_one() {
        let version = ordinary();
        assert_eq!(
            failed(&version, &wish(&version, &[("uksoth", 1, None)], &[])),
            ["uksoth isn't a region of the subscription → did you mean uksouth?"]
        );
        assert_eq!(
            failed(&version, &wish(&version, &[("East US", 1, None)], &[])),
            [""; 0]
        );
    }

    #[test]
    fn the_home_region_stays_and_keeps_its_storage() {
        let version = ordinary();
        let removed = failed(&version, &wish(&version, &[], &["West Europe"]));
        assert!(removed[0].starts_with("westeurope is the version's home: it can't be removed"));
        let rebuilt = failed(
            &version,
            &wish(&version, &[("westeurope", 1, Some("zrs"))], &[]),
        );
        assert!(
            rebuilt[0].contains("its storage type can't be changed"),
            "{rebuilt:?}"
        );
    }

    #[test]
    fn more_than_a_hundred_replicas_over_all_regions_fail() {
        let version = ordinary();
        assert_eq!(
            failed(&version, &wish(&version, &[("eastus", 39, None)], &[])),
            [""; 0]
        );
        let over = failed(&version, &wish(&version, &[("eastus", 40, None)], &[]));
        assert!(
            over[0].starts_with("101 replicas over all regions"),
            "{over:?}"
        );
    }

    #[test]
    fn encrypted_shallow_and_vanishing_versions_are_refused() {
        let encrypted = version(&json!({"publishingProfile": {"targetRegions": [
            {"name": "westeurope", "encryption": {"osDiskImage": {"diskEncryptionSetId": "x"}}}
        ]}}));
        let text = failed(&encrypted, &wish(&encrypted, &[("eastus", 1, None)], &[]));
        assert!(text[0].contains("customer-managed keys"), "{text:?}");
        let shallow = version(&json!({"publishingProfile": {"replicationMode": "Shallow",
            "targetRegions": [{"name": "westeurope"}]}}));
        assert_eq!(
            failed(&shallow, &wish(&shallow, &[("eastus", 2, None)], &[])).len(),
            1
        );
        let leaving = version(&json!({"provisioningState": "Deleting"}));
        let text = failed(&leaving, &wish(&leaving, &[("eastus", 1, None)], &[]));
        assert!(text[0].contains("Deleting"), "{text:?}");
    }
}
