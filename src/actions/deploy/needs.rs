/// What roles have to allow at the gallery: gallery, definition and version are read for the plan,
/// and the version by every machine (azure-compute-docs, `shared-image-galleries.md`).
pub const AT_GALLERY: &[&str] = &[
    "Microsoft.Compute/galleries/read",
    "Microsoft.Compute/galleries/images/read",
    "Microsoft.Compute/galleries/images/versions/read",
];

/// What roles have to allow at the gallery where another identity than the gallery's own signs in to
/// the customer: its token goes along for the image.
pub const OF_IMAGE: &[&str] = &["Microsoft.Compute/galleries/images/versions/read"];

/// What roles have to allow at the customer's resource group: a deployment creates interfaces and
/// machines with the rights of who asks for it, and what is there is read first (azure-docs,
/// `deploy-to-resource-group.md`).
pub const AT_GROUP: &[&str] = &[
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    "Microsoft.Resources/deployments/read",
    "Microsoft.Resources/deployments/write",
    "Microsoft.Resources/deployments/validate/action",
    "Microsoft.Resources/deployments/operations/read",
    "Microsoft.Network/networkInterfaces/read",
    "Microsoft.Network/networkInterfaces/write",
    "Microsoft.Network/networkInterfaces/join/action",
    "Microsoft.Compute/virtualMachines/read",
    "Microsoft.Compute/virtualMachines/write",
];

/// What roles have to allow at the subnet: its network is read, and interfaces join it
/// (azure-docs, `virtual-network-manage-subnet.md`).
pub const AT_SUBNET: &[&str] = &[
    "Microsoft.Network/virtualNetworks/read",
    "Microsoft.Network/virtualNetworks/subnets/join/action",
];

/// The resource providers whose types a deployment creates.
pub const PROVIDERS: &[&str] = &["Microsoft.Compute", "Microsoft.Network"];
