use jiff::Timestamp;

use super::checks::checks;
use super::phases::{self, Phase, broken, changes_storage, held};
use super::{Replicate, Task};
use crate::actions::{Action, Change, Confirmation, Failure, JobPlan, Plan, PlanId, Sign, Site};
use crate::azure::{ImageVersion, Region, RegionChange};

/// Reads the version and what it may be replicated to, and computes the plan.
pub(in crate::actions) async fn plan(wish: &Replicate, site: &Site<'_>) -> Result<Plan, Failure> {
    let subscription = wish.version.subscription();
    let access = site.subscription(&subscription)?.access.clone();
    let session = site.azure.session(access.clone());
    let (version, locations, subscriptions) = tokio::join!(
        session.image_version(&wish.version),
        session.locations(&subscription),
        session.subscriptions(),
    );
    let (version, subscriptions) = (version?, subscriptions?);
    let subscription = subscriptions
        .iter()
        .find(|candidate| candidate.id == subscription);
    let protected = subscription.and_then(|owned| site.protected_name(&owned.tenant));
    let phases = phases::phases(&version, wish);
    let removes = phases.iter().any(|phase| !phase.change.remove.is_empty());
    let confirmation = match protected {
        Some(name) if removes => Confirmation::Typed(name),
        _ => Confirmation::Yes,
    };
    let title = title(&version);
    let job = JobPlan {
        title: title.clone(),
        target: target(wish),
        lock: wish.version.clone(),
        tenant: None,
        access: Some(access),
        checks: checks(&version, wish, &phases, locations.as_deref(), subscription),
        changes: changes(&version, wish, &phases),
        calls: phases
            .iter()
            .map(|phase| format!("PUT {}: {}", wish.version.names(), phase.name))
            .collect(),
        warnings: warnings(&version, wish),
        action: Action::Replicate(wish.clone()),
        task: Some(crate::actions::Task::Replicate(Task {
            version: wish.version.clone(),
            seen: phases::seen(&version, wish),
            phases,
        })),
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
    use super::super::fixtures::{ordinary, wish};
    use super::*;

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
