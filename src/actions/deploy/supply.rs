//! How many machines the replicas of a version serve at once in a region. All jobs share them.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::time::Instant;

use super::Task;
use super::image::Reference;
use crate::actions::{Cause, Failure, Room, Supply, Teller, Told};
use crate::azure::{
    ImageVersion, ProvisioningState, Region, RegionReplication, ReplicationState, Session,
};

/// Between two looks at a copy that isn't there yet, or at a role that doesn't work yet.
const LOOK: Duration = Duration::from_secs(15);

/// Whether a version can be deployed from in a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Readiness {
    /// With so many replicas.
    Replicas(u32),
    /// Its copy is on the way: percent.
    Copying(u8),
    /// The copy failed, with Azure's words.
    Broken(String),
    /// It isn't meant to be there.
    Absent,
    /// It can't be used anywhere at the moment.
    Unusable(String),
}

/// Whether `version` can be deployed from in `region`: its own copy counts, whatever the other
/// regions do.
pub(super) fn readiness(version: &ImageVersion, region: &Region) -> Readiness {
    let target = version
        .target_regions
        .iter()
        .find(|target| target.region == *region);
    let Some(target) = target else {
        return Readiness::Absent;
    };
    let replicas = target.replicas.or(version.replica_count).unwrap_or(1);
    let status = version.replication.as_ref();
    let copies = status.iter().flat_map(|status| &status.regions);
    let copy = copies.into_iter().find(|copy| copy.region == *region);
    match (&version.provisioning_state, copy.map(state_of)) {
        (ProvisioningState::Creating | ProvisioningState::Deleting, _) => {
            Readiness::Unusable(version.provisioning_state.to_string())
        }
        (_, Some((ReplicationState::Failed, copy))) => Readiness::Broken(copy.details.clone()),
        (_, Some((ReplicationState::Completed, _))) | (ProvisioningState::Succeeded, _) => {
            Readiness::Replicas(replicas)
        }
        (_, Some((_, copy))) => Readiness::Copying(copy.progress),
        (_, None) => Readiness::Copying(0),
    }
}

fn state_of(copy: &RegionReplication) -> (ReplicationState, &RegionReplication) {
    (copy.state.clone(), copy)
}

/// The replicas of a task's version in its region.
pub(super) struct Replicas<'a> {
    session: &'a Session,
    task: &'a Task,
    /// Until when a role may not work yet, also where the system's clock is moved meanwhile.
    grant_until: Option<Instant>,
}

impl<'a> Replicas<'a> {
    pub(super) fn new(session: &'a Session, task: &'a Task) -> Self {
        let left = |until: Timestamp| until.duration_since(Timestamp::now());
        let left = task.grant_until.map(left);
        Self {
            session,
            task,
            grant_until: left
                .map(|left| Instant::now() + Duration::try_from(left).unwrap_or_default()),
        }
    }
}

#[async_trait]
impl Supply for Replicas<'_> {
    fn pool(&self) -> String {
        format!("{} {}", self.task.version.key(), self.task.model.region)
    }

    async fn room(&self, tell: &dyn Teller) -> Result<Room, Failure> {
        let task = self.task;
        let region = &task.model.region;
        let owner = self.session.acting_as(task.owner.clone());
        let version = owner.image_version(&task.version).await?;
        tell.tell(Told::Seen(version.id.clone(), version.document().clone()));
        let changed = |text: String| {
            Failure::new(Cause::Changed, text).advise("replicate the version there, and retry")
        };
        let replicas = match readiness(&version, region) {
            Readiness::Replicas(replicas) => replicas,
            Readiness::Copying(percent) => {
                return Ok(Room::NotYet(format!("{region} {percent} %"), LOOK));
            }
            Readiness::Broken(details) => {
                return Err(changed(format!("the copy in {region} failed: {details}")));
            }
            Readiness::Absent => {
                return Err(changed(format!("the version isn't in {region} any more")));
            }
            Readiness::Unusable(state) => {
                return Err(changed(format!("the version is {state}")));
            }
        };
        if let Some(waits) = self.grant().await? {
            return Ok(waits);
        }
        Ok(Room::For(
            replicas.saturating_mul(task.machines_per_replica),
        ))
    }
}

impl Replicas<'_> {
    /// Waits for a role that was assigned minutes ago, until a read with the identity that deploys
    /// passes.
    async fn grant(&self) -> Result<Option<Room>, Failure> {
        let (Reference::Linked(id, access), Some(until)) = (&self.task.image, self.grant_until)
        else {
            return Ok(None);
        };
        match self
            .session
            .acting_as(access.clone())
            .image_version(id)
            .await
        {
            Ok(_) => Ok(None),
            Err(error) if error.status() == Some(403) && Instant::now() < until => {
                let what = format!("the role of {} on the image to work", access.identity);
                Ok(Some(Room::NotYet(what, LOOK)))
            }
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn version(state: &str, copies: &serde_json::Value) -> ImageVersion {
        ImageVersion::from_document(json!({
            "id": "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/r/providers/\
                   Microsoft.Compute/galleries/g/images/i/versions/1.0.0",
            "name": "1.0.0", "location": "westeurope",
            "properties": {
                "provisioningState": state,
                "publishingProfile": {"replicaCount": 2, "targetRegions": [
                    {"name": "West Europe"}, {"name": "UK South", "regionalReplicaCount": 3},
                ]},
                "replicationStatus": {"aggregatedState": "InProgress", "summary": copies},
            },
        }))
        .unwrap()
    }

    #[test]
    fn a_region_is_ready_by_itself() {
        let copies = json!([
            {"region": "West Europe", "state": "Completed", "progress": 100},
            {"region": "UK South", "state": "Replicating", "progress": 62},
        ]);
        let updating = version("Updating", &copies);
        let ready = |region| readiness(&updating, &Region::new(region));
        assert_eq!(ready("westeurope"), Readiness::Replicas(2));
        assert_eq!(ready("uksouth"), Readiness::Copying(62));
        assert_eq!(ready("eastus"), Readiness::Absent);
        let rested = version("Succeeded", &json!([]));
        assert_eq!(
            readiness(&rested, &Region::new("uksouth")),
            Readiness::Replicas(3)
        );
    }

    #[test]
    fn what_failed_or_is_not_made_yet_is_not_ready() {
        let failed = json!([{"region": "UK South", "state": "Failed", "details": "no room"}]);
        let uk = Region::new("uksouth");
        assert_eq!(
            readiness(&version("Failed", &failed), &uk),
            Readiness::Broken("no room".to_owned())
        );
        assert_eq!(
            readiness(&version("Creating", &json!([])), &uk),
            Readiness::Unusable("Creating".to_owned())
        );
        assert_eq!(
            readiness(&version("Updating", &json!([])), &uk),
            Readiness::Copying(0)
        );
    }
}
