//! Faults that a test or a demonstration injects.

use axum::http::{Method, StatusCode};
use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::sync::watch;

use super::answer::Answer;
use super::operations::Failure;
use super::regions;
use super::request::Request;
use super::resource_path::subscription_of;
use super::shortages::Shortage;

/// What `POST /_simulator/faults` takes, a list of these.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Planned {
    #[serde(default, rename = "match")]
    matching: Matching,
    /// How many requests it strikes
    #[serde(default = "once")]
    times: u32,
    fault: Fault,
}

/// Which requests a fault strikes; what is absent matches all. A fault with a path strikes the
/// resources of a deployment too, as it writes them: `{"method":"PUT",
/// "path":"/virtualMachines/vm-avd-0007\\?"}` with a status and a body is the answer that the
/// deployment gets for that machine. Delays and broken connections are for requests only.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Matching {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    /// A regular expression found anywhere in `path?query`, in any case
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<Pattern>,
}

/// What happens to a request. Several of these may be given together.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "what goes wrong with a request goes wrong independently"
)]
pub(super) struct Fault {
    /// Milliseconds of wall time that the answer is held back; the request has had its effect
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) delay_ms: Option<u64>,
    /// Hold the answer back until it is let go by the control; the request has had its effect
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) held: bool,
    /// Close the connection without processing the request
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) drop_before: bool,
    /// Take this header out of the request before it is looked at, as a proxy may
    #[serde(default, skip_serializing_if = "Option::is_none")]
    without_header: Option<String>,
    /// Answer with this status without processing the request
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// Process the request, then answer with this status all the same, as a gateway does that waited
    /// too long; the record of requests has the real one
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status_after: Option<u16>,
    /// The body to answer with, in place of the real one
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<Value>,
    /// Headers to answer with, over the real ones
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    headers: Map<String, Value>,
    /// Text to change in the answer's body and headers
    #[serde(default, skip_serializing_if = "Option::is_none")]
    replace: Option<Replace>,
    /// Send half of the body, then close the connection
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) truncate: bool,
    /// Process the request, then close the connection without an answer
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) drop_after: bool,
    /// The next copy to this region fails; strikes copies, not requests
    #[serde(default, skip_serializing_if = "Option::is_none")]
    replication_fails: Option<String>,
    /// The next machine cannot be placed; strikes machines by the path they are written to, not
    /// requests
    #[serde(default, skip_serializing_if = "Option::is_none")]
    allocation_fails: Option<Shortage>,
    /// What a failing copy says
    #[serde(default, skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Replace {
    from: String,
    to: String,
}

/// The faults still to come, in the order in which they were planned, and the answers that are held
/// back by those that have come.
#[derive(Default)]
pub(super) struct Faults {
    planned: Vec<Planned>,
    let_go: watch::Sender<()>,
}

impl Faults {
    pub(super) fn plan(&mut self, faults: Vec<Planned>) {
        self.planned.extend(faults);
        self.planned.retain(|planned| planned.times > 0);
    }

    /// Plans failing copies to a region.
    pub(super) fn fail_copies(&mut self, region: &str, detail: Option<String>, times: u32) {
        self.plan(vec![Planned {
            matching: Matching::default(),
            times,
            fault: Fault {
                replication_fails: Some(region.to_owned()),
                detail,
                ..Fault::default()
            },
        }]);
    }

    /// Plans machines that cannot be placed.
    pub(super) fn fail_allocations(&mut self, shortage: Shortage, times: u32) {
        self.plan(vec![Planned {
            matching: Matching::default(),
            times,
            fault: Fault {
                allocation_fails: Some(shortage),
                ..Fault::default()
            },
        }]);
    }

    pub(super) fn clear(&mut self) {
        self.planned.clear();
    }

    pub(super) fn left(&self) -> &[Planned] {
        &self.planned
    }

    /// Lets the answers go that are held back now.
    pub(super) fn let_go(&self) {
        self.let_go.send_replace(());
    }

    /// Changes when the answers are let go that are held back from now on.
    pub(super) fn hold(&self) -> watch::Receiver<()> {
        self.let_go.subscribe()
    }

    /// The fault that strikes this request, if any; it is used up by one.
    pub(super) fn strike(&mut self, method: &str, path_and_query: &str) -> Option<Fault> {
        self.take(|planned| {
            planned.fault.strikes_requests() && planned.matching.fits(method, path_and_query)
        })
    }

    /// The fault that strikes a resource as a deployment writes it, if any: one with a status that is
    /// planned for its path, and for PUT if for a method. One that matches every path is meant for
    /// requests.
    pub(super) fn strike_resource(&mut self, path_and_query: &str) -> Option<Fault> {
        self.take(|planned| {
            planned.matching.path.is_some()
                && planned.fault.status.is_some()
                && planned.matching.fits("PUT", path_and_query)
        })
    }

    /// Why the copy that starts now to this region will fail, if it will.
    pub(super) fn strike_copy(&mut self, region: &str) -> Option<String> {
        let wanted = regions::normal(region);
        let fault = self.take(|planned| {
            let failing = planned.fault.replication_fails.as_deref();
            failing.is_some_and(|failing| regions::normal(failing) == wanted)
        })?;
        let detail = fault.detail;
        Some(detail.unwrap_or_else(|| "Failed with internal server error.".to_owned()))
    }

    /// Code and text with which a new machine is refused at once, if it is.
    pub(super) fn strike_sku(&mut self, id: &str, region: &str, size: &str) -> Option<Failure> {
        self.strike_machine(id, region, size, true)
    }

    /// What the creation that begins now will fail with, if it will.
    pub(super) fn strike_allocation(
        &mut self,
        id: &str,
        region: &str,
        size: &str,
    ) -> Option<Failure> {
        self.strike_machine(id, region, size, false)
    }

    fn strike_machine(
        &mut self,
        id: &str,
        region: &str,
        size: &str,
        beforehand: bool,
    ) -> Option<Failure> {
        let fault = self.take(|planned| {
            let short = planned.fault.allocation_fails.as_ref();
            let short = short.filter(|short| short.is_known_beforehand() == beforehand);
            short.is_some_and(|short| short.strikes(region, size))
                && planned.matching.fits("PUT", id)
        })?;
        let (code, message) = fault.allocation_fails?.error(region, size);
        Some(Failure::new(code, message))
    }

    fn take(&mut self, wanted: impl Fn(&Planned) -> bool) -> Option<Fault> {
        let at = self.planned.iter().position(wanted)?;
        let planned = self.planned.get_mut(at)?;
        let fault = planned.fault.clone();
        planned.times -= 1;
        if planned.times == 0 {
            self.planned.remove(at);
        }
        Some(fault)
    }
}

impl Matching {
    fn fits(&self, method: &str, path_and_query: &str) -> bool {
        let method_fits = self.method.as_ref();
        let method_fits = method_fits.is_none_or(|wanted| wanted.eq_ignore_ascii_case(method));
        let path_fits = self.path.as_ref();
        method_fits && path_fits.is_none_or(|wanted| wanted.0.is_match(path_and_query))
    }
}

impl Fault {
    /// Whether it strikes requests, rather than copies or machines.
    fn strikes_requests(&self) -> bool {
        self.replication_fails.is_none() && self.allocation_fails.is_none()
    }

    /// Changes a request on its way.
    pub(super) fn hinder(&self, request: &mut Request) {
        if let Some(name) = &self.without_header {
            request.headers.remove(name);
        }
    }

    /// The answer given to a request of `actor` without processing it, if there is one.
    pub(super) fn instead(&self, request: &Request, actor: &str) -> Option<Answer> {
        Some(usual_answer(self.status?, request, actor))
    }

    /// The answer given to a request that has been processed, if it isn't the real one.
    pub(super) fn in_the_end(&self, request: &Request) -> Option<Answer> {
        Some(usual_answer(self.status_after?, request, ""))
    }

    /// Changes an answer as the fault says.
    pub(super) fn disturb(&self, mut answer: Answer) -> Answer {
        if let Some(body) = &self.body {
            answer.body = Some(body.clone());
        }
        for (name, value) in &self.headers {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            answer.set_header(name, text);
        }
        if let Some(Replace { from, to }) = &self.replace {
            for (_, value) in &mut answer.headers {
                *value = value.replace(from, to);
            }
            answer.body = answer.body.map(|body| {
                let text = body.to_string().replace(from, to);
                serde_json::from_str(&text).unwrap_or(Value::String(text))
            });
        }
        answer
    }
}

/// What Azure answers with a status.
fn usual_answer(status: u16, request: &Request, actor: &str) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let (code, message) = usual_text(status, request, actor);
    let error = json!({ "error": { "code": code, "message": message } });
    let answer = Answer::with(status, error).header("x-ms-failure-cause", "gateway");
    if status == StatusCode::TOO_MANY_REQUESTS {
        answer.header("retry-after", "10")
    } else {
        answer
    }
}

/// What Azure says with a status: the 429 is documented (Microsoft's
/// `request-limits-and-throttling.md`), the others are ARM's usual ones.
fn usual_text(status: StatusCode, request: &Request, actor: &str) -> (&'static str, String) {
    let (code, text) = match status.as_u16() {
        429 => {
            let verb = match request.method {
                Method::GET | Method::HEAD => "read",
                Method::DELETE => "delete",
                _ => "write",
            };
            let subscription = subscription_of(&request.path).unwrap_or_default();
            let text = format!(
                "Number of '{verb}' requests for subscription '{subscription}' actor '{actor}' \
                 exceeded. Please try again after '10' seconds."
            );
            return ("SubscriptionRequestsThrottled", text);
        }
        409 => (
            "Conflict",
            "The request could not be completed because of a conflict with another operation.",
        ),
        500 => (
            "InternalServerError",
            "The server encountered an internal error and was unable to complete the request.",
        ),
        503 => (
            "ServiceUnavailable",
            "The service is temporarily unavailable. Please try again later.",
        ),
        504 => (
            "GatewayTimeout",
            "The gateway did not receive a response from 'Microsoft.Compute' within the specified time period.",
        ),
        _ => ("InjectedFault", "This error was asked for."),
    };
    (code, text.to_owned())
}

/// A regular expression that keeps its text.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
struct Pattern(Regex);

impl TryFrom<String> for Pattern {
    type Error = regex::Error;

    fn try_from(text: String) -> Result<Self, regex::Error> {
        RegexBuilder::new(&text)
            .case_insensitive(true)
            .build()
            .map(Self)
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.0.as_str().to_owned()
    }
}

fn once() -> u32 {
    1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(faults: Value) -> Faults {
        let mut all = Faults::default();
        all.plan(serde_json::from_value(faults).unwrap());
        all
    }

    #[test]
    fn a_fault_strikes_as_often_as_it_was_planned() {
        let mut faults = planned(json!([
            { "match": { "method": "put", "path": "/VERSIONS/" }, "times": 2, "fault": { "status": 503 } }
        ]));
        assert!(faults.strike("GET", "/x/versions/1").is_none());
        assert!(faults.strike("PUT", "/x/images/1").is_none());
        assert!(faults.strike("PUT", "/x/versions/1").is_some());
        assert_eq!(faults.left()[0].times, 1);
        assert!(faults.strike("PUT", "/x/versions/1").is_some());
        assert!(faults.strike("PUT", "/x/versions/1").is_none());
    }

    #[test]
    fn a_failing_copy_is_no_failing_request() {
        let mut faults = planned(json!([{ "fault": { "replication_fails": "North Europe" } }]));
        assert!(faults.strike("PUT", "/northeurope").is_none());
        assert!(faults.strike_copy("westeurope").is_none());
        assert!(faults.strike_copy("northeurope").is_some());
        assert!(faults.strike_copy("northeurope").is_none());
    }

    #[test]
    fn texts_are_changed_in_body_and_headers() {
        let mut faults = planned(json!([
            { "fault": { "replace": { "from": "good", "to": "evil" }, "headers": { "X-More": 1 } } }
        ]));
        let fault = faults.strike("GET", "/").unwrap();
        let answer =
            Answer::ok(json!({ "nextLink": "http://good/" })).header("location", "http://good/");
        let answer = fault.disturb(answer);
        assert_eq!(answer.body.unwrap()["nextLink"], "http://evil/");
        assert_eq!(answer.headers[0].1, "http://evil/");
        assert_eq!(answer.headers[1], ("x-more".to_owned(), "1".to_owned()));
    }
}
