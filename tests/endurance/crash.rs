//! The agent that carries the batch out is killed, told to end, or can't write its journal.
//!
//! The short test tries a few points, spread over the whole batch; the long ones try all of them:
//! `cargo test --test endurance -- --ignored --nocapture crash`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use gallerist::queue::JobState;
use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use serde_json::json;

use crate::batch::{BATCH, Run, dismiss};
use crate::points::{spread, walk};
use crate::support::{Running, audit, eventually};

const FAULT: &str = "GALLERIST_FAULT";

/// What the process says of each write that a fault is planned for.
const STRUCK: &str = "fault: write";

/// Writes that fail in a row while the disk is full.
const FULL: usize = 5;

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
        writes: dismiss(running).stderr.matches(STRUCK).count(),
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

/// Where a run is disturbed, and by what.
#[derive(Debug, Clone)]
enum Point {
    /// Killed right before, or right after, this write of the journal is committed.
    Write(usize, &'static str),
    /// Killed when Azure has had this request, and has not answered it.
    Request(usize),
    /// Killed this long after it began, and again, and again.
    Instants(Vec<Duration>),
    /// Told to end by this signal while it waits for the answer to this request.
    Signal(&'static str, usize),
    /// The disk is full from this write on, for a while.
    Full(usize),
    /// The state folder is read-only from this write on.
    ReadOnly(usize),
}

impl Point {
    fn writes(some: usize) -> Vec<Self> {
        let numbers = spread(MEASURE.writes, some).into_iter();
        let sides = |number| ["before", "after"].map(|side| Self::Write(number, side));
        numbers.flat_map(sides).collect()
    }

    fn requests(some: usize) -> Vec<Self> {
        let numbers = spread(MEASURE.requests, some).into_iter();
        numbers.map(Self::Request).collect()
    }

    /// One kill, two, three, one, …
    fn instants(some: usize) -> Vec<Self> {
        let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let mut instant = || {
            MEASURE
                .lasts
                .mul_f64(f64::from(random.next_u32()) / f64::from(u32::MAX))
        };
        let instants = (0..some).map(|n| (0..=n % 3).map(|_| instant()).collect());
        instants.map(Self::Instants).collect()
    }

    fn signals(some: usize) -> Vec<Self> {
        let numbers = spread(MEASURE.requests, some).into_iter();
        let signals = ["TERM", "HUP", "INT"].into_iter().cycle();
        let points = signals.zip(numbers);
        points
            .map(|(signal, number)| Self::Signal(signal, number))
            .collect()
    }

    /// Not the first write of all, which is that of an agent which begins: where that fails, it
    /// doesn't.
    fn full(some: usize) -> Vec<Self> {
        let numbers = spread(MEASURE.writes - 1, some).into_iter();
        numbers.map(|number| Self::Full(number + 1)).collect()
    }

    fn read_only(some: usize) -> Vec<Self> {
        let numbers = spread(MEASURE.writes - 1, some).into_iter();
        numbers.map(|number| Self::ReadOnly(number + 1)).collect()
    }

    /// Disturbs a run, and sees that its jobs go on to their end.
    fn disturb(run: &Run, point: &Self) {
        match point {
            Self::Write(number, side) => killed_at_write(run, *number, side),
            Self::Request(number) => {
                unanswered(run, *number).kill();
                run.azure.clear_faults();
            }
            Self::Instants(instants) => {
                for instant in instants {
                    let running = run.carry_on(&[]);
                    thread::sleep(*instant);
                    running.kill();
                }
            }
            Self::Signal(signal, number) => told_to_end(run, signal, *number),
            // The same agent goes on when there is room again, and no other.
            Self::Full(first) => full(run, *first),
            Self::ReadOnly(first) => read_only(run, *first),
        }
        run.finish();
        audit::accounts_for_all(&run.azure, &run.gallerist);
    }
}

fn killed_at_write(run: &Run, number: usize, side: &str) {
    let mut running = run.carry_on(&[(FAULT, &format!("journal:{number}:{side}"))]);
    run.rests_or(|| running.has_ended());
    // Nobody else kills it.
    if dismiss(running).code.is_some() {
        run.miss();
    }
}

/// Carries on until Azure has the `number`th request, to which the agent gets no answer.
fn unanswered(run: &Run, number: usize) -> Running {
    run.strike(number, &json!({"delay_ms": 60_000}));
    let mut running = run.carry_on(&[]);
    let struck = || run.azure.faults_left().is_empty();
    if run.rests_or(|| running.has_ended() || struck()) {
        run.miss();
    }
    running
}

/// It leaves its jobs to who comes next, at once, whatever it waits for.
fn told_to_end(run: &Run, signal: &str, number: usize) {
    let running = unanswered(run, number);
    running.signal(signal);
    running.wait().succeeds();
    for job in run.open_jobs() {
        let left = [JobState::Ready, JobState::Waiting].contains(&job.state);
        assert!(left, "job {} is left {}", job.id, job.state);
    }
    run.azure.clear_faults();
}

fn full(run: &Run, first: usize) {
    let fault = format!("journal:{first}-{}:full", first + FULL - 1);
    let mut running = run.carry_on(&[(FAULT, &fault)]);
    let rests = run.rests_or(|| running.has_ended());
    let output = dismiss(running);
    assert!(rests || run.rests(), "it has given up: {output:#?}");
    if !output.stderr.contains(STRUCK) {
        run.miss();
    }
}

/// It gets nowhere, and ends when it is told to.
fn read_only(run: &Run, first: usize) {
    let mut running = run.carry_on(&[(FAULT, &format!("journal:{first}-:readonly"))]);
    let nowhere = |running: &Running| running.stderr().matches(STRUCK).count() >= NOWHERE;
    if run.rests_or(|| running.has_ended() || nowhere(&running)) {
        run.miss();
    }
    dismiss(running).succeeds();
}

#[test]
fn disturbed_at_a_few_points() {
    let points = [
        Point::writes(3),
        Point::requests(3),
        Point::instants(2),
        Point::signals(2),
        Point::full(1),
        Point::read_only(1),
    ];
    walk(
        "disturbed at a few points",
        &points.concat(),
        Point::disturb,
    );
}

#[test]
fn a_face_that_follows_has_the_next_agent_carry_on() {
    let mut run = BATCH.begin();
    run.gallerist.use_agents();
    let face = run.gallerist.spawn(&["queue", "watch"]);
    for _ in 0..3 {
        run.strike(60, &json!({"delay_ms": 60_000}));
        eventually("the request", || {
            run.azure.faults_left().is_empty().then_some(())
        });
        run.gallerist.signal_agent("KILL");
    }
    face.wait().succeeds();
    let verdict = BATCH.judge(&run);
    assert!(verdict.is_good(), "{verdict:#?}");
}

#[test]
#[ignore = "twenty minutes"]
fn killed_at_each_write_of_the_journal() {
    let points = Point::writes(usize::MAX);
    walk(
        "killed at each write of the journal",
        &points,
        Point::disturb,
    );
}

#[test]
#[ignore = "ten minutes"]
fn killed_at_each_request() {
    let points = Point::requests(usize::MAX);
    walk("killed at each request", &points, Point::disturb);
}

#[test]
#[ignore = "five minutes"]
fn killed_at_random_instants() {
    walk(
        "killed at random instants",
        &Point::instants(100),
        Point::disturb,
    );
}

#[test]
#[ignore = "two minutes"]
fn told_to_end_by_signals() {
    walk(
        "told to end by signals",
        &Point::signals(60),
        Point::disturb,
    );
}

#[test]
#[ignore = "three minutes"]
fn the_disk_is_full_for_a_while() {
    walk(
        "the disk is full for a while",
        &Point::full(40),
        Point::disturb,
    );
}

#[test]
#[ignore = "three minutes"]
fn the_state_folder_becomes_read_only() {
    let points = Point::read_only(40);
    walk(
        "the state folder becomes read-only",
        &points,
        Point::disturb,
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

/// A file system that the batch fills.
struct Disk(PathBuf);

impl Disk {
    fn mount(at: PathBuf) -> Self {
        std::fs::create_dir(&at).unwrap();
        command("mount", &["-t", "tmpfs", "-o", "size=2m", "tmpfs"], &at);
        Self(at)
    }

    fn grow(&self) {
        command("mount", &["-o", "remount,size=64m"], &self.0);
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        command("umount", &["-l"], &self.0);
    }
}

fn command(name: &str, args: &[&str], last: &Path) {
    let ran = Command::new(name).args(args).arg(last).status();
    assert!(ran.unwrap().success(), "{name}");
}

#[test]
#[ignore = "mounts a file system, which takes root"]
fn the_disk_is_really_full_for_a_while() {
    let mut run = BATCH.begin();
    let disk = Disk::mount(run.gallerist.folder().join("disk"));
    let state = disk.0.join("state");
    let from = run.gallerist.state().to_str().unwrap().to_owned();
    command("cp", &["-r", &from], &state);
    run.gallerist.set_state(state);
    let mut running = run.carry_on(&[]);
    // Jobs look whether they can go on, and nothing more is sent.
    eventually("a standstill", || {
        let before = run.azure.writes().len();
        thread::sleep(Duration::from_secs(5));
        (run.azure.writes().len() == before).then_some(())
    });
    let standing = run.open_jobs().len();
    assert!(standing > 0, "there was room for all of it");
    disk.grow();
    let rests = run.rests_or(|| running.has_ended());
    let output = dismiss(running);
    assert!(rests, "{output:#?}");
    let verdict = BATCH.judge(&run);
    println!("the disk is really full: {standing} jobs stood still, and went on");
    assert!(verdict.is_good(), "{verdict:#?}");
}
