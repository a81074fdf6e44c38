use jiff::Timestamp;

use super::phases::{self, Phase, broken, changes_storage, held};
use super::{MAX_REPLICAS, Replicate, Task};
use crate::actions::{
    Action, Change, Check, Confirmation, Failure, JobPlan, Plan, PlanId, Sign, Site, Verdict,
};
use crate::azure::{
    Error, ImageVersion, Location, ProvisioningState, PublishingChange, Region, RegionChange,
    ReplicationMode, Subscription, SubscriptionState,
};

/// Reads the version and what it may be replicated to, and computes the plan.
pub(in crate::actions) async fn plan(wish: &Replicate, site: &Site<'_>) -> Result<Plan, Failure> {
    let session = site.azure.session(site.access.clone());
    let subscription = wish.version.subscription();
    let (version, locations, subscriptions) = tokio::join!(
        session.image_version(&wish.version),
        session.locations(&subscription),
        session.subscriptions(),
    );
    let (version, subscriptions) = (version?, subscriptions?);
    let subscription = subscriptions
        .iter()
        .find(|candidate| candidate.id == subscription);
    let protected = subscription.and_then(|subscription| {
        site.protected
            .iter()
            .find(|(tenant, _)| *tenant == subscription.tenant)
    });
    let phases = phases::phases(&version, wish);
    let removes = phases.iter().any(|phase| !phase.change.remove.is_empty());
    let confirmation = match protected {
        Some((_, name)) if removes => Confirmation::Typed(name.clone()),
        _ => Confirmation::Yes,
    };
    let title = title(&version);
    let job = JobPlan {
        title: title.clone(),
        target: target(wish),
        lock: wish.version.clone(),
        access: site.access.clone(),
        checks: checks(&version, wish, &phases, locations.as_deref(), subscription),
        changes: changes(&version, wish, &phases),
        calls: phases
            .iter()
            .map(|phase| format!("PUT {}: {}", wish.version.names(), phase.name))
            .collect(),
        warnings: warnings(&version, wish),
        task: crate::actions::Task::Replicate(Task {
            version: wish.version.clone(),
            seen: phases::seen(&version, wish),
            phases,
        }),
    };
    Ok(Plan {
        id: PlanId::fresh(),
        made_at: Timestamp::now(),
        action: Action::Replicate(wish.clone()),
        title,
        confirmation,
        jobs: vec![job],
    })
}

fn title(version: &ImageVersion) -> String {
    let definition = version.id.parent();
    let definition = definition
        .as_ref()
        .map_or("", |definition| definition.name());
    format!("replicate {definition} {}", version.name)
}

fn target(wish: &Replicate) -> String {
    let set = wish.set.iter().map(|change| match change.replicas {
        Some(replicas) => format!("{} {replicas}", change.region),
        None => change.region.to_string(),
    });
    let gone = wish.remove.iter().map(|region| format!("-{region}"));
    set.chain(gone).collect::<Vec<_>>().join(", ")
}

fn checks(
    version: &ImageVersion,
    wish: &Replicate,
    phases: &[Phase],
    locations: Result<&[Location], &Error>,
    subscription: Option<&Subscription>,
) -> Vec<Check> {
    let mut checks = vec![at_rest(version)];
    checks.extend(subscription.map(writable));
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

fn writable(subscription: &Subscription) -> Check {
    match &subscription.state {
        SubscriptionState::Enabled => Check::new(
            Verdict::Pass,
            format!("subscription {} is enabled", subscription.name),
        ),
        state => Check::new(
            Verdict::Fail,
            format!(
                "subscription {} is {state}: nothing can be changed in it",
                subscription.name
            ),
        )
        .advise("have its owner enable it again"),
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

fn changes(version: &ImageVersion, wish: &Replicate, phases: &[Phase]) -> Vec<Change> {
    if phases.is_empty() {
        return Vec::new();
    }
    let touched = |region: &Region| {
        phases.iter().any(|phase| {
            phase.change.remove.contains(region)
                || phase
                    .change
                    .set
                    .iter()
                    .any(|change| change.region == *region)
        })
    };
    let mut changes: Vec<Change> = wish
        .set
        .iter()
        .filter(|change| touched(&change.region))
        .map(|change| change_of(version, change))
        .collect();
    for region in wish.remove.iter().filter(|region| touched(region)) {
        let replicas = held(version, region).map_or(0, |held| held.replicas);
        let text = format!("{region}  {}", replicas_text(replicas));
        changes.push(Change {
            sign: Sign::Remove,
            text,
        });
    }
    if phases.iter().any(Phase::lifts_safety) {
        let text = "allowDeletionOfReplicatedLocations  false → true, and false again at the end";
        changes.push(Change {
            sign: Sign::Change,
            text: text.to_owned(),
        });
    }
    changes
}

fn change_of(version: &ImageVersion, change: &RegionChange) -> Change {
    let region = &change.region;
    let Some(held) = held(version, region) else {
        let replicas = change.replicas.or(version.replica_count).unwrap_or(1);
        let storage = change
            .storage
            .as_ref()
            .map(|storage| format!(", {storage}"));
        let text = format!(
            "{region}  {}{}",
            replicas_text(replicas),
            storage.unwrap_or_default()
        );
        return Change {
            sign: Sign::Add,
            text,
        };
    };
    let mut parts = Vec::new();
    if let Some(replicas) = change
        .replicas
        .filter(|replicas| *replicas != held.replicas)
    {
        parts.push(format!("{} → {}", held.replicas, replicas_text(replicas)));
    }
    if changes_storage(version, change)
        && let Some(storage) = &change.storage
    {
        let before = held
            .storage
            .map_or_else(|| "?".to_owned(), |storage| storage.to_string());
        parts.push(format!("{before} → {storage} (removed and added again)"));
    }
    if parts.is_empty() && broken(version, region) {
        parts.push("copied again: the last copy failed".to_owned());
    }
    Change {
        sign: Sign::Change,
        text: format!("{region}  {}", parts.join(", ")),
    }
}

fn replicas_text(replicas: u32) -> String {
    if replicas == 1 {
        "1 replica".to_owned()
    } else {
        format!("{replicas} replicas")
    }
}

fn warnings(version: &ImageVersion, wish: &Replicate) -> Vec<String> {
    let removed = wish.remove.iter().filter(|region| held(version, region).is_some()).map(|region| {
        format!(
            "{region}: scale sets that use this version there can't grow or be reimaged any more; \
             machines that run are not touched"
        )
    });
    let rebuilt = wish
        .set
        .iter()
        .filter(|change| changes_storage(version, change))
        .map(|change| {
            format!(
                "{}: without this version until it has been copied there again",
                change.region
            )
        });
    removed.chain(rebuilt).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn version(properties: &serde_json::Value) -> ImageVersion {
        ImageVersion::from_document(json!({
            "id": "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/r/providers/\
                   Microsoft.Compute/galleries/g/images/win11/versions/1.10.0",
            "name": "1.10.0", "location": "westeurope", "properties": properties
        }))
        .unwrap()
    }

    fn ordinary() -> ImageVersion {
        version(&json!({
            "provisioningState": "Succeeded",
            "publishingProfile": {"targetRegions": [
                {"name": "West Europe", "regionalReplicaCount": 1, "storageAccountType": "Standard_LRS"},
                {"name": "UK South", "regionalReplicaCount": 60, "storageAccountType": "Standard_LRS"}
            ]}
        }))
    }

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

    fn wish(version: &ImageVersion, set: &[(&str, u32, Option<&str>)], gone: &[&str]) -> Replicate {
        Replicate {
            version: version.id.clone(),
            set: set
                .iter()
                .map(|(name, replicas, storage)| RegionChange {
                    region: Region::new(name),
                    replicas: Some(*replicas),
                    storage: storage.map(|text| text.parse().unwrap()),
                })
                .collect(),
            remove: gone.iter().map(|name| Region::new(name)).collect(),
        }
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

    #[test]
    fn changes_say_before_and_after() {
        let version = ordinary();
        let wish = wish(
            &version,
            &[("westeurope", 3, None), ("eastus", 2, Some("zrs"))],
            &["uksouth"],
        );
        let phases = phases::phases(&version, &wish);
        let lines: Vec<String> = changes(&version, &wish, &phases)
            .iter()
            .map(|change| format!("{} {}", change.sign.symbol(), change.text))
            .collect();
        assert_eq!(
            lines,
            [
                "~ westeurope  1 → 3 replicas",
                "+ eastus  2 replicas, Standard_ZRS",
                "- uksouth  60 replicas",
                "~ allowDeletionOfReplicatedLocations  false → true, and false again at the end",
            ]
        );
        assert_eq!(target(&wish), "westeurope 3, eastus 2, -uksouth");
    }
}
