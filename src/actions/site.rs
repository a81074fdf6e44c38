use super::{Cause, Check, Failure, Verdict};
use crate::azure::{Azure, ResourceId, Session, SubscriptionId, SubscriptionState, TenantId};
use crate::config::Config;
use crate::estate::{Reach, SubscriptionRow};

/// What planning may look at: the client, how subscriptions are reached, the operator's own rules,
/// and what jobs that have not ended are going to create.
pub struct Site<'a> {
    /// Azure.
    pub azure: &'a Azure,
    /// The configuration.
    pub config: &'a Config,
    /// How subscriptions are reached.
    pub reach: &'a Reach,
    /// Resources that open jobs of this queue are going to create.
    pub claimed: &'a [ResourceId],
}

impl Site<'_> {
    /// How a subscription is reached.
    ///
    /// # Errors
    /// It isn't.
    pub fn subscription(&self, id: &SubscriptionId) -> Result<&SubscriptionRow, Failure> {
        self.reach.subscription(id).ok_or_else(|| {
            let text = format!("subscription {id} isn't among those that are reached");
            let failure = Failure::new(Cause::Check, text);
            failure
                .advise("`gallerist get tenants` says which tenants answer, and why others don't")
        })
    }

    /// A session for requests about a subscription.
    ///
    /// # Errors
    /// It isn't reached.
    pub fn session(&self, id: &SubscriptionId) -> Result<Session, Failure> {
        let row = self.subscription(id)?;
        Ok(self.azure.session(row.access.clone()))
    }

    /// What a protected tenant is called: destructive actions there ask for that name.
    #[must_use]
    pub fn protected_name(&self, tenant: &TenantId) -> Option<String> {
        let protected = &self.config.safety.protected_tenants;
        protected
            .contains(tenant)
            .then(|| self.reach.tenant_name(tenant).to_owned())
    }
}

/// Whether anything can be changed in a subscription.
pub(super) fn writable(name: &str, state: &SubscriptionState) -> Check {
    match state {
        SubscriptionState::Enabled => {
            Check::new(Verdict::Pass, format!("subscription {name} is enabled"))
        }
        state => Check::new(
            Verdict::Fail,
            format!("subscription {name} is {state}: nothing can be changed in it"),
        )
        .advise("have its owner enable it again"),
    }
}
