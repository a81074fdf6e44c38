use super::Task;
use super::phases::{Phase, satisfies};
use crate::actions::{Part, PartState, Progress};
use crate::azure::{ImageVersion, Region, RegionReplication, ReplicationState};

/// How far the regions are that a task brings a version to, while `phase` of it is carried out.
pub(super) fn progress(task: &Task, phase: &Phase, version: &ImageVersion) -> Progress {
    let copies = version
        .replication
        .iter()
        .flat_map(|status| &status.regions);
    let copies: Vec<&RegionReplication> = copies.collect();
    let mut parts = Vec::new();
    let mut sent = true;
    for one in &task.phases {
        for change in &one.change.set {
            // A copy that is there before the request for it is one that another replaces.
            let asked_for = sent && satisfies(version, change);
            let mut copies = copies.iter().filter(|_| asked_for);
            let copy = copies.find(|copy| copy.region == change.region);
            parts.push(part(&change.region, copy.copied()));
        }
        sent &= one.name != phase.name;
    }
    let sum: u32 = parts.iter().map(|part| u32::from(part.percent)).sum();
    let count = u32::try_from(parts.len()).unwrap_or(u32::MAX).max(1);
    Progress {
        percent: u8::try_from(sum / count).unwrap_or(100),
        parts,
    }
}

fn part(region: &Region, copy: Option<&RegionReplication>) -> Part {
    let (percent, state) = match copy.map(|copy| (copy.progress, &copy.state)) {
        None | Some((0, ReplicationState::Unknown)) => (0, PartState::Pending),
        Some((_, ReplicationState::Completed)) => (100, PartState::Done),
        Some((percent, ReplicationState::Failed)) => (percent.min(100), PartState::Failed),
        Some((percent, _)) => (percent.min(100), PartState::Running),
    };
    Part {
        name: region.to_string(),
        percent,
        state,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixtures::{version, wish};
    use super::super::phases;
    use super::*;

    #[test]
    fn a_copy_that_is_to_be_replaced_is_not_the_one_that_is_asked_for() {
        let there = |storage: &str, copied: u8| {
            version(&json!({
                "provisioningState": "Updating",
                "publishingProfile": {"targetRegions": [
                    {"name": "UK South", "regionalReplicaCount": 1, "storageAccountType": storage},
                    {"name": "East US", "regionalReplicaCount": 2, "storageAccountType": "Standard_LRS"},
                ]},
                "replicationStatus": {"summary": [
                    {"region": "UK South", "state": "Completed", "progress": 100},
                    {"region": "East US", "state": "Replicating", "progress": copied},
                ]},
            }))
        };
        let before = there("Standard_LRS", 40);
        let wish = wish(
            &before,
            &[("eastus", 2, None), ("uksouth", 1, Some("zrs"))],
            &[],
        );
        let without = version(&json!({"publishingProfile": {"targetRegions": [
            {"name": "UK South", "regionalReplicaCount": 1, "storageAccountType": "Standard_LRS"},
        ]}}));
        let task = Task {
            version: before.id.clone(),
            phases: phases::phases(&without, &wish),
            seen: Vec::new(),
        };
        let told = |version: &ImageVersion, phase: usize| {
            let progress = progress(&task, &task.phases[phase], version);
            let parts = progress.parts.into_iter();
            let parts: Vec<_> = parts.map(|part| (part.name, part.percent)).collect();
            (progress.percent, parts)
        };
        let parts = |eastus, uksouth| {
            vec![
                ("eastus".to_owned(), eastus),
                ("uksouth".to_owned(), uksouth),
            ]
        };
        assert_eq!(told(&before, 0), (20, parts(40, 0)));
        assert_eq!(told(&there("Standard_LRS", 100), 1), (50, parts(100, 0)));
        assert_eq!(told(&there("Standard_ZRS", 100), 2), (100, parts(100, 100)));
    }
}
