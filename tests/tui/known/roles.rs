//! Roles at a gallery.

use gallerist::azure::{BuiltInRole, ResourceId, RoleAssignment};
use gallerist::estate::GalleryAccess;
use serde_json::json;

use super::{MANAGING, gallery_id, time};

/// Who has which role at the gallery that is shared directly.
pub(crate) fn gallery_access() -> (ResourceId, GalleryAccess) {
    let gallery = gallery_id("acg_northwind");
    let assignment = |number: usize, scope: &str, role: &BuiltInRole, principal: &str, kind| {
        let name = format!("{number:08}-0000-4000-8000-0000000000ff");
        let of = if scope == "/" { "" } else { scope };
        let document = json!({
            "id": format!("{of}/providers/Microsoft.Authorization/roleAssignments/{name}"),
            "name": name, "type": "Microsoft.Authorization/roleAssignments",
            "properties": {
                "scope": scope, "principalId": principal, "principalType": kind,
                "roleDefinitionId": format!(
                    "/subscriptions/{MANAGING}/providers/Microsoft.Authorization/roleDefinitions/{}",
                    role.id()
                ),
            },
        });
        RoleAssignment::from_document(document).unwrap()
    };
    let of_customer = |number: usize| format!("{number:08}-0000-4000-8000-0000000000aa");
    let subscription = format!("/subscriptions/{MANAGING}");
    let reader = BuiltInRole::GALLERY_IMAGE_READER;
    let access = GalleryAccess {
        assignments: vec![
            assignment(1, "/", &BuiltInRole::OWNER, &of_customer(1), "User"),
            assignment(
                2,
                &subscription,
                &BuiltInRole::READER,
                &of_customer(4),
                "ServicePrincipal",
            ),
            assignment(3, &gallery, &reader, &of_customer(3), "ServicePrincipal"),
            assignment(4, &gallery, &reader, &of_customer(77), "Group"),
        ],
        trouble: None,
        read_at: Some(time("14:01:00")),
    };
    (gallery.parse().unwrap(), access)
}
