//! Deployments as they run: every resource in its turn.

use std::time::Duration;

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::steps::Step;
use super::templates::Template;
use crate::simulator::answer::Refusal;
use crate::simulator::clock::{arm_time, iso_duration, later};
use crate::simulator::resource_path::name_of;
use crate::simulator::token::Caller;
use crate::simulator::world::World;

/// Shortest and longest time until an accepted deployment begins, in simulated seconds.
const ACCEPTED_SECONDS: (f64, f64) = (0.5, 2.0);

/// One deployment.
pub(super) struct Run {
    pub(super) id: String,
    /// The end of its `operationStatuses` URL, and the id of its last operation
    pub(super) status_id: String,
    /// What is the same whatever becomes of it: parameters, providers, dependencies, …
    fixed: Value,
    has_outputs: bool,
    /// Who deploys: every resource is written in their name, auxiliary tokens included
    caller: Caller,
    accepted: Timestamp,
    /// When it begins
    begins: Timestamp,
    /// When it came to its end
    ended: Option<Timestamp>,
    pub(super) state: State,
    steps: Vec<Step>,
}

/// `provisioningState` of a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Accepted,
    Running,
    Succeeded,
    Failed,
    Canceled,
}

impl State {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Accepted => "Accepted",
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Canceled => "Canceled",
        }
    }
}

impl Run {
    /// A deployment that has been accepted.
    pub(super) fn accepted(
        world: &World,
        id: String,
        template: Template,
        caller: Caller,
        correlation: &str,
        count: i128,
    ) -> Self {
        let accepted = world.clock.now();
        let (least, most) = ACCEPTED_SECONDS;
        let wait = world
            .chance
            .seconds(&format!("begin {count} {id}"), least, most);
        let fixed = json!({
            "templateHash": template.hash,
            "parameters": template.parameters,
            "mode": "Incremental",
            "correlationId": correlation,
            "providers": template.providers(),
            "dependencies": template.dependencies(),
        });
        let steps = template.resources.into_iter().map(Step::waiting);
        Self {
            id,
            status_id: status_id(accepted, count),
            fixed,
            has_outputs: template.has_outputs,
            caller,
            accepted,
            begins: later(accepted, wait),
            ended: None,
            state: State::Accepted,
            steps: steps.collect(),
        }
    }

    /// When it begins, if it has not.
    pub(super) fn next_event(&self) -> Option<Timestamp> {
        (self.state == State::Accepted).then_some(self.begins)
    }

    /// Whether a deployment of its name cannot be made yet.
    pub(super) fn is_active(&self) -> bool {
        matches!(self.state, State::Accepted | State::Running)
    }

    /// Whether it still has to be looked at: a cancelled one lets go on what it has begun.
    pub(super) fn is_open(&self) -> bool {
        self.is_active() || self.steps.iter().any(Step::is_running)
    }

    /// Begins nothing more.
    pub(super) fn cancel(&mut self, world: &mut World) {
        self.state = State::Canceled;
        self.ended = Some(world.clock.now());
        self.write(world);
    }

    /// Goes as far as it can at this time.
    pub(super) fn proceed(&mut self, world: &mut World) {
        if self.state == State::Accepted {
            if world.clock.now() < self.begins {
                return;
            }
            self.state = State::Running;
        }
        for step in &mut self.steps {
            step.follow(world);
        }
        if self.state == State::Running {
            while let Some(at) = self.next_ready() {
                let caller = self.caller.clone();
                self.steps[at].begin(world, &caller);
            }
            self.end_if_over(world);
        }
        self.write(world);
    }

    /// A resource that has not begun, and whose dependencies have all succeeded.
    fn next_ready(&self) -> Option<usize> {
        self.steps.iter().position(|step| {
            let mut wanted = step.resource.depends_on.iter();
            step.is_waiting() && wanted.all(|on| self.steps[*on].has_succeeded())
        })
    }

    fn end_if_over(&mut self, world: &World) {
        if self.steps.iter().any(Step::is_running) {
            return;
        }
        let all_well = self.steps.iter().all(Step::has_succeeded);
        self.state = if all_well {
            State::Succeeded
        } else {
            State::Failed
        };
        self.ended = Some(world.clock.now());
    }

    /// Stores the deployment's document.
    pub(super) fn write(&self, world: &mut World) {
        let document = self.document(world.clock.now());
        world.resources.put(document);
    }

    /// The document (Resources 2024-07-01/resources.json, `DeploymentExtended`).
    pub(super) fn document(&self, now: Timestamp) -> Value {
        let at = match self.state {
            State::Accepted => self.accepted,
            _ => self.ended.unwrap_or(now),
        };
        let mut properties = self.fixed.clone();
        properties["provisioningState"] = json!(self.state.name());
        properties["timestamp"] = json!(arm_time(at));
        properties["duration"] = json!(iso_duration(self.accepted, at));
        if self.state == State::Succeeded {
            let mut ids: Vec<&str> = self.steps.iter().map(|s| s.resource.id.as_str()).collect();
            ids.sort_unstable();
            let ids = ids.iter().map(|id| json!({ "id": id }));
            properties["outputResources"] = ids.collect();
            if self.has_outputs {
                properties["outputs"] = json!({});
            }
        }
        if let Some(error) = self.error() {
            properties["error"] = error;
        }
        json!({
            "id": self.id,
            "name": name_of(&self.id),
            "type": "Microsoft.Resources/deployments",
            "properties": properties,
        })
    }

    /// Why it failed: the errors of its resources as `details`
    /// (`vm/specialized_image.json` of the recordings, the last answer).
    fn error(&self) -> Option<Value> {
        if self.state != State::Failed {
            return None;
        }
        let details = self.steps.iter().filter_map(Step::failure);
        Some(json!({
            "code": "DeploymentFailed",
            "target": self.id,
            "message": "At least one resource deployment operation failed. Please list deployment \
                        operations for details. Please see https://aka.ms/arm-deployment-operations \
                        for usage details.",
            "details": details.collect::<Vec<_>>(),
        }))
    }

    /// What its `operationStatuses` answers.
    pub(super) fn status(&self) -> Value {
        let mut status = json!({ "status": self.state.name() });
        if let Some(error) = self.error() {
            status["error"] = error;
        }
        status
    }

    /// Its operations: one for each resource that has begun, and one for the outputs at the end
    /// (`resource/group_deployment.json` of the recordings).
    pub(super) fn operations(&self, world: &World) -> Vec<Value> {
        let begun = self
            .steps
            .iter()
            .filter_map(|step| step.operation(world, &self.id));
        let mut operations: Vec<Value> = begun.collect();
        if let (State::Succeeded, Some(ended)) = (self.state, self.ended) {
            operations.push(json!({
                "id": format!("{}/operations/{}", self.id, self.status_id),
                "operationId": self.status_id,
                "properties": {
                    "provisioningOperation": "EvaluateDeploymentOutput",
                    "provisioningState": "Succeeded",
                    "timestamp": arm_time(ended),
                    "duration": iso_duration(self.begins, ended),
                    "statusCode": "OK",
                },
            }));
        }
        operations
    }

    /// The error of a deployment that would take the place of this one. The text is Azure's
    /// (jenkins-infra/helpdesk issue 5220).
    pub(super) fn still_active(&self) -> Refusal {
        let us = |time: Timestamp| time.strftime("%-m/%-d/%Y %-I:%M:%S %p").to_string();
        let week = Duration::from_secs(7 * 24 * 3600);
        Refusal::gateway(
            StatusCode::CONFLICT,
            "DeploymentActive",
            format!(
                "The deployment with resource id '{}' cannot be saved, because this would \
                 overwrite an existing deployment which is still active. If this is an intentional \
                 re-deployment, please wait for the original deployment to complete, or cancel it \
                 before re-attempting the operation. The previous deployment was started at '{}' \
                 with correlationId '{}', and will expire at '{}' if it does not complete before \
                 then. Please see https://aka.ms/arm-deploy-resources for usage details.",
                self.id,
                us(self.accepted),
                self.fixed["correlationId"].as_str().unwrap_or_default(),
                us(later(self.accepted, week)),
            ),
        )
    }
}

/// The later, the smaller (the `operationStatuses` URLs of the recordings).
fn status_id(accepted: Timestamp, count: i128) -> String {
    let ticks = accepted.as_nanosecond() / 100 + 621_355_968_000_000_000;
    format!("{:020}", i128::from(i64::MAX) - ticks - count)
}
