//! Role assignments are put and deleted one by one, each by a step of its own.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::holding::{holding, is_at};
use super::{STEP, Task};
use crate::actions::share::Way;
use crate::actions::{Cause, Effect, Failure, Level, Settled, Steps, Teller, Told, Unsent};
use crate::azure::{Accepted, AssignmentFilter, NewRoleAssignment, ResourceId, Session};

/// Carries the task out.
pub(in crate::actions::share) async fn run(
    task: &Task,
    session: &Session,
    steps: &dyn Steps,
) -> Result<(), Failure> {
    match task.way {
        Way::Share => {
            steps.effect(STEP, &Assign { session, task }).await?;
            let line = "assigned; Azure takes up to ten minutes until it works";
            steps
                .teller()
                .tell(Told::Line(Level::Info, line.to_owned()));
            Ok(())
        }
        Way::Unshare => {
            let there: Vec<ResourceId> = steps
                .read("role assignments that are there", async {
                    let filter = AssignmentFilter::Principal(task.principal.clone());
                    let found = session.role_assignments(&task.scope, &filter).await?;
                    let ids = holding(task, &found).filter(|held| is_at(held, &task.scope));
                    Ok(ids.filter_map(|held| held.id.parse().ok()).collect())
                })
                .await?;
            for (number, id) in (1..).zip(there) {
                let take = TakeAway { session, id };
                steps.effect(&format!("{STEP} {number}"), &take).await?;
            }
            Ok(())
        }
    }
}

/// One `PUT` of a role assignment.
struct Assign<'a> {
    session: &'a Session,
    task: &'a Task,
}

#[async_trait]
impl Effect for Assign<'_> {
    async fn settled(&self, _: bool, _: &dyn Teller) -> Result<Settled, Failure> {
        let filter = AssignmentFilter::Principal(self.task.principal.clone());
        let found = self
            .session
            .role_assignments(&self.task.scope, &filter)
            .await?;
        if holding(self.task, &found).next().is_some() {
            return Ok(Settled::Done);
        }
        Ok(Settled::NotBegun(json!(NewRoleAssignment {
            role: self.task.role(),
            principal: self.task.principal.clone(),
            principal_type: None,
        })))
    }

    async fn send(&self, request: Value, _: &dyn Teller) -> Result<Accepted, Unsent> {
        let new: NewRoleAssignment = serde_json::from_value(request)
            .map_err(|error| Unsent::Refused(Failure::new(Cause::Defect, error.to_string())))?;
        let name = self.task.assignment();
        let sent = self
            .session
            .put_role_assignment(&self.task.scope, &name, &new)
            .await;
        sent.or_else(|error| match error.code() {
            // Somebody else was quicker: it is as it shall be.
            Some("RoleAssignmentExists") => Ok(Accepted::found(self.task.scope.clone())),
            _ => Err(Unsent::from(error)),
        })
    }

    /// The answer to the `PUT` is the end of it.
    async fn watch(&self, _: &Accepted, _: &dyn Teller) -> Result<(), Failure> {
        Ok(())
    }
}

/// One `DELETE` of a role assignment.
struct TakeAway<'a> {
    session: &'a Session,
    id: ResourceId,
}

#[async_trait]
impl Effect for TakeAway<'_> {
    async fn settled(&self, _: bool, _: &dyn Teller) -> Result<Settled, Failure> {
        match self.session.role_assignment(&self.id).await {
            Ok(_) => Ok(Settled::NotBegun(Value::Null)),
            Err(error) if error.is_not_found() => Ok(Settled::Done),
            Err(error) => Err(error.into()),
        }
    }

    async fn send(&self, _: Value, _: &dyn Teller) -> Result<Accepted, Unsent> {
        Ok(self.session.delete_role_assignment(&self.id).await?)
    }

    /// The answer to the `DELETE` is the end of it.
    async fn watch(&self, _: &Accepted, _: &dyn Teller) -> Result<(), Failure> {
        Ok(())
    }
}
