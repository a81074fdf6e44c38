//! A token for (identity, tenant), whatever the credential.

mod failure;
mod tokens;
mod transport;

use serde::{Deserialize, Serialize};

use super::guid::TenantId;
use super::secret::Secret;

pub(crate) use tokens::{Token, Tokens};

/// How an operator signs in: a name for it, where it is at home and what proves it.
#[derive(Clone, Debug)]
pub struct IdentitySettings {
    /// Its name in the configuration; what [`Access::identity`] refers to.
    pub name: String,
    /// The tenant it signs in to first.
    pub tenant: TenantId,
    /// What proves it.
    pub credential: Credential,
}

/// What proves an identity.
#[derive(Clone, Debug)]
pub enum Credential {
    /// An application registration with a client secret.
    ClientSecret {
        /// The application (client) id.
        client_id: String,
        /// Its secret.
        secret: Secret,
    },
}

/// Whom a request is made as: that identity, with a token issued by that tenant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Access {
    /// The name of the identity in the configuration.
    pub identity: String,
    /// The tenant that issues the token.
    pub tenant: TenantId,
}

impl Access {
    /// What is being done while a token is asked for.
    pub(crate) fn signing_in(&self) -> String {
        format!("signing in as {} in tenant {}", self.identity, self.tenant)
    }
}
