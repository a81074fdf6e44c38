//! From HTTP to the world and back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use futures::{StreamExt as _, stream};
use serde_json::Value;

use super::answer::{Answer, Refusal};
use super::connection::Scissors;
use super::faults::Fault;
use super::request::Request;
use super::world::World;
use super::{arm, authority, control, token};

/// Larger than any request of Azure's may be (FACTS §4: 8 MB at most come back).
const LARGEST_BODY: usize = 8 << 20;

/// The world, shared by all connections.
pub(super) type Shared = Arc<Mutex<World>>;

/// Answers any request.
pub(super) async fn serve(
    State(world): State<Shared>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    incoming: axum::extract::Request,
) -> Response {
    let (parts, body) = incoming.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else {
        return response(Answer::empty(StatusCode::PAYLOAD_TOO_LARGE), false);
    };
    let url = parts.uri.path_and_query().map_or("/", |url| url.as_str());
    let request = Request::new(parts.method, url, parts.headers, body);
    if request.path.starts_with(control::PREFIX) {
        let mut world = lock(&world);
        world.settle();
        return response(control::answer(&mut world, &request), false);
    }
    let fault = lock(&world)
        .faults
        .strike(request.method.as_str(), &request.url);
    let fault = fault.unwrap_or_default();
    if let Some(milliseconds) = fault.delay_ms {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
    let answer = answer(&mut lock(&world), &request, &fault);
    if fault.drop_before || fault.drop_after {
        scissors.cut();
    }
    response(answer, fault.truncate)
}

/// A request that panicked has changed nothing half-way that another could not live with.
fn lock(world: &Mutex<World>) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers a request under a fault, and notes it.
fn answer(world: &mut World, request: &Request, fault: &Fault) -> Answer {
    world.settle();
    let at = world.clock.now();
    if fault.drop_before {
        let witness = (authority::tenant_of(request), Vec::new());
        world.requests.note(at, request, witness, None);
        return Answer::empty(StatusCode::OK);
    }
    let from_authority = match fault.instead() {
        Some(answer) => Some(answer),
        None => authority::answer(world, request),
    };
    let (answer, witness) = match from_authority {
        Some(answer) => {
            let tenant = authority::tenant_of(request).or_else(|| {
                let caller = token::caller(world, request).ok();
                caller.map(|caller| caller.tenant)
            });
            (answer, (tenant, Vec::new()))
        }
        None => resource_manager(world, request),
    };
    let mut answer = arm::stamp(world, request, answer);
    answer = fault.disturb(answer);
    if request.method == Method::HEAD {
        answer.body = None;
    }
    let status = Some(answer.status.as_u16());
    world.requests.note(at, request, witness, status);
    answer
}

/// The answer of Azure Resource Manager, and whose tokens the request brought.
fn resource_manager(
    world: &mut World,
    request: &Request,
) -> (Answer, (Option<String>, Vec<String>)) {
    match token::caller(world, request) {
        Ok(caller) => {
            let outcome = arm::answer(world, request, &caller);
            let auxiliary = caller.auxiliary.into_iter().map(|caller| caller.tenant);
            let witness = (Some(caller.tenant), auxiliary.collect());
            (outcome.unwrap_or_else(Refusal::into), witness)
        }
        Err(refusal) => (refusal.into(), (None, Vec::new())),
    }
}

/// Writes an answer; truncated, half of the body is sent under the length of all of it.
fn response(answer: Answer, truncated: bool) -> Response {
    let bytes = answer
        .body
        .map(|body| match body {
            // A fault may ask for a body that is no JSON.
            Value::String(text) => text.into_bytes(),
            body => body.to_string().into_bytes(),
        })
        .unwrap_or_default();
    let length = bytes.len();
    let body = if truncated {
        let half = bytes[..length / 2].to_vec();
        let broken = std::io::Error::from(std::io::ErrorKind::ConnectionAborted);
        // The half is on its way before the connection breaks.
        let rest = stream::once(async move {
            tokio::task::yield_now().await;
            Err(broken)
        });
        Body::from_stream(stream::once(async move { Ok(half) }).chain(rest))
    } else {
        Body::from(bytes)
    };
    let mut response = Response::new(body);
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    if length > 0 {
        let json = HeaderValue::from_static("application/json; charset=utf-8");
        headers.insert("content-type", json);
    }
    if truncated {
        headers.insert("content-length", HeaderValue::from(length));
    }
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
            headers.insert(name, value);
        }
    }
    response
}
