use jiff::Timestamp;
use serde_json::Value;

use crate::azure::document::{Reader, keeps_document};
use crate::azure::error::Error;
use crate::azure::provisioning_state::ProvisioningState;
use crate::azure::region::Region;
use crate::azure::resource_id::ResourceId;

/// An image definition: what all its versions have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageDefinition {
    /// Its id.
    pub id: ResourceId,
    /// Its name, unique in the gallery.
    pub name: String,
    /// Where its own record is kept.
    pub location: Region,
    /// `Windows` or `Linux`.
    pub os_type: String,
    /// `Generalized` or `Specialized`.
    pub os_state: String,
    /// The Hyper-V generation, `V1` or `V2`.
    pub generation: Option<String>,
    /// `x64` or `Arm64`.
    pub architecture: Option<String>,
    /// The feature `SecurityType`, `TrustedLaunchSupported` for one.
    pub security_type: Option<String>,
    /// First part of the identifier that is unique in the gallery.
    pub publisher: Option<String>,
    /// Second part of the identifier.
    pub offer: Option<String>,
    /// Third part of the identifier.
    pub sku: Option<String>,
    /// When its owner stops caring for it; nothing stops working then.
    pub end_of_life: Option<Timestamp>,
    /// Where it is in its life.
    pub provisioning_state: ProvisioningState,
    /// What its owner says about it.
    pub description: Option<String>,
    document: Value,
}
keeps_document!(ImageDefinition);

impl ImageDefinition {
    /// Reads ARM's document.
    ///
    /// # Errors
    /// [`Error::Malformed`] when id, name, location or one of the required `osType` and `osState`
    /// is missing.
    pub fn from_document(document: Value) -> Result<Self, Error> {
        let read = Reader::new("an image definition", &document);
        Ok(Self {
            id: read.id()?,
            name: read.required("/name")?.to_owned(),
            location: read.location()?,
            os_type: read.required("/properties/osType")?.to_owned(),
            os_state: read.required("/properties/osState")?.to_owned(),
            generation: read.owned("/properties/hyperVGeneration"),
            architecture: read.owned("/properties/architecture"),
            security_type: feature(&read, "SecurityType"),
            publisher: read.owned("/properties/identifier/publisher"),
            offer: read.owned("/properties/identifier/offer"),
            sku: read.owned("/properties/identifier/sku"),
            end_of_life: read.time("/properties/endOfLifeDate"),
            provisioning_state: ProvisioningState::of(&document),
            description: read.owned("/properties/description"),
            document,
        })
    }
}

fn feature(read: &Reader<'_>, name: &str) -> Option<String> {
    let text = |feature: &Value, field| {
        feature
            .get(field)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    read.items("/properties/features")
        .find(|feature| text(feature, "name").is_some_and(|n| n.eq_ignore_ascii_case(name)))
        .and_then(|feature| text(feature, "value"))
}
