//! A token for (identity, tenant), whatever the credential.

mod application;
mod azure_cli;
mod certificate;
mod device_code;
mod failure;
mod managed_identity;
mod principal;
mod refusal;
mod remedy;
mod slot;
mod source;
mod tokens;
mod transport;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::guid::TenantId;
use super::secret::Secret;

pub use azure_cli::AzureCliProfile;
pub(crate) use device_code::RefreshTokens;
pub use device_code::{DeviceCode, PendingSignIn};
pub use principal::Principal;
pub use remedy::Remedy;
pub(crate) use tokens::{Token, Tokens};

/// The application that people sign in to by device code where the configuration names no other:
/// the Azure CLI's (azure-cli, `core/auth/constants.py`), which every tenant knows and which needs
/// no consent for Azure Resource Manager. There it stands in the sign-in logs as "Microsoft Azure
/// CLI", and a policy against that one is one against this program. A registration of one's own
/// is what Microsoft advises (Azure/azure-sdk-for-net#44840): multi-tenant, public client flows
/// allowed, with `user_impersonation` of Azure Service Management, consented to in each tenant.
pub const AZURE_CLI_CLIENT_ID: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";

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
    /// An application registration with a certificate.
    ClientCertificate {
        /// The application (client) id.
        client_id: String,
        /// A PEM file with the certificate and its private key.
        certificate: PathBuf,
    },
    /// A person, who signs in with a browser anywhere (RFC 8628).
    DeviceCode {
        /// The id of the application that the person signs in to.
        client_id: String,
    },
    /// Whoever has signed in to the Azure CLI.
    AzureCli,
    /// The identity of the Azure resource that this program runs on.
    ManagedIdentity {
        /// The client id of a user-assigned identity; without it, the resource's own.
        client_id: Option<String>,
    },
    /// An application registration or user-assigned identity that trusts another issuer's tokens,
    /// Kubernetes' for one.
    WorkloadIdentity {
        /// The application (client) id.
        client_id: String,
        /// The file with that issuer's token.
        token_file: PathBuf,
    },
}

impl Credential {
    /// Whether it stands for a person, who has an account in each tenant, and not for an
    /// application.
    #[must_use]
    pub fn is_a_person(&self) -> bool {
        matches!(self, Self::DeviceCode { .. } | Self::AzureCli)
    }
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
