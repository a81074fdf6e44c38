//! The configuration file: whom we sign in as, what we want to know of customers, what is safe.
//!
//! Everything in it is checked when it is read. What isn't understood is refused with file, line
//! and the nearest valid key, because a misspelt setting that is silently ignored is found out in
//! the middle of a rollout.

mod cloud;
mod file;
mod identity;
mod names;
mod notify;
mod tenant;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use serde::Deserialize;

pub use names::{LONGEST, LONGEST_WINDOWS, NamePattern};
pub use notify::{Notify, NotifyCommand, NotifyEvent};

use crate::azure::{self, Azure, Cloud, IdentitySettings, ResourceId, SubscriptionId, TenantId};

/// Why the configuration can't be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file can't be read.
    #[error("the configuration {} can't be read: {cause}{}", path.display(), hint(.cause))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        cause: std::io::Error,
    },
    /// Something in the file isn't understood or contradicts itself.
    #[error("{}:{line}: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong, and what would be right.
        message: String,
    },
}

fn hint(cause: &std::io::Error) -> &'static str {
    if cause.kind() == std::io::ErrorKind::NotFound {
        "; README.md shows a first one, and --demo needs none"
    } else {
        ""
    }
}

/// The configuration, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// The cloud that everything is in.
    pub cloud: Cloud,
    /// How we sign in; the first that lists a tenant serves it.
    pub identities: Vec<Identity>,
    /// What the file says of customers.
    pub tenants: Vec<Tenant>,
    /// How plans are computed.
    pub planner: Planner,
    /// How many jobs run at the same time.
    pub limits: Limits,
    /// How long what has ended is kept.
    pub journal: Journal,
    /// What is forbidden or needs more than a yes.
    pub safety: Safety,
    /// The process that carries the queue out.
    pub agent: Agent,
    /// Who is told when jobs end.
    pub notify: Notify,
    /// What all this was read from.
    pub source: Source,
}

/// The process that carries the queue out when nobody looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Agent {
    /// How long it stays when there is nothing to do and nobody looks, such as `15m`.
    pub idle: SignedDuration,
}

impl Default for Agent {
    fn default() -> Self {
        Self {
            idle: SignedDuration::from_mins(15),
        }
    }
}

/// What a configuration was read from, so that two processes can tell whether they go by the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The file.
    pub path: PathBuf,
    /// The SHA-256 of its text, in hexadecimal digits.
    pub digest: String,
    /// The environment variables that it names.
    pub variables: BTreeSet<String>,
}

/// How we sign in.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The credential and the tenant where it signs in first.
    pub settings: IdentitySettings,
    /// Other tenants that it signs in to.
    pub also: Also,
}

/// The tenants besides its own that an identity signs in to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Also {
    /// These.
    Listed(Vec<TenantId>),
    /// All that Azure lists for it as home or member, never those only delegated; and those that
    /// the Azure CLI knows, where that is whom it signs in as.
    Every,
}

/// What the file says of a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// The customer's tenant.
    pub id: TenantId,
    /// What the operator calls it.
    pub name: Option<String>,
    /// Words to choose customers by, such as `ring1`.
    pub tags: Vec<String>,
    /// Object id that a role assignment for this customer goes to.
    pub principal: Option<String>,
    /// Defaults of a deployment there.
    pub deploy: Option<Deploy>,
}

/// Defaults of a deployment in a customer's subscription.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deploy {
    /// The subscription that the machines go to.
    pub subscription: Option<SubscriptionId>,
    /// The resource group that the machines go to.
    pub resource_group: Option<String>,
    /// The subnet of their interfaces.
    pub subnet: Option<ResourceId>,
    /// Their size, such as `Standard_D4s_v5`.
    pub size: Option<String>,
    /// Their name, as a [`NamePattern`].
    pub name: Option<String>,
    /// The administrator's name.
    pub admin_user: Option<String>,
    /// A file that holds the administrator's password; a relative one is in the folder of the
    /// configuration.
    pub password_file: Option<PathBuf>,
    /// An environment variable that holds it.
    pub password_env: Option<String>,
}

/// How plans are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Planner {
    /// Concurrent creations that one replica serves. Microsoft's guidance was 20 and is now 50
    /// (azure-compute-docs, `azure-compute-gallery.md`); the lower one is the safe one.
    pub machines_per_replica: u32,
}

impl Default for Planner {
    fn default() -> Self {
        Self {
            machines_per_replica: 20,
        }
    }
}

/// How many jobs run at the same time. What says nothing is limited by `at_once` alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// In all.
    pub at_once: u32,
    /// For the same customer.
    pub per_tenant: Option<u32>,
    /// That write in the same subscription.
    pub per_subscription: Option<u32>,
    /// On images of the same gallery.
    pub per_gallery: Option<u32>,
    /// Replications.
    pub replicate: Option<u32>,
    /// Shares, and their taking back.
    pub share: Option<u32>,
    /// Deployments.
    pub deploy: Option<u32>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            at_once: 256,
            per_tenant: None,
            per_subscription: None,
            per_gallery: None,
            replicate: None,
            share: None,
            deploy: None,
        }
    }
}

impl Limits {
    /// The limit of a verb, `replicate`, `share`, `unshare` or `deploy`.
    #[must_use]
    pub fn of_verb(&self, verb: &str) -> Option<u32> {
        match verb {
            "replicate" => self.replicate,
            "share" | "unshare" => self.share,
            "deploy" => self.deploy,
            _ => None,
        }
    }

    /// A limit that lets nothing begin, by its key.
    fn nought(&self) -> Option<&'static str> {
        let Self {
            at_once,
            per_tenant,
            per_subscription,
            per_gallery,
            replicate,
            share,
            deploy,
        } = *self;
        let all = [
            ("at_once", Some(at_once)),
            ("per_tenant", per_tenant),
            ("per_subscription", per_subscription),
            ("per_gallery", per_gallery),
            ("replicate", replicate),
            ("share", share),
            ("deploy", deploy),
        ];
        let nought = all.into_iter().find(|(_, most)| *most == Some(0));
        nought.map(|(key, _)| key)
    }
}

/// How long what has ended is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Journal {
    /// Days after which a request whose jobs have all ended is forgotten.
    pub keep_days: u32,
}

impl Default for Journal {
    fn default() -> Self {
        Self { keep_days: 90 }
    }
}

/// What is forbidden, or needs more than a yes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Safety {
    /// Nothing is changed anywhere.
    pub read_only: bool,
    /// Destructive actions in these tenants ask for the tenant's name.
    pub protected_tenants: Vec<TenantId>,
}

impl Config {
    /// Reads and checks the file.
    ///
    /// # Errors
    /// [`Error::Unreadable`] or [`Error::Invalid`].
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|cause| Error::Unreadable {
            path: path.to_owned(),
            cause,
        })?;
        file::parse(&text, path, &|name| std::env::var(name).ok())
    }

    /// The connection that the file describes, with the tokens of people who sign in kept in the
    /// file `tokens`. Nothing is sent.
    ///
    /// # Errors
    /// As [`Azure::new`].
    pub fn azure(&self, tokens: PathBuf) -> Result<Azure, azure::Error> {
        let identities = self
            .identities
            .iter()
            .map(|identity| identity.settings.clone());
        let azure = Azure::keeping_tokens_in(tokens, self.cloud.clone(), identities.collect())?;
        for (tenant, name) in self.tenant_names() {
            azure.call(tenant, name);
        }
        Ok(azure)
    }

    /// What the file calls a tenant.
    #[must_use]
    pub fn tenant_names(&self) -> BTreeMap<TenantId, String> {
        let named = |tenant: &Tenant| Some((tenant.id.clone(), tenant.name.clone()?));
        self.tenants.iter().filter_map(named).collect()
    }
}
