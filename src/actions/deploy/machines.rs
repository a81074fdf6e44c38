use serde::{Deserialize, Serialize};

use crate::actions::{Failure, Steps};
use crate::azure::{ResourceId, Session};

/// The pinned form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// The image version.
    pub version: ResourceId,
}

impl Task {
    pub(in crate::actions) fn left_behind(&self, _: &[String]) -> Option<String> {
        None
    }

    pub(in crate::actions) fn claims(&self) -> Vec<ResourceId> {
        Vec::new()
    }
}

pub(in crate::actions) async fn run(_: &Task, _: &Session, _: &dyn Steps) -> Result<(), Failure> {
    Ok(())
}
