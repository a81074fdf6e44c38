//! Azure Compute Gallery: galleries, image definitions, image versions
//! (Microsoft.Compute/galleries 2024-03-03).

mod gallery;
mod image_definition;
mod image_version;
mod publishing;
mod replication;
mod requests;
mod shared;
mod sharing;
mod storage_account_type;

pub use gallery::{Gallery, Permissions};
pub use image_definition::{ImageDefinition, PurchasePlan};
pub use image_version::{ImageVersion, ReplicationMode, TargetRegion};
pub use publishing::{PublishingChange, RegionChange};
pub use replication::{RegionReplication, ReplicationState, ReplicationStatus};
pub use shared::{SharedGallery, SharedImageVersion};
pub use sharing::{
    RegionSharing, SharingGroup, SharingGroupKind, SharingOperation, SharingState, SharingStatus,
    SharingUpdate,
};
pub use storage_account_type::StorageAccountType;
