//! Resource groups, networks and machines in the estate file.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use toml::Spanned;

use super::words::RegionName;

/// A resource group.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulator) struct ResourceGroup {
    pub(in crate::simulator) name: String,
    pub(in crate::simulator) location: RegionName,
    #[serde(default)]
    pub(in crate::simulator) tags: BTreeMap<String, String>,
}

/// A virtual network.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulator) struct Network {
    pub(in crate::simulator) name: String,
    pub(in crate::simulator) resource_group: String,
    pub(in crate::simulator) location: RegionName,
    pub(in crate::simulator) address: String,
    /// Name and address prefix
    pub(in crate::simulator) subnets: BTreeMap<String, String>,
}

/// `count` machines named `prefix-001`, `prefix-002`, …; without a count one named `prefix`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulator) struct Machines {
    pub(in crate::simulator) prefix: String,
    pub(in crate::simulator) count: Option<u32>,
    /// `gallery/definition/version`, anywhere in this file
    pub(in crate::simulator) image: Spanned<String>,
    /// Whether they name the version, or the definition and so its latest
    #[serde(default)]
    pub(in crate::simulator) latest: bool,
    pub(in crate::simulator) size: String,
    pub(in crate::simulator) resource_group: String,
    /// `network/subnet` in that group
    pub(in crate::simulator) subnet: String,
    pub(in crate::simulator) location: RegionName,
    pub(in crate::simulator) created: Timestamp,
    #[serde(default)]
    pub(in crate::simulator) deallocated: u32,
    /// Whether they are generalized, to make image versions of, and so deallocated
    #[serde(default)]
    pub(in crate::simulator) generalized: bool,
}
