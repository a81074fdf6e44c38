//! From HTTP to the world and back.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, State};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use axum::serve::{IncomingStream, Listener};
use futures::stream::{self, StreamExt as _};
use serde_json::Value;
use tokio::sync::watch;

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

/// A port that requests come in by.
#[derive(Clone)]
pub(super) struct Port {
    pub(super) world: Shared,
    /// `http` or `https`
    pub(super) scheme: &'static str,
    pub(super) address: SocketAddr,
}

impl Port {
    /// Serves what `listener` accepts, until the other end of `stopped` is dropped.
    pub(super) async fn open<L>(self, listener: L, mut stopped: watch::Receiver<()>)
    where
        L: Listener<Addr = SocketAddr>,
        Scissors: for<'a> Connected<IncomingStream<'a, L>>,
    {
        let router = axum::Router::new().fallback(serve).with_state(self);
        let service = router.into_make_service_with_connect_info::<Scissors>();
        let serving = axum::serve(listener, service).with_graceful_shutdown(async move {
            // Ends on the sender's word, and when the simulator is dropped.
            let _ = stopped.changed().await;
        });
        if let Err(error) = serving.await {
            tracing::error!(%error, "the simulator's server ended");
        }
    }

    /// Where a request went to, as its client knows this port: `https://localhost:8443`.
    fn origin(&self, parts: &Parts) -> String {
        let host = parts.headers.get(header::HOST);
        let host = host.and_then(|host| host.to_str().ok());
        // HTTP/2 has it in place of a Host header.
        let host = host.or(parts.uri.authority().map(Authority::as_str));
        let own = || self.address.to_string();
        format!("{}://{}", self.scheme, host.map_or_else(own, str::to_owned))
    }
}

/// Answers any request.
async fn serve(
    State(port): State<Port>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    incoming: axum::extract::Request,
) -> Response {
    let world = &port.world;
    let (parts, body) = incoming.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else {
        return response(Answer::empty(StatusCode::PAYLOAD_TOO_LARGE), false);
    };
    let origin = port.origin(&parts);
    let url = parts.uri.path_and_query().map_or("/", |url| url.as_str());
    let mut request = Request::new(parts.method, url, parts.headers, body);
    if request.path.starts_with(control::PREFIX) {
        let mut world = lock(world);
        world.origin = origin;
        world.settle();
        let answer = control::answer(&mut world, &request);
        world.remember();
        return response(answer, false);
    }
    // Who sees that a fault has struck finds its effect there, and can let its answer go.
    let (fault, answer, held) = {
        let mut world = lock(world);
        let (method, url) = (request.method.as_str(), &request.url);
        let fault = world.faults.strike(method, url).unwrap_or_default();
        fault.hinder(&mut request);
        world.origin = origin;
        let answer = answer(&mut world, &request, &fault);
        let held = fault.held.then(|| world.faults.hold());
        (fault, answer, held)
    };
    if let Some(mut held) = held {
        // An error means that the simulator ends.
        let _ = held.changed().await;
    }
    if let Some(milliseconds) = fault.delay_ms {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
    if fault.drop_before || fault.drop_after {
        scissors.cut();
    }
    let answer = fault.in_the_end(&request).unwrap_or(answer);
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
    world.requests.note(at, request, witness, Some(&answer));
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
