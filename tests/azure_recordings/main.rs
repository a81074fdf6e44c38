//! The client against what Azure really said: every recorded exchange of an operation that the
//! client has is answered again with the recorded answer, and what the client asks for and makes
//! of it is compared with the recording.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod calls;
mod examples;
mod facts;
mod ground_truth;
mod replay;
mod roles;
#[path = "../azure_client/server.rs"]
mod server;
#[path = "../azure_client/signed_in.rs"]
mod signed_in;
#[path = "../support/spec.rs"]
mod spec;
mod updates;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use calls::Call;
use ground_truth::Exchange;
use server::{Reply, Server};
use signed_in::session;

#[derive(Default)]
struct Count {
    replayed: usize,
    same_query: usize,
    other_query: usize,
    too_old: usize,
    trimmed: usize,
}

#[tokio::test]
async fn every_recorded_exchange_is_asked_for_and_understood() {
    let Some(folder) = spec::azure_folder() else {
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
        if exchange.response.get("__TRIMMED__").is_some() {
            count.trimmed += 1;
            continue;
        }
        let asked_more = |parameter: &String| !call.query().contains(&parameter.as_str());
        if !call.is_polled() && exchange.query().iter().any(asked_more) {
            count.other_query += 1;
            continue;
        }
        *reply.lock().unwrap() = replay::recorded(&exchange, &server);
        replay::replay(call, &exchange, &session, &server).await;
        let request = server.requests().pop().unwrap();
        let place = format!("{} {}", exchange.file, exchange.target);
        assert_eq!(request.method, exchange.method, "{place}");
        if call.is_polled() {
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
        "{:<21} {:>8} {:>10} {:>11} {:>7} {:>7}",
        "operation", "replayed", "same query", "other query", "too old", "trimmed"
    );
    for (call, count) in &table {
        let Count {
            replayed,
            same_query,
            other_query,
            too_old,
            trimmed,
        } = count;
        println!(
            "{:<21} {replayed:>8} {same_query:>10} {other_query:>11} {too_old:>7} {trimmed:>7}",
            format!("{call:?}")
        );
        // The lists of role assignments were too long to be kept.
        let kept = *call != Call::RoleAssignments;
        assert!(*replayed > 0 || !kept, "{call:?} was never replayed");
    }
    assert_eq!(
        table.len(),
        28,
        "every operation of the client is in the recordings"
    );
    let all: usize = table.values().map(|c| c.replayed).sum();
    assert!(all > 1500, "{all} exchanges were replayed");
}

/// Before 2020-01-01 subscriptions did not say whose they are.
fn is_too_old(call: Call, exchange: &Exchange) -> bool {
    call == Call::Subscriptions && exchange.target.contains("api-version=2016-06-01")
}
