//! Azure Compute Gallery: galleries, image definitions, image versions
//! (Microsoft.Compute/galleries 2024-03-03).

mod gallery;
mod image_definition;
mod image_version;
mod publishing;
mod replication;
mod requests;
mod storage_account_type;

pub use gallery::{Gallery, Permissions};
pub use image_definition::ImageDefinition;
pub use image_version::{ImageVersion, ReplicationMode, TargetRegion};
pub use publishing::{PublishingChange, RegionChange};
pub use replication::{RegionReplication, ReplicationState, ReplicationStatus};
pub use storage_account_type::StorageAccountType;
