use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::failure::Failure;
use super::{Access, Remedy};
use crate::azure::error::Error;
use crate::azure::guid::TenantId;
use crate::azure::secret::Secret;

/// Where the tokens of one identity come from.
#[async_trait]
pub(super) trait TokenSource: Send + Sync {
    /// Gets a fresh token, however often it is asked: keeping one is the asker's.
    async fn token(&self, ask: &Ask<'_>) -> Result<Fresh, Failure>;

    /// How a sign-in at a tenant is mended.
    fn remedy(&self, _tenant: &TenantId) -> Remedy {
        Remedy::Elsewhere
    }

    /// Who has signed in, as far as a tenant is concerned; nobody where that is no person.
    async fn account(&self, _tenant: &TenantId) -> Result<Option<String>, Error> {
        Ok(None)
    }

    /// The tenants that it is known to be signed in to, before anybody is asked.
    fn tenants(&self) -> Vec<TenantId> {
        Vec::new()
    }
}

/// What a token is wanted for.
pub(super) struct Ask<'a> {
    pub(super) access: &'a Access,
    pub(super) scope: &'a str,
    /// What the token has to prove besides, as JSON: a claims challenge
    /// (entra-docs, claims-challenge.md). A source that cannot ask for it asks without.
    pub(super) claims: Option<&'a str>,
}

/// A token that was just issued.
#[derive(Clone, Debug)]
pub(super) struct Fresh {
    pub(super) secret: Secret,
    pub(super) expires_at: Timestamp,
}

/// How long before its end a token is replaced, as Microsoft's libraries do.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

impl Fresh {
    /// Whether it is neither expired nor about to.
    pub(super) fn lasts(&self) -> bool {
        self.expires_at.duration_since(Timestamp::now()) > AHEAD
    }

    /// Whether ARM takes it still.
    pub(super) fn is_valid(&self) -> bool {
        self.expires_at > Timestamp::now()
    }
}
