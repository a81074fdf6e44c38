use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::azure::document::Reader;
use crate::azure::open_enum::open_enum;
use crate::azure::region::Region;

open_enum! {
    /// What a group of a direct share is made of (`SharingProfileGroup`, `GalleryRP` 2024-03-03).
    pub enum SharingGroupKind {
        /// Subscriptions, of whatever tenant.
        Subscriptions = "Subscriptions",
        /// Whole tenants.
        Tenants = "AADTenants",
    }
}

open_enum! {
    /// What is to become of a gallery's direct shares (`SharingUpdate`).
    pub enum SharingOperation {
        /// The groups are added to those that are there.
        Add = "Add",
        /// The groups are taken away.
        Remove = "Remove",
        /// Nobody has it any more, and the gallery becomes private.
        Reset = "Reset",
    }
}

open_enum! {
    /// How far a change of the sharing is (`SharingState`).
    pub enum SharingState {
        /// Carried out.
        Succeeded = "Succeeded",
        /// Being carried out.
        InProgress = "InProgress",
        /// Not carried out.
        Failed = "Failed",
        /// Azure does not say.
        Unknown = "Unknown",
    }
}

/// Whom a gallery is shared with directly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharingGroup {
    /// What the ids are ids of.
    #[serde(rename = "type")]
    pub kind: SharingGroupKind,
    /// Subscriptions or tenants.
    pub ids: Vec<String>,
}

/// A change of a gallery's direct shares, in the form of the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharingUpdate {
    /// What to do.
    #[serde(rename = "operationType")]
    pub operation: SharingOperation,
    /// With whom; nobody for a reset.
    #[serde(default)]
    pub groups: Vec<SharingGroup>,
}

/// How far a gallery's sharing is carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharingStatus {
    /// Over all regions.
    pub aggregated: SharingState,
    /// Region by region.
    pub regions: Vec<RegionSharing>,
}

/// How far the sharing is carried out in one region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionSharing {
    /// The region.
    pub region: Region,
    /// How far it is.
    pub state: SharingState,
    /// The reason of a failure, otherwise mostly nothing.
    pub details: String,
}

impl SharingStatus {
    /// The status at `properties.sharingStatus` of a gallery, if it has one.
    pub(crate) fn of(read: &Reader<'_>) -> Option<Self> {
        read.value("/properties/sharingStatus")?;
        let regions = read.items("/properties/sharingStatus/summary");
        Some(Self {
            aggregated: state(read.text("/properties/sharingStatus/aggregatedState")),
            regions: regions.filter_map(region).collect(),
        })
    }
}

fn region(entry: &Value) -> Option<RegionSharing> {
    let text = |field| entry.get(field).and_then(Value::as_str);
    Some(RegionSharing {
        region: Region::new(text("region")?),
        state: state(text("state")),
        details: text("details").unwrap_or_default().to_owned(),
    })
}

fn state(text: Option<&str>) -> SharingState {
    text.map_or(SharingState::Unknown, SharingState::from)
}

/// The groups at `properties.sharingProfile.groups` of a gallery, if it was asked for them.
pub(super) fn groups(read: &Reader<'_>) -> Vec<SharingGroup> {
    let groups = read.items("/properties/sharingProfile/groups");
    let groups = groups.filter_map(|group| serde_json::from_value(group.clone()).ok());
    groups.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const OURS: &str = "0b1f6471-1bf0-4dda-aec3-cb9272f09590";

    #[test]
    fn an_update_is_written_as_azure_reads_it() {
        let update = SharingUpdate {
            operation: SharingOperation::Add,
            groups: vec![SharingGroup {
                kind: SharingGroupKind::Tenants,
                ids: vec![OURS.to_owned()],
            }],
        };
        let body =
            json!({"operationType": "Add", "groups": [{"type": "AADTenants", "ids": [OURS]}]});
        assert_eq!(serde_json::to_value(&update).unwrap(), body);
        assert_eq!(
            serde_json::from_value::<SharingUpdate>(body).unwrap(),
            update
        );
    }

    #[test]
    fn the_status_is_read_region_by_region() {
        let gallery = json!({"properties": {"sharingStatus": {
            "aggregatedState": "InProgress",
            "summary": [
                {"region": "West Europe", "state": "Failed", "details": "no"},
                {"region": "North Europe"},
                {"state": "Succeeded"},
            ],
        }}});
        let status = SharingStatus::of(&Reader::new("a gallery", &gallery)).unwrap();
        assert_eq!(status.aggregated, SharingState::InProgress);
        assert_eq!(status.regions.len(), 2);
        assert_eq!(status.regions[0].region, Region::new("westeurope"));
        assert_eq!(status.regions[0].state, SharingState::Failed);
        assert_eq!(status.regions[0].details, "no");
        assert_eq!(status.regions[1].state, SharingState::Unknown);
        let private = json!({"properties": {}});
        assert_eq!(SharingStatus::of(&Reader::new("a gallery", &private)), None);
    }

    #[test]
    fn a_strange_group_does_not_hide_the_others() {
        let gallery = json!({"properties": {"sharingProfile": {"groups": [
            {"type": "Planets", "ids": ["mars"]}, {"ids": []}, 1,
            {"type": "subscriptions", "ids": [OURS]},
        ]}}});
        let groups = groups(&Reader::new("a gallery", &gallery));
        assert_eq!(groups.len(), 2);
        assert_eq!(groups[1].kind, SharingGroupKind::Subscriptions);
        assert_eq!(groups[1].ids, [OURS]);
    }
}
