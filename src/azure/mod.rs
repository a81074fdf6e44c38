//! Azure over HTTP. Nothing above this room knows HTTP, JSON field names or tokens.
//!
//! [`Azure`] is one cloud with the identities that sign in to it; a [`Session`] is that cloud seen
//! as one identity in one tenant. Documents are parsed into public fields and kept as ARM sent
//! them, so that what is written back is what was read.

mod advice;
mod arm;
mod cloud;
mod compute;
mod deployments;
mod document;
mod endpoints;
mod error;
mod features;
mod galleries;
mod guid;
mod identity;
mod invalid;
mod network;
mod open_enum;
mod permissions;
mod providers;
mod provisioning_state;
mod region;
mod resource_graph;
mod resource_groups;
mod resource_id;
mod role_assignments;
mod secret;
mod session;
mod subscriptions;
mod timestamp;
mod version_number;
mod witness;
mod written;

pub use arm::{
    Accepted, ArmError, OperationStatus, OperationUrl, RetryPolicy, Strain, Throttle,
    ThrottleBudget,
};
pub use cloud::Cloud;
pub use compute::{ImageReference, PowerState, Usage, VirtualMachine, VmSize};
pub use deployments::{Deployment, DeploymentOperation};
pub use endpoints::Endpoint;
pub use error::{Certainty, Error};
pub use features::{Feature, FeatureState};
pub use galleries::{
    Gallery, ImageDefinition, ImageVersion, Permissions, PublishingChange, PurchasePlan,
    RegionChange, RegionReplication, RegionSharing, ReplicationMode, ReplicationState,
    ReplicationStatus, SharedGallery, SharedImageVersion, SharingGroup, SharingGroupKind,
    SharingOperation, SharingState, SharingStatus, SharingUpdate, StorageAccountType, TargetRegion,
};
pub use guid::{PrincipalId, RoleId, SubscriptionId, TenantId};
pub use identity::{
    AZURE_CLI_CLIENT_ID, Access, AzureCliProfile, Credential, DeviceCode, IdentitySettings,
    PendingSignIn, Principal, Remedy,
};
pub use invalid::Invalid;
pub use network::{NetworkInterface, Subnet, SubnetUsage, VirtualNetwork};
pub use permissions::{Permitted, role_allowing};
pub use providers::RegistrationState;
pub use provisioning_state::ProvisioningState;
pub use region::Region;
pub use resource_graph::{GraphPage, SkipToken};
pub use resource_groups::ResourceGroup;
pub use resource_id::ResourceId;
pub use role_assignments::{
    AssignmentFilter, BuiltInRole, NewRoleAssignment, PrincipalType, RoleAssignment,
};
pub use secret::Secret;
pub use session::{Azure, Session};
pub use subscriptions::{Location, Subscription, SubscriptionState, Tenant, TenantCategory};
pub use version_number::VersionNumber;
pub use witness::{Retry, Wait, Witness};
pub use written::{Fate, SentWrite, WriteAnswer};
