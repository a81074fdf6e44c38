use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::azure::document::{Reader, keeps_document};
use crate::azure::error::Error;
use crate::azure::guid::{PrincipalId, RoleId};
use crate::azure::open_enum::open_enum;
use crate::azure::resource_id::ResourceId;

open_enum! {
    /// What a principal is.
    pub enum PrincipalType {
        /// A person.
        User = "User",
        /// A group of the same tenant.
        Group = "Group",
        /// An application or a managed identity.
        ServicePrincipal = "ServicePrincipal",
        /// A group of another tenant.
        ForeignGroup = "ForeignGroup",
        /// A device.
        Device = "Device",
    }
}

/// A role that a principal has at a scope.
#[derive(Clone, Debug, PartialEq)]
pub struct RoleAssignment {
    /// Its id: of a resource, a subscription, a management group or the whole tenant.
    pub id: String,
    /// Where the role holds, with all that lies below: `/` for everywhere.
    pub scope: String,
    /// The role.
    pub role: RoleId,
    /// Who has it.
    pub principal: PrincipalId,
    /// What that is.
    pub principal_type: Option<PrincipalType>,
    /// When it was assigned; what was assigned minutes ago may not hold yet.
    pub created: Option<Timestamp>,
    document: Value,
}
keeps_document!(RoleAssignment);

impl RoleAssignment {
    /// Reads ARM's document.
    ///
    /// # Errors
    /// [`Error::Malformed`] when it does not say who has which role where.
    pub fn from_document(document: Value) -> Result<Self, Error> {
        let read = Reader::new("a role assignment", &document);
        let definition = read.required("/properties/roleDefinitionId")?;
        let role = definition.rsplit('/').next().unwrap_or_default();
        Ok(Self {
            id: read.required("/id")?.to_owned(),
            scope: read.required("/properties/scope")?.to_owned(),
            role: role
                .parse()
                .map_err(|e| read.malformed(format!("/properties/roleDefinitionId: {e}")))?,
            principal: read
                .required("/properties/principalId")?
                .parse()
                .map_err(|e| read.malformed(format!("/properties/principalId: {e}")))?,
            principal_type: read
                .text("/properties/principalType")
                .map(PrincipalType::from),
            created: read.time("/properties/createdOn"),
            document,
        })
    }
}

/// A role assignment to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewRoleAssignment {
    /// The role.
    pub role: RoleId,
    /// Who is to have it: an object of the tenant that owns the scope.
    pub principal: PrincipalId,
    /// What that is. Where it is said, Azure takes a principal that was made a moment ago.
    pub principal_type: Option<PrincipalType>,
}

impl NewRoleAssignment {
    /// The body that makes it at a scope.
    #[must_use]
    pub fn body(&self, scope: &ResourceId) -> Value {
        let definition = format!(
            "/subscriptions/{}/providers/Microsoft.Authorization/roleDefinitions/{}",
            scope.subscription(),
            self.role
        );
        let mut properties = json!({
            "roleDefinitionId": definition,
            "principalId": self.principal,
        });
        if let Some(kind) = &self.principal_type {
            properties["principalType"] = json!(kind);
        }
        json!({ "properties": properties })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHO: &str = "06651546-4121-4ccd-a25d-13fe0422467e";
    const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";

    #[test]
    fn assignments_of_every_scope_are_read() {
        for scope in [
            "/",
            "/providers/Microsoft.Management/managementGroups/all",
            "/subscriptions/00000000-0000-0000-0000-000000000001",
        ] {
            let id = format!(
                "{}/providers/Microsoft.Authorization/roleAssignments/{WHO}",
                scope.trim_end_matches('/')
            );
            let assignment = RoleAssignment::from_document(json!({
                "id": id,
                "name": WHO,
                "properties": {
                    "roleDefinitionId": format!("/providers/Microsoft.Authorization/roleDefinitions/{READER}"),
                    "principalId": WHO,
                    "principalType": "Group",
                    "scope": scope,
                    "createdOn": "2023-08-23T13:05:38.8480660Z",
                },
            }))
            .unwrap();
            assert_eq!((assignment.id, assignment.scope.as_str()), (id, scope));
            assert_eq!(assignment.role.as_str(), READER);
            assert_eq!(assignment.principal_type, Some(PrincipalType::Group));
            assert!(assignment.created.is_some());
        }
    }

    #[test]
    fn the_body_names_the_role_in_the_scopes_subscription() {
        let scope: ResourceId =
            "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/r"
                .parse()
                .unwrap();
        let mut new = NewRoleAssignment {
            role: READER.parse().unwrap(),
            principal: WHO.parse().unwrap(),
            principal_type: None,
        };
        let definition = "/subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7";
        let bare = json!({"properties": {"roleDefinitionId": definition, "principalId": WHO}});
        assert_eq!(new.body(&scope), bare);
        new.principal_type = Some(PrincipalType::ServicePrincipal);
        assert_eq!(
            new.body(&scope)["properties"]["principalType"],
            "ServicePrincipal"
        );
    }
}
