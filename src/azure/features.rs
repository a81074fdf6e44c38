//! Previews that a subscription has to be registered for (Microsoft.Features 2021-07-01).

use serde_json::Value;

use super::document::{Reader, keeps_document};
use super::error::Error;
use super::guid::SubscriptionId;
use super::open_enum::open_enum;
use super::session::Session;

open_enum! {
    /// Whether a subscription has a feature (`SubscriptionFeatureRegistration`).
    pub enum FeatureState {
        /// It has not.
        NotRegistered = "NotRegistered",
        /// Microsoft has been asked.
        Pending = "Pending",
        /// It is about to have it.
        Registering = "Registering",
        /// It has it.
        Registered = "Registered",
        /// It is about to lose it.
        Unregistering = "Unregistering",
        /// It had it.
        Unregistered = "Unregistered",
    }
}

/// A feature as one subscription has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Feature {
    /// Its name with its provider, `Microsoft.Compute/SIGSharing`.
    pub name: String,
    /// Whether the subscription has it.
    pub state: FeatureState,
    document: Value,
}
keeps_document!(Feature);

impl Feature {
    /// Reads ARM's document.
    ///
    /// # Errors
    /// [`Error::Malformed`] when name or state is missing.
    pub fn from_document(document: Value) -> Result<Self, Error> {
        let read = Reader::new("a feature", &document);
        Ok(Self {
            name: read.required("/name")?.to_owned(),
            state: FeatureState::from(read.required("/properties/state")?),
            document,
        })
    }
}

impl Session {
    /// A feature of a resource provider in a subscription.
    ///
    /// # Errors
    /// Any [`Error`] of a read.
    pub async fn feature(
        &self,
        subscription: &SubscriptionId,
        provider: &str,
        name: &str,
    ) -> Result<Feature, Error> {
        self.document(
            "Microsoft.Features/providers/features",
            &format!(
                "/subscriptions/{subscription}/providers/Microsoft.Features/providers/{provider}/features/{name}"
            ),
            "",
            &format!("the feature {provider}/{name} of subscription {subscription}"),
        )
        .await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_state_is_told() {
        let feature = Feature::from_document(json!({
            "name": "Microsoft.Compute/SIGSharing",
            "properties": {"state": "Registered"},
        }));
        assert_eq!(feature.unwrap().state, FeatureState::Registered);
        let odd = json!({"name": "x", "properties": {"state": "Dreaming"}});
        let odd = Feature::from_document(odd).unwrap();
        assert_eq!(odd.state.as_str(), "Dreaming");
        assert!(Feature::from_document(json!({"name": "x"})).is_err());
    }
}
