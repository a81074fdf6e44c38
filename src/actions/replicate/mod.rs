//! Replicate: change the regions and replicas of an image version.
//!
//! Target regions are a full replacement list without an `ETag` (FACTS: gallery `PUT`), so every
//! request is built from the version as it is at that moment with only our change applied, and one
//! job at a time writes a version.

mod checks;
#[cfg(test)]
mod fixtures;
mod needs;
mod phases;
mod plan;
mod progress;
mod undo;
mod update;

use serde::{Deserialize, Serialize};

use super::{Failure, Steps};
use crate::azure::{Region, RegionChange, ResourceId, Session};
pub use needs::AT_GALLERY;
use phases::Phase;
pub(super) use plan::plan;
use update::Update;

/// Replicas that one version may have over all its regions (azure-compute-docs,
/// `azure-compute-gallery.md`, limits).
pub const MAX_REPLICAS: u32 = 100;

/// Regions to add or change, and regions to leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replicate {
    /// The image version.
    pub version: ResourceId,
    /// Regions that it shall be in, with what shall hold there.
    pub set: Vec<RegionChange>,
    /// Regions that it shall not be in any more.
    pub remove: Vec<Region>,
}

impl Replicate {
    /// What contradicts itself in the request, before anything is read.
    ///
    /// # Errors
    /// What is wrong, and what would be right.
    pub fn validate(&self) -> Result<(), String> {
        if self.set.is_empty() && self.remove.is_empty() {
            return Err("name at least one region to add, change or remove".to_owned());
        }
        let mut named: Vec<&Region> = Vec::new();
        for region in self
            .set
            .iter()
            .map(|change| &change.region)
            .chain(&self.remove)
        {
            if named.contains(&region) {
                return Err(format!("{region} is named twice: name each region once"));
            }
            named.push(region);
        }
        for change in &self.set {
            match change.replicas {
                Some(0) => {
                    return Err(format!(
                        "{} needs at least 1 replica; to leave the region, remove it",
                        change.region
                    ));
                }
                Some(replicas) if replicas > MAX_REPLICAS => {
                    return Err(format!(
                        "{}: {replicas} replicas are more than the {MAX_REPLICAS} that a version \
                         may have in all",
                        change.region
                    ));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The pinned form: the requests in order, and what the plan saw where they change something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// The image version.
    pub version: ResourceId,
    phases: Vec<Phase>,
    seen: Vec<phases::Seen>,
}

impl Task {
    /// See [`super::Task::parts`].
    #[must_use]
    pub fn parts(&self) -> Vec<String> {
        let set = self.phases.iter().flat_map(|phase| &phase.change.set);
        set.map(|change| change.region.to_string()).collect()
    }
}

/// Carries the task out: its requests one after the other, each followed to its end.
pub(super) async fn run(task: &Task, session: &Session, steps: &dyn Steps) -> Result<(), Failure> {
    for phase in &task.phases {
        let update = Update::new(session, task, phase);
        steps.effect(&phase.name, &update).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(set: &[(&str, Option<u32>)], remove: &[&str]) -> Replicate {
        Replicate {
            version: "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/r/\
                      providers/Microsoft.Compute/galleries/g/images/i/versions/1.0.0"
                .parse()
                .unwrap(),
            set: set
                .iter()
                .map(|(name, replicas)| RegionChange {
                    region: Region::new(name),
                    replicas: *replicas,
                    storage: None,
                })
                .collect(),
            remove: remove.iter().map(|name| Region::new(name)).collect(),
        }
    }

    #[test]
    fn a_region_named_twice_is_refused_however_it_is_spelt() {
        for twice in [
            wish(&[("westeurope", Some(2)), ("West Europe", Some(3))], &[]),
            wish(&[("westeurope", Some(2))], &["West Europe"]),
        ] {
            assert!(
                twice
                    .validate()
                    .unwrap_err()
                    .contains("westeurope is named twice")
            );
        }
    }

    #[test]
    fn replica_counts_outside_the_limits_are_refused() {
        assert!(wish(&[("uksouth", Some(100))], &[]).validate().is_ok());
        assert!(
            wish(&[("uksouth", Some(101))], &[])
                .validate()
                .unwrap_err()
                .contains("100")
        );
        assert!(
            wish(&[("uksouth", Some(0))], &[])
                .validate()
                .unwrap_err()
                .contains("at least 1")
        );
        assert!(
            wish(&[], &[])
                .validate()
                .unwrap_err()
                .contains("at least one region")
        );
    }
}
