use std::collections::BTreeMap;
use std::sync::Arc;

use super::cloud::Cloud;
use super::error::Error;
use super::identity::{Access, IdentitySettings};
use super::witness::Witness;

/// One cloud, and the identities that sign in to it. Cheap to clone.
#[derive(Clone)]
pub struct Azure(Arc<Inner>);

struct Inner {
    cloud: Cloud,
    identities: BTreeMap<String, IdentitySettings>,
}

impl Azure {
    /// Prepares the connection; nothing is sent.
    ///
    /// # Errors
    /// [`Error::Configuration`] when two identities have the same name or the cloud's addresses
    /// cannot be used.
    pub fn new(cloud: Cloud, identities: Vec<IdentitySettings>) -> Result<Self, Error> {
        let identities = identities
            .into_iter()
            .map(|i| (i.name.clone(), i))
            .collect();
        Ok(Self(Arc::new(Inner { cloud, identities })))
    }

    /// The cloud.
    #[must_use]
    pub fn cloud(&self) -> &Cloud {
        &self.0.cloud
    }

    /// This cloud, seen as one identity in one tenant.
    #[must_use]
    pub fn session(&self, access: Access) -> Session {
        Session {
            azure: self.clone(),
            access,
            witness: None,
        }
    }
}

/// A cloud seen as one identity with the tokens of one tenant. Cheap to clone.
#[derive(Clone)]
pub struct Session {
    azure: Azure,
    access: Access,
    witness: Option<Arc<dyn Witness>>,
}

impl Session {
    /// Whom requests are made as.
    #[must_use]
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// The same session, with somebody who is told of every repetition.
    #[must_use]
    pub fn witnessed(&self, witness: Arc<dyn Witness>) -> Self {
        Self {
            witness: Some(witness),
            ..self.clone()
        }
    }
}
