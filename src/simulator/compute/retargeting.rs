//! What happens when the regions of a version change: copies begin, grow and go.

use std::time::Duration;

use serde_json::Value;

use super::replication::{Copy, REMOVE_SECONDS, RESIZE_SECONDS, SETTINGS_SECONDS};
use crate::simulator::clock::later;
use crate::simulator::regions;
use crate::simulator::world::World;

/// What an update does to the regions of a version.
#[derive(Default)]
pub(super) struct Changes {
    copied: Vec<String>,
    resized: Vec<String>,
    /// Regions that had a copy
    pub(super) removed: Vec<String>,
    /// Regions whose copy had failed
    abandoned: Vec<String>,
}

impl Changes {
    /// What changes from the old properties of the version `id` to a new publishing profile.
    pub(super) fn between(world: &World, id: &str, old: Option<&Value>, new: &Value) -> Self {
        let now = world.clock.now();
        let before = replicas(old.map_or(&Value::Null, |old| &old["publishingProfile"]));
        let after = replicas(new);
        let had = |region: &str| before.iter().find(|(name, _)| name == region);
        let failed = |region: &str| world.copies.failed(id, region, now);
        let mut changes = Self::default();
        for (region, count) in &after {
            match had(region) {
                Some(_) if failed(region) => changes.copied.push(region.clone()),
                Some((_, old)) if old != count => changes.resized.push(region.clone()),
                Some(_) => {}
                None => changes.copied.push(region.clone()),
            }
        }
        for (region, _) in before {
            if after.iter().all(|(name, _)| *name != region) {
                if failed(&region) {
                    changes.abandoned.push(region);
                } else {
                    changes.removed.push(region);
                }
            }
        }
        changes
    }

    /// Starts the copies; says how long all of it takes, and which regions fail with what.
    pub(super) fn start(&self, world: &mut World, id: &str) -> (Duration, Vec<(String, String)>) {
        let now = world.clock.now();
        let chance = world.chance;
        let copying = world.copies.seconds();
        let seconds = |what: &str, region: &str, (least, most): (f64, f64)| {
            let what = format!("{what} {} {region}", id.to_lowercase());
            chance.seconds(&what, least, most)
        };
        let mut longest = seconds("settings", "", SETTINGS_SECONDS);
        let mut failures = Vec::new();
        let copies = self.copied.iter().map(|region| (region, "copy", copying));
        let resizes = self
            .resized
            .iter()
            .map(|region| (region, "resize", RESIZE_SECONDS));
        for (region, what, range) in copies.chain(resizes) {
            let short = regions::normal(region);
            let begins = seconds("queue", region, (1.0, 20.0));
            let takes = seconds(what, region, range);
            longest = longest.max(takes);
            let failure = (what == "copy")
                .then(|| world.faults.strike_copy(region))
                .flatten();
            failures.extend(failure.clone().map(|detail| (short, detail)));
            let copy = Copy {
                starts: later(now, begins),
                ends: later(now, takes),
                resizes: what == "resize",
                failure,
            };
            world.copies.note(id, region, copy);
        }
        for region in self.removed.iter().chain(&self.abandoned) {
            longest = longest.max(seconds("remove", region, REMOVE_SECONDS));
            world.copies.forget_region(id, region);
        }
        (longest, failures)
    }
}

/// Regions by display name, with their number of replicas.
fn replicas(publishing: &Value) -> Vec<(String, i64)> {
    let targets = publishing["targetRegions"].as_array();
    let replica = |target: &Value| {
        let name = target["name"].as_str()?.to_owned();
        Some((name, target["regionalReplicaCount"].as_i64().unwrap_or(1)))
    };
    targets.into_iter().flatten().filter_map(replica).collect()
}
