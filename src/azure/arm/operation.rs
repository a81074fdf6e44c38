use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::error::ArmError;
use crate::azure::resource_id::ResourceId;

/// The signed address of a long-running operation: used byte for byte, never shown.
///
/// Serialising exposes it; only the journal may do so.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OperationUrl(String);

impl OperationUrl {
    pub(crate) fn new(url: String) -> Self {
        Self(url)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OperationUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl fmt::Debug for OperationUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// What ARM said when it took a write: enough to follow it from any process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The HTTP status: 200, 201, 202 or 204.
    pub status: u16,
    /// What was written.
    pub resource: ResourceId,
    /// Whether it was deleted, so that it has succeeded once the resource is gone.
    #[serde(default)]
    pub deletes: bool,
    /// `Azure-AsyncOperation`, resolved against the request.
    pub operation: Option<OperationUrl>,
    /// `Location` of a 202, resolved against the request.
    pub location: Option<OperationUrl>,
    /// Seconds that Azure wants to pass before the first look.
    pub retry_after_s: Option<u64>,
    /// This program's own id of the request (`x-ms-client-request-id`); nothing where it sent none,
    /// and found the write under way.
    #[serde(default)]
    pub client_request_id: Option<String>,
    /// The resource provider's id of the request (`x-ms-request-id`).
    pub request_id: Option<String>,
    /// ARM's id of the whole action (`x-ms-correlation-request-id`).
    pub correlation_id: Option<String>,
}

impl Accepted {
    /// A write that was found under way, of which nothing is known but what it writes: the resource
    /// itself says how it goes.
    #[must_use]
    pub fn found(resource: ResourceId) -> Self {
        Self {
            status: 200,
            resource,
            deletes: false,
            operation: None,
            location: None,
            retry_after_s: None,
            client_request_id: None,
            request_id: None,
            correlation_id: None,
        }
    }
}

/// How an accepted write is getting on.
#[derive(Clone, Debug, PartialEq)]
pub enum OperationStatus {
    /// Not ended.
    Running {
        /// How long Azure wants not to be asked again.
        retry_after: Option<Duration>,
        /// How much is done, 0 to 100, where the provider says.
        percent: Option<f64>,
    },
    /// Ended well.
    Succeeded,
    /// Ended badly.
    Failed(ArmError),
    /// Ended because somebody cancelled it.
    Canceled,
}
