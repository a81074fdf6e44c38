//! Each request of the batch in turn meets with each kind of trouble, on its way or at the other end.
//!
//! The program's clock runs faster, so that its time-out of 70 s is over in seconds.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use regex::Regex;
use serde_json::{Value, json};

use crate::batch::{BATCH, ESTATE, PACE, Run};
use crate::moved_clock::MovedClock;
use crate::points::{spread, walk_from};
use crate::support::Simulator;

/// How many times as fast waits and time-outs are over.
const FASTER: i64 = 30;

/// Milliseconds that an answer is held back, so that the time-out passes first.
const TOO_LATE: i64 = 80_000 / FASTER;

/// What a request meets with. Whatever it is, in the end all jobs are done by themselves and no write
/// has been accepted twice:
///
/// | | what the program does |
/// |---|---|
/// | a read, or a request for a token | repeats it |
/// | a look at an operation | looks again |
/// | a write, answered 429 | sends it again: it surely was not accepted |
/// | a write, whose answer was cut off | takes it for accepted: the head of the answer says so |
/// | a write, in any other trouble | nobody knows: reads whether it was accepted, then follows it, or sends it again |
#[derive(Clone, Copy, Debug)]
enum Trouble {
    DroppedBefore,
    DroppedAfter,
    TooLate,
    Truncated,
    Answered(u16),
    /// A gateway that has passed the request on, and waited too long.
    AnsweredAfter(u16),
}

const TROUBLES: [Trouble; 9] = [
    Trouble::DroppedBefore,
    Trouble::DroppedAfter,
    Trouble::TooLate,
    Trouble::Truncated,
    Trouble::Answered(429),
    Trouble::Answered(500),
    Trouble::Answered(503),
    Trouble::Answered(504),
    Trouble::AnsweredAfter(504),
];

impl Trouble {
    fn fault(self) -> Value {
        match self {
            Self::DroppedBefore => json!({"drop_before": true}),
            Self::DroppedAfter => json!({"drop_after": true}),
            Self::TooLate => json!({"delay_ms": TOO_LATE}),
            Self::Truncated => json!({"truncate": true}),
            Self::Answered(status) => json!({"status": status}),
            Self::AnsweredAfter(status) => json!({"status_after": status}),
        }
    }
}

/// Which requests follow each other, for the most part: those that have this in common, and go on
/// like that. They are of one job, or of several that share something.
const STREAMS: [(&str, &str); 7] = [
    // Tokens at a tenant.
    ("^/[0-9a-f-]{36}/oauth2/", ""),
    // A deployment: all that is asked of the customer's subscription, and nothing of what Azure itself
    // writes there for the deployment.
    (
        "/subscriptions/30000000-[0-9-]+",
        r"/[^?]*/(deployments/[^?]*|virtualMachines|networkInterfaces)\?",
    ),
    // A role assignment: what the customer's principal has, and the assignment itself.
    ("principalId[^&]+40000000-[0-9-]+", ""),
    ("/roleAssignments/[0-9a-f-]{36}", ""),
    // A replication; and what all deployments are made from.
    ("/images/[a-z0-9]+/versions/[0-9.]+", ""),
    // A share.
    ("/galleries/acg_[a-z]+", ""),
    // Looks at what becomes of replications and shares.
    ("/locations/[a-z0-9]+/capsOperations/", ""),
];

/// The pattern of each stream, and how many requests it has when nobody disturbs.
static REQUESTS: LazyLock<BTreeMap<String, usize>> = LazyLock::new(|| {
    let kinds = STREAMS.map(|(common, on)| {
        let kind = Regex::new(&format!("(?i)({common}){on}")).unwrap();
        (kind, on)
    });
    let run = begin();
    carry_out(&run);
    assert!(BATCH.judge(&run).is_good());
    let mut streams = BTreeMap::new();
    for request in run.azure.requests() {
        let url = ["path", "query"].map(|part| request[part].as_str().unwrap());
        let url = url.join("?");
        let stream = |(kind, on): &(Regex, &str)| {
            let common = kind.captures(&url)?.get(1)?;
            Some(regex::escape(common.as_str()) + on)
        };
        let fits: Vec<String> = kinds.iter().filter_map(stream).collect();
        let [stream] = &fits[..] else {
            panic!("of {} streams: {url}", fits.len());
        };
        *streams.entry(stream.clone()).or_default() += 1;
    }
    streams
});

/// So many requests have a stream of their own at the most: a longer one is disturbed several times.
const ROUNDS: usize = 14;

/// A run in which one request of each stream meets with trouble.
#[derive(Debug)]
struct Point {
    trouble: Trouble,
    /// Which one, counted from 1.
    nth: usize,
}

fn begin() -> Run {
    let azure = Simulator::start_limited(PACE, Path::new(ESTATE), false);
    BATCH.begin_with(azure)
}

fn carry_out(run: &Run) {
    let clock = MovedClock::fast(FASTER);
    run.see_through(run.carry_on(&clock.environment()));
}

/// Disturbs so many requests of each stream, in each way.
fn disturb(family: &str, rounds: usize) {
    let points: Vec<Point> = TROUBLES
        .iter()
        .flat_map(|trouble| {
            let rounds = spread(ROUNDS, rounds).into_iter();
            rounds.map(|nth| Point {
                trouble: *trouble,
                nth,
            })
        })
        .collect();
    let tried = AtomicUsize::new(0);
    walk_from(family, &points, begin, |run, point| {
        let mut faults = 0;
        for (stream, requests) in &*REQUESTS {
            let strikes = |times: usize, fault: Value| {
                let fault = json!({"match": {"path": stream}, "times": times, "fault": fault});
                run.azure.fault(&fault);
            };
            let mut passed = 0;
            for nth in (point.nth..=*requests).step_by(ROUNDS) {
                if nth - passed > 1 {
                    strikes(nth - passed - 1, json!({}));
                }
                strikes(1, point.trouble.fault());
                passed = nth;
                faults += 1;
            }
        }
        carry_out(run);
        let left = run.azure.faults_left();
        let left = left.iter().filter(|left| left["fault"] != json!({}));
        tried.fetch_add(faults - left.count(), Ordering::Relaxed);
    });
    let requests: usize = REQUESTS.values().sum();
    let streams = REQUESTS.len();
    println!(
        "{family}: {} faults struck, of the {requests} requests of {streams} streams in {} ways",
        tried.into_inner(),
        TROUBLES.len()
    );
}

#[test]
fn some_requests_in_trouble() {
    disturb("network", 1);
}

#[test]
#[ignore = "three minutes"]
fn every_request_in_trouble() {
    disturb("network, every request", ROUNDS);
}
