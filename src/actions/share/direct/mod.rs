//! A direct share: the gallery names tenants and subscriptions that may use all its images
//! (azure-compute-docs, `share-gallery-direct.md`).

mod plan;
mod sharing;

use serde::{Deserialize, Serialize};

use super::{Means, Share, Way};
use crate::actions::trace::under_way;
use crate::actions::{Action, Failure, Part, Steps};
use crate::azure::{ResourceId, Session, SharingGroup, SharingGroupKind, SharingOperation};
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
    /// Those of them that the plan found otherwise.
    #[serde(default)]
    changed: Vec<SharingGroup>,
}

impl Task {
    /// See [`crate::actions::Task::under_way`].
    pub(super) fn under_way(&self, parts: &[Part]) -> String {
        let what = format!("the change of the sharing of {}", self.gallery.name());
        under_way(what, parts.iter())
    }

    /// See [`crate::actions::Task::undo`].
    pub(super) fn undo(&self) -> Result<Action, String> {
        let of_kind = |kind: SharingGroupKind| {
            let groups = self.changed.iter().filter(move |group| group.kind == kind);
            groups.flat_map(|group| &group.ids)
        };
        let tenants = of_kind(SharingGroupKind::Tenants);
        let subscriptions = of_kind(SharingGroupKind::Subscriptions);
        let share = Share {
            resource: self.gallery.clone(),
            means: Means::Direct {
                tenants: tenants.filter_map(|id| id.parse().ok()).collect(),
                subscriptions: subscriptions.filter_map(|id| id.parse().ok()).collect(),
            },
        };
        share.validate()?;
        Ok(self.way.back().action(share))
    }
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
