//! The process that carries the batch out is killed, told to end, or can't write its journal.
//!
//! The short tests try a few points, spread over the whole batch. The long ones try all of them:
//! `cargo test --test endurance -- --ignored --nocapture crash`.

use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use gallerist::queue::JobState;
use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use serde_json::json;

use crate::batch::{BATCH, Run, dismiss};
use crate::points::{spread, walk};
use crate::support::{Running, eventually};

const FAULT: &str = "GALLERIST_FAULT";

/// Writes that fail in a row while the disk is full.
const FULL: usize = 8;

/// Writes that fail until a process is known to get nowhere.
const NOWHERE: usize = 4;

/// What there is to disturb in the batch.
struct Measure {
    /// Transactions of the journal.
    writes: usize,
    /// Requests, those for tokens included.
    requests: usize,
    lasts: Duration,
}

/// Counted once; another run may have a few more or less of both, as its jobs happen to meet.
static MEASURE: LazyLock<Measure> = LazyLock::new(|| {
    let run = BATCH.begin();
    let began = Instant::now();
    let mut running = run.carry_on(&[(FAULT, "journal:1-:told")]);
    assert!(run.rests_or(|| running.has_ended()) || run.rests());
    let lasts = began.elapsed();
    let measure = Measure {
        writes: dismiss(running).stderr.matches("fault: write").count(),
        requests: run.azure.requests().len(),
        lasts,
    };
    println!(
        "undisturbed: {} journal writes, {} requests, {:.1} s",
        measure.writes,
        measure.requests,
        lasts.as_secs_f64()
    );
    measure
});

#[test]
fn killed_at_a_few_writes_of_the_journal() {
    killed_at_writes(3);
}

#[test]
#[ignore = "ten minutes"]
fn killed_at_each_write_of_the_journal() {
    killed_at_writes(usize::MAX);
}

fn killed_at_writes(some: usize) {
    let numbers = spread(MEASURE.writes, some);
    let when = |when: &str| -> Vec<String> {
        let points = numbers.iter().map(|n| format!("journal:{n}:{when}"));
        points.collect()
    };
    let points = [when("before"), when("after")].concat();
    walk("killed at a write of the journal", &points, |run, point| {
        let mut running = run.carry_on(&[(FAULT, point)]);
        run.rests_or(|| running.has_ended());
        // Nobody else sends it this signal.
        if dismiss(running).code.is_some() {
            run.miss();
        }
        run.finish();
    });
}

#[test]
fn killed_at_a_few_requests() {
    killed_at_requests(4);
}

#[test]
#[ignore = "seven minutes"]
fn killed_at_each_request() {
    killed_at_requests(usize::MAX);
}

fn killed_at_requests(some: usize) {
    let points = spread(MEASURE.requests, some);
    walk(
        "killed when Azure had a request and had not answered",
        &points,
        |run, number| {
            let running = unanswered(run, *number);
            running.kill();
            run.azure.clear_faults();
            run.finish();
        },
    );
}

/// Carries on until Azure has the `number`th request, to which the process gets no answer.
fn unanswered(run: &Run, number: usize) -> Running {
    run.strike(number, &json!({"delay_ms": 60_000}));
    let mut running = run.carry_on(&[]);
    let struck = || run.azure.faults_left().is_empty();
    let rests = run.rests_or(|| running.has_ended() || struck());
    if rests || !struck() {
        run.miss();
    }
    running
}

#[test]
fn killed_at_a_few_random_instants() {
    killed_at_random(2);
}

#[test]
#[ignore = "three minutes"]
fn killed_at_many_random_instants() {
    killed_at_random(100);
}

/// Each run is killed up to three times, wherever it is.
fn killed_at_random(some: usize) {
    let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let lasts = MEASURE.lasts;
    let mut instant = || lasts.mul_f64(f64::from(random.next_u32()) / f64::from(u32::MAX));
    let points: Vec<Vec<Duration>> = (0..some)
        .map(|n| (0..=n % 3).map(|_| instant()).collect())
        .collect();
    walk("killed at random instants", &points, |run, instants| {
        for instant in instants {
            let running = run.carry_on(&[]);
            thread::sleep(*instant);
            running.kill();
        }
        run.finish();
    });
}

#[test]
fn told_to_end_at_a_few_requests() {
    told_to_end(1);
}

#[test]
#[ignore = "two minutes"]
fn told_to_end_at_many_requests() {
    told_to_end(20);
}

/// It leaves its jobs to who comes next, at once, whatever it waits for.
fn told_to_end(some: usize) {
    let numbers = spread(MEASURE.requests, some + 1);
    let points: Vec<(&str, usize)> = ["TERM", "HUP", "INT"]
        .into_iter()
        .flat_map(|signal| numbers[1..].iter().map(move |number| (signal, *number)))
        .collect();
    walk(
        "told to end by a signal",
        &points,
        |run, (signal, number)| {
            let running = unanswered(run, *number);
            running.signal(signal);
            let output = running.wait();
            assert!(output.code.is_some(), "{output:#?}");
            for job in run.open_jobs() {
                let left = [JobState::Ready, JobState::Waiting].contains(&job.state);
                assert!(left, "job {} is left {}", job.id, job.state);
            }
            run.azure.clear_faults();
            run.finish();
        },
    );
}

#[test]
fn the_disk_is_full_for_a_while() {
    full(2);
}

#[test]
#[ignore = "three minutes"]
fn the_disk_is_full_for_a_while_at_many_writes() {
    full(40);
}

/// The same process goes on when there is room again.
fn full(some: usize) {
    let points = spread(MEASURE.writes - 1, some);
    walk("the disk is full for a while", &points, |run, first| {
        // The first of all is that of a process which begins: it doesn't, where that fails.
        let first = first + 1;
        let fault = format!("journal:{first}-{}:full", first + FULL);
        let mut running = run.carry_on(&[(FAULT, &fault)]);
        let rests = run.rests_or(|| running.has_ended());
        let output = dismiss(running);
        assert!(rests || run.rests(), "it has given up: {output:#?}");
        if !output.stderr.contains("fault: write") {
            run.miss();
        }
    });
}

#[test]
fn the_state_folder_becomes_read_only() {
    read_only(1);
}

#[test]
#[ignore = "two minutes"]
fn the_state_folder_becomes_read_only_at_many_writes() {
    read_only(40);
}

/// Nobody gets anywhere until another process finds the folder as it should be.
fn read_only(some: usize) {
    let points = spread(MEASURE.writes - 1, some);
    walk(
        "the state folder becomes read-only",
        &points,
        |run, first| {
            let fault = format!("journal:{}-:readonly", first + 1);
            let mut running = run.carry_on(&[(FAULT, &fault)]);
            let nowhere = |running: &Running| {
                let struck = running.stderr().matches("fault: write").count();
                struck >= NOWHERE
            };
            let rests = run.rests_or(|| running.has_ended() || nowhere(&running));
            let output = dismiss(running);
            assert!(output.code.is_some(), "{output:#?}");
            if rests {
                run.miss();
            }
            run.finish();
        },
    );
}

#[test]
fn a_folder_that_cannot_be_written_from_the_start_is_told_and_nothing_is_sent() {
    let run = BATCH.begin();
    for fault in ["journal:1-:readonly", "journal:1-:full"] {
        let mut running = run.carry_on(&[(FAULT, fault)]);
        eventually("its end", || running.has_ended().then_some(()));
        let said = "can't be written";
        running.wait().fails(2, &[said, "use another --state-dir"]);
        assert_eq!(run.azure.writes().len(), 0);
    }
    run.finish();
    assert!(BATCH.judge(&run).is_good());
}
