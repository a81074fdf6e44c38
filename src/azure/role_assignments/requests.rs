use uuid::Uuid;

use super::{NewRoleAssignment, RoleAssignment};
use crate::azure::arm::Accepted;
use crate::azure::error::Error;
use crate::azure::guid::PrincipalId;
use crate::azure::resource_id::ResourceId;
use crate::azure::session::Session;

const KIND: &str = "Microsoft.Authorization/roleAssignments";

/// Which role assignments are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AssignmentFilter {
    /// Those that hold at the scope: made there or above it, not below.
    AtScope,
    /// Those of one principal, at the scope, above and below.
    Principal(PrincipalId),
}

impl Session {
    /// Who has which role at a scope.
    ///
    /// # Errors
    /// Any [`Error`] of a read.
    pub async fn role_assignments(
        &self,
        scope: &ResourceId,
        filter: &AssignmentFilter,
    ) -> Result<Vec<RoleAssignment>, Error> {
        let query = match filter {
            AssignmentFilter::AtScope => "&$filter=atScope()".to_owned(),
            AssignmentFilter::Principal(id) => format!("&$filter=principalId eq '{id}'"),
        };
        self.list(
            KIND,
            &format!("{scope}/providers/{KIND}"),
            &query,
            &format!("the role assignments at {}", scope.names()),
        )
        .await
    }

    /// A role assignment.
    ///
    /// # Errors
    /// Any [`Error`] of a read.
    pub async fn role_assignment(&self, id: &ResourceId) -> Result<RoleAssignment, Error> {
        self.get(id, "", "the role assignment").await
    }

    /// Assigns a role at a scope, under a name that the caller has made up: the same name again
    /// changes nothing.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::accepted`] tells whether the assignment may have been made.
    pub async fn put_role_assignment(
        &self,
        scope: &ResourceId,
        name: &Uuid,
        new: &NewRoleAssignment,
    ) -> Result<Accepted, Error> {
        let id = scope
            .resource(KIND, &name.to_string())
            .map_err(|e| Error::Configuration(e.to_string()))?;
        self.put(&id, &new.body(scope), "the role assignment").await
    }

    /// Takes a role away again.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::accepted`] tells whether it may have been taken away.
    pub async fn delete_role_assignment(&self, id: &ResourceId) -> Result<Accepted, Error> {
        self.delete(id, "the role assignment").await
    }
}
