/// What roles have to allow at the gallery for a direct share (azure-compute-docs,
/// `share-gallery-direct.md`): the gallery is read with whom it is shared, and shared. Contributor
/// takes the second out (`builtin-roles.json`).
pub const DIRECT: &[&str] = &[
    "Microsoft.Compute/galleries/read",
    "Microsoft.Compute/galleries/share/action",
];

/// What roles have to allow at the gallery for a role to be assigned there, and taken away again
/// (azure-docs, role-based access control, `role-assignments-steps.md`).
pub const ROLE: &[&str] = &[
    "Microsoft.Authorization/roleAssignments/read",
    "Microsoft.Authorization/roleAssignments/write",
    "Microsoft.Authorization/roleAssignments/delete",
];
