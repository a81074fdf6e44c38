use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::azure::error::Error;

/// What a person needs to sign in with a browser anywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceCode {
    /// What is typed there, `A1B2C3D4E`.
    pub user_code: String,
    /// Where the browser goes.
    pub verification_uri: String,
    /// When the code is good for nothing any more.
    pub expires_at: Timestamp,
    /// Entra's own words for all this.
    pub message: String,
}

/// A sign-in that waits for a person. Dropped, it is forgotten.
pub struct PendingSignIn {
    device_code: DeviceCode,
}

impl PendingSignIn {
    /// What the person needs.
    #[must_use]
    pub fn device_code(&self) -> &DeviceCode {
        &self.device_code
    }

    /// Waits until the person has signed in, has declined or the code has expired. From then on
    /// every session of the identity in that tenant has tokens, and one of its own tenant in all
    /// tenants that accept it.
    ///
    /// # Errors
    /// [`Error::SignIn`].
    #[expect(clippy::unused_async, reason = "not built yet")]
    pub async fn finish(self) -> Result<(), Error> {
        Err(Error::Configuration(
            "signing in by device code is not built yet".to_owned(),
        ))
    }
}
