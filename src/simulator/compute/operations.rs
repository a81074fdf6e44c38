//! Long-running operations of Compute: `capsOperations` and their signed URLs.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::replication::Copies;
use crate::simulator::answer::{Answer, Outcome, Refusal};
use crate::simulator::arm::Admitted;
use crate::simulator::clock::{compute_time, later};
use crate::simulator::resource_path::subscription_of;
use crate::simulator::resources::{Resources, key, text};
use crate::simulator::world::World;

/// How long a client is asked to wait between polls, in simulated time.
/// The true value is not known: it was removed from all recordings.
pub(super) const POLL_AFTER: Duration = Duration::from_secs(30);

/// What an operation does to its resource when it is over.
#[derive(Clone, Debug)]
pub(super) enum End {
    /// `provisioningState` becomes Succeeded; the properties of this document are filled in
    Succeed(Value),
    /// `provisioningState` becomes Failed
    Fail(Failure),
    /// The resource is gone
    Remove,
}

/// Why an operation failed.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) code: &'static str,
    pub(super) message: String,
}

/// One operation.
#[derive(Clone, Debug)]
pub(in crate::simulator) struct Operation {
    /// The id of the resource it works on
    resource: String,
    started: Timestamp,
    ends: Timestamp,
    end: End,
    /// Path and query of the `Azure-AsyncOperation` and `Location` URLs, byte for byte
    urls: [String; 2],
}

/// All operations, by their name.
#[derive(Default)]
pub(in crate::simulator) struct Operations {
    running: BTreeMap<String, Operation>,
    over: BTreeMap<String, Operation>,
}

/// How the answer to an accepted request leads to its operation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// PUT and PATCH: `Azure-AsyncOperation` only
    Status,
    /// DELETE and POST: `Azure-AsyncOperation` and `Location`
    StatusAndLocation,
}

impl Operations {
    /// Whether an operation on this resource is running.
    pub(super) fn busy(&self, resource: &str) -> Option<&Operation> {
        let wanted = key(resource);
        self.running.values().find(|op| key(&op.resource) == wanted)
    }

    /// Hands out the operations that have ended by `now`, in the order in which they did.
    pub(in crate::simulator) fn take_ended(&mut self, now: Timestamp) -> Vec<Operation> {
        let names: Vec<String> = self
            .running
            .iter()
            .filter(|(_, operation)| operation.ends <= now)
            .map(|(name, _)| name.clone())
            .collect();
        let mut ended = Vec::new();
        for name in names {
            if let Some(operation) = self.running.remove(&name) {
                ended.push(operation.clone());
                self.over.insert(name, operation);
            }
        }
        ended.sort_by_key(|operation| operation.ends);
        ended
    }

    fn find(&self, name: &str) -> Option<(&Operation, bool)> {
        let name = name.to_lowercase();
        let running = self.running.get(&name).map(|operation| (operation, false));
        running.or_else(|| self.over.get(&name).map(|operation| (operation, true)))
    }
}

impl Operation {
    /// Whether it deletes its resource.
    pub(super) fn removes(&self) -> bool {
        matches!(self.end, End::Remove)
    }

    /// Makes the resource what it is after the operation.
    pub(in crate::simulator) fn apply(self, resources: &mut Resources, copies: &mut Copies) {
        if self.removes() {
            resources.remove(&self.resource);
            copies.forget(&self.resource);
            return;
        }
        let Some(document) = resources.get_mut(&self.resource) else {
            return;
        };
        if let End::Succeed(Value::Object(filled)) = &self.end {
            for (name, value) in filled {
                document["properties"][name] = value.clone();
            }
        }
        document["properties"]["provisioningState"] = match self.end {
            End::Fail(_) => json!("Failed"),
            _ => json!("Succeeded"),
        };
    }
}

/// Begins an operation on `resource` and leads the client to it.
pub(super) fn begin(
    world: &mut World,
    answer: Answer,
    style: Style,
    api_version: &str,
    resource: &Value,
    takes: Duration,
    end: End,
) -> Answer {
    let id = text(resource, "/id");
    let location = text(resource, "/location");
    let subscription = subscription_of(&id).unwrap_or_default().to_owned();
    let count = world.operations.running.len() + world.operations.over.len();
    let name = world.chance.id(&format!("operation {count}")).to_string();
    let started = world.clock.now();
    let path = format!(
        "/subscriptions/{subscription}/providers/Microsoft.Compute/locations/{location}/capsOperations/{name}"
    );
    let signed = |before: &str| {
        sign(
            world,
            &format!("{path}?{before}api-version={api_version}"),
            started,
        )
    };
    let urls = [signed(""), signed("monitor=true&")];
    let mut answer = answer
        .header(
            "azure-asyncoperation",
            format!("{}{}", world.origin, urls[0]),
        )
        .header(
            "retry-after",
            world.clock.retry_after(POLL_AFTER).to_string(),
        );
    if style == Style::StatusAndLocation {
        answer.set_header("location", format!("{}{}", world.origin, urls[1]));
    }
    world.operations.running.insert(
        name,
        Operation {
            resource: id,
            started,
            ends: later(started, takes),
            end,
            urls,
        },
    );
    answer
}

/// Adds what makes the real URLs some 4 kB long: a time, a certificate, a signature, a hash.
fn sign(world: &World, url: &str, time: Timestamp) -> String {
    let ticks = time.as_nanosecond() / 100 + 621_355_968_000_000_000;
    let unsigned = format!("{url}&t={ticks}");
    let certificate = world.chance.characters("certificate", 3300);
    let signature = world
        .chance
        .characters(&format!("signature {unsigned}"), 342);
    let hash = world.chance.characters(&format!("hash {unsigned}"), 43);
    format!("{unsigned}&c={certificate}&s={signature}&h={hash}")
}

/// `GET …/capsOperations/{name}`: always 200 with a status, or with `monitor=true` 202 until it is
/// over and then what the operation came to. A URL changed in any byte is refused; with which
/// error Azure does so is unverified.
pub(super) fn get(world: &World, admitted: &Admitted) -> Outcome {
    let (name, url) = (admitted.path.name(), admitted.request.url.as_str());
    let Some((operation, over)) = world.operations.find(name) else {
        return Err(Refusal::service(
            StatusCode::NOT_FOUND,
            "NotFound",
            format!("The operation '{name}' was not found."),
        ));
    };
    let Some(which) = operation.urls.iter().position(|known| known == url) else {
        return Err(Refusal::service(
            StatusCode::FORBIDDEN,
            "AuthorizationFailed",
            "The signature of the operation URL is not valid.",
        ));
    };
    let retry_after = world.clock.retry_after(POLL_AFTER).to_string();
    if which == 1 {
        return Ok(match (over, &operation.end) {
            (false, _) => Answer::empty(StatusCode::ACCEPTED)
                .header("location", format!("{}{url}", world.origin))
                .header("retry-after", retry_after),
            (true, End::Fail(failure)) => {
                return Err(Refusal::service(
                    StatusCode::CONFLICT,
                    failure.code,
                    failure.message.clone(),
                ));
            }
            (true, End::Succeed(_) | End::Remove) => Answer::empty(StatusCode::OK),
        });
    }
    let mut body = json!({
        "startTime": compute_time(operation.started),
        "name": name.to_lowercase(),
    });
    if !over {
        body["status"] = json!("InProgress");
        return Ok(Answer::ok(body).header("retry-after", retry_after));
    }
    body["endTime"] = json!(compute_time(operation.ends));
    body["status"] = json!("Succeeded");
    if let End::Fail(failure) = &operation.end {
        body["status"] = json!("Failed");
        body["error"] = json!({ "code": failure.code, "message": failure.message });
    }
    Ok(Answer::ok(body))
}
