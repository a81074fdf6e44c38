use serde::{Deserialize, Serialize};

/// How a sign-in that fails is mended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "with")]
pub enum Remedy {
    /// A person signs in here, with a code:
    /// [`Session::begin_sign_in`](crate::azure::Session::begin_sign_in).
    DeviceCode,
    /// A person signs in to the Azure CLI.
    AzureCli {
        /// The command to run.
        command: String,
    },
    /// Not by signing in: in the configuration, or by an administrator of the tenant.
    Elsewhere,
}
