//! Azure over HTTP. Nothing above this room knows HTTP, JSON field names or tokens.
//!
//! [`Azure`] is one cloud with the identities that sign in to it; a [`Session`] is that cloud seen
//! as one identity in one tenant. Documents are parsed into public fields and kept as ARM sent
//! them, so that what is written back is what was read.

mod advice;
mod arm;
mod cloud;
mod document;
mod error;
mod galleries;
mod guid;
mod identity;
mod invalid;
mod open_enum;
mod provisioning_state;
mod region;
mod resource_id;
mod secret;
mod session;
mod subscriptions;
mod timestamp;
mod version_number;
mod witness;

pub use arm::{Accepted, ArmError, OperationStatus, OperationUrl, RetryPolicy};
pub use cloud::Cloud;
pub use error::{Certainty, Error};
pub use galleries::{
    Gallery, ImageDefinition, ImageVersion, Permissions, PublishingChange, RegionChange,
    RegionReplication, ReplicationMode, ReplicationState, ReplicationStatus, StorageAccountType,
    TargetRegion,
};
pub use guid::{SubscriptionId, TenantId};
pub use identity::{Access, Credential, IdentitySettings};
pub use invalid::Invalid;
pub use provisioning_state::ProvisioningState;
pub use region::Region;
pub use resource_id::ResourceId;
pub use secret::Secret;
pub use session::{Azure, Session};
pub use subscriptions::{Location, Subscription, SubscriptionState, Tenant, TenantCategory};
pub use version_number::VersionNumber;
pub use witness::{Retry, Witness};
