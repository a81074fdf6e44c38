//! A direct share: the gallery names tenants and subscriptions that may use all its images
//! (azure-compute-docs, `share-gallery-direct.md`).

mod plan;
mod sharing;

use serde::{Deserialize, Serialize};

use super::Way;
use crate::actions::{Failure, Steps};
use crate::azure::{ResourceId, Session, SharingGroup, SharingOperation};
pub(super) use plan::plan;
pub use plan::{FEATURE, registered};
use sharing::Sharing;

/// The one step.
const STEP: &str = "change the sharing";

/// The pinned form: one request that adds or removes them all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    gallery: ResourceId,
    way: Way,
    groups: Vec<SharingGroup>,
}

fn operation(way: Way) -> SharingOperation {
    match way {
        Way::Share => SharingOperation::Add,
        Way::Unshare => SharingOperation::Remove,
    }
}

/// Carries the task out.
pub(super) async fn run(task: &Task, session: &Session, steps: &dyn Steps) -> Result<(), Failure> {
    steps.effect(STEP, &Sharing { session, task }).await
}
