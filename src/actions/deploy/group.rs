use async_trait::async_trait;
use serde_json::Value;

use crate::actions::{Cause, Effect, Failure, Settled, Teller, Unsent};
use crate::azure::{Accepted, Region, ResourceId, Session};

/// Creates the resource group that the plan found missing.
pub(super) struct CreateGroup<'a> {
    pub(super) session: &'a Session,
    pub(super) group: &'a ResourceId,
    pub(super) region: &'a Region,
}

#[async_trait]
impl Effect for CreateGroup<'_> {
    async fn settled(&self, _: bool, _: &dyn Teller) -> Result<Settled, Failure> {
        match self.session.resource_group(self.group).await {
            Ok(group) if group.location == *self.region => Ok(Settled::Done),
            Ok(group) => {
                let text = format!(
                    "resource group {} has been created in {} since the plan, which was to create \
                     it in {}",
                    group.name, group.location, self.region
                );
                let failure = Failure::new(Cause::Changed, text);
                Ok(Settled::Stop(failure.advise("plan again")))
            }
            Err(error) if error.is_not_found() => Ok(Settled::NotBegun(Value::Null)),
            Err(error) => Err(error.into()),
        }
    }

    async fn send(&self, _: Value, _: &dyn Teller) -> Result<Accepted, Unsent> {
        Ok(self
            .session
            .put_resource_group(self.group, self.region)
            .await?)
    }

    /// The answer to the `PUT` is the end of it.
    async fn watch(&self, _: &Accepted, _: &dyn Teller) -> Result<(), Failure> {
        Ok(())
    }
}
