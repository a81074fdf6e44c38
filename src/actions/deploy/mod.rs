//! Deploy: virtual machines from an image version in customers' subscriptions, a job a target.
//!
//! A job creates its machines by deployments of fully expanded templates, one a wave: as many
//! machines as the replicas of the version in that region serve at once, counted over all jobs. It
//! never touches a machine or an interface that it did not create itself.

mod checks;
mod draft;
mod group;
mod image;
mod machines;
mod needs;
mod password;
mod plan;
mod reading;
mod supply;
mod template;
mod wave;

use serde::{Deserialize, Serialize};

use crate::azure::{ResourceId, SubscriptionId, TenantId};
use crate::config::Config;

pub use crate::config::NamePattern;
pub use machines::Task;
pub(super) use machines::{run, stays};
pub use needs::{AT_GALLERY, AT_GROUP, AT_SUBNET, OF_IMAGE, PROVIDERS};
pub use password::PasswordSource;
pub(super) use plan::plan;

/// Machines of one target at most: those of larger ones are several requests.
pub const MAX_MACHINES: u32 = 1000;

/// Which version goes where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deploy {
    /// The image version.
    pub version: ResourceId,
    /// Where to, each a job of its own.
    pub targets: Vec<Target>,
}

/// Machines for one customer. What is left open is taken from `[tenant.deploy]` of the
/// configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The customer.
    pub tenant: TenantId,
    /// How many machines.
    pub count: u32,
    /// The subscription.
    pub subscription: Option<SubscriptionId>,
    /// The resource group; created if it is missing.
    pub resource_group: Option<String>,
    /// The subnet of the interfaces; its network's region is the machines' region.
    pub subnet: Option<ResourceId>,
    /// The size, such as `Standard_D4s_v5`.
    pub size: Option<String>,
    /// The names, with a `#` for each digit of the number, such as `vm-avd-####`.
    pub name: Option<String>,
    /// The administrator's name.
    pub admin_user: Option<String>,
    /// Where the administrator's password comes from.
    pub password: Option<PasswordSource>,
}

impl Target {
    /// That many machines, all else as the configuration says.
    #[must_use]
    pub fn new(tenant: TenantId, count: u32) -> Self {
        Self {
            tenant,
            count,
            subscription: None,
            resource_group: None,
            subnet: None,
            size: None,
            name: None,
            admin_user: None,
            password: None,
        }
    }

    fn completed(self, config: &Config) -> Self {
        let customer = config.tenants.iter().find(|one| one.id == self.tenant);
        let deploy = customer.and_then(|customer| customer.deploy.clone());
        let deploy = deploy.unwrap_or_default();
        let password = PasswordSource::of(&deploy);
        Self {
            tenant: self.tenant,
            count: self.count,
            subscription: self.subscription.or(deploy.subscription),
            resource_group: self.resource_group.or(deploy.resource_group),
            subnet: self.subnet.or(deploy.subnet),
            size: self.size.or(deploy.size),
            name: self.name.or(deploy.name),
            admin_user: self.admin_user.or(deploy.admin_user),
            password: self.password.or(Some(password)),
        }
    }
}

impl Deploy {
    pub(super) fn completed(self, config: &Config) -> Self {
        let targets = self.targets.into_iter();
        Self {
            version: self.version,
            targets: targets.map(|target| target.completed(config)).collect(),
        }
    }

    /// What contradicts itself in the request, before anything is read.
    ///
    /// # Errors
    /// What is wrong, and what would be right.
    pub fn validate(&self) -> Result<(), String> {
        if self.targets.is_empty() {
            return Err("name at least one tenant to deploy to".to_owned());
        }
        for target in &self.targets {
            if target.count == 0 || target.count > MAX_MACHINES {
                return Err(format!(
                    "{} machines for one tenant: 1 to {MAX_MACHINES} are wanted",
                    target.count
                ));
            }
        }
        Ok(())
    }
}
