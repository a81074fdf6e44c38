//! What fails in the estate from the start, in the estate file.

use serde::Deserialize;

use super::one;
use super::words::RegionName;

/// Copies to `region` fail, `times` times.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulator) struct ReplicationFails {
    pub(in crate::simulator) region: RegionName,
    pub(in crate::simulator) detail: Option<String>,
    #[serde(default = "one")]
    pub(in crate::simulator) times: u32,
}

/// New machines of `size` in `region` fail, `times` times.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulator) struct AllocationFails {
    pub(in crate::simulator) region: Option<RegionName>,
    pub(in crate::simulator) size: Option<String>,
    /// `AllocationFailed` unless given; `SkuNotAvailable` is told at once
    pub(in crate::simulator) code: Option<String>,
    #[serde(default = "one")]
    pub(in crate::simulator) times: u32,
}
