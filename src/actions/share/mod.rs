//! Share and unshare: who may use a gallery, an image definition or a version, and by which means.
//!
//! A direct share names whole tenants or single subscriptions at the gallery itself; one request
//! adds or removes them all. A role assignment names a principal of the gallery's own tenant; each
//! is a job for itself.

mod direct;
mod needs;
mod plan;
mod role;

use serde::{Deserialize, Serialize};

use super::{Action, Failure, Part, Steps, Trace};
use crate::azure::{BuiltInRole, ResourceId, Session, SubscriptionId, TenantId};
use crate::config::Config;

pub use direct::{FEATURE, registered};
pub use needs::{DIRECT, ROLE};
pub(super) use plan::plan;
pub use role::SERVING;

/// Tenants that a gallery can be shared with directly (azure-compute-docs,
/// `share-gallery-direct.md`, limitations).
pub const MAX_TENANTS: usize = 5;

/// Subscriptions that a gallery can be shared with directly (the same page).
pub const MAX_SUBSCRIPTIONS: usize = 30;

/// What is shared, and with whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// A gallery, an image definition or a version. A direct share is the gallery's.
    pub resource: ResourceId,
    /// By which means, and with whom.
    pub means: Means,
}

/// The means of sharing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "via", rename_all = "snake_case")]
pub enum Means {
    /// The gallery is shared with tenants and subscriptions.
    Direct {
        /// With everybody in these tenants.
        tenants: Vec<TenantId>,
        /// With these subscriptions, of whatever tenant.
        subscriptions: Vec<SubscriptionId>,
    },
    /// A role on the resource is assigned.
    Role {
        /// The role's name or GUID; the least one that serves where none is named.
        role: Option<String>,
        /// To whom.
        principals: Vec<Principal>,
    },
}

/// Whom a role is assigned to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// The object id in the gallery's tenant; nothing where the customer's configuration says it.
    pub id: Option<String>,
    /// The customer that it is for, where it is for one.
    pub tenant: Option<TenantId>,
}

/// Whether it is given or taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Given.
    Share,
    /// Taken back.
    Unshare,
}

impl Share {
    /// The principals that the configuration names for customers are filled in.
    #[must_use]
    pub(super) fn completed(mut self, config: &Config) -> Self {
        if let Means::Role { principals, .. } = &mut self.means {
            for principal in principals.iter_mut().filter(|one| one.id.is_none()) {
                let customer = config
                    .tenants
                    .iter()
                    .find(|tenant| Some(&tenant.id) == principal.tenant.as_ref());
                principal.id = customer.and_then(|customer| customer.principal.clone());
            }
        }
        self
    }

    /// What contradicts itself in the request, before anything is read.
    ///
    /// # Errors
    /// What is wrong, and what would be right.
    pub fn validate(&self) -> Result<(), String> {
        let kind = self.resource.kind();
        let shareable = [
            "Microsoft.Compute/galleries",
            "Microsoft.Compute/galleries/images",
            "Microsoft.Compute/galleries/images/versions",
        ];
        if !shareable
            .iter()
            .any(|known| known.eq_ignore_ascii_case(&kind))
        {
            return Err(format!(
                "{kind} can't be shared: name a gallery, an image or a version"
            ));
        }
        if let Means::Role {
            role: Some(role), ..
        } = &self.means
        {
            BuiltInRole::meant_by(role).map_err(|error| error.to_string())?;
        }
        match &self.means {
            Means::Direct { .. } if !shareable[0].eq_ignore_ascii_case(&kind) => Err(
                "a direct share is of a whole gallery: name the gallery, or share the image by role"
                    .to_owned(),
            ),
            Means::Direct {
                tenants,
                subscriptions,
            } if tenants.is_empty() && subscriptions.is_empty() => {
                Err("name at least one tenant or subscription to share with".to_owned())
            }
            Means::Role { principals, .. } if principals.is_empty() => {
                Err("name at least one tenant or principal to share with".to_owned())
            }
            _ => Ok(()),
        }
    }
}

/// The pinned form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "via", rename_all = "snake_case")]
pub enum Task {
    /// One request to the gallery.
    Direct(direct::Task),
    /// One role assignment.
    Role(role::Task),
}

impl Task {
    /// See [`super::Task::under_way`].
    pub(super) fn under_way(&self, parts: &[Part]) -> String {
        match self {
            Self::Direct(task) => task.under_way(parts),
            Self::Role(task) => task.under_way(),
        }
    }

    /// See [`super::Task::undo`].
    pub(super) fn undo(&self, trace: &Trace) -> Result<Action, String> {
        if trace.steps.is_empty() {
            return Err("it changed nothing: there is nothing to take back".to_owned());
        }
        match self {
            Self::Direct(task) => task.undo(),
            Self::Role(task) => task.undo(),
        }
    }
}

/// Carries the task out.
pub(super) async fn run(task: &Task, session: &Session, steps: &dyn Steps) -> Result<(), Failure> {
    match task {
        Task::Direct(task) => direct::run(task, session, steps).await,
        Task::Role(task) => role::run(task, session, steps).await,
    }
}
