use serde_json::Value;

use super::open_enum::open_enum;

open_enum! {
    /// Where a resource is in its life (`GalleryProvisioningState`, `GalleryRP` 2024-03-03; of a
    /// deployment `ProvisioningState`, Microsoft.Resources 2024-07-01).
    pub enum ProvisioningState {
        /// Being made.
        Creating = "Creating",
        /// Being changed; what it was before stays usable.
        Updating = "Updating",
        /// The last write failed.
        Failed = "Failed",
        /// At rest.
        Succeeded = "Succeeded",
        /// Being deleted.
        Deleting = "Deleting",
        /// Being moved by Azure.
        Migrating = "Migrating",
        /// Taken, not begun.
        Accepted = "Accepted",
        /// A deployment at work.
        Running = "Running",
        /// Somebody ended it.
        Canceled = "Canceled",
    }
}

impl ProvisioningState {
    /// The state in a resource's document. An absent one means Succeeded
    /// (azure-resource-manager-rpc, async-api-reference.md).
    pub(crate) fn of(document: &Value) -> Self {
        document
            .pointer("/properties/provisioningState")
            .and_then(Value::as_str)
            .map_or(Self::Succeeded, Self::from)
    }
}
