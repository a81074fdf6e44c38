/// What roles have to allow at the gallery: the version is read, and written whole
/// (azure-compute-docs, `shared-image-galleries.md`).
pub const AT_GALLERY: &[&str] = &[
    "Microsoft.Compute/galleries/images/versions/read",
    "Microsoft.Compute/galleries/images/versions/write",
];
