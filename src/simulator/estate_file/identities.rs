//! Who can sign in.

use serde::Deserialize;
use toml::Spanned;

use super::{EstateFile, Guid};

/// The provider's multi-tenant app registration.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulator) struct Application {
    pub(in crate::simulator) client_id: Guid,
    pub(in crate::simulator) client_secret: String,
    /// The tenant it is registered in, the management tenant
    pub(in crate::simulator) home: Guid,
    pub(in crate::simulator) certificate: Option<Certificate>,
    /// Whose tokens it can sign in with
    #[serde(default)]
    pub(in crate::simulator) federated: Vec<Federated>,
}

/// What the application can sign in with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulator) struct Certificate {
    /// The certificate and its RSA key, PEM
    pub(in crate::simulator) pem: String,
}

/// A federated identity credential of the application.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulator) struct Federated {
    pub(in crate::simulator) issuer: String,
    pub(in crate::simulator) subject: String,
    #[serde(default = "token_exchange")]
    pub(in crate::simulator) audience: String,
}

/// An identity that the metadata service gives tokens of.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulator) struct ManagedIdentity {
    pub(in crate::simulator) client_id: Guid,
    pub(in crate::simulator) tenant: Guid,
    /// Object id of its service principal
    pub(in crate::simulator) id: Guid,
}

/// A person.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulator) struct User {
    /// User principal name
    pub(in crate::simulator) name: Spanned<String>,
    pub(in crate::simulator) home: Guid,
    /// Whether a second factor is registered
    #[serde(default = "yes")]
    pub(in crate::simulator) second_factor: bool,
    /// At home, and wherever it is a guest
    pub(in crate::simulator) accounts: Vec<Account>,
}

/// A person in a tenant.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulator) struct Account {
    pub(in crate::simulator) tenant: Guid,
    /// Object id there
    pub(in crate::simulator) id: Guid,
    /// Object ids of the groups that it belongs to there
    #[serde(default)]
    pub(in crate::simulator) groups: Vec<Guid>,
    /// The error that signing in ends with, such as `AADSTS50057`; of the home account, everywhere
    pub(in crate::simulator) sign_in: Option<String>,
}

impl User {
    /// Where it stands and what is wrong, if the accounts do not fit the tenants.
    pub(super) fn mistake(&self, estate: &EstateFile) -> Option<(usize, String)> {
        let at = self.name.span().start;
        let name = self.name.get_ref();
        if !self.accounts.iter().any(|one| one.tenant == self.home) {
            return Some((at, format!("\"{name}\" has no account at home")));
        }
        let known = |id: &Guid| estate.tenants.iter().any(|tenant| tenant.id == *id);
        let stray = self.accounts.iter().find(|one| !known(&one.tenant))?;
        let tenant = stray.tenant.as_str();
        Some((
            at,
            format!("\"{name}\" is in {tenant}, which is no tenant here"),
        ))
    }
}

fn token_exchange() -> String {
    "api://AzureADTokenExchange".to_owned()
}

fn yes() -> bool {
    true
}
