//! One resource of a deployment on its way through its provider.

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::templates::Resource;
use crate::simulator::answer::{Answer, Refusal};
use crate::simulator::arm;
use crate::simulator::clock::{arm_time, iso_duration};
use crate::simulator::operations::{self, End};
use crate::simulator::request::Request;
use crate::simulator::token::Caller;
use crate::simulator::world::World;

/// One resource of a deployment.
pub(super) struct Step {
    pub(super) resource: Resource,
    progress: Progress,
}

/// How far it is.
enum Progress {
    /// Not begun
    Waiting,
    /// Its provider works on it
    Running {
        since: Timestamp,
        status: StatusCode,
        operation: String,
    },
    /// Its provider is done with it, or would not take it
    Over {
        since: Timestamp,
        until: Timestamp,
        status: StatusCode,
        /// The error as its provider gave it
        error: Option<Value>,
        /// Whether the provider had accepted it and failed later
        late: bool,
    },
}

impl Step {
    pub(super) fn waiting(resource: Resource) -> Self {
        Self {
            resource,
            progress: Progress::Waiting,
        }
    }

    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.progress, Progress::Waiting)
    }

    pub(super) fn is_running(&self) -> bool {
        matches!(self.progress, Progress::Running { .. })
    }

    pub(super) fn has_succeeded(&self) -> bool {
        matches!(self.progress, Progress::Over { error: None, .. })
    }

    /// Sends the resource to its provider, as a request of the deployment's caller. A fault planned
    /// for its path strikes here too.
    pub(super) fn begin(&mut self, world: &mut World, caller: &Caller) {
        let Resource {
            id,
            api_version,
            body,
            ..
        } = &self.resource;
        let url = format!("{id}?api-version={api_version}");
        let body = Bytes::from(body.to_string());
        let request = Request::new(Method::PUT, &url, HeaderMap::new(), body);
        let fault = world.faults.strike_resource(&url).unwrap_or_default();
        let answer = fault.instead(&request, &caller.object_id);
        let answer = answer
            .unwrap_or_else(|| arm::answer(world, &request, caller).unwrap_or_else(Refusal::into));
        self.note(world, fault.disturb(answer));
    }

    fn note(&mut self, world: &World, answer: Answer) {
        let since = world.clock.now();
        let status = answer.status;
        let failed = !status.is_success();
        self.progress = match operations::led_to(&answer) {
            Some(operation) if !failed => Progress::Running {
                since,
                status,
                operation,
            },
            _ => Progress::Over {
                since,
                until: since,
                status,
                error: failed.then(|| error_of(answer)),
                late: false,
            },
        };
    }

    /// Looks at what the provider has come to.
    pub(super) fn follow(&mut self, world: &World) {
        let Progress::Running {
            since,
            status,
            operation,
        } = &self.progress
        else {
            return;
        };
        let Some(end) = world.operations.outcome(operation) else {
            return;
        };
        let error = match end {
            End::Fail(failure) => Some(failure.error()),
            _ => None,
        };
        self.progress = Progress::Over {
            since: *since,
            until: world.clock.now(),
            status: if error.is_some() {
                StatusCode::CONFLICT
            } else {
                *status
            },
            late: error.is_some(),
            error,
        };
    }

    /// The error as it stands in the details of the deployment's.
    pub(super) fn failure(&self) -> Option<Value> {
        let Progress::Over {
            error: Some(error),
            late,
            ..
        } = &self.progress
        else {
            return None;
        };
        if !late {
            return Some(error.clone());
        }
        // The form is Azure's; a resource that was accepted and failed later is nested once more.
        Some(json!({
            "code": "ResourceDeploymentFailure",
            "target": self.resource.id,
            "message": "The resource write operation failed to complete successfully, because it \
                        reached terminal provisioning state 'Failed'.",
            "details": [error],
        }))
    }

    /// The operation of a resource that has begun.
    pub(super) fn operation(&self, world: &World, deployment: &str) -> Option<Value> {
        let (since, until, status, state) = match &self.progress {
            Progress::Waiting => return None,
            Progress::Running { since, status, .. } => {
                (*since, world.clock.now(), *status, "Running")
            }
            Progress::Over {
                since,
                until,
                status,
                error,
                ..
            } => {
                let state = if error.is_some() {
                    "Failed"
                } else {
                    "Succeeded"
                };
                (*since, *until, *status, state)
            }
        };
        let what = format!("operation of {deployment} on {}", self.resource.id);
        let id = world.chance.id(&what).as_u64_pair().0;
        let id = format!("{id:016X}");
        let mut properties = json!({
            "provisioningOperation": "Create",
            "provisioningState": state,
            "timestamp": arm_time(until),
            "duration": iso_duration(since, until),
            "statusCode": word(status),
            "targetResource": self.resource.reference(),
        });
        if let Some(error) = self.failure() {
            properties["statusMessage"] = match &self.progress {
                Progress::Over { late: true, .. } => json!({ "status": "Failed", "error": error }),
                _ => json!({ "error": error }),
            };
        }
        Some(json!({
            "id": format!("{deployment}/operations/{id}"),
            "operationId": id,
            "properties": properties,
        }))
    }
}

/// `Created`, `BadRequest`, …
fn word(status: StatusCode) -> String {
    let reason = status.canonical_reason().unwrap_or_default();
    reason.replace(' ', "")
}

/// The error in an answer; one without is told as what it is.
fn error_of(answer: Answer) -> Value {
    let word = word(answer.status);
    let body = answer.body.unwrap_or(Value::Null);
    match body.get("error") {
        Some(error) => error.clone(),
        None => json!({ "code": word, "message": body.to_string() }),
    }
}
