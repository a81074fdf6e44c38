//! Galleries in the estate file, and what is in them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};
use toml::Spanned;

use super::one;
use super::words::{Guid, RegionName};
use crate::simulator::compute::MOST;

/// A gallery with its image definitions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulator) struct Gallery {
    pub(in crate::simulator) name: String,
    pub(in crate::simulator) resource_group: String,
    pub(in crate::simulator) location: RegionName,
    pub(in crate::simulator) description: Option<String>,
    #[serde(default)]
    pub(in crate::simulator) permissions: Permissions,
    /// Whom a gallery with the permissions Groups is shared with directly
    pub(in crate::simulator) shared_with: Option<Spanned<SharedWith>>,
    /// `communityGalleryInfo` of a community gallery
    pub(in crate::simulator) community: Option<Community>,
    #[serde(default)]
    pub(in crate::simulator) tags: BTreeMap<String, String>,
    #[serde(default)]
    pub(in crate::simulator) extra: Extra,
    #[serde(default, rename = "image")]
    pub(in crate::simulator) images: Vec<Image>,
}

/// `sharingProfile.permissions` (`GalleryRP 2024-03-03/gallery.json`).
#[derive(Clone, Copy, Debug, Default, Deserialize, serde::Serialize, PartialEq, Eq)]
pub(in crate::simulator) enum Permissions {
    #[default]
    Private,
    Groups,
    Community,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulator) struct SharedWith {
    #[serde(default)]
    pub(in crate::simulator) subscriptions: Vec<Guid>,
    #[serde(default)]
    pub(in crate::simulator) tenants: Vec<Guid>,
}

impl Gallery {
    /// What is wrong with whom it is shared with, and at which byte of the file.
    pub(super) fn mistake(&self) -> Option<(usize, String)> {
        let shared = self.shared_with.as_ref()?;
        let at = shared.span().start;
        let name = &self.name;
        if self.permissions != Permissions::Groups {
            let what = format!("{name} is shared with someone, so its permissions must be Groups");
            return Some((at, what));
        }
        let shared = shared.get_ref();
        let counts = [shared.subscriptions.len(), shared.tenants.len()];
        MOST.iter()
            .zip(counts)
            .find(|((_, most), count)| count > most)
            .map(|((kind, most), count)| {
                (
                    at,
                    format!("{name} is shared with {count} {kind}; {most} is the most"),
                )
            })
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulator) struct Community {
    pub(in crate::simulator) prefix: String,
    pub(in crate::simulator) publisher: String,
    pub(in crate::simulator) contact: String,
    pub(in crate::simulator) eula: String,
    #[serde(default)]
    pub(in crate::simulator) enabled: bool,
}

/// An image definition.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulator) struct Image {
    pub(in crate::simulator) name: String,
    pub(in crate::simulator) os: OsType,
    #[serde(default)]
    pub(in crate::simulator) state: OsState,
    #[serde(default)]
    pub(in crate::simulator) generation: Generation,
    pub(in crate::simulator) publisher: String,
    pub(in crate::simulator) offer: String,
    pub(in crate::simulator) sku: String,
    pub(in crate::simulator) description: Option<String>,
    #[serde(default)]
    pub(in crate::simulator) features: BTreeMap<String, String>,
    pub(in crate::simulator) end_of_life: Option<Timestamp>,
    #[serde(default)]
    pub(in crate::simulator) tags: BTreeMap<String, String>,
    #[serde(default)]
    pub(in crate::simulator) extra: Extra,
    #[serde(default)]
    pub(in crate::simulator) versions: Vec<Version>,
}

#[derive(Clone, Copy, Debug, Deserialize, serde::Serialize, PartialEq, Eq)]
pub(in crate::simulator) enum OsType {
    Windows,
    Linux,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, serde::Serialize)]
pub(in crate::simulator) enum OsState {
    #[default]
    Generalized,
    Specialized,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, serde::Serialize)]
pub(in crate::simulator) enum Generation {
    V1,
    #[default]
    V2,
}

impl Generation {
    pub(in crate::simulator) fn name(self) -> &'static str {
        match self {
            Self::V1 => "V1",
            Self::V2 => "V2",
        }
    }
}

/// An image version, replicated to all of its regions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulator) struct Version {
    pub(in crate::simulator) name: String,
    pub(in crate::simulator) published: Timestamp,
    pub(in crate::simulator) regions: BTreeMap<RegionName, Target>,
    #[serde(default)]
    pub(in crate::simulator) exclude_from_latest: bool,
    pub(in crate::simulator) end_of_life: Option<Timestamp>,
    #[serde(default)]
    pub(in crate::simulator) allow_deletion_of_replicated_locations: bool,
    /// Size of the system disk in GB
    #[serde(default = "system_disk")]
    pub(in crate::simulator) size: u32,
    #[serde(default)]
    pub(in crate::simulator) tags: BTreeMap<String, String>,
    #[serde(default)]
    pub(in crate::simulator) extra: Extra,
}

/// `westeurope = 3`, or a table.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(in crate::simulator) enum Target {
    Replicas(u32),
    Region(TargetRegion),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulator) struct TargetRegion {
    #[serde(default = "one")]
    pub(in crate::simulator) replicas: u32,
    #[serde(default)]
    pub(in crate::simulator) storage: StorageAccountType,
    #[serde(default)]
    pub(in crate::simulator) exclude_from_latest: bool,
}

/// `StorageAccountType` (`GalleryRP 2024-03-03/gallery.json`).
#[derive(Clone, Copy, Debug, Default, Deserialize, serde::Serialize)]
pub(in crate::simulator) enum StorageAccountType {
    #[default]
    #[serde(rename = "Standard_LRS")]
    StandardLrs,
    #[serde(rename = "Standard_ZRS")]
    StandardZrs,
    #[serde(rename = "Premium_LRS")]
    PremiumLrs,
}

/// Properties that no specification knows, put into the document as they are: `properties` into
/// its properties, the others beside them. A client that drops what it does not know loses them.
#[derive(Debug, Default, Deserialize)]
pub(in crate::simulator) struct Extra {
    #[serde(default)]
    pub(in crate::simulator) properties: Map<String, Value>,
    #[serde(flatten)]
    pub(in crate::simulator) document: Map<String, Value>,
}

fn system_disk() -> u32 {
    127
}
