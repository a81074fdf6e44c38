use jiff::Timestamp;
use serde_json::Value;

use crate::azure::arm::ArmError;
use crate::azure::document::{Reader, keeps_document};
use crate::azure::error::Error;
use crate::azure::provisioning_state::ProvisioningState;
use crate::azure::resource_id::ResourceId;

/// A deployment, under way or ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Deployment {
    /// Its id.
    pub id: ResourceId,
    /// Its name.
    pub name: String,
    /// How far it is.
    pub provisioning_state: ProvisioningState,
    /// Why it failed.
    pub error: Option<ArmError>,
    /// When it last got on.
    pub timestamp: Option<Timestamp>,
    /// ARM's id of the whole action.
    pub correlation_id: Option<String>,
    document: Value,
}
keeps_document!(Deployment);

impl Deployment {
    /// Reads ARM's document.
    ///
    /// # Errors
    /// [`Error::Malformed`] when id or name is missing.
    pub fn from_document(document: Value) -> Result<Self, Error> {
        let read = Reader::new("a deployment", &document);
        let correlation_id = read.owned("/properties/correlationId");
        let error = read.value("/properties/error").and_then(ArmError::read);
        Ok(Self {
            id: read.id()?,
            name: read.required("/name")?.to_owned(),
            provisioning_state: ProvisioningState::of(&document),
            error: error.map(|error| ArmError {
                correlation_id: correlation_id.clone(),
                ..error
            }),
            timestamp: read.time("/properties/timestamp"),
            correlation_id,
            document,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_failed_one_says_why_and_what_to_quote() {
        let deployment = Deployment::from_document(json!({
            "id": "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Resources/deployments/wave-1",
            "name": "wave-1",
            "properties": {
                "provisioningState": "Failed",
                "timestamp": "2025-01-06T15:06:02.3192803Z",
                "correlationId": "c-1",
                "error": {"code": "DeploymentFailed", "message": "At least one.", "details": [
                    {"code": "SkuNotAvailable", "message": "No."},
                ]},
            },
        }))
        .unwrap();
        assert_eq!(deployment.id.kind(), "Microsoft.Resources/deployments");
        assert_eq!(deployment.provisioning_state, ProvisioningState::Failed);
        let error = deployment.error.unwrap();
        assert_eq!(error.root().code, "SkuNotAvailable");
        assert_eq!(error.correlation_id.as_deref(), Some("c-1"));
    }
}
