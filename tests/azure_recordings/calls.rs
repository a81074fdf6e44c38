//! Which recorded exchanges are of which operation of the client.

use crate::ground_truth::Exchange;

/// An operation of the client that recordings are replayed through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Call {
    Tenants,
    Subscriptions,
    Locations,
    Gallery,
    ShareGallery,
    ImageDefinitions,
    ImageDefinition,
    ImageVersions,
    ImageVersion,
    PutImageVersion,
    SharedGalleries,
    SharedImageVersion,
    RoleAssignments,
    RoleAssignment,
    PutRoleAssignment,
    DeleteRoleAssignment,
    ResourceGroup,
    PutResourceGroup,
    Deployment,
    PutDeployment,
    ValidateDeployment,
    DeploymentOperations,
    VirtualMachine,
    Usages,
    NetworkInterface,
    VirtualNetwork,
    OperationByStatus,
    OperationByLocation,
}

impl Call {
    pub(crate) fn of(exchange: &Exchange) -> Option<Self> {
        let path = exchange.path().to_ascii_lowercase();
        let mut segments: Vec<&str> = path.split('/').skip(1).collect();
        if let Some(at) = segments.iter().rposition(|s| *s == "providers") {
            segments.drain(..=at);
        }
        match exchange.method.as_str() {
            "GET" => Self::polled(exchange, &segments).or_else(|| Self::read(&segments)),
            method => Self::written(method, &segments),
        }
    }

    fn read(segments: &[&str]) -> Option<Self> {
        Some(match segments {
            ["tenants"] => Self::Tenants,
            ["subscriptions"] => Self::Subscriptions,
            ["subscriptions", _, "locations"] => Self::Locations,
            ["subscriptions", _, "resourcegroups", _] => Self::ResourceGroup,
            [
                "subscriptions",
                _,
                "resourcegroups",
                _,
                "deployments",
                _,
                "operations",
            ] => Self::DeploymentOperations,
            ["microsoft.compute", "galleries", rest @ ..] => match rest {
                [_] => Self::Gallery,
                [_, "images"] => Self::ImageDefinitions,
                [_, "images", _] => Self::ImageDefinition,
                [_, "images", _, "versions"] => Self::ImageVersions,
                [_, "images", _, "versions", _] => Self::ImageVersion,
                _ => return None,
            },
            ["microsoft.compute", "locations", _, "sharedgalleries"] => Self::SharedGalleries,
            [
                "microsoft.compute",
                "locations",
                _,
                "sharedgalleries",
                _,
                "images",
                _,
                "versions",
                _,
            ] => Self::SharedImageVersion,
            ["microsoft.compute", "locations", _, "usages"] => Self::Usages,
            ["microsoft.compute", "virtualmachines", _] => Self::VirtualMachine,
            ["microsoft.network", "networkinterfaces", _] => Self::NetworkInterface,
            ["microsoft.network", "virtualnetworks", _] => Self::VirtualNetwork,
            ["microsoft.resources", "deployments", name] if !name.is_empty() => Self::Deployment,
            ["microsoft.authorization", "roleassignments"] => Self::RoleAssignments,
            ["microsoft.authorization", "roleassignments", _] => Self::RoleAssignment,
            _ => return None,
        })
    }

    fn polled(exchange: &Exchange, segments: &[&str]) -> Option<Self> {
        match segments {
            [
                _,
                "locations",
                _,
                "capsoperations" | "operations" | "diskoperations",
                _,
            ] if exchange.target.contains("monitor=true") => Some(Self::OperationByLocation),
            [
                _,
                "locations",
                _,
                "capsoperations" | "operations" | "diskoperations",
                _,
            ]
            | [
                "microsoft.resources",
                "deployments",
                _,
                "operationstatuses",
                _,
            ] => Some(Self::OperationByStatus),
            ["subscriptions", _, "operationresults", _] => Some(Self::OperationByLocation),
            _ => None,
        }
    }

    fn written(method: &str, segments: &[&str]) -> Option<Self> {
        Some(match (method, segments) {
            (
                "PUT",
                [
                    "microsoft.compute",
                    "galleries",
                    _,
                    "images",
                    _,
                    "versions",
                    _,
                ],
            ) => Self::PutImageVersion,
            ("POST", ["microsoft.compute", "galleries", _, "share"]) => Self::ShareGallery,
            ("PUT", ["subscriptions", _, "resourcegroups", _]) => Self::PutResourceGroup,
            ("PUT", ["microsoft.resources", "deployments", _]) => Self::PutDeployment,
            ("POST", ["microsoft.resources", "deployments", _, "validate"]) => {
                Self::ValidateDeployment
            }
            ("PUT", ["microsoft.authorization", "roleassignments", _]) => Self::PutRoleAssignment,
            ("DELETE", ["microsoft.authorization", "roleassignments", _]) => {
                Self::DeleteRoleAssignment
            }
            _ => return None,
        })
    }

    pub(crate) fn is_polled(self) -> bool {
        matches!(self, Self::OperationByStatus | Self::OperationByLocation)
    }

    /// The query that the client sends, the api-version aside.
    pub(crate) fn query(self) -> &'static [&'static str] {
        match self {
            Self::Gallery => &["$select=Permissions"],
            Self::ImageVersion => &["$expand=ReplicationStatus"],
            Self::VirtualMachine => &["$expand=instanceView"],
            // The second of its two requests.
            Self::SharedGalleries => &["sharedTo=tenant"],
            Self::RoleAssignments => &["$filter=atScope()"],
            _ => &[],
        }
    }
}
