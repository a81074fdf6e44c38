use serde_json::Value;

use super::sharing::{SharingGroup, SharingGroupKind, SharingStatus, groups};
use crate::azure::document::{Reader, keeps_document};
use crate::azure::error::Error;
use crate::azure::open_enum::open_enum;
use crate::azure::provisioning_state::ProvisioningState;
use crate::azure::region::Region;
use crate::azure::resource_id::ResourceId;

open_enum! {
    /// How a gallery may be shared, set when it is made (`sharingProfile.permissions`).
    pub enum Permissions {
        /// By role assignments only.
        Private = "Private",
        /// Directly, with subscriptions and tenants.
        Groups = "Groups",
        /// With everybody.
        Community = "Community",
    }
}

/// An Azure Compute Gallery.
#[derive(Clone, Debug, PartialEq)]
pub struct Gallery {
    /// Its id.
    pub id: ResourceId,
    /// Its name, unique in the subscription.
    pub name: String,
    /// Where its own record is kept.
    pub location: Region,
    /// How it may be shared; a gallery that does not say is private.
    pub sharing: Permissions,
    /// Whom it is shared with directly; only in an answer that was asked for it.
    pub groups: Vec<SharingGroup>,
    /// How far its sharing is carried out, where Azure says.
    pub sharing_status: Option<SharingStatus>,
    /// Where it is in its life.
    pub provisioning_state: ProvisioningState,
    /// What its owner says about it.
    pub description: Option<String>,
    /// The name that direct shares use, `{subscription}-{NAME}`.
    pub unique_name: Option<String>,
    /// Whether deleted versions are kept for a while; absent when the gallery does not say.
    pub soft_delete: Option<bool>,
    document: Value,
}
keeps_document!(Gallery);

impl Gallery {
    /// Reads ARM's document.
    ///
    /// # Errors
    /// [`Error::Malformed`] when id, name or location is missing.
    pub fn from_document(document: Value) -> Result<Self, Error> {
        let read = Reader::new("a gallery", &document);
        Ok(Self {
            id: read.id()?,
            name: read.required("/name")?.to_owned(),
            location: read.location()?,
            sharing: read
                .text("/properties/sharingProfile/permissions")
                .map_or(Permissions::Private, Permissions::from),
            groups: groups(&read),
            sharing_status: SharingStatus::of(&read),
            provisioning_state: ProvisioningState::of(&document),
            description: read.owned("/properties/description"),
            unique_name: read.owned("/properties/identifier/uniqueName"),
            soft_delete: read
                .value("/properties/softDeletePolicy/isSoftDeleteEnabled")
                .and_then(Value::as_bool),
            document,
        })
    }

    /// Whether it is shared directly with a subscription or a tenant.
    #[must_use]
    pub fn is_shared_with(&self, kind: &SharingGroupKind, id: &str) -> bool {
        self.groups
            .iter()
            .filter(|group| group.kind == *kind)
            .flat_map(|group| &group.ids)
            .any(|shared| shared.eq_ignore_ascii_case(id))
    }
}
