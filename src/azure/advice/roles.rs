use crate::azure::role_assignments::BuiltInRole;

/// The narrowest built-in role that allows an action, or the action itself
/// (`builtin-roles.json`: what each role allows).
///
/// An action may be `read` alone, of a scope that a message names beside it.
pub(crate) fn narrowest(action: &str, scope: &str) -> String {
    let action = action.to_ascii_lowercase();
    let image = || scope.to_ascii_lowercase().contains("/galleries/");
    let role = match action.as_str() {
        "microsoft.compute/galleries/share/action" => {
            return format!(
                "{} (Contributor cannot share)",
                BuiltInRole::GALLERY_SHARING_ADMIN.name
            );
        }
        "microsoft.compute/galleries/images/read"
        | "microsoft.compute/galleries/images/versions/read" => BuiltInRole::GALLERY_IMAGE_READER,
        "read" if image() => BuiltInRole::GALLERY_IMAGE_READER,
        "microsoft.authorization/roleassignments/write"
        | "microsoft.authorization/roleassignments/delete" => {
            return "Role Based Access Control Administrator, User Access Administrator or Owner \
                    (Contributor cannot assign roles)"
                .to_owned();
        }
        "microsoft.network/virtualnetworks/subnets/join/action" => BuiltInRole::NETWORK_CONTRIBUTOR,
        "microsoft.resources/subscriptions/resourcegroups/write" => BuiltInRole::CONTRIBUTOR,
        action if action == "read" || action.ends_with("/read") => BuiltInRole::READER,
        action if action.starts_with("microsoft.compute/galleries/") => {
            BuiltInRole::GALLERY_ARTIFACTS_PUBLISHER
        }
        action
            if [
                "microsoft.compute/virtualmachines/",
                "microsoft.network/networkinterfaces/",
                "microsoft.resources/deployments/",
            ]
            .iter()
            .any(|resource| action.starts_with(resource)) =>
        {
            BuiltInRole::VIRTUAL_MACHINE_CONTRIBUTOR
        }
        _ => return format!("a role that allows {action}"),
    };
    role.name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrowest_role_serves() {
        for (action, scope, role) in [
            (
                "Microsoft.Compute/galleries/images/versions/write",
                "",
                "Compute Gallery Artifacts Publisher",
            ),
            (
                "Microsoft.Compute/galleries/share/action",
                "",
                "Compute Gallery Sharing Admin (Contributor cannot share)",
            ),
            (
                "Microsoft.Compute/galleries/images/versions/read",
                "",
                "Compute Gallery Image Reader",
            ),
            (
                "read",
                "/subscriptions/s/resourceGroups/r/providers/Microsoft.Compute/Galleries/g/images/i",
                "Compute Gallery Image Reader",
            ),
            ("read", "/subscriptions/s", "Reader"),
            ("Microsoft.Compute/galleries/read", "", "Reader"),
            (
                "Microsoft.Resources/deployments/validate/action",
                "",
                "Virtual Machine Contributor",
            ),
            (
                "Microsoft.Compute/virtualMachines/write",
                "",
                "Virtual Machine Contributor",
            ),
            (
                "Microsoft.Network/virtualNetworks/subnets/join/action",
                "",
                "Network Contributor",
            ),
            (
                "Microsoft.Resources/subscriptions/resourceGroups/write",
                "",
                "Contributor",
            ),
            (
                "Microsoft.Network/virtualNetworks/join/action",
                "",
                "a role that allows microsoft.network/virtualnetworks/join/action",
            ),
        ] {
            assert_eq!(narrowest(action, scope), role, "{action}");
        }
        assert!(
            narrowest("Microsoft.Authorization/roleAssignments/write", "").contains("or Owner")
        );
    }
}
