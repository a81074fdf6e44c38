//! What a replication that has ended leaves, and how it is taken back.

use super::phases::{Phase, Seen};
use super::{Replicate, Task};
use crate::actions::trace::under_way;
use crate::actions::{Action, Part, Trace};
use crate::azure::RegionChange;

impl Task {
    /// See [`crate::actions::Task::under_way`].
    pub(in crate::actions) fn under_way(&self, step: &str, parts: &[Part]) -> String {
        let definition = self.version.parent();
        let image = definition.as_ref().map_or("", |image| image.name());
        let what = format!("the update of {image} {}", self.version.name());
        let phase = self.phases.iter().find(|phase| phase.name == step);
        let sets = |part: &&Part| {
            let mut set = phase.iter().flat_map(|phase| &phase.change.set);
            set.any(|change| change.region.as_str() == part.name)
        };
        let removed = phase.iter().flat_map(|phase| &phase.change.remove);
        let removed = removed.map(|region| format!(", without {region}"));
        under_way(what, parts.iter().filter(sets)) + &removed.collect::<String>()
    }

    /// See [`crate::actions::Task::left_behind`].
    pub(in crate::actions) fn left_behind(&self, trace: &Trace) -> Option<String> {
        let lifted = self.written(trace).any(Phase::lifts_safety);
        let restored = self.written(trace).any(Phase::restores_safety);
        (lifted && !restored).then(|| {
            "allowDeletionOfReplicatedLocations stays on: a region can be removed from this \
             version without lifting it first"
                .to_owned()
        })
    }

    /// See [`crate::actions::Task::undo`]: the regions that were written become what the plan found
    /// there.
    pub(in crate::actions) fn undo(&self, trace: &Trace) -> Result<Action, String> {
        let mut undo = Replicate {
            version: self.version.clone(),
            set: Vec::new(),
            remove: Vec::new(),
        };
        for seen in &self.seen {
            let Seen { region, held } = seen;
            let set = self.written(trace).flat_map(|phase| &phase.change.set);
            let set: Vec<&RegionChange> = set.filter(|set| set.region == *region).collect();
            let differs = |set: &&RegionChange, replicas: u32| {
                set.replicas.is_some_and(|count| count != replicas)
            };
            let mut removals = self.written(trace).flat_map(|phase| &phase.change.remove);
            let removed = removals.any(|removed| removed == region);
            match held {
                None if !set.is_empty() => undo.remove.push(region.clone()),
                Some(held) if removed || set.iter().any(|set| differs(set, held.replicas)) => {
                    let storage = held.storage.clone().filter(|_| removed);
                    undo.set.push(RegionChange {
                        region: region.clone(),
                        replicas: Some(held.replicas),
                        storage,
                    });
                }
                _ => {}
            }
        }
        if undo.set.is_empty() && undo.remove.is_empty() {
            let left = self.left_behind(trace);
            return Err(left.map_or_else(
                || "it changed no region: there is nothing to take back".to_owned(),
                |left| format!("{left}; a retry puts it back at the end"),
            ));
        }
        Ok(Action::Replicate(undo))
    }

    fn written<'a>(&'a self, trace: &'a Trace) -> impl Iterator<Item = &'a Phase> {
        let accepted = |phase: &&Phase| trace.steps.contains(&phase.name);
        self.phases.iter().filter(accepted)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::fixtures::{version, wish};
    use super::super::phases::{self, held, phases, seen};
    use super::*;
    use crate::actions::PartState;
    use crate::azure::{ImageVersion, Region};

    fn there(regions: &[(&str, u32, &str)]) -> ImageVersion {
        let target = |(name, replicas, storage): &(&str, u32, &str)| json!({"name": name, "regionalReplicaCount": replicas, "storageAccountType": storage});
        let targets: Vec<_> = regions.iter().map(target).collect();
        version(&json!({
            "provisioningState": "Succeeded",
            "publishingProfile": {"targetRegions": targets, "replicaCount": 1},
            "safetyProfile": {"allowDeletionOfReplicatedLocations": false},
        }))
    }

    fn task(version: &ImageVersion, wish: &Replicate) -> Task {
        Task {
            version: version.id.clone(),
            phases: phases(version, wish),
            seen: seen(version, wish),
        }
    }

    fn after(steps: &[&str]) -> Trace {
        Trace {
            steps: steps.iter().map(|step| (*step).to_owned()).collect(),
            parts: Vec::new(),
        }
    }

    #[test]
    fn only_what_was_written_is_taken_back() {
        let before = there(&[
            ("westeurope", 1, "Standard_LRS"),
            ("uksouth", 2, "Standard_LRS"),
        ]);
        let set = [("eastus", 1, None), ("westeurope", 3, None)];
        let task = task(&before, &wish(&before, &set, &["uksouth"]));
        let Ok(Action::Replicate(undo)) = task.undo(&after(&["update regions"])) else {
            panic!()
        };
        assert_eq!(undo.remove, [Region::new("eastus")]);
        assert_eq!(undo.set.len(), 1);
        assert_eq!(undo.set[0].replicas, Some(1));
        let all = after(&["update regions", "remove regions", "finish"]);
        let Ok(Action::Replicate(undo)) = task.undo(&all) else {
            panic!()
        };
        let back = undo
            .set
            .iter()
            .find(|set| set.region == Region::new("uksouth"));
        assert_eq!(back.unwrap().replicas, Some(2));
        assert!(
            task.undo(&after(&[]))
                .unwrap_err()
                .contains("nothing to take back")
        );
    }

    #[test]
    fn a_flag_alone_is_put_back_by_a_retry() {
        let before = there(&[
            ("westeurope", 1, "Standard_LRS"),
            ("uksouth", 2, "Standard_LRS"),
        ]);
        let task = task(&before, &wish(&before, &[], &["uksouth"]));
        let why = task.undo(&after(&["update regions"])).unwrap_err();
        assert!(
            why.contains("stays on") && why.contains("a retry puts it back"),
            "{why}"
        );
    }

    #[test]
    fn what_azure_goes_on_with_is_named_with_its_regions() {
        let before = there(&[
            ("westeurope", 1, "Standard_LRS"),
            ("eastus", 2, "Standard_LRS"),
        ]);
        let set = [("uksouth", 1, None), ("northeurope", 1, None)];
        let task = task(&before, &wish(&before, &set, &["eastus"]));
        let part = |name: &str, percent, state| Part {
            name: name.to_owned(),
            percent,
            state,
        };
        let parts = [
            part("uksouth", 40, PartState::Running),
            part("northeurope", 0, PartState::Pending),
        ];
        assert_eq!(
            task.under_way("update regions", &parts),
            "the update of win11 1.10.0: uksouth 40 %, northeurope 0 %"
        );
        assert_eq!(
            task.under_way("remove regions", &parts),
            "the update of win11 1.10.0, without eastus"
        );
    }

    proptest! {
        /// Wherever a replication stopped, its undo leads back to the regions as they were found.
        #[test]
        fn the_undo_leads_back_to_what_was_found(
            present in prop::collection::btree_map("[a-d]", (1u32..9, 0usize..2), 1..4),
            wished in prop::collection::btree_map("[b-f]", (1u32..9, prop::option::of(0usize..2)), 0..4),
            gone in prop::collection::btree_set("[b-f]", 0..3),
            sent in 0usize..4,
        ) {
            let kinds = ["Standard_LRS", "Standard_ZRS"];
            let regions: Vec<_> = present
                .iter()
                .map(|(name, (replicas, kind))| (name.as_str(), *replicas, kinds[*kind]))
                .collect();
            let before = there(&regions);
            let set: Vec<_> = wished
                .iter()
                .filter(|(name, _)| !gone.contains(*name))
                .map(|(name, (replicas, kind))| (name.as_str(), *replicas, kind.map(|k| kinds[k])))
                .collect();
            let gone: Vec<&str> = gone.iter().map(String::as_str).collect();
            let task = task(&before, &wish(&before, &set, &gone));
            let carried_out = |version: &ImageVersion, phase: &Phase| {
                let mut body = version.update_body(&phase.change);
                body["id"] = json!(version.id.to_string());
                body["name"] = json!("1.10.0");
                ImageVersion::from_document(body).unwrap()
            };
            let sent = &task.phases[..sent.min(task.phases.len())];
            let mut now = sent.iter().fold(before.clone(), |now, phase| carried_out(&now, phase));
            let names: Vec<&str> = sent.iter().map(|phase| phase.name.as_str()).collect();
            if let Ok(Action::Replicate(undo)) = task.undo(&after(&names)) {
                prop_assert!(undo.validate().is_ok());
                for phase in phases::phases(&now, &undo) {
                    now = carried_out(&now, &phase);
                }
            }
            for name in ["a", "b", "c", "d", "e", "f"] {
                let region = Region::new(name);
                prop_assert_eq!(held(&now, &region), held(&before, &region), "{}", name);
            }
        }
    }
}
