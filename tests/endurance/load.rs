//! Many jobs, many at a time, many faces: what that costs, measured while it happens.
//!
//! Every job puts another version's replicas up. All are submitted while everything is paused, by
//! faces that share the work, and begin when that is resumed. What is asserted is that nothing is
//! lost or done twice and that limits hold; what is measured is printed.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use gallerist::actions::{Action, Replicate};
use gallerist::azure::{RegionChange, ResourceId};
use gallerist::config::Config;
use gallerist::engine::{Confirmed, Connection, Place, Reply, Request, connect};
use gallerist::paths::Paths;
use gallerist::queue::{JobState, LogQuery, Pause, Terms};
use jiff::Timestamp;

use crate::support::{Echo, Gallerist, Simulator, Terminal};

/// Simulated seconds in a real one: a copy takes eight to twenty seconds.
const PACE: u32 = 60;

/// Between two looks of a face, as the interface does it. One looks at every hint.
const CALM: Duration = Duration::from_millis(100);

/// Replicas that no version of the estate has yet.
const REPLICAS: u32 = 7;

/// How much of everything.
struct Load {
    /// Galleries, images in each, versions of each: as many versions are jobs.
    estate: (usize, usize, usize),
    running: usize,
    faces: usize,
    /// Whether Azure takes only so many requests in a time.
    limits: bool,
}

impl Load {
    fn jobs(&self) -> usize {
        self.estate.0 * self.estate.1 * self.estate.2
    }
}

/// What was measured.
#[derive(Default)]
struct Figures {
    lags: Vec<Duration>,
    typed: Typed,
    memory_mib: u64,
    most_running: usize,
}

/// How long the screen took for keys, and what a terminal costs on this machine meanwhile.
#[derive(Default)]
struct Typed {
    keys: Vec<Duration>,
    echoes: Vec<Duration>,
}

#[test]
fn three_hundred_jobs_and_eight_faces() {
    let load = Load {
        estate: (2, 10, 15),
        running: 100,
        faces: 8,
        limits: false,
    };
    put_under(&load);
}

#[test]
#[ignore = "minutes: ten thousand jobs, a thousand at a time, twenty faces"]
fn ten_thousand_jobs_and_twenty_faces() {
    put_under(&large(false));
}

#[test]
#[ignore = "a quarter of an hour: as before, as fast as Azure's limits allow"]
fn ten_thousand_jobs_within_limits() {
    put_under(&large(true));
}

/// A subscription's budget of reads is refilled by 25 a second, and a job makes some ten: two
/// galleries fill one, so that ten share the load.
fn large(limits: bool) -> Load {
    Load {
        estate: (20, 500, 1),
        running: 1_000,
        faces: 20,
        limits,
    }
}

fn put_under(load: &Load) {
    let (galleries, images, versions) = load.estate;
    let estate =
        format!("generated:tenants=4,galleries={galleries},images={images},versions={versions}");
    let azure = Simulator::start_aside(PACE, Path::new(&estate), load.limits);
    let gallerist = Gallerist::with_agent(&azure);
    gallerist.configure(|text| format!("{text}\n[limits]\nat_once = {}\n", load.running));
    gallerist.run(&["agent", "start"]).succeeds();
    gallerist.run(&["queue", "pause", "--all"]).succeeds();
    let agent = gallerist.owner().unwrap()["pid"].as_u64().unwrap();

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let faces: Vec<Connection> = (0..load.faces)
        .map(|_| runtime.block_on(face(&gallerist)))
        .collect();
    let began = Instant::now();
    runtime.block_on(submit(&faces, versions_of(&azure)));
    let submitted = began.elapsed();
    assert_eq!(
        faces[0]
            .journal()
            .unwrap()
            .counts()
            .unwrap()
            .values()
            .sum::<usize>(),
        load.jobs()
    );

    let mut terminal = Terminal::open(&gallerist, &[], 40, 120);
    terminal.shows(&["4 Queue"]).keys("4");
    terminal.is_quiet_for(Duration::from_secs(1));
    let mut echo = Echo::open();
    let mut at_rest = Typed::default();
    while at_rest.keys.len() < 50 {
        at_rest.type_on(&mut terminal, &mut echo);
    }
    let before = azure.requests().len();
    let (began, used) = (Instant::now(), processor(agent));
    let resumed = runtime.block_on(faces[0].ask(Request::Resume(Pause::Everything)));
    assert_eq!(resumed.unwrap(), Reply::Accepted);
    let figures = runtime.block_on(watched(terminal, echo, &faces, agent));
    let took = began.elapsed();
    let used = processor(agent).saturating_sub(used);

    let journal = faces[0].journal().unwrap();
    let jobs = journal.jobs(u32::MAX).unwrap();
    let done = jobs
        .iter()
        .filter(|job| job.state == JobState::Done)
        .count();
    let mut writes: BTreeMap<String, usize> = BTreeMap::new();
    for write in azure.writes() {
        *writes.entry(write["path"].to_string()).or_default() += 1;
    }
    let twice = writes.values().filter(|times| **times > 1).count();
    assert_eq!((done, writes.len(), twice), (load.jobs(), load.jobs(), 0));
    assert!(
        figures.most_running <= load.running,
        "{}",
        figures.most_running
    );

    let requests = azure.requests();
    let refused = requests
        .iter()
        .filter(|request| request["status"] == 429)
        .count();
    let requests = requests.len() - before;
    println!(
        "{} jobs, {} faces, {} running at most: submitted in {:.1} s, done in {:.1} s; {requests} \
         requests, {:.0} a second, {refused} refused; the agent: {} MiB at most, {:.1} s of \
         processor ({:.0} %); from a line written to a face that has read it: median {:.0} ms, at \
         most {:.0} ms ({} looks); lost 0, twice {twice}\n\
         from a key to the frame that shows it, all paused: {at_rest}\n\
         from a key to the frame that shows it, meanwhile: {}",
        load.jobs(),
        load.faces,
        figures.most_running,
        submitted.as_secs_f64(),
        took.as_secs_f64(),
        f64::from(u32::try_from(requests).unwrap()) / took.as_secs_f64(),
        figures.memory_mib,
        used.as_secs_f64(),
        100.0 * used.as_secs_f64() / took.as_secs_f64(),
        millis(&figures.lags, 0.5),
        millis(&figures.lags, 1.0),
        figures.lags.len(),
        figures.typed,
    );
}

/// A face in this process, of the agent that runs.
async fn face(gallerist: &Gallerist) -> Connection {
    let paths = Paths::resolve(Some(gallerist.config()), Some(gallerist.state().to_owned()));
    let config = Config::read(&gallerist.config()).unwrap();
    connect(config, paths.unwrap(), "a test", Place::AgentIfAny)
        .await
        .unwrap()
}

/// All versions, of each gallery in turn: what Azure limits, it limits by subscription.
fn versions_of(azure: &Simulator) -> Vec<ResourceId> {
    let state = azure.state();
    let ids = state.as_object().unwrap().keys();
    let mut ids: Vec<&String> = ids.filter(|id| id.contains("/versions/")).collect();
    ids.sort_by_key(|id| id.split_once("/images/").map(|(_, image)| image));
    ids.into_iter().map(|id| id.parse().unwrap()).collect()
}

/// Every face plans and submits its share.
async fn submit(faces: &[Connection], versions: Vec<ResourceId>) {
    let versions = Arc::new(tokio::sync::Mutex::new(versions));
    let mut work = tokio::task::JoinSet::new();
    for face in faces {
        let (face, versions) = (face.clone(), versions.clone());
        work.spawn(async move {
            loop {
                let Some(version) = versions.lock().await.pop() else {
                    return;
                };
                let change = RegionChange {
                    region: "westeurope".parse().unwrap(),
                    replicas: Some(REPLICAS),
                    storage: None,
                };
                let action = Action::Replicate(Replicate {
                    version,
                    set: vec![change],
                    remove: Vec::new(),
                });
                let planned = face.ask(Request::Plan(action)).await.unwrap();
                let Reply::Planned(plan) = planned else {
                    panic!("{planned:?}");
                };
                let submit = Request::Submit {
                    plan: plan.id,
                    confirmation: Confirmed::Yes,
                    terms: Terms::default(),
                    note: None,
                };
                let submitted = face.ask(submit).await.unwrap();
                assert!(matches!(submitted, Reply::Submitted(_)), "{submitted:?}");
            }
        });
    }
    while let Some(done) = work.join_next().await {
        done.unwrap();
    }
}

/// Looks on until all jobs have ended, with every face and at a screen.
async fn watched(
    mut terminal: Terminal,
    mut echo: Echo,
    faces: &[Connection],
    agent: u64,
) -> Figures {
    let over = Arc::new(AtomicBool::new(false));
    let screen = {
        let over = over.clone();
        thread::spawn(move || {
            let mut typed = Typed::default();
            while !over.load(Ordering::Relaxed) {
                typed.type_on(&mut terminal, &mut echo);
            }
            terminal.keys("q");
            assert_eq!(terminal.ends(), 0);
            typed
        })
    };
    let mut looks = tokio::task::JoinSet::new();
    for (number, face) in faces.iter().enumerate() {
        let pace = if number == 0 { Duration::ZERO } else { CALM };
        let (face, over) = (face.clone(), over.clone());
        looks.spawn(async move { listen(&face, pace, &over).await });
    }
    let journal = faces[0].journal().unwrap();
    let mut figures = Figures::default();
    while journal.goes_on().unwrap() {
        let counts = journal.counts().unwrap().into_iter();
        let running = counts.filter(|(state, _)| state.is_active());
        let running = running.map(|(_, jobs)| jobs).sum();
        figures.most_running = figures.most_running.max(running);
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    figures.memory_mib = most_memory(agent);
    over.store(true, Ordering::Relaxed);
    // A last change, so that nobody waits for one in vain.
    faces[0]
        .ask(Request::Pause(Pause::Everything))
        .await
        .unwrap();
    while let Some(lags) = looks.join_next().await {
        figures.lags.extend(lags.unwrap());
    }
    figures.typed = screen.join().unwrap();
    figures
}

/// How long after the newest line of the log was written a face has read it, for each look.
async fn listen(face: &Connection, pace: Duration, over: &AtomicBool) -> Vec<Duration> {
    let journal = face.journal().unwrap();
    let mut changes = face.changes();
    let (mut last, mut lags) = (0, Vec::new());
    while !over.load(Ordering::Relaxed) {
        changes.changed().await;
        let newest = journal.log(&LogQuery::default(), 1).unwrap();
        if let [line] = &newest[..]
            && line.id > last
        {
            last = line.id;
            let lag = Timestamp::now().duration_since(line.at);
            lags.push(lag.try_into().unwrap_or_default());
        }
        tokio::time::sleep(pace).await;
    }
    lags
}

impl Typed {
    /// From each of two keys to the frame in which the cursor has moved, and `cat` beside it.
    fn type_on(&mut self, terminal: &mut Terminal, echo: &mut Echo) {
        for key in ["j", "k"] {
            self.keys.push(terminal.moves(key));
            self.echoes.push(echo.answers());
            thread::sleep(Duration::from_millis(120));
        }
    }
}

impl fmt::Display for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "median {:.1} ms, 95 % within {:.1} ms, 99 % within {:.1} ms ({} keys; cat in a \
             terminal: {:.1}, {:.1} and {:.1} ms)",
            millis(&self.keys, 0.5),
            millis(&self.keys, 0.95),
            millis(&self.keys, 0.99),
            self.keys.len(),
            millis(&self.echoes, 0.5),
            millis(&self.echoes, 0.95),
            millis(&self.echoes, 0.99),
        )
    }
}

/// The processor time of a process so far.
fn processor(process: u64) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let after = stat.rsplit_once(')').unwrap().1;
    let ticks: Vec<u64> = after
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    // User and system time are the 14th and 15th of all; the first two and the state are gone here.
    Duration::from_millis((ticks[10] + ticks[11]) * 10)
}

/// The most memory that a process has had, in MiB.
fn most_memory(process: u64) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib / 1024
}

fn millis(all: &[Duration], part: f64) -> f64 {
    let mut all = all.to_vec();
    all.sort_unstable();
    let last = all.len().saturating_sub(1);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place among a few thousand"
    )]
    let place = (last as f64 * part).round() as usize;
    all.get(place)
        .map_or(0.0, |took| took.as_secs_f64() * 1000.0)
}
