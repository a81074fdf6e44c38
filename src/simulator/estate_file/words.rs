//! Words that are checked as the estate file is read, so that a wrong one is shown where it stands.

use serde::Deserialize;

use crate::simulator::{compute, features, regions, roles, throttling};

/// A GUID, in lower case.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(try_from = "String")]
pub(in crate::simulator) struct Guid(String);

impl Guid {
    pub(in crate::simulator) fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Guid {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match uuid::Uuid::try_parse(&text) {
            Ok(id) if text.len() == 36 => Ok(Self(id.to_string())),
            _ => Err(format!("\"{text}\" is no GUID")),
        }
    }
}

/// The name of a region that exists.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(try_from = "String")]
pub(in crate::simulator) struct RegionName(String);

impl RegionName {
    pub(in crate::simulator) fn as_str(&self) -> &str {
        &self.0
    }

    pub(in crate::simulator) fn display_name(&self) -> &'static str {
        regions::find(&self.0).map_or("", |region| region.display_name)
    }
}

impl TryFrom<String> for RegionName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        regions::find(&text)
            .map(|region| Self(region.name.to_owned()))
            .ok_or_else(|| format!("\"{text}\" is no region"))
    }
}

/// The GUID of a role definition, given by itself or by the role's name.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(in crate::simulator) struct RoleName(String);

impl RoleName {
    pub(in crate::simulator) fn id(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RoleName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        roles::find(&text)
            .map(|role| Self(role.id.to_owned()))
            .ok_or_else(|| format!("\"{text}\" is no role the simulator knows"))
    }
}

/// The GUID of a role that Azure Lighthouse takes: Owner, custom roles, and those that may write or
/// delete role assignments, it does not (Microsoft's `tenants-users-roles.md`).
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(in crate::simulator) struct DelegableRole(String);

impl DelegableRole {
    pub(in crate::simulator) fn id(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for DelegableRole {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let role = RoleName::try_from(text)?;
        let assigns = |role: &roles::Role| {
            role.allows("Microsoft.Authorization/roleAssignments/write")
                || role.allows("Microsoft.Authorization/roleAssignments/delete")
        };
        match roles::find(role.id()) {
            Some(found) if assigns(found) => Err(format!(
                "Azure Lighthouse doesn't delegate \"{}\"",
                found.name
            )),
            _ => Ok(Self(role.0)),
        }
    }
}

/// What a subscription may have so much of in a region: `cores`, `standardDSv5Family`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(try_from = "String")]
pub(in crate::simulator) struct QuotaName(String);

impl QuotaName {
    pub(in crate::simulator) fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for QuotaName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        compute::quota_names()
            .find(|name| name.eq_ignore_ascii_case(&text))
            .map(|name| Self(name.to_owned()))
            .ok_or_else(|| format!("\"{text}\" is no quota the simulator knows"))
    }
}

/// The name of a preview feature, with its provider.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(in crate::simulator) struct FeatureName(String);

impl FeatureName {
    pub(in crate::simulator) fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for FeatureName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        features::find(&text)
            .map(|name| Self(name.to_owned()))
            .ok_or_else(|| format!("\"{text}\" is no preview feature the simulator knows"))
    }
}

/// A policy by which Compute throttles: `PostShareGallery`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(try_from = "String")]
pub(in crate::simulator) struct PolicyName(String);

impl PolicyName {
    pub(in crate::simulator) fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PolicyName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        throttling::policies()
            .find(|name| name.eq_ignore_ascii_case(&text))
            .map(|name| Self(name.to_owned()))
            .ok_or_else(|| format!("\"{text}\" is no policy the simulator throttles by"))
    }
}
