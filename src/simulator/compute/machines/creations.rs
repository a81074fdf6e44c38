//! How many machines are being created from one version in one region, and how many its replicas
//! serve.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::simulator::operations::Failure;
use crate::simulator::regions;
use crate::simulator::resource_path::name_of;
use crate::simulator::resources::{key, text};

/// Machines under creation.
pub(in crate::simulator) struct Creations {
    /// What each machine draws on, by its id
    running: BTreeMap<String, Source>,
    /// The most machines that ever drew on the same at once, refused ones included
    most: BTreeMap<Source, usize>,
    /// How many machines of each id have been begun
    births: BTreeMap<String, usize>,
    /// Concurrent creations that one replica serves (Microsoft's `azure-compute-gallery.md`, which
    /// used to say 20 and says 50 now)
    per_replica: usize,
}

/// The replicas of one version in one region.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Source {
    /// Id of the version, as it is written
    version: String,
    /// `westeurope`
    region: String,
}

impl Source {
    pub(super) fn new(version: &Value, region: &str) -> Self {
        Self {
            version: text(version, "/id"),
            region: regions::normal(region),
        }
    }
}

impl Creations {
    pub(in crate::simulator) fn new(per_replica: usize) -> Self {
        Self {
            running: BTreeMap::new(),
            most: BTreeMap::new(),
            births: BTreeMap::new(),
            per_replica,
        }
    }

    /// A machine begins to be created; whether its source's replicas cannot serve it beside the
    /// others.
    pub(super) fn begin(
        &mut self,
        machine: &str,
        source: Source,
        replicas: usize,
    ) -> Option<Failure> {
        let all = self.running.values().filter(|other| **other == source);
        let all = all.count() + 1;
        let most = self.most.entry(source.clone()).or_default();
        *most = all.max(*most);
        let served = replicas * self.per_replica;
        let failure = (all > served).then(|| throttled(&source, replicas, served));
        self.running.insert(key(machine), source);
        *self.births.entry(key(machine)).or_default() += 1;
        failure
    }

    /// The how many'th of its id the next machine will be, whatever else is created meanwhile; one
    /// that was there from the start is none of these.
    pub(super) fn next_birth(&self, machine: &str) -> usize {
        self.births
            .get(&key(machine))
            .map_or(1, |births| births + 1)
    }

    /// A machine is created, or failed, or gone.
    pub(in crate::simulator) fn end(&mut self, machine: &str) {
        self.running.remove(&key(machine));
    }

    /// For the control: each version and region with the most machines ever under creation at once.
    pub(in crate::simulator) fn peaks(&self) -> Value {
        let peaks = self.most.iter().map(|(source, most)| {
            json!({ "version": source.version, "region": source.region, "most": most })
        });
        peaks.collect()
    }
}

/// What a machine beyond what the replicas serve fails with. Azure documents that a replica is
/// throttled (`azure-compute-gallery.md`), and not how it says so: code and text are unverified.
fn throttled(source: &Source, replicas: usize, served: usize) -> Failure {
    Failure::new(
        "OperationNotAllowed",
        format!(
            "The server rejected the request because too many virtual machines are being created \
             from gallery image version '{}' in region '{}'. Its {replicas} replica(s) there serve \
             {served} at a time. Please retry later, or raise the number of replicas.",
            name_of(&source.version),
            source.region
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(region: &str) -> Source {
        Source::new(&json!({ "id": "/g/images/d/versions/1.0.0" }), region)
    }

    #[test]
    fn a_replica_serves_so_many_at_a_time() {
        let mut creations = Creations::new(2);
        assert!(creations.begin("/m/1", source("westeurope"), 1).is_none());
        assert!(creations.begin("/m/2", source("West Europe"), 1).is_none());
        assert!(creations.begin("/m/3", source("uksouth"), 1).is_none());
        assert!(creations.begin("/m/4", source("westeurope"), 1).is_some());
        assert!(creations.begin("/m/5", source("westeurope"), 2).is_none());
        for machine in ["/M/1", "/m/2", "/m/4", "/m/5"] {
            creations.end(machine);
        }
        assert!(creations.begin("/m/6", source("westeurope"), 1).is_none());
        let peaks = creations.peaks();
        assert_eq!(peaks[0]["region"], "uksouth");
        assert_eq!(
            peaks[1]["most"], 4,
            "the refused one was under creation too"
        );
    }
}
