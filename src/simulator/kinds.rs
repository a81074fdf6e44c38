//! The resource types that are served, with the api-versions each takes.

use axum::http::StatusCode;

use super::answer::Refusal;
use super::resource_path::ResourcePath;

/// A resource type.
pub(super) struct Kind {
    /// As role actions and documents spell it
    pub(super) name: &'static str,
    pub(super) api_versions: &'static [&'static str],
}

/// Compute Gallery: the stable versions from 2018 on, as the SDKs and `az` send them.
const GALLERY: &[&str] = &[
    "2018-06-01",
    "2020-09-30",
    "2021-07-01",
    "2021-10-01",
    "2022-01-03",
    "2022-03-03",
    "2022-08-03",
    "2023-07-03",
    "2024-03-03",
    "2025-03-03",
    "2025-12-03",
    "2026-03-03",
];

/// What came with soft deletion.
const SOFT_DELETION: &[&str] = &["2024-03-03", "2025-03-03", "2025-12-03", "2026-03-03"];

/// Virtual machines: `az`, the SDKs and the recordings.
const COMPUTE: &[&str] = &[
    "2022-11-01",
    "2024-07-01",
    "2024-11-01",
    "2025-04-01",
    "2026-04-01",
];

/// What is offered: `az` and the SDKs.
const SKUS: &[&str] = &["2019-04-01", "2021-07-01"];

/// Tenants, subscriptions and locations.
const SUBSCRIPTIONS: &[&str] = &[
    "2016-06-01",
    "2019-06-01",
    "2019-11-01",
    "2022-09-01",
    "2022-12-01",
];

/// Resource groups.
const RESOURCES: &[&str] = &[
    "2021-04-01",
    "2022-09-01",
    "2024-03-01",
    "2024-07-01",
    "2024-11-01",
    "2025-04-01",
];

/// Preview features.
const FEATURES: &[&str] = &["2015-12-01", "2021-07-01"];

/// Disks: `az`, the SDKs and the recordings.
const DISKS: &[&str] = &[
    "2022-03-02",
    "2023-04-02",
    "2023-10-02",
    "2024-03-02",
    "2025-01-02",
    "2026-03-02",
];

/// Networks: `az`, the SDKs and the recordings, whose templates say 2015-06-15.
const NETWORK: &[&str] = &[
    "2015-06-15",
    "2018-01-01",
    "2021-08-01",
    "2022-01-01",
    "2022-05-01",
    "2022-11-01",
    "2023-04-01",
    "2023-11-01",
    "2024-01-01",
    "2024-03-01",
    "2024-05-01",
    "2024-07-01",
    "2025-07-01",
];

/// Deployments: `az`, the SDKs and the recordings.
const DEPLOYMENTS: &[&str] = &[
    "2021-04-01",
    "2022-09-01",
    "2024-03-01",
    "2024-07-01",
    "2024-11-01",
    "2025-04-01",
    "2026-06-01",
];

/// Roles; `az` reads definitions with the last of these
/// (`role/built_in_role_definition_scenario.json` of the recordings).
const AUTHORIZATION: &[&str] = &[
    "2015-07-01",
    "2018-01-01-preview",
    "2018-07-01",
    "2022-04-01",
    "2022-05-01-preview",
];

/// Resource Graph: `az`, the SDKs, which send the first of these, and the specification.
const RESOURCE_GRAPH: &[&str] = &["2021-03-01", "2022-10-01", "2024-04-01"];

const KINDS: &[Kind] = &[
    kind("Microsoft.Resources/tenants", SUBSCRIPTIONS),
    kind("Microsoft.Resources/subscriptions", SUBSCRIPTIONS),
    kind("Microsoft.Resources/subscriptions/locations", SUBSCRIPTIONS),
    kind("Microsoft.Resources/subscriptions/providers", RESOURCES),
    kind(
        "Microsoft.Resources/subscriptions/resourceGroups",
        RESOURCES,
    ),
    kind("Microsoft.Resources/subscriptions/resources", RESOURCES),
    kind(
        "Microsoft.Resources/subscriptions/resourceGroups/resources",
        RESOURCES,
    ),
    kind(
        "Microsoft.Resources/subscriptions/operationResults",
        RESOURCES,
    ),
    kind("Microsoft.Resources/deployments", DEPLOYMENTS),
    kind("Microsoft.Resources/deployments/operations", DEPLOYMENTS),
    kind(
        "Microsoft.Resources/subscriptions/resourceGroups/deployments/operations",
        DEPLOYMENTS,
    ),
    kind(
        "Microsoft.Resources/deployments/operationStatuses",
        DEPLOYMENTS,
    ),
    kind("Microsoft.Resources/deployments/validate", DEPLOYMENTS),
    kind("Microsoft.Resources/deployments/whatIf", DEPLOYMENTS),
    kind("Microsoft.Resources/deployments/cancel", DEPLOYMENTS),
    kind("Microsoft.Compute/galleries", GALLERY),
    kind("Microsoft.Compute/galleries/share", GALLERY),
    kind("Microsoft.Compute/galleries/images", GALLERY),
    kind("Microsoft.Compute/galleries/images/versions", GALLERY),
    kind(
        "Microsoft.Compute/galleries/softDeletedArtifactTypes/artifacts/versions",
        SOFT_DELETION,
    ),
    kind("Microsoft.Compute/locations/capsOperations", GALLERY),
    kind("Microsoft.Compute/locations/sharedGalleries", GALLERY),
    kind(
        "Microsoft.Compute/locations/sharedGalleries/images",
        GALLERY,
    ),
    kind(
        "Microsoft.Compute/locations/sharedGalleries/images/versions",
        GALLERY,
    ),
    kind("Microsoft.Compute/locations/communityGalleries", GALLERY),
    kind(
        "Microsoft.Compute/locations/communityGalleries/images",
        GALLERY,
    ),
    kind(
        "Microsoft.Compute/locations/communityGalleries/images/versions",
        GALLERY,
    ),
    kind("Microsoft.Compute/locations/operations", COMPUTE),
    kind("Microsoft.Compute/locations/usages", COMPUTE),
    kind("Microsoft.Compute/skus", SKUS),
    kind("Microsoft.Compute/virtualMachines", COMPUTE),
    kind("Microsoft.Compute/virtualMachines/instanceView", COMPUTE),
    kind("Microsoft.Compute/virtualMachines/start", COMPUTE),
    kind("Microsoft.Compute/virtualMachines/restart", COMPUTE),
    kind("Microsoft.Compute/virtualMachines/powerOff", COMPUTE),
    kind("Microsoft.Compute/virtualMachines/deallocate", COMPUTE),
    kind("Microsoft.Compute/virtualMachines/extensions", COMPUTE),
    kind("Microsoft.Compute/disks", DISKS),
    kind("Microsoft.Network/virtualNetworks", NETWORK),
    kind("Microsoft.Network/virtualNetworks/usages", NETWORK),
    kind("Microsoft.Network/virtualNetworks/subnets", NETWORK),
    kind("Microsoft.Network/networkInterfaces", NETWORK),
    kind("Microsoft.Network/locations/operations", NETWORK),
    kind("Microsoft.Network/locations/operationResults", NETWORK),
    kind("Microsoft.Authorization/roleAssignments", AUTHORIZATION),
    kind("Microsoft.Authorization/roleDefinitions", AUTHORIZATION),
    kind("Microsoft.Authorization/permissions", AUTHORIZATION),
    kind("Microsoft.ResourceGraph/resources", RESOURCE_GRAPH),
    kind("Microsoft.Features/features", FEATURES),
    kind("Microsoft.Features/providers/features", FEATURES),
    kind("Microsoft.Features/providers/features/register", FEATURES),
    kind("Microsoft.Features/providers/features/unregister", FEATURES),
];

const fn kind(name: &'static str, api_versions: &'static [&'static str]) -> Kind {
    Kind { name, api_versions }
}

impl Kind {
    fn namespace(&self) -> &'static str {
        let (namespace, _) = self.name.split_once('/').unwrap_or_default();
        namespace
    }

    /// The action of reading or writing it, such as `Microsoft.Compute/galleries/read`.
    pub(super) fn action(&self, verb: &str) -> String {
        format!("{}/{verb}", self.name)
    }

    /// A location or an api-version that the provider does not have the type in.
    pub(super) fn unregistered(&self, location: &str, api_version: &str) -> Refusal {
        let (_, types) = self.name.split_once('/').unwrap_or_default();
        let served = self.api_versions.join(", ");
        Refusal::gateway(
            StatusCode::BAD_REQUEST,
            "NoRegisteredProviderFound",
            format!(
                "No registered resource provider found for location '{location}' and API version \
                 '{api_version}' for type '{types}'. The supported api-versions are '{served}'."
            ),
        )
    }
}
/// The type of this name, in any case.
pub(super) fn named(name: &str) -> Option<&'static Kind> {
    KINDS
        .iter()
        .find(|kind| kind.name.eq_ignore_ascii_case(name))
}

/// The provider of this name, in any case.
pub(super) fn namespace(name: &str) -> Option<&'static str> {
    let mut namespaces = KINDS.iter().map(Kind::namespace);
    namespaces.find(|known| known.eq_ignore_ascii_case(name))
}

/// The types of a provider and the api-versions they take.
pub(super) fn of_provider(
    namespace: &str,
) -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    let of_it = KINDS
        .iter()
        .filter(move |kind| kind.namespace() == namespace);
    of_it.map(|kind| {
        let (_, name) = kind.name.split_once('/').unwrap_or_default();
        (name, kind.api_versions)
    })
}

/// The type that a path is about.
///
/// # Errors
/// ARM's own for an unknown api-version and an unknown type; they list what is served.
pub(super) fn of(path: &ResourcePath, api_version: &str) -> Result<&'static Kind, Refusal> {
    let Some(kind) = named(&path.kind()) else {
        return Err(unknown_type(path, api_version));
    };
    if kind.api_versions.contains(&api_version) {
        return Ok(kind);
    }
    Err(if path.namespace() == "Microsoft.Resources" {
        let served = kind.api_versions.join(", ");
        Refusal::gateway(
            StatusCode::BAD_REQUEST,
            "InvalidApiVersionParameter",
            format!(
                "The api-version '{api_version}' is invalid. The supported versions are '{served}'."
            ),
        )
    } else {
        kind.unregistered("global", api_version)
    })
}

/// A request without an api-version.
pub(super) fn missing_api_version() -> Refusal {
    Refusal::gateway(
        StatusCode::BAD_REQUEST,
        "MissingApiVersionParameter",
        "The api-version query parameter (?api-version=) is required for all requests.",
    )
}

fn unknown_type(path: &ResourcePath, api_version: &str) -> Refusal {
    let namespace = path.namespace();
    let prefix = format!("{}/", namespace.to_lowercase());
    let is_known = |kind: &Kind| kind.name.to_lowercase().starts_with(&prefix);
    if !KINDS.iter().any(is_known) {
        return Refusal::gateway(
            StatusCode::NOT_FOUND,
            "InvalidResourceNamespace",
            format!("The resource namespace '{namespace}' is invalid."),
        );
    }
    Refusal::gateway(
        StatusCode::NOT_FOUND,
        "InvalidResourceType",
        format!(
            "The resource type '{}' could not be found in the namespace '{namespace}' for api \
             version '{api_version}'. The supported api-versions are ''.",
            path.types.join("/")
        ),
    )
}
