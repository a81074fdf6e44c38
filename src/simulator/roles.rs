//! Built-in roles: the ones this simulated Azure knows, as Azure defines them.

use serde_json::{Value, json};

/// A role definition, as far as it decides on control-plane requests.
pub(super) struct Role {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    /// When Microsoft made it
    pub(super) created: &'static str,
    pub(super) updated: &'static str,
    actions: &'static [&'static str],
    not_actions: &'static [&'static str],
}

impl Role {
    /// Whether the role allows `action`, such as `Microsoft.Compute/galleries/read`. Case does not
    /// count, and `*` stands for any characters, slashes too.
    pub(super) fn allows(&self, action: &str) -> bool {
        let any = |patterns: &[&str]| patterns.iter().any(|pattern| matches(pattern, action));
        any(self.actions) && !any(self.not_actions)
    }

    /// What it allows, as role definitions and permissions say it. None of these has anything to do
    /// with data.
    pub(super) fn permission(&self) -> Value {
        json!({
            "actions": self.actions,
            "notActions": self.not_actions,
            "dataActions": [],
            "notDataActions": [],
        })
    }
}

/// All that there are.
pub(super) fn all() -> impl Iterator<Item = &'static Role> {
    ROLES.iter()
}

/// Finds a role by its name or its GUID.
pub(super) fn find(name_or_id: &str) -> Option<&'static Role> {
    ROLES.iter().find(|role| {
        role.name.eq_ignore_ascii_case(name_or_id) || role.id.eq_ignore_ascii_case(name_or_id)
    })
}

fn matches(pattern: &str, action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    let pattern = pattern.to_ascii_lowercase();
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| action.strip_prefix(first)) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Copied from what `GET roleDefinitions` answers (`role/built_in_role_definition_scenario.json` of
/// the recordings).
const ROLES: &[Role] = &[
    Role {
        id: "acdd72a7-3385-48ef-bd42-f606fba81ae7",
        name: "Reader",
        description: "View all resources, but does not allow you to make any changes.",
        created: "2015-02-02T21:55:09.8806423Z",
        updated: "2021-11-11T20:13:47.8628684Z",
        actions: &["*/read"],
        not_actions: &[],
    },
    Role {
        id: "b24988ac-6180-42a0-ab88-20f7382dd24c",
        name: "Contributor",
        description: "Grants full access to manage all resources, but does not allow you to assign roles in Azure RBAC, manage assignments in Azure Blueprints, or share image galleries.",
        created: "2015-02-02T21:55:09.8806423Z",
        updated: "2024-11-20T20:16:17.1646587Z",
        actions: &["*"],
        not_actions: &[
            "Microsoft.Authorization/*/Delete",
            "Microsoft.Authorization/*/Write",
            "Microsoft.Authorization/elevateAccess/Action",
            "Microsoft.Blueprint/blueprintAssignments/write",
            "Microsoft.Blueprint/blueprintAssignments/delete",
            "Microsoft.Compute/galleries/share/action",
            "Microsoft.Purview/consents/write",
            "Microsoft.Purview/consents/delete",
            "Microsoft.Resources/deploymentStacks/manageDenySetting/action",
            "Microsoft.Subscription/cancel/action",
            "Microsoft.Subscription/enable/action",
        ],
    },
    Role {
        id: "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
        name: "Owner",
        description: "Grants full access to manage all resources, including the ability to assign roles in Azure RBAC.",
        created: "2015-02-02T21:55:09.8806423Z",
        updated: "2021-11-11T20:13:45.8978856Z",
        actions: &["*"],
        not_actions: &[],
    },
    Role {
        id: "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
        name: "User Access Administrator",
        description: "Lets you manage user access to Azure resources.",
        created: "2015-02-02T21:55:09.8806423Z",
        updated: "2021-11-11T20:13:57.7932023Z",
        actions: &["*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"],
        not_actions: &[],
    },
    Role {
        id: "cf7c76d2-98a3-4358-a134-615aa78bf44d",
        name: "Compute Gallery Image Reader",
        description: "This is the role for reading gallery images.",
        created: "2024-08-12T16:09:21.7547431Z",
        updated: "2024-08-28T15:23:36.0811004Z",
        actions: &[
            "Microsoft.Compute/galleries/images/read",
            "Microsoft.Compute/galleries/images/versions/read",
        ],
        not_actions: &[],
    },
    Role {
        id: "85a2d0d9-2eba-4c9c-b355-11c2cc0788ab",
        name: "Compute Gallery Artifacts Publisher",
        description: "This is the role for publishing gallery artifacts.",
        created: "2024-06-21T00:16:23.2408230Z",
        updated: "2024-06-21T00:16:23.2408230Z",
        actions: &[
            "Microsoft.Compute/galleries/*",
            "Microsoft.Compute/locations/capsOperations/read",
            "Microsoft.Compute/locations/communityGalleries/*",
            "Microsoft.Compute/locations/sharedGalleries/*",
            "Microsoft.Compute/images/*",
            "Microsoft.Compute/virtualMachines/write",
            "Microsoft.Compute/disks/write",
            "Microsoft.Authorization/*/read",
            "Microsoft.Insights/alertRules/*",
            "Microsoft.Resources/deployments/*",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
        ],
        not_actions: &["Microsoft.Compute/galleries/share/action"],
    },
    Role {
        id: "1ef6a3be-d0ac-425d-8c01-acb62866290b",
        name: "Compute Gallery Sharing Admin",
        description: "This role allows user to share gallery to another subscription/tenant or share it to the public.",
        created: "2022-03-10T06:37:39.5861946Z",
        updated: "2022-03-26T02:42:25.9674154Z",
        actions: &["Microsoft.Compute/galleries/share/action"],
        not_actions: &[],
    },
    Role {
        id: "9980e02c-c2be-4d73-94e8-173b1dc7cf3c",
        name: "Virtual Machine Contributor",
        description: "Lets you manage virtual machines, but not access to them, and not the virtual network or storage account they're connected to.",
        created: "2015-06-02T00:18:27.3542698Z",
        updated: "2021-11-11T20:13:58.3176075Z",
        actions: &[
            "Microsoft.Authorization/*/read",
            "Microsoft.Compute/availabilitySets/*",
            "Microsoft.Compute/locations/*",
            "Microsoft.Compute/virtualMachines/*",
            "Microsoft.Compute/virtualMachineScaleSets/*",
            "Microsoft.Compute/cloudServices/*",
            "Microsoft.Compute/disks/write",
            "Microsoft.Compute/disks/read",
            "Microsoft.Compute/disks/delete",
            "Microsoft.DevTestLab/schedules/*",
            "Microsoft.Insights/alertRules/*",
            "Microsoft.Network/applicationGateways/backendAddressPools/join/action",
            "Microsoft.Network/loadBalancers/backendAddressPools/join/action",
            "Microsoft.Network/loadBalancers/inboundNatPools/join/action",
            "Microsoft.Network/loadBalancers/inboundNatRules/join/action",
            "Microsoft.Network/loadBalancers/probes/join/action",
            "Microsoft.Network/loadBalancers/read",
            "Microsoft.Network/locations/*",
            "Microsoft.Network/networkInterfaces/*",
            "Microsoft.Network/networkSecurityGroups/join/action",
            "Microsoft.Network/networkSecurityGroups/read",
            "Microsoft.Network/publicIPAddresses/join/action",
            "Microsoft.Network/publicIPAddresses/read",
            "Microsoft.Network/virtualNetworks/read",
            "Microsoft.Network/virtualNetworks/subnets/join/action",
            "Microsoft.RecoveryServices/locations/*",
            "Microsoft.RecoveryServices/Vaults/backupFabrics/backupProtectionIntent/write",
            "Microsoft.RecoveryServices/Vaults/backupFabrics/protectionContainers/protectedItems/*/read",
            "Microsoft.RecoveryServices/Vaults/backupFabrics/protectionContainers/protectedItems/read",
            "Microsoft.RecoveryServices/Vaults/backupFabrics/protectionContainers/protectedItems/write",
            "Microsoft.RecoveryServices/Vaults/backupPolicies/read",
            "Microsoft.RecoveryServices/Vaults/backupPolicies/write",
            "Microsoft.RecoveryServices/Vaults/read",
            "Microsoft.RecoveryServices/Vaults/usages/read",
            "Microsoft.RecoveryServices/Vaults/write",
            "Microsoft.ResourceHealth/availabilityStatuses/read",
            "Microsoft.Resources/deployments/*",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
            "Microsoft.SerialConsole/serialPorts/connect/action",
            "Microsoft.SqlVirtualMachine/*",
            "Microsoft.Storage/storageAccounts/listKeys/action",
            "Microsoft.Storage/storageAccounts/read",
            "Microsoft.Support/*",
        ],
        not_actions: &[],
    },
    Role {
        id: "4d97b98b-1d4f-4787-a291-c67834d212e7",
        name: "Network Contributor",
        description: "Lets you manage networks, but not access to them.",
        created: "2015-06-02T00:18:27.3542698Z",
        updated: "2021-11-11T20:13:44.6328966Z",
        actions: &[
            "Microsoft.Authorization/*/read",
            "Microsoft.Insights/alertRules/*",
            "Microsoft.Network/*",
            "Microsoft.ResourceHealth/availabilityStatuses/read",
            "Microsoft.Resources/deployments/*",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
            "Microsoft.Support/*",
        ],
        not_actions: &[],
    },
    Role {
        id: "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
        name: "Role Based Access Control Administrator",
        description: "Manage access to Azure resources by assigning roles using Azure RBAC. This role does not allow you to manage access using other ways, such as Azure Policy.",
        created: "2022-09-07T02:29:29.6592395Z",
        updated: "2023-11-09T20:56:14.1691995Z",
        actions: &[
            "Microsoft.Authorization/roleAssignments/write",
            "Microsoft.Authorization/roleAssignments/delete",
            "*/read",
            "Microsoft.Support/*",
        ],
        not_actions: &[],
    },
    Role {
        id: "f1a07417-d97a-45cb-824c-7a7467783830",
        name: "Managed Identity Operator",
        description: "Read and Assign User Assigned Identity",
        created: "2017-12-14T19:52:04.3924594Z",
        updated: "2021-11-11T20:13:38.9523759Z",
        actions: &[
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/read",
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action",
            "Microsoft.Authorization/*/read",
            "Microsoft.Insights/alertRules/*",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
            "Microsoft.Resources/deployments/*",
            "Microsoft.Support/*",
        ],
        not_actions: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contributors_write_galleries_but_do_not_share_them() {
        let contributor = find("contributor").unwrap();
        assert!(contributor.allows("Microsoft.Compute/galleries/write"));
        assert!(!contributor.allows("microsoft.compute/galleries/SHARE/action"));
        assert!(!contributor.allows("Microsoft.Authorization/roleAssignments/write"));
        assert!(contributor.allows("Microsoft.Authorization/roleAssignments/read"));
    }

    #[test]
    fn image_readers_see_no_galleries() {
        let reader = find("cf7c76d2-98a3-4358-a134-615aa78bf44d").unwrap();
        assert!(reader.allows("Microsoft.Compute/galleries/images/versions/read"));
        assert!(!reader.allows("Microsoft.Compute/galleries/read"));
        assert!(!reader.allows("Microsoft.Compute/galleries/images/versions/write"));
    }

    #[test]
    fn readers_read_everything() {
        let reader = find("Reader").unwrap();
        assert!(reader.allows("Microsoft.Resources/subscriptions/resourceGroups/read"));
        assert!(!reader.allows("Microsoft.Resources/subscriptions/resourceGroups/write"));
    }
}
