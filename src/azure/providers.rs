//! Resource providers that a subscription has to be registered for (Microsoft.Resources
//! 2024-07-01, `resources.json`).

use serde_json::Value;

use super::document::{Document, Reader};
use super::error::Error;
use super::guid::SubscriptionId;
use super::open_enum::open_enum;
use super::session::Session;

open_enum! {
    /// Whether a subscription is registered for a resource provider (`registrationState`;
    /// azure-docs, `resource-providers-and-types.md`).
    pub enum RegistrationState {
        /// It never was.
        NotRegistered = "NotRegistered",
        /// It is about to be.
        Registering = "Registering",
        /// It is.
        Registered = "Registered",
        /// It is about not to be any more.
        Unregistering = "Unregistering",
        /// It was (`recordings/resource/provider_registration.json`).
        Unregistered = "Unregistered",
    }
}

impl Document for RegistrationState {
    fn read(document: Value) -> Result<Self, Error> {
        let read = Reader::new("a resource provider", &document);
        Ok(Self::from(read.required("/registrationState")?))
    }
}

impl Session {
    /// Whether a subscription is registered for a resource provider, such as `Microsoft.Compute`.
    ///
    /// # Errors
    /// Any [`Error`] of a read.
    pub async fn registration(
        &self,
        subscription: &SubscriptionId,
        provider: &str,
    ) -> Result<RegistrationState, Error> {
        self.document(
            "subscriptions/providers",
            &format!("/subscriptions/{subscription}/providers/{provider}"),
            "",
            &format!("the registration of subscription {subscription} for {provider}"),
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
        let read = |document| RegistrationState::read(document);
        let registered =
            read(json!({"namespace": "Microsoft.Compute", "registrationState": "Registered"}));
        assert_eq!(registered.unwrap(), RegistrationState::Registered);
        let odd = read(json!({"registrationState": "Asleep"})).unwrap();
        assert_eq!(odd.as_str(), "Asleep");
        assert!(read(json!({"namespace": "Microsoft.Compute"})).is_err());
    }
}
