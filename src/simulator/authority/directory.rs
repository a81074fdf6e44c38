//! Who can sign in, and what signing in has left behind.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::device_codes::DeviceCodes;
use super::refresh_tokens::RefreshTokens;

/// The application of Azure CLI, which is known in every tenant (Microsoft's
/// `application-management/…/first-party-apps-sign-in.md`).
pub(super) const AZURE_CLI: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";

/// Everything that the authority knows besides tenants and the service principals in them.
#[derive(Default)]
pub(in crate::simulator) struct Directory {
    pub(in crate::simulator) application: Application,
    pub(in crate::simulator) users: Vec<User>,
    pub(in crate::simulator) managed_identities: Vec<ManagedIdentity>,
    /// Subscriptions that people need a second factor to change anything in, by id
    pub(in crate::simulator) guarded: BTreeSet<String>,
    pub(in crate::simulator) device_codes: DeviceCodes,
    pub(super) refresh_tokens: RefreshTokens,
    /// By object id
    revocations: BTreeMap<String, Revocation>,
    /// Access tokens issued so far
    tokens: u64,
}

/// The provider's application, besides its secret.
#[derive(Default)]
pub(in crate::simulator) struct Application {
    pub(in crate::simulator) client_id: String,
    /// A certificate that it may sign assertions with, PEM
    pub(in crate::simulator) certificate: Option<String>,
    pub(in crate::simulator) federated: Vec<Federated>,
}

/// A federated identity credential: whose tokens stand for the application.
pub(in crate::simulator) struct Federated {
    pub(in crate::simulator) issuer: String,
    pub(in crate::simulator) subject: String,
    pub(in crate::simulator) audience: String,
}

/// A person.
pub(in crate::simulator) struct User {
    /// User principal name
    pub(in crate::simulator) name: String,
    /// The tenant that it signs in at
    pub(in crate::simulator) home: String,
    /// Whether a second factor is registered
    pub(in crate::simulator) second_factor: bool,
    pub(in crate::simulator) accounts: Vec<Account>,
}

/// A person in a tenant, at home or as a guest.
pub(in crate::simulator) struct Account {
    pub(in crate::simulator) tenant: String,
    pub(in crate::simulator) object_id: String,
    pub(in crate::simulator) groups: Vec<String>,
    /// The Entra error that signing in ends with there, such as `AADSTS50057`
    pub(in crate::simulator) sign_in: Option<String>,
}

/// An identity that Azure gives to a machine.
pub(in crate::simulator) struct ManagedIdentity {
    pub(in crate::simulator) tenant: String,
    pub(in crate::simulator) client_id: String,
    pub(in crate::simulator) object_id: String,
}

/// What a tenant asks of people who sign in.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::simulator) struct SignInPolicy {
    /// A second factor
    pub(in crate::simulator) mfa: bool,
    pub(in crate::simulator) conditional_access: ConditionalAccess,
    /// A second factor for whatever changes something in Azure Resource Manager
    pub(in crate::simulator) writes_need_mfa: bool,
}

/// What a conditional access policy keeps out.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(in crate::simulator) enum ConditionalAccess {
    /// Nobody
    #[default]
    None,
    /// Everybody
    Block,
    /// Whoever signs in by a device code
    BlockDeviceCode,
}

/// All access tokens up to a number are worth nothing any more.
struct Revocation {
    at: Timestamp,
    number: u64,
}

impl User {
    pub(super) fn account_in(&self, tenant: &str) -> Option<&Account> {
        self.accounts
            .iter()
            .find(|account| account.tenant == tenant)
    }
}

impl Directory {
    pub(in crate::simulator) fn user(&self, name: &str) -> Option<&User> {
        let mut all = self.users.iter();
        all.find(|user| user.name.eq_ignore_ascii_case(name))
    }

    /// The tenants that a person has an account in, by id.
    pub(in crate::simulator) fn tenants_of(&self, name: &str) -> impl Iterator<Item = &str> {
        let accounts = self.user(name).map(|user| user.accounts.iter());
        accounts
            .into_iter()
            .flatten()
            .map(|account| account.tenant.as_str())
    }

    /// The number of an access token that is about to be issued.
    pub(in crate::simulator) fn next_token(&mut self) -> u64 {
        self.tokens += 1;
        self.tokens
    }

    /// Revokes every access token that a principal has by now.
    pub(in crate::simulator) fn revoke(&mut self, object_id: &str, at: Timestamp) {
        let number = self.tokens;
        let revocation = Revocation { at, number };
        self.revocations.insert(object_id.to_owned(), revocation);
    }

    /// Revokes every refresh token that a person has by now.
    pub(in crate::simulator) fn revoke_sessions(&mut self, user: &str, at: Timestamp) {
        self.refresh_tokens.revoke(user, at);
    }

    /// Since when the access token `number` of a principal is revoked, if it is.
    pub(in crate::simulator) fn revoked(&self, object_id: &str, number: &str) -> Option<Timestamp> {
        let revocation = self.revocations.get(object_id)?;
        let number: u64 = number.parse().unwrap_or(0);
        (number <= revocation.number).then_some(revocation.at)
    }
}
