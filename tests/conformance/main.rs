//! Every operation that the client calls against what Azure really said: recorded exchanges and the
//! specification's examples are answered again, and what the client asks for and makes of the answer
//! is compared; what it sends, and what the simulator answers, is held against the specification.
//!
//! `cargo test --test conformance -- --nocapture` prints the table.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod answers;
mod bodies;
#[allow(dead_code, reason = "this program uses a part of it")]
#[path = "../simulator/client.rs"]
mod client;
mod facts;
mod ground_truth;
#[allow(dead_code, reason = "this program uses a part of it")]
#[path = "../simulator/hosting.rs"]
mod hosting;
mod lines;
mod reasons;
mod replay;
mod roles;
#[path = "../azure_client/server.rs"]
mod server;
#[path = "../azure_client/signed_in.rs"]
mod signed_in;
#[path = "../support/mod.rs"]
mod support;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::{Arc, Mutex};

use futures::FutureExt;
use gallerist::azure::Accepted;
use ground_truth::Exchange;
use reasons::Reason;
use replay::Stage;
use server::{Reply, Server};
use signed_in::session;
use support::operations::{OPERATIONS, Operation};
use support::spec::{self, Spec};
use table::{Row, Table};

#[tokio::test]
async fn every_operation() {
    let Some(folder) = spec::azure_folder() else {
        return;
    };
    let reply = Arc::new(Mutex::new(Reply::new(404)));
    let next = Arc::clone(&reply);
    let server = Server::with_tokens(move |_, _| next.lock().unwrap().clone()).await;
    let stage = Stage {
        server: &server,
        session: &session(&server),
        answer: &|answer| *reply.lock().unwrap() = answer,
    };
    let mut table = Table::default();
    for operation in OPERATIONS.iter() {
        table.row(operation);
    }
    let mut outcome = replay_recordings(&folder, &stage, &mut table).await;
    let examples = replay_examples(&stage, &mut table).await;
    outcome.used.extend(examples.used);
    outcome.wrong.extend(examples.wrong);
    bodies::check(&folder, &stage, &mut table).await;
    answers::check(&specifications(), &mut table).await;
    println!("\n{table}");
    let kept = concat!(env!("CARGO_TARGET_TMPDIR"), "/conformance.txt");
    std::fs::write(kept, table.to_string()).unwrap();
    assert!(
        outcome.wrong.is_empty(),
        "not as it is written:\n{}",
        outcome.wrong.join("\n")
    );
    reasons::check(&outcome.used);
    for (operation, row) in table.rows() {
        let name = operation.label();
        let replayed = row.replayed + row.examples_replayed;
        let replayable = !operation.is_in_template();
        assert!(!replayable || replayed > 0, "{name}: nothing was replayed");
        let refusals = row.answers.iter().filter(|status| **status >= 400).count();
        let answered = row.answers.len() > refusals && (refusals > 1 || operation.follows());
        assert!(!replayable || answered, "{name}: no answer was checked");
        let writes = operation.method != "GET" && operation.method != "DELETE";
        assert!(!writes || row.bodies > 0, "{name}: no body was checked");
    }
    assert!(table.replayed() > 1500, "{} replayed", table.replayed());
}

/// The specifications that the table names.
fn specifications() -> BTreeMap<&'static str, Spec> {
    let files = OPERATIONS.iter().filter_map(|line| line.specification);
    let files: BTreeSet<&str> = files.collect();
    let load = |file: &&'static str| Some((*file, Spec::load(file)?));
    files.iter().filter_map(load).collect()
}

/// What the replaying has come to.
#[derive(Default)]
struct Outcome {
    /// Reasons that something was not replayed for.
    used: BTreeSet<reasons::Key>,
    /// Exchanges that did not come out as they are written.
    wrong: Vec<String>,
}

impl Outcome {
    /// Replays one exchange, unless there is a reason not to. Whether it came out as it is written,
    /// and what is to be followed.
    async fn replay(
        &mut self,
        (operation, exchange): (&Operation, &Exchange),
        stage: &Stage<'_>,
        row: &mut Row,
    ) -> Option<Option<Accepted>> {
        if let Some(why) = reasons::unusable(operation, exchange) {
            row.note(why);
            return None;
        }
        let replayed = AssertUnwindSafe(stage.replay(operation, exchange));
        let replayed = replayed.catch_unwind().await;
        match (replayed, Reason::of(operation, exchange)) {
            (Ok(Ok(accepted)), None) => return Some(accepted),
            (Ok(Err(_)), Some(reason)) => {
                row.note(reason.why);
                self.used.insert(reason.key());
            }
            (Ok(Err(error)), None) => self.wrong.push(format!("{}: {error}", exchange.place())),
            (Ok(Ok(_)), Some(reason)) => {
                let why = reason.why;
                self.wrong
                    .push(format!("{}: understood, though {why}", exchange.place()));
            }
            // Said where it panicked.
            (Err(_), _) => self.wrong.push(exchange.place()),
        }
        None
    }
}

async fn replay_recordings(folder: &Path, stage: &Stage<'_>, table: &mut Table) -> Outcome {
    let mut outcome = Outcome::default();
    for conversation in ground_truth::recordings(folder) {
        for (at, exchange) in conversation.iter().enumerate() {
            let Some(operation) = Operation::of(&exchange.method, &exchange.target) else {
                continue;
            };
            for line in operation.ways() {
                let row = table.row(line);
                row.recorded += 1;
                let Some(accepted) = outcome.replay((line, exchange), stage, row).await else {
                    continue;
                };
                row.replayed += 1;
                for parameter in line.lacks(&exchange.query()) {
                    row.note(format!(
                        "recorded without {parameter}, and replayed with it"
                    ));
                }
                let Some(accepted) = accepted else { continue };
                match stage.follow(&accepted, &conversation[at + 1..]).await {
                    Some(true) => row.followed += 1,
                    Some(false) => row.note("not polled to its end by whoever recorded it"),
                    None => {}
                }
            }
        }
    }
    outcome
}

async fn replay_examples(stage: &Stage<'_>, table: &mut Table) -> Outcome {
    let mut outcome = Outcome::default();
    let specifications = specifications();
    let mut done = BTreeSet::new();
    for operation in OPERATIONS.iter().filter(|line| !line.is_in_template()) {
        let Some(file) = operation
            .specification
            .filter(|_| done.insert(operation.id))
        else {
            continue;
        };
        for exchange in ground_truth::examples(&specifications[file], operation) {
            for line in operation.ways() {
                let row = table.row(line);
                row.examples += 1;
                if outcome
                    .replay((line, &exchange), stage, row)
                    .await
                    .is_some()
                {
                    row.examples_replayed += 1;
                    if !line.exceeded_by(&exchange.query()).is_empty() {
                        row.note("an example asked with more, and replayed without");
                    }
                }
            }
        }
    }
    outcome
}
