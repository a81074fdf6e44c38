//! Time that goes otherwise than a program would like: tokens run out in the middle of everything, and
//! the system's clock is moved both ways.
//!
//! Tokens go by the simulator's clock, which is advanced; the system's clock is that of
//! [`MovedClock`], which the program is started with.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::batch::{BATCH, ESTATE, JOBS, Run};
use crate::moved_clock::MovedClock;
use crate::points::{spread, walk};
use crate::support::estate::{VERSION, estate};
use crate::support::{Gallerist, Simulator, Terminal, eventually};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// As long as a token lives.
const LIFE: u32 = 3600;

/// How many requests a run has at the least.
const REQUESTS: usize = 280;

/// How many times as fast waits are over.
const FASTER: i64 = 30;

/// The system's clock, moved.
const MOVES: [i64; 4] = [6 * HOUR, -6 * HOUR, DAY, -DAY];

/// How many requests were refused because a token had run out.
fn refused(azure: &Simulator) -> usize {
    let requests = azure.requests();
    requests.iter().filter(|one| one["status"] == 401).count()
}

/// Waits until so many requests have been made, or there is nothing left to do.
fn after_requests(run: &Run, nth: usize) {
    eventually("the request", || {
        let made = run.azure.requests().len() >= nth;
        (made || run.rests()).then_some(())
    });
}

/// The batch, with copies to regions that take half a day, and time that stands still.
fn begin_slowly() -> Run {
    let text = std::fs::read_to_string(Path::new(ESTATE)).unwrap();
    let azure = Simulator::start_estate(0, &format!("copies_slower = 36\n{text}"));
    BATCH.begin_with(azure)
}

/// Hours pass, a quarter of one at a time, until all is done. `follows` says whether the system's
/// clock goes with them, so that the program sees its tokens run out, or only Azure's.
fn hours_pass(follows: bool) {
    const STEP: u32 = LIFE / 4;
    let run = begin_slowly();
    let clock = MovedClock::fast(FASTER);
    let running = run.carry_on(&clock.environment());
    let mut passed = 0;
    while !run.rests() {
        let before = run.azure.requests().len();
        passed += i64::from(STEP);
        if follows {
            clock.is_off_by(passed);
        }
        run.azure.advance(STEP);
        // Whatever is under way is looked at before more time passes.
        after_requests(&run, before + 1);
    }
    run.see_through(running);
    let verdict = BATCH.judge(&run);
    assert!(verdict.is_good(), "{:#?}", verdict.differs);
    assert!(passed > 4 * HOUR, "an operation outlives several tokens");
    println!(
        "clock, hours: {} h passed, {} tokens refused, {JOBS} jobs, duplicates {}, lost {}",
        passed / HOUR,
        refused(&run.azure),
        verdict.twice,
        verdict.lost
    );
}

#[test]
fn tokens_run_out_again_and_again_while_azure_works_for_hours() {
    hours_pass(false);
}

#[test]
fn tokens_that_are_about_to_run_out_are_replaced_while_azure_works_for_hours() {
    hours_pass(true);
}

/// All tokens run out after each of these requests.
fn tokens_run_out(family: &str, points: &[usize]) {
    let count = AtomicUsize::new(0);
    walk(family, points, |run, nth| {
        let running = run.carry_on(&[]);
        after_requests(run, *nth);
        run.azure.advance(LIFE);
        run.see_through(running);
        count.fetch_add(refused(&run.azure), Ordering::Relaxed);
    });
    println!("{family}: {} tokens refused", count.into_inner());
}

#[test]
fn tokens_run_out_after_some_requests() {
    tokens_run_out("clock, tokens run out", &spread(REQUESTS, 6));
}

#[test]
#[ignore = "ten minutes"]
fn tokens_run_out_after_every_request() {
    tokens_run_out(
        "clock, tokens run out after every request",
        &spread(REQUESTS, REQUESTS),
    );
}

/// Between the last look before a deployment, after which its request is journalled, and that request
/// itself. It brings two tokens along where the application signs in at the customer's.
#[test]
fn tokens_run_out_between_the_intent_and_the_request() {
    for (customer, auxiliary) in [("Adatum", 0), ("Trey Research", 1)] {
        let azure = Simulator::start(2400);
        let gallerist = Gallerist::new(&azure);
        // What is in the resource group is read twice before: for the plan, and for what is missing.
        let group = r"/resourceGroups/[^?]*/(virtualMachines|networkInterfaces)\?";
        let looks = json!({"method": "GET", "path": group});
        azure.fault(&json!({"match": looks, "times": 4, "fault": {}}));
        azure.fault(&json!({"match": looks, "times": 2, "fault": {"delay_ms": 2000}}));
        let image = "acg_northwind/win11-avd/2026.10.1";
        let to = ["--to-tenant", customer, "--count", "1", "--yes"];
        let running = gallerist.spawn(&[&["deploy", image], &to[..]].concat());
        eventually("the last look", || {
            azure.faults_left().is_empty().then_some(())
        });
        azure.advance(LIFE);
        running.wait().succeeds();
        let sent = azure.requests_to("PUT", "-1-1");
        let statuses: Vec<&Value> = sent.iter().map(|one| &one["status"]).collect();
        assert_eq!(statuses, [401, 201], "{customer}");
        for request in &sent {
            assert_eq!(request["auxiliary"].as_array().unwrap().len(), auxiliary);
        }
    }
}

/// The system's clock is moved after some requests, and tokens run out besides.
#[derive(Debug)]
struct Moved {
    by: i64,
    after: usize,
}

fn clock_is_moved(family: &str, places: usize) {
    let points: Vec<Moved> = spread(REQUESTS, places)
        .into_iter()
        .flat_map(|after| MOVES.map(|by| Moved { by, after }))
        .collect();
    walk(family, &points, |run, point| {
        let clock = MovedClock::fast(FASTER);
        let running = run.carry_on(&clock.environment());
        after_requests(run, point.after);
        clock.is_off_by(point.by);
        after_requests(run, point.after + 20);
        run.azure.advance(LIFE);
        run.see_through(running);
        // The log stands in the order in which things happened, whatever its times say.
        for (job, lines) in run.logs() {
            let at = |word: &str| lines.iter().position(|line| line.ends_with(word));
            let (sent, done) = (at(": sending"), at("done"));
            assert!(
                sent < done && lines.last().unwrap() == "done",
                "{job}: {lines:#?}"
            );
        }
        let listed = run.gallerist.run(&["queue", "list"]);
        assert!(!listed.succeeds().stdout.contains(" ago"), "{listed:#?}");
    });
}

#[test]
fn the_systems_clock_is_moved_both_ways() {
    clock_is_moved("clock, moved", 2);
}

#[test]
#[ignore = "ten minutes"]
fn the_systems_clock_is_moved_both_ways_everywhere() {
    clock_is_moved("clock, moved everywhere", REQUESTS / 5);
}

/// A small estate, and an installation whose clock can be moved.
fn small(pace: u32) -> (Simulator, Gallerist) {
    let azure = Simulator::start_estate(pace, &estate(1));
    let gallerist = Gallerist::new(&azure);
    (azure, gallerist)
}

const REPLICATE: &[&str] = &["replicate", VERSION, "--to", "uksouth=1", "--yes"];

#[test]
fn a_job_that_waits_for_its_time_goes_by_the_clock_as_it_is_then() {
    let (azure, gallerist) = small(6000);
    let clock = MovedClock::fast(FASTER);
    let at = (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1)).to_string();
    let mut running =
        gallerist.spawn_in(&clock.environment(), &[REPLICATE, &["--at", &at]].concat());
    running.says("waits for");
    clock.is_off_by(-6 * HOUR);
    // It is looked at again within a minute; another job passes by meanwhile.
    let looks = || gallerist.run(&["queue", "show", "1"]).stdout;
    assert!(looks().contains("waiting"), "{}", looks());
    assert_eq!(azure.writes(), Vec::<Value>::new());
    clock.is_off_by(HOUR + 60);
    running.says("accepted");
    // It has begun, and is not made to wait again.
    clock.is_off_by(-DAY);
    running.wait().succeeds();
    assert_eq!(azure.writes().len(), 1);
}

#[test]
fn what_azure_asks_to_wait_is_waited_whatever_the_clock_says() {
    for by in MOVES {
        let (azure, gallerist) = small(6000);
        let clock = MovedClock::fast(FASTER);
        let throttled = json!({"status": 429, "headers": {"retry-after": "60"}});
        azure.fault(&json!({"match": {"method": "PUT"}, "fault": throttled}));
        let mut running = gallerist.spawn_in(&clock.environment(), REPLICATE);
        running.says("in 60 s");
        clock.is_off_by(by);
        running.wait().succeeds();
        let statuses: Vec<Value> = azure
            .requests_to("PUT", "/versions/1.0.0")
            .iter()
            .map(|one| one["status"].clone())
            .collect();
        assert_eq!(statuses, [429, 200], "{by}");
    }
}

#[test]
fn a_plan_lives_a_quarter_of_an_hour_by_either_clock() {
    let wish = &REPLICATE[..REPLICATE.len() - 1];
    for (by, tokens_run_out, outcome) in [
        // The clock was put back: the plan is as old as the other clock says.
        (-DAY, true, "accepted"),
        (0, true, "accepted"),
        // It may be that the machine slept.
        (HOUR, false, "15 minutes"),
    ] {
        let (azure, gallerist) = small(6000);
        let clock = MovedClock::right();
        let mut terminal = Terminal::open_in(&gallerist, &clock.environment(), wish, 40, 120);
        terminal.shows(&["go on? [y/N]"]);
        clock.is_off_by(by);
        if tokens_run_out {
            azure.advance(LIFE);
        }
        terminal.keys("y\r").shows(&[outcome]);
        let ended = terminal.ends();
        let writes = azure.writes().len();
        assert_eq!((ended == 0, writes == 1), (tokens_run_out, tokens_run_out));
    }
}

#[test]
fn a_code_lives_as_long_as_it_is_good_for_whatever_the_clock_says() {
    for by in MOVES {
        let azure = Simulator::start(1);
        let gallerist = Gallerist::by_device_code(&azure);
        let clock = MovedClock::fast(FASTER);
        let waiting = gallerist.spawn_in(&clock.environment(), &["login"]);
        let code = azure.device_code(&[]);
        clock.is_off_by(by);
        let asked = || azure.requests_to("POST", "/token").len();
        let before = asked();
        eventually("another question", || (asked() > before).then_some(()));
        azure.person_signs_in(&code, true);
        waiting.wait().succeeds();
    }
}

/// A person signed in once, and hours later the sign-in still serves.
#[test]
fn a_persons_sign_in_outlives_its_tokens() {
    let estate = include_str!("../../assets/demo-estate.toml");
    let azure = Simulator::start_estate(
        0,
        &estate.replacen("copies_slower = 1", "copies_slower = 36", 1),
    );
    let gallerist = Gallerist::by_device_code(&azure);
    let clock = MovedClock::fast(FASTER);
    let waiting = gallerist.spawn_in(&clock.environment(), &["login"]);
    azure.person_signs_in(&azure.device_code(&[]), true);
    waiting.wait().succeeds();
    let version = "acg_northwind/win11-avd/2026.11.3";
    let wish = ["replicate", version, "--to", "uksouth=1", "--yes"];
    let mut running = gallerist.spawn_in(&clock.environment(), &wish);
    running.says("accepted");
    for _ in 0..4 {
        let before = refused(&azure);
        azure.advance(LIFE);
        eventually("a token that is refused", || {
            (refused(&azure) > before).then_some(())
        });
    }
    azure.advance(12 * LIFE);
    running.wait().succeeds();
    assert_eq!(azure.writes().len(), 1);
}
