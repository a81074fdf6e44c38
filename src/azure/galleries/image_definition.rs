use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::azure::document::{Reader, keeps_document};
use crate::azure::error::Error;
use crate::azure::provisioning_state::ProvisioningState;
use crate::azure::region::Region;
use crate::azure::resource_id::ResourceId;

/// What was bought with an image, to be bought with every machine made from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurchasePlan {
    /// Its name.
    pub name: String,
    /// Who sells it.
    pub publisher: String,
    /// What is sold.
    pub product: String,
}

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
    /// The feature `IsAcceleratedNetworkSupported`.
    pub accelerated_networking: bool,
    /// What has to be bought with a machine made from it.
    pub purchase_plan: Option<PurchasePlan>,
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
            accelerated_networking: feature(&read, "IsAcceleratedNetworkSupported")
                .is_some_and(|value| value.eq_ignore_ascii_case("true")),
            purchase_plan: purchase_plan(&read),
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

fn purchase_plan(read: &Reader<'_>) -> Option<PurchasePlan> {
    let part = |name| read.owned(&format!("/properties/purchasePlan/{name}"));
    Some(PurchasePlan {
        name: part("name")?,
        publisher: part("publisher")?,
        product: part("product")?,
    })
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
