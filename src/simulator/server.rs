//! From HTTP to the world and back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use futures::stream::{self, StreamExt as _};
use serde_json::Value;

use super::answer::{Answer, Refusal};
use super::connection::Scissors;
use super::faults::Fault;
use super::request::Request;
use super::world::World;
use super::{arm, authority, control, token};

/// The largest body that Azure Resource Manager handles
/// (`common-api-details.md` of Azure/azure-resource-manager-rpc).
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
    let mut request = Request::new(parts.method, url, parts.headers, body);
    if request.path.starts_with(control::PREFIX) {
        let mut world = lock(&world);
        world.settle();
        let answer = control::answer(&mut world, &request);
        world.remember();
        return response(answer, false);
    }
    let fault = lock(&world)
        .faults
        .strike(request.method.as_str(), &request.url);
    let fault = fault.unwrap_or_default();
    fault.hinder(&mut request);
    let answer = answer(&mut lock(&world), &request, &fault);
    if let Some(milliseconds) = fault.delay_ms {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
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
    let caller = token::caller(world, request);
    let (tenant, auxiliary) = token::tenants(world, request);
    let witness = (tenant.or_else(|| authority::tenant_of(request)), auxiliary);
    let actor = caller.as_ref().map_or("", |caller| &caller.object_id);
    let answer = fault
        .instead(request, actor)
        .or_else(|| authority::answer(world, request))
        .unwrap_or_else(|| {
            let outcome = caller.and_then(|caller| arm::answer(world, request, &caller));
            outcome.unwrap_or_else(Refusal::into)
        });
    world.remember();
    let mut answer = arm::stamp(world, request, answer);
    answer = fault.disturb(answer);
    if request.method == Method::HEAD {
        answer.body = None;
    }
    let status = Some(answer.status.as_u16());
    world.requests.note(at, request, witness, status);
    answer
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
        let broken = stream::once(async {
            // What has been given so far is sent before the connection breaks.
            tokio::task::yield_now().await;
            Err(std::io::Error::from(std::io::ErrorKind::ConnectionAborted))
        });
        Body::from_stream(stream::iter([Ok(half)]).chain(broken))
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
