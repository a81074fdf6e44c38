use jiff::Timestamp;
use serde_json::Value;

use crate::azure::arm::ArmError;
use crate::azure::document::{Reader, keeps_document};
use crate::azure::error::Error;
use crate::azure::provisioning_state::ProvisioningState;
use crate::azure::resource_id::ResourceId;

/// What a deployment does about one resource.
#[derive(Clone, Debug, PartialEq)]
pub struct DeploymentOperation {
    /// Its id within the deployment.
    pub id: String,
    /// What is done: `Create`, `Read`, `EvaluateDeploymentOutput`, …
    pub operation: String,
    /// How far it is.
    pub state: ProvisioningState,
    /// The resource; what only evaluates something has none.
    pub target: Option<ResourceId>,
    /// The resource's type.
    pub target_type: Option<String>,
    /// Why it failed.
    pub error: Option<ArmError>,
    /// When it last got on.
    pub timestamp: Option<Timestamp>,
    document: Value,
}
keeps_document!(DeploymentOperation);

impl DeploymentOperation {
    /// Reads ARM's document.
    ///
    /// # Errors
    /// [`Error::Malformed`] when it has no id.
    pub fn from_document(document: Value) -> Result<Self, Error> {
        let read = Reader::new("an operation of a deployment", &document);
        let state = ProvisioningState::of(&document);
        let failed = state == ProvisioningState::Failed;
        Ok(Self {
            id: read.required("/operationId")?.to_owned(),
            operation: read
                .text("/properties/provisioningOperation")
                .unwrap_or("NotSpecified")
                .to_owned(),
            target: read
                .text("/properties/targetResource/id")
                .and_then(|id| id.parse().ok()),
            target_type: read.owned("/properties/targetResource/resourceType"),
            error: failed.then(|| error(&read)),
            state,
            timestamp: read.time("/properties/timestamp"),
            document,
        })
    }
}

/// `statusMessage` is an error with or without its envelope, JSON in a text, or plain text; it may
/// be missing, and then the status code is all that is said.
fn error(read: &Reader<'_>) -> ArmError {
    let code = read.text("/properties/statusCode").unwrap_or("Failed");
    let parsed = |text: &str| serde_json::from_str(text).ok();
    let said = match read.value("/properties/statusMessage") {
        Some(Value::String(text)) => match parsed(text).as_ref().and_then(ArmError::read) {
            Some(error) => Some(error),
            None => Some(ArmError::made(code, text.clone())),
        },
        Some(message) => ArmError::read(message),
        None => None,
    };
    said.unwrap_or_else(|| ArmError::made(code, String::new()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const MACHINE: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm-1";

    fn operation(state: &str, message: &Value) -> DeploymentOperation {
        DeploymentOperation::from_document(json!({
            "id": "/x",
            "operationId": "257D03D213278FAA",
            "properties": {
                "provisioningOperation": "Create",
                "provisioningState": state,
                "timestamp": "2023-12-15T09:09:19.4711204Z",
                "statusCode": "Conflict",
                "statusMessage": message,
                "targetResource": {"id": MACHINE, "resourceType": "Microsoft.Compute/virtualMachines"},
            },
        }))
        .unwrap()
    }

    #[test]
    fn every_form_of_a_status_message_is_understood() {
        let quota = json!({"code": "QuotaExceeded", "message": "Cores."});
        for message in [
            quota.clone(),
            json!({"status": "Failed", "error": quota}),
            json!({"error": quota}).to_string().into(),
            json!({"error": {"code": "Conflict", "message": json!({"error": quota}).to_string()}}),
        ] {
            let error = operation("Failed", &message).error.unwrap();
            assert_eq!(
                error.root().to_string(),
                "QuotaExceeded: Cores.",
                "{message}"
            );
        }
        let text = operation("Failed", &json!("It broke.")).error.unwrap();
        assert_eq!(text.to_string(), "Conflict: It broke.");
        let nothing = operation("Failed", &Value::Null).error.unwrap();
        assert_eq!(nothing.to_string(), "Conflict");
    }

    #[test]
    fn what_has_not_failed_has_no_error_whatever_its_message() {
        let going = operation("Running", &json!({"code": "x", "message": "y"}));
        assert_eq!(
            (going.error, going.state),
            (None, ProvisioningState::Running)
        );
        assert_eq!(going.target.unwrap().as_str(), MACHINE);
        let output = json!({"operationId": "1", "properties": {
            "provisioningOperation": "EvaluateDeploymentOutput",
            "provisioningState": "Succeeded",
        }});
        let output = DeploymentOperation::from_document(output).unwrap();
        assert_eq!((output.target, output.target_type), (None, None));
    }
}
