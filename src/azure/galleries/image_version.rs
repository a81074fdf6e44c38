use jiff::Timestamp;
use serde_json::Value;

use super::replication::ReplicationStatus;
use super::storage_account_type::StorageAccountType;
use crate::azure::document::{Reader, keeps_document};
use crate::azure::error::Error;
use crate::azure::open_enum::open_enum;
use crate::azure::provisioning_state::ProvisioningState;
use crate::azure::region::Region;
use crate::azure::resource_id::ResourceId;
use crate::azure::version_number::VersionNumber;

open_enum! {
    /// How a version is copied to its regions.
    pub enum ReplicationMode {
        /// Whole copies.
        Full = "Full",
        /// References to the source, quick and for tests only; one replica a region.
        Shallow = "Shallow",
    }
}

/// A version of an image.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageVersion {
    /// Its id.
    pub id: ResourceId,
    /// Its name as a number; nothing when the name is not one.
    pub number: Option<VersionNumber>,
    /// Its name.
    pub name: String,
    /// Its home region, always one of the target regions.
    pub location: Region,
    /// Where it is in its life.
    pub provisioning_state: ProvisioningState,
    /// Where it is to be copied to.
    pub target_regions: Vec<TargetRegion>,
    /// Replicas in a region that does not say its own number.
    pub replica_count: Option<u32>,
    /// Whether "latest" passes it over everywhere.
    pub exclude_from_latest: bool,
    /// When it was made.
    pub published: Option<Timestamp>,
    /// When its owner stops caring for it; nothing stops working then.
    pub end_of_life: Option<Timestamp>,
    /// What replicas are stored on where a region does not say its own.
    pub storage_account_type: Option<StorageAccountType>,
    /// How it is copied.
    pub replication_mode: Option<ReplicationMode>,
    /// Whether a region may be taken from the list of target regions.
    pub allow_deletion_of_replicated_locations: bool,
    /// The size of the system disk in GiB.
    pub os_disk_size_gb: Option<u64>,
    /// What it was made from: an image, machine, snapshot, disk, version or blob, as Azure names it.
    pub source: Option<String>,
    /// How far it is copied; only in an answer that was asked for it.
    pub replication: Option<ReplicationStatus>,
    pub(super) document: Value,
}
keeps_document!(ImageVersion);

/// An entry of a version's list of target regions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetRegion {
    /// The region.
    pub region: Region,
    /// Its number of replicas; absent means the version's.
    pub replicas: Option<u32>,
    /// What they are stored on; absent means the version's.
    pub storage: Option<StorageAccountType>,
    /// Whether "latest" passes the version over in this region.
    pub exclude_from_latest: bool,
    /// Whether it is encrypted with a customer's keys there.
    pub encrypted: bool,
}

impl ImageVersion {
    /// Reads ARM's document.
    ///
    /// # Errors
    /// [`Error::Malformed`] when id, name or location is missing.
    pub fn from_document(document: Value) -> Result<Self, Error> {
        let read = Reader::new("an image version", &document);
        let name = read.required("/name")?;
        let profile = |field| format!("/properties/publishingProfile/{field}");
        Ok(Self {
            id: read.id()?,
            number: name.parse().ok(),
            name: name.to_owned(),
            location: read.location()?,
            provisioning_state: ProvisioningState::of(&document),
            target_regions: read
                .items(&profile("targetRegions"))
                .filter_map(target_region)
                .collect(),
            replica_count: read.count(&profile("replicaCount")),
            exclude_from_latest: read.flag(&profile("excludeFromLatest")),
            published: read.time(&profile("publishedDate")),
            end_of_life: read.time(&profile("endOfLifeDate")),
            storage_account_type: read
                .text(&profile("storageAccountType"))
                .map(StorageAccountType::from),
            replication_mode: read
                .text(&profile("replicationMode"))
                .map(ReplicationMode::from),
            allow_deletion_of_replicated_locations: read
                .flag("/properties/safetyProfile/allowDeletionOfReplicatedLocations"),
            os_disk_size_gb: read
                .value("/properties/storageProfile/osDiskImage/sizeInGB")
                .and_then(Value::as_u64),
            source: source(&read),
            replication: ReplicationStatus::of(&read),
            document,
        })
    }
}

fn target_region(entry: &Value) -> Option<TargetRegion> {
    let read = Reader::new("a target region", entry);
    Some(TargetRegion {
        region: Region::new(read.text("/name")?),
        replicas: read.count("/regionalReplicaCount"),
        storage: read
            .text("/storageAccountType")
            .map(StorageAccountType::from),
        exclude_from_latest: read.flag("/excludeFromLatest"),
        encrypted: read.value("/encryption").is_some(),
    })
}

/// The forms of `storageProfile` that name a source (`GalleryRP` 2024-03-03, gallery.json).
fn source(read: &Reader<'_>) -> Option<String> {
    [
        "source/id",
        "source/virtualMachineId",
        "source/communityGalleryImageId",
        "osDiskImage/source/id",
        "osDiskImage/source/uri",
        "osDiskImage/source/storageAccountId",
    ]
    .iter()
    .find_map(|form| read.owned(&format!("/properties/storageProfile/{form}")))
}
