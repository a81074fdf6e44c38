//! A role assignment: a principal of the gallery's tenant may read the image
//! (azure-compute-docs, `share-gallery.md`).

mod assigning;
mod holding;
mod plan;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Means, Principal, Share, Way};
use crate::actions::Action;
use crate::azure::{BuiltInRole, PrincipalId, ResourceId, RoleId, TenantId};
pub(super) use assigning::run;
use holding::role_name;
pub(super) use plan::plan;

/// The one step.
const STEP: &str = "change the role assignment";

/// Names of role assignments are derived from scope, principal and role below this one, so that
/// the same grant is the same assignment, whoever asks for it.
const NAMES: Uuid = Uuid::from_u128(0x6a1c_52f4_8f0b_4d7e_9a43_1b7f_20c5_e9d8);

/// Roles that let an image be used, the least one first.
pub const SERVING: [BuiltInRole; 5] = [
    BuiltInRole::GALLERY_IMAGE_READER,
    BuiltInRole::READER,
    BuiltInRole::GALLERY_ARTIFACTS_PUBLISHER,
    BuiltInRole::CONTRIBUTOR,
    BuiltInRole::OWNER,
];

/// The pinned form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    scope: ResourceId,
    way: Way,
    principal: PrincipalId,
    /// The customer that the principal is for, where it is for one.
    #[serde(default)]
    tenant: Option<TenantId>,
    /// The roles of which one is enough; the first is the one to assign.
    roles: Vec<RoleId>,
    /// Those of them that the plan found assigned at the scope itself.
    #[serde(default)]
    found: Vec<RoleId>,
}

impl Task {
    fn assignment(&self) -> Uuid {
        let key = format!("{} {} {}", self.scope.key(), self.principal, self.role());
        Uuid::new_v5(&NAMES, key.as_bytes())
    }

    fn role(&self) -> RoleId {
        self.roles
            .first()
            .cloned()
            .unwrap_or_else(|| BuiltInRole::GALLERY_IMAGE_READER.id())
    }

    /// See [`crate::actions::Task::under_way`].
    pub(super) fn under_way(&self) -> String {
        format!("the change of a role at {}", self.scope.names())
    }

    /// See [`crate::actions::Task::undo`].
    pub(super) fn undo(&self) -> Result<Action, String> {
        let role = match (self.way, &self.found[..]) {
            (Way::Share, _) => self.role(),
            (Way::Unshare, [one]) => one.clone(),
            (Way::Unshare, found) => {
                let names: Vec<String> = found.iter().map(role_name).collect();
                return Err(format!(
                    "it took several roles away, {}: give each back with `gallerist share --role`",
                    names.join(" and ")
                ));
            }
        };
        Ok(self.way.back().action(Share {
            resource: self.scope.clone(),
            means: Means::Role {
                role: Some(role.to_string()),
                principals: vec![Principal {
                    id: Some(self.principal.to_string()),
                    tenant: self.tenant.clone(),
                }],
            },
        }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::holding::{covers, holding};
    use super::*;
    use crate::azure::RoleAssignment;

    const GALLERY: &str = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/\
                           providers/Microsoft.Compute/galleries/acg";
    const WHO: &str = "22222222-2222-2222-2222-222222222222";

    fn task(way: Way, roles: &[BuiltInRole]) -> Task {
        Task {
            scope: GALLERY.parse().unwrap(),
            way,
            principal: WHO.parse().unwrap(),
            tenant: None,
            roles: roles.iter().map(BuiltInRole::id).collect(),
            found: Vec::new(),
        }
    }

    fn held(role: BuiltInRole, scope: &str) -> RoleAssignment {
        RoleAssignment::from_document(json!({
            "id": format!("{scope}/providers/Microsoft.Authorization/roleAssignments/\
                           33333333-3333-3333-3333-333333333333"),
            "properties": {
                "roleDefinitionId": format!("/providers/Microsoft.Authorization/roleDefinitions/{}", role.id()),
                "principalId": WHO, "scope": scope,
            },
        }))
        .unwrap()
    }

    #[test]
    fn a_role_holds_where_it_is_assigned_and_below() {
        let gallery: ResourceId = GALLERY.parse().unwrap();
        for (scope, holds) in [
            (GALLERY, true),
            ("/subscriptions/11111111-1111-1111-1111-111111111111", true),
            (
                "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/RG",
                true,
            ),
            (
                "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/r",
                false,
            ),
            (&format!("{GALLERY}/images/i"), false),
            ("/", true),
            ("/providers/Microsoft.Management/managementGroups/m", true),
        ] {
            assert_eq!(covers(scope, &gallery), holds, "{scope}");
        }
    }

    #[test]
    fn any_role_that_serves_is_enough_unless_one_is_named() {
        let found = [held(BuiltInRole::READER, "/")];
        let least = task(Way::Share, &SERVING);
        assert_eq!(holding(&least, &found).count(), 1);
        let named = task(Way::Share, &[BuiltInRole::GALLERY_IMAGE_READER]);
        assert_eq!(holding(&named, &found).count(), 0);
        assert_eq!(least.role(), BuiltInRole::GALLERY_IMAGE_READER.id());
    }

    #[test]
    fn the_same_grant_has_the_same_name() {
        let one = task(Way::Share, &SERVING).assignment();
        let mut other = task(Way::Share, &SERVING);
        other.scope = GALLERY
            .to_uppercase()
            .replace("/SUBSCRIPTIONS", "/subscriptions")
            .parse()
            .unwrap();
        assert_eq!(one, other.assignment());
        other.principal = "44444444-2222-2222-2222-222222222222".parse().unwrap();
        assert_ne!(one, other.assignment());
    }
}
