use serde_json::Value;

use crate::azure::document::Reader;
use crate::azure::open_enum::open_enum;
use crate::azure::region::Region;

open_enum! {
    /// How far the copy of a version into one region is.
    pub enum ReplicationState {
        /// Azure does not say.
        Unknown = "Unknown",
        /// Being copied.
        Replicating = "Replicating",
        /// Usable there.
        Completed = "Completed",
        /// Not copied.
        Failed = "Failed",
    }
}

/// How far a version has been copied, as of one reading (`?$expand=ReplicationStatus`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicationStatus {
    /// Over all regions: `Unknown`, `InProgress`, `Completed` or `Failed`.
    pub aggregated: String,
    /// Region by region.
    pub regions: Vec<RegionReplication>,
}

/// How far the copy into one region is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionReplication {
    /// The region.
    pub region: Region,
    /// How far it is.
    pub state: ReplicationState,
    /// What Azure adds, mostly nothing; the reason of a failure.
    pub details: String,
    /// Percent, 0 to 100.
    pub progress: u8,
}

impl ReplicationStatus {
    /// The status at `properties.replicationStatus` of a version, if it was asked for.
    pub(crate) fn of(read: &Reader<'_>) -> Option<Self> {
        read.value("/properties/replicationStatus")?;
        let regions = read
            .items("/properties/replicationStatus/summary")
            .filter_map(region);
        Some(Self {
            aggregated: read
                .text("/properties/replicationStatus/aggregatedState")
                .unwrap_or("Unknown")
                .to_owned(),
            regions: regions.collect(),
        })
    }
}

fn region(entry: &Value) -> Option<RegionReplication> {
    let text = |field| entry.get(field).and_then(Value::as_str);
    let progress = entry.get("progress").and_then(Value::as_u64).unwrap_or(0);
    Some(RegionReplication {
        region: Region::new(text("region")?),
        state: ReplicationState::from(text("state").unwrap_or("Unknown")),
        details: text("details").unwrap_or_default().to_owned(),
        progress: u8::try_from(progress).map_or(100, |percent| percent.min(100)),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn status(document: &Value) -> Option<ReplicationStatus> {
        ReplicationStatus::of(&Reader::new("a version", document))
    }

    #[test]
    fn regions_and_progress() {
        let status = status(&json!({"properties": {"replicationStatus": {
            "aggregatedState": "InProgress",
            "summary": [
                {"region": "West US", "state": "Completed", "details": "", "progress": 100},
                {"region": "East US 2", "state": "Replicating", "progress": 37},
                {"region": "North Europe", "state": "Failed", "details": "quota", "progress": 900},
                {"region": "UK South", "state": "Paused"},
                {"state": "Completed"},
            ],
        }}}))
        .unwrap();
        assert_eq!(status.aggregated, "InProgress");
        let told: Vec<_> = status
            .regions
            .iter()
            .map(|r| {
                (
                    r.region.as_str(),
                    r.state.as_str(),
                    r.details.as_str(),
                    r.progress,
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("westus", "Completed", "", 100),
                ("eastus2", "Replicating", "", 37),
                ("northeurope", "Failed", "quota", 100),
                ("uksouth", "Paused", "", 0),
            ]
        );
    }

    #[test]
    fn it_is_absent_unless_it_was_asked_for() {
        assert_eq!(status(&json!({"properties": {}})), None);
        assert_eq!(
            status(&json!({"properties": {"replicationStatus": null}})),
            None
        );
        let bare = status(&json!({"properties": {"replicationStatus": {}}})).unwrap();
        assert_eq!(
            (bare.aggregated.as_str(), bare.regions.len()),
            ("Unknown", 0)
        );
    }
}
