//! The client against what Azure really said: every recorded exchange of an operation that the
//! client has is answered again with the recorded answer, and what the client asks for and makes
//! of it is compared with the recording.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod facts;
mod ground_truth;
mod schema;
#[path = "../azure_client/server.rs"]
mod server;
#[path = "../azure_client/signed_in.rs"]
mod signed_in;
mod updates;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use gallerist::azure::{Accepted, Error, OperationStatus, ResourceId, Session};
use ground_truth::Exchange;
use serde_json::{Value, json};
use server::{Reply, Server};
use signed_in::session;

/// An operation of the client that recordings are replayed through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Call {
    Tenants,
    Subscriptions,
    Locations,
    Gallery,
    ImageDefinitions,
    ImageDefinition,
    ImageVersions,
    ImageVersion,
    PutImageVersion,
    OperationByStatus,
    OperationByLocation,
}

impl Call {
    fn of(exchange: &Exchange) -> Option<Self> {
        let path = exchange.path().to_ascii_lowercase();
        let mut segments: Vec<&str> = path.split('/').skip(1).collect();
        if let Some(at) = segments.iter().position(|s| *s == "galleries") {
            segments.drain(..at);
        }
        let get = exchange.method == "GET";
        match segments.as_slice() {
            ["tenants"] if get => Some(Self::Tenants),
            ["subscriptions"] if get => Some(Self::Subscriptions),
            ["subscriptions", _, "locations"] if get => Some(Self::Locations),
            ["galleries", _] if get => Some(Self::Gallery),
            ["galleries", _, "images"] if get => Some(Self::ImageDefinitions),
            ["galleries", _, "images", _] if get => Some(Self::ImageDefinition),
            ["galleries", _, "images", _, "versions"] if get => Some(Self::ImageVersions),
            ["galleries", _, "images", _, "versions", _] if get => Some(Self::ImageVersion),
            ["galleries", _, "images", _, "versions", _] if exchange.method == "PUT" => {
                Some(Self::PutImageVersion)
            }
            [.., "capsoperations", _] if get && exchange.target.contains("monitor=true") => {
                Some(Self::OperationByLocation)
            }
            [.., "capsoperations", _] if get => Some(Self::OperationByStatus),
            _ => None,
        }
    }

    /// The query that the client sends, the api-version aside.
    fn query(self) -> &'static [&'static str] {
        match self {
            Self::Gallery => &["$select=Permissions"],
            Self::ImageVersion => &["$expand=ReplicationStatus"],
            _ => &[],
        }
    }
}

#[derive(Default)]
struct Count {
    replayed: usize,
    same_query: usize,
    other_query: usize,
    too_old: usize,
}

#[tokio::test]
async fn every_recorded_exchange_is_asked_for_and_understood() {
    let Some(folder) = ground_truth::folder() else {
        return;
    };
    let reply = Arc::new(Mutex::new(Reply::new(404)));
    let next = Arc::clone(&reply);
    let server = Server::with_tokens(move |_, _| next.lock().unwrap().clone()).await;
    let session = session(&server);

    let mut table: BTreeMap<Call, Count> = BTreeMap::new();
    for exchange in ground_truth::recordings(&folder) {
        let Some(call) = Call::of(&exchange) else {
            continue;
        };
        let count = table.entry(call).or_default();
        if is_too_old(call, &exchange) {
            count.too_old += 1;
            continue;
        }
        let polled = matches!(call, Call::OperationByStatus | Call::OperationByLocation);
        let asked_more = |parameter: &String| !call.query().contains(&parameter.as_str());
        if !polled && exchange.query().iter().any(asked_more) {
            count.other_query += 1;
            continue;
        }
        *reply.lock().unwrap() = recorded(&exchange, &server);
        replay(call, &exchange, &session, &server).await;
        let request = server.requests().pop().unwrap();
        let place = format!("{} {}", exchange.file, exchange.target);
        assert_eq!(request.method, exchange.method, "{place}");
        if polled {
            assert_eq!(request.target, exchange.target, "{place}: byte for byte");
            count.same_query += 1;
        } else {
            assert_eq!(
                request.target.split('?').next(),
                Some(exchange.path()),
                "{place}"
            );
            let query = ground_truth::query(&request.target);
            assert_eq!(query, call.query(), "{place}");
            count.same_query += usize::from(query == exchange.query());
        }
        count.replayed += 1;
    }

    println!(
        "{:<20} {:>8} {:>10} {:>11} {:>7}",
        "operation", "replayed", "same query", "other query", "too old"
    );
    for (call, count) in &table {
        let Count {
            replayed,
            same_query,
            other_query,
            too_old,
        } = count;
        println!(
            "{:<20} {replayed:>8} {same_query:>10} {other_query:>11} {too_old:>7}",
            format!("{call:?}")
        );
        assert!(*replayed > 0, "{call:?} was never replayed");
    }
    assert_eq!(
        table.len(),
        11,
        "every operation of the client is in the recordings"
    );
    let all: usize = table.values().map(|c| c.replayed).sum();
    assert!(all > 400, "{all} exchanges were replayed");
}

/// Before 2020-01-01 subscriptions did not say whose they are.
fn is_too_old(call: Call, exchange: &Exchange) -> bool {
    call == Call::Subscriptions && exchange.target.contains("api-version=2016-06-01")
}

/// The recorded answer, its addresses pointing to the test's server.
fn recorded(exchange: &Exchange, server: &Server) -> Reply {
    let mut reply = if exchange.response.is_null() {
        Reply::new(exchange.status)
    } else {
        Reply::json(exchange.status, &exchange.response)
    };
    for name in ["azure-asyncoperation", "location"] {
        if let Some(value) = exchange.header(name) {
            reply = reply.with(
                name,
                value.replace("https://management.azure.com", &server.url()),
            );
        }
    }
    reply
}

async fn replay(call: Call, exchange: &Exchange, session: &Session, server: &Server) {
    let place = &format!("{} {}", exchange.file, exchange.target);
    let id = || exchange.path().parse::<ResourceId>().unwrap();
    let parent = || {
        exchange
            .path()
            .rsplit_once('/')
            .unwrap()
            .0
            .parse::<ResourceId>()
            .unwrap()
    };
    match call {
        Call::Tenants => {
            facts::tenants(
                &expect(exchange, session.tenants().await),
                &exchange.response,
                place,
            );
        }
        Call::Subscriptions => {
            let got = expect(exchange, session.subscriptions().await);
            facts::subscriptions(&got, &exchange.response, place);
        }
        Call::Locations => {
            let subscription = exchange.path().split('/').nth(2).unwrap().parse().unwrap();
            let got = expect(exchange, session.locations(&subscription).await);
            facts::locations(&got, &exchange.response, place);
        }
        Call::Gallery => {
            if let Some(got) = answered(exchange, session.gallery(&id()).await) {
                facts::gallery(&got, &exchange.response, place);
            }
        }
        Call::ImageDefinition => {
            if let Some(got) = answered(exchange, session.image_definition(&id()).await) {
                facts::image_definition(&got, &exchange.response, place);
            }
        }
        Call::ImageDefinitions => {
            let got = expect(exchange, session.image_definitions(&parent()).await);
            facts::each(&got, &exchange.response, place, facts::image_definition);
        }
        Call::ImageVersion => {
            if let Some(got) = answered(exchange, session.image_version(&id()).await) {
                facts::image_version(&got, &exchange.response, place);
            }
        }
        Call::ImageVersions => {
            let got = expect(exchange, session.image_versions(&parent()).await);
            facts::each(&got, &exchange.response, place, facts::image_version);
        }
        Call::PutImageVersion => {
            let put = session.put_image_version(&id(), &exchange.request).await;
            accepted(&expect(exchange, put), exchange, server);
            assert_eq!(
                server.requests().pop().unwrap().json(),
                exchange.request,
                "{place}"
            );
        }
        Call::OperationByStatus | Call::OperationByLocation => {
            polled(call, exchange, session, server).await;
        }
    }
}

fn accepted(accepted: &Accepted, exchange: &Exchange, server: &Server) {
    let header = exchange.header("azure-asyncoperation").unwrap();
    let expected = header.replace("https://management.azure.com", &server.url());
    let journal = serde_json::to_value(accepted).unwrap();
    assert_eq!(journal["operation"], json!(expected), "{}", exchange.file);
    assert_eq!(accepted.status, exchange.status);
}

async fn polled(call: Call, exchange: &Exchange, session: &Session, server: &Server) {
    let address = server.url() + &exchange.target;
    let by_status = call == Call::OperationByStatus;
    let accepted: Accepted = serde_json::from_value(json!({
        "status": 202,
        "resource": "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/r/providers/Microsoft.Compute/galleries/g",
        "operation": by_status.then_some(&address),
        "location": (!by_status).then_some(&address),
    }))
    .unwrap();
    let got = expect(exchange, session.operation(&accepted).await);
    let expected = match exchange.response["status"].as_str() {
        Some("Succeeded") => OperationStatus::Succeeded,
        Some("InProgress") => OperationStatus::Running {
            retry_after: None,
            percent: None,
        },
        None if !by_status && exchange.status == 200 => OperationStatus::Succeeded,
        other => panic!("{}: a status new to this test: {other:?}", exchange.file),
    };
    assert_eq!(got, expected, "{} {}", exchange.file, exchange.target);
}

fn expect<T>(exchange: &Exchange, got: Result<T, Error>) -> T {
    got.unwrap_or_else(|e| panic!("{} {}: {e}", exchange.file, exchange.target))
}

/// The document of a 200; a recorded refusal has to come back as the same refusal.
fn answered<T>(exchange: &Exchange, got: Result<T, Error>) -> Option<T> {
    if exchange.status == 200 {
        return Some(expect(exchange, got));
    }
    let error = got.err().unwrap();
    assert_eq!(error.status(), Some(exchange.status));
    assert_eq!(
        error.code(),
        exchange
            .response
            .pointer("/error/code")
            .and_then(Value::as_str)
    );
    None
}
