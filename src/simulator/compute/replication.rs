//! Copies of image versions on their way to regions.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::simulator::regions;
use crate::simulator::resources::key;

/// Shortest and longest copy to a region, in simulated seconds. A 30 GB image took some 7½ minutes
/// (`vm/gallery_e2e.json` of the recordings); real ones are larger.
const COPY_SECONDS: (f64, f64) = (480.0, 1200.0);
/// Shortest and longest change of a region's number of replicas.
pub(super) const RESIZE_SECONDS: (f64, f64) = (120.0, 300.0);
/// Shortest and longest removal of a region.
pub(super) const REMOVE_SECONDS: (f64, f64) = (20.0, 50.0);
/// Shortest and longest update that copies nothing.
pub(super) const SETTINGS_SECONDS: (f64, f64) = (5.0, 15.0);

/// One copy: to one region, of one version.
#[derive(Clone, Debug)]
pub(in crate::simulator) struct Copy {
    pub(super) starts: Timestamp,
    pub(super) ends: Timestamp,
    /// Whether a copy is there already and serves on, and only its number of replicas changes
    pub(super) resizes: bool,
    /// What stops it half-way
    pub(super) failure: Option<String>,
}

/// The latest copy to each region, by version and region. A region of a version that none is noted
/// for has had its copy since the start.
pub(in crate::simulator) struct Copies {
    by_version: BTreeMap<String, BTreeMap<String, Copy>>,
    /// How many times as long as usual one takes.
    slower: u32,
}

impl Copies {
    pub(in crate::simulator) fn new(slower: u32) -> Self {
        Self {
            by_version: BTreeMap::new(),
            slower,
        }
    }

    /// Shortest and longest copy to a region, in simulated seconds.
    pub(super) fn seconds(&self) -> (f64, f64) {
        let (shortest, longest) = COPY_SECONDS;
        let slower = f64::from(self.slower);
        (shortest * slower, longest * slower)
    }

    pub(super) fn note(&mut self, version: &str, region: &str, copy: Copy) {
        let copies = self.by_version.entry(key(version)).or_default();
        copies.insert(regions::normal(region), copy);
    }

    /// Whether the last copy to a region has failed.
    pub(super) fn failed(&self, version: &str, region: &str, now: Timestamp) -> bool {
        self.of(version, region)
            .is_some_and(|copy| copy.failure.is_some() && copy.ends <= now)
    }

    /// Whether there is a copy of a version in a region to make machines from.
    pub(super) fn serves(&self, version: &Value, region: &str, now: Timestamp) -> bool {
        let id = version["id"].as_str().unwrap_or_default();
        let copy = self.of(id, region);
        copy.is_some_and(|copy| copy.resizes) || state(copy, now).0 == "Completed"
    }

    /// Forgets a version that is gone, and all versions below a resource that is gone.
    pub(in crate::simulator) fn forget(&mut self, resource: &str) {
        let gone = key(resource);
        let below = format!("{gone}/");
        self.by_version
            .retain(|version, _| *version != gone && !version.starts_with(&below));
    }

    /// Forgets a region that a version has been taken out of.
    pub(super) fn forget_region(&mut self, version: &str, region: &str) {
        if let Some(copies) = self.by_version.get_mut(&key(version)) {
            copies.remove(&regions::normal(region));
        }
    }

    fn of(&self, version: &str, region: &str) -> Option<&Copy> {
        self.by_version
            .get(&key(version))?
            .get(&regions::normal(region))
    }

    /// `replicationStatus` of a version (`GalleryRP 2024-03-03/gallery.json`): `InProgress` as a whole,
    /// Replicating in a region.
    pub(super) fn status(&self, version: &Value, now: Timestamp) -> Value {
        let id = version["id"].as_str().unwrap_or_default();
        let targets = version["properties"]["publishingProfile"]["targetRegions"].as_array();
        let summary: Vec<Value> = targets
            .into_iter()
            .flatten()
            .filter_map(|target| target["name"].as_str())
            .map(|region| {
                let (state, details, progress) = state(self.of(id, region), now);
                json!({ "region": region, "state": state, "details": details, "progress": progress })
            })
            .collect();
        let some = |state: &str| summary.iter().any(|region| region["state"] == state);
        let aggregated = if some("Replicating") {
            "InProgress"
        } else if some("Failed") {
            "Failed"
        } else if !some("Unknown") {
            "Completed"
        } else if some("Completed") {
            "InProgress"
        } else {
            "Unknown"
        };
        json!({ "aggregatedState": aggregated, "summary": summary })
    }
}

/// State, details and progress in percent of a copy.
fn state(copy: Option<&Copy>, now: Timestamp) -> (&'static str, &str, u8) {
    let Some(copy) = copy else {
        return ("Completed", "", 100);
    };
    if now < copy.starts {
        return ("Unknown", "", 0);
    }
    let whole = (copy.ends - copy.starts)
        .total(jiff::Unit::Second)
        .unwrap_or(1.0);
    let done = (now - copy.starts).total(jiff::Unit::Second).unwrap_or(0.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to 0 to 99"
    )]
    let percent = (100.0 * done / whole).clamp(0.0, 99.0) as u8;
    match &copy.failure {
        None if now >= copy.ends => ("Completed", "", 100),
        Some(detail) if now >= copy.ends => ("Failed", detail, STOPPED_AT),
        None => ("Replicating", "", percent),
        Some(_) => ("Replicating", "", percent.min(STOPPED_AT)),
    }
}

/// The progress, in percent, that a failing copy stops at.
const STOPPED_AT: u8 = 60;

/// What the operation of a version says when copies have failed. The text is Azure's
/// (azure-cli issue 15539); its error code is not known.
pub(super) fn failure_message(failures: &[(String, String)]) -> String {
    let regions: Vec<String> = failures
        .iter()
        .map(|(region, detail)| format!("{{region:{region}, detail:{detail}}}"))
        .collect();
    format!(
        "Gallery replication jobs failed in one or more regions. The failing regions' details are \
         as follows: '{}'. If retry does not work, then please do an update by removing the failed \
         regions and update again by adding them back.",
        regions.join(", ")
    )
}
