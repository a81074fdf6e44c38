//! The table `[cloud]`: which of Azure's clouds, or whose.

use serde::Deserialize;

use crate::azure::Cloud;

#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum CloudName {
    #[default]
    Public,
    UsGov,
    China,
    Custom,
}

/// The table as it is written.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct CloudEntry {
    name: CloudName,
    resource_manager: Option<String>,
    authority: Option<String>,
    audience: Option<String>,
}

impl CloudEntry {
    /// The cloud that is meant, or what is wrong.
    pub(super) fn resolve(self) -> Result<Cloud, String> {
        let endpoints = (self.resource_manager, self.authority, self.audience);
        match (self.name, endpoints) {
            (CloudName::Public, (None, None, None)) => Cloud::public(),
            (CloudName::UsGov, (None, None, None)) => Cloud::us_government(),
            (CloudName::China, (None, None, None)) => Cloud::china(),
            (CloudName::Custom, (Some(resource_manager), Some(authority), Some(audience))) => {
                Cloud::custom(&resource_manager, &authority, &audience)
            }
            (CloudName::Custom, _) => {
                return Err(
                    "a custom cloud needs resource_manager, authority and audience".to_owned(),
                );
            }
            _ => {
                return Err(
                    "resource_manager, authority and audience are for name = \"custom\" \
                            only: a known cloud has its own"
                        .to_owned(),
                );
            }
        }
        .map_err(|error| error.to_string())
    }
}
