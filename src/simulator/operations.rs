//! Long-running operations, each in the style of its provider, and their signed URLs.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::{Answer, Outcome, Refusal};
use super::arm::Admitted;
use super::clock::{compute_time, later};
use super::resource_path::{name_of, subscription_of};
use super::resources::{key, text};
use super::world::World;

/// How long a client is asked to wait between polls, in simulated time.
/// The true value is not known: it was removed from all recordings.
pub(super) const POLL_AFTER: Duration = Duration::from_secs(30);

/// Whose operation it is, and so where its URLs lie and what a poll answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Galleries: `capsOperations` (`vm/gallery_e2e.json` of the recordings)
    Galleries,
    /// Virtual machines: `operations?p=…` (`vm/vm_extension.json` of the recordings)
    Machines,
    /// Networks: `operations` and `operationResults`, which tell a status and nothing else
    /// (`network/network_vnet.json` of the recordings)
    Networks,
    /// Azure Resource Manager itself: `operationresults` to be polled by `Location` only
    /// (`resource/resource_group.json` of the recordings)
    ResourceManager,
}

/// What is to be done.
pub(super) struct Work<'w> {
    pub(super) style: Style,
    /// Whether there is a `Location` beside `Azure-AsyncOperation`: DELETE and POST have both, PUT
    /// and PATCH do not. Azure Resource Manager itself has nothing else.
    pub(super) monitored: bool,
    pub(super) api_version: &'w str,
    /// The document of the resource that is worked on
    pub(super) resource: &'w Value,
    pub(super) takes: Duration,
    pub(super) end: End,
}

/// What an operation comes to when it is over.
#[derive(Clone, Debug)]
pub(super) enum End {
    /// `provisioningState` becomes Succeeded; the properties of this document are filled in
    Succeed(Value),
    /// The resource becomes this document
    Become(Value),
    /// `provisioningState` becomes Failed
    Fail(Failure),
    /// The resource is gone
    Remove,
    /// The image version is gone, and can be restored
    SoftDelete,
    /// Nothing changes; the `Location` answers this
    Tell(Value),
}

/// Why an operation failed.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) code: String,
    pub(super) message: String,
    /// Properties that the resource is left with
    filled: Value,
}

impl Failure {
    pub(super) fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            filled: Value::Null,
        }
    }

    /// Leaves the resource with these properties.
    pub(super) fn leaving(mut self, filled: Value) -> Self {
        self.filled = filled;
        self
    }

    /// The error as it is answered.
    pub(super) fn error(&self) -> Value {
        json!({ "code": self.code, "message": self.message })
    }
}

/// One operation.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    style: Style,
    /// The id of the resource it works on
    resource: String,
    started: Timestamp,
    ends: Timestamp,
    end: End,
    /// Whether a later operation on the resource took its place
    preempted: bool,
    /// Path and query of `Azure-AsyncOperation` and of `Location`, byte for byte
    urls: [String; 2],
}

/// All operations, by their name in lower case.
#[derive(Default)]
pub(super) struct Operations {
    running: BTreeMap<String, Operation>,
    over: BTreeMap<String, Operation>,
}

impl Operations {
    /// The operation on this resource that is running.
    pub(super) fn busy(&self, resource: &str) -> Option<&Operation> {
        let wanted = key(resource);
        self.running.values().find(|op| key(&op.resource) == wanted)
    }

    /// How many have been begun, to tell their names apart.
    fn begun(&self) -> usize {
        self.running.len() + self.over.len()
    }

    /// When the next operation ends.
    pub(super) fn next_end(&self) -> Option<Timestamp> {
        self.running.values().map(|operation| operation.ends).min()
    }

    /// Hands out the operations that have ended by `now`, in the order in which they did.
    pub(super) fn take_ended(&mut self, now: Timestamp) -> Vec<Operation> {
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

    /// How an operation has ended: None while it runs.
    pub(super) fn outcome(&self, name: &str) -> Option<&End> {
        self.over.get(name).map(|operation| &operation.end)
    }

    /// Ends what is running on a resource now, as a later operation takes its place
    /// (`OperationPreempted` of Compute).
    pub(super) fn preempt(&mut self, resource: &str, now: Timestamp) {
        let wanted = key(resource);
        let found = self
            .running
            .iter()
            .find(|(_, operation)| key(&operation.resource) == wanted)
            .map(|(name, _)| name.clone());
        if let Some((name, mut operation)) = found.and_then(|name| self.running.remove_entry(&name))
        {
            operation.preempted = true;
            operation.ends = now;
            operation.end = End::Fail(Failure::new(
                "OperationPreempted",
                "Operation execution has been preempted by a more recent operation.",
            ));
            self.over.insert(name, operation);
        }
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
        matches!(self.end, End::Remove | End::SoftDelete)
    }

    /// Makes the resource what it is after the operation.
    pub(super) fn apply(self, world: &mut World) {
        world.creations.end(&self.resource);
        let (state, filled) = match self.end {
            End::Remove => return world.forget(&self.resource),
            End::SoftDelete => return world.soft_delete(&self.resource),
            End::Become(document) => return world.resources.put(document),
            End::Tell(_) => return,
            End::Succeed(filled) => ("Succeeded", filled),
            End::Fail(failure) => ("Failed", failure.filled),
        };
        let Some(document) = world.resources.get_mut(&self.resource) else {
            return;
        };
        if let Value::Object(filled) = filled {
            for (name, value) in filled {
                document["properties"][name] = value;
            }
        }
        document["properties"]["provisioningState"] = json!(state);
    }
}

/// Begins an operation and leads the client to it.
pub(super) fn begin(world: &mut World, answer: Answer, work: Work) -> Answer {
    let id = text(work.resource, "/id");
    let count = world.operations.begun();
    let guid = world.chance.id(&format!("operation {count}")).to_string();
    let name = match work.style {
        Style::ResourceManager => job_name(work.resource, &guid),
        _ => guid,
    };
    let started = world.clock.now();
    let urls = urls(world, &work, &name, started);
    let mut answer = answer.header(
        "retry-after",
        world.clock.retry_after(POLL_AFTER).to_string(),
    );
    if work.style != Style::ResourceManager {
        let status = format!("{}{}", world.origin, urls[0]);
        answer.set_header("azure-asyncoperation", status);
    }
    if work.monitored {
        answer.set_header("location", format!("{}{}", world.origin, urls[1]));
    }
    let operation = Operation {
        style: work.style,
        resource: id,
        started,
        ends: later(started, work.takes),
        end: work.end,
        preempted: false,
        urls,
    };
    let running = &mut world.operations.running;
    running.insert(name.to_lowercase(), operation);
    answer
}

/// The name of the operation that an answer leads to.
pub(super) fn led_to(answer: &Answer) -> Option<String> {
    let (_, url) = answer
        .headers
        .iter()
        .find(|(name, _)| name == "azure-asyncoperation")?;
    let path = url.split('?').next().unwrap_or_default();
    Some(name_of(path).to_lowercase())
}

/// What follows `operationresults/`: the name of a job and where it runs
/// (`resource/resource_group.json` of the recordings).
fn job_name(resource: &Value, guid: &str) -> String {
    let place = text(resource, "/location").to_uppercase();
    let job = format!(
        "{}|{}-{place}",
        text(resource, "/name").to_uppercase(),
        guid.replace('-', "").to_uppercase()
    );
    let job = json!({ "jobId": job, "jobLocation": place.to_lowercase() });
    URL_SAFE_NO_PAD.encode(job.to_string())
}

/// Path and query of `Azure-AsyncOperation` and of `Location`.
fn urls(world: &World, work: &Work, name: &str, started: Timestamp) -> [String; 2] {
    let id = text(work.resource, "/id");
    let subscription = subscription_of(&id).unwrap_or_default();
    let location = text(work.resource, "/location");
    let at = |namespace: &str, what: &str| {
        format!(
            "/subscriptions/{subscription}/providers/{namespace}/locations/{location}/{what}/{name}"
        )
    };
    let version = format!("api-version={}", work.api_version);
    let unsigned = match work.style {
        Style::Galleries => {
            let path = at("Microsoft.Compute", "capsOperations");
            [
                format!("{path}?{version}"),
                format!("{path}?monitor=true&{version}"),
            ]
        }
        Style::Machines => {
            let path = at("Microsoft.Compute", "operations");
            let partition = world.chance.id(&format!("partition {subscription}"));
            [
                format!("{path}?p={partition}&{version}"),
                format!("{path}?p={partition}&monitor=true&{version}"),
            ]
        }
        Style::Networks => [
            format!("{}?{version}", at("Microsoft.Network", "operations")),
            format!("{}?{version}", at("Microsoft.Network", "operationResults")),
        ],
        Style::ResourceManager => {
            let path = format!("/subscriptions/{subscription}/operationresults/{name}");
            [String::new(), format!("{path}?{version}")]
        }
    };
    unsigned.map(|url| sign(world, &url, started))
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

/// Polls an operation: `Azure-AsyncOperation` always answers 200 with a status, `Location` 202 until
/// it is over and then what the operation came to. A URL changed in any byte is refused; with which
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
        return match (over, &operation.end) {
            (false, _) => Ok(Answer::empty(StatusCode::ACCEPTED)
                .header("location", format!("{}{url}", world.origin))
                .header("retry-after", retry_after)),
            (true, End::Fail(failure)) => Err(Refusal::service(
                StatusCode::CONFLICT,
                failure.code.clone(),
                failure.message.clone(),
            )),
            (true, End::Tell(body)) => Ok(Answer::ok(body.clone())),
            // What networks answer leads to itself (network/network_vnet.json of the recordings).
            (true, _) if operation.style == Style::Networks => {
                let at = |url: &str| format!("{}{url}", world.origin);
                Ok(Answer::empty(StatusCode::NO_CONTENT)
                    .header("azure-asyncoperation", at(&operation.urls[0]))
                    .header("location", at(url)))
            }
            (true, _) => Ok(Answer::empty(StatusCode::OK)),
        };
    }
    let mut body = operation.status(name, over);
    if !over {
        return Ok(Answer::ok(body).header("retry-after", retry_after));
    }
    if let End::Fail(failure) = &operation.end {
        body["error"] = failure.error();
    }
    Ok(Answer::ok(body))
}

impl Operation {
    fn status(&self, name: &str, over: bool) -> Value {
        let status = match &self.end {
            _ if !over => "InProgress",
            End::Fail(_) if self.preempted => "Canceled",
            End::Fail(_) => "Failed",
            _ => "Succeeded",
        };
        if self.style == Style::Networks {
            return json!({ "status": status });
        }
        let mut body = json!({ "startTime": compute_time(self.started) });
        if over {
            body["endTime"] = json!(compute_time(self.ends));
        }
        body["status"] = json!(status);
        body["name"] = json!(name.to_lowercase());
        body
    }
}
