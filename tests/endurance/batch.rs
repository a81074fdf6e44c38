//! The batch that is disturbed, and what it has to come to.
//!
//! Thirty jobs are submitted once, while everything is paused, by the program's own verbs. Each run
//! begins from a copy of that state folder and with an Azure of its own, so the names that the jobs
//! derive from their journal are the same in all runs, and so is all that they leave, but for times.

use std::any::Any;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use gallerist::queue::{Job, JobState, LogQuery, Reader};
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Gallerist, Output, Running, Simulator, differences, eventually, timeless};

/// How many jobs there are.
pub(crate) const JOBS: usize = 30;

/// Simulated seconds in a real one: enough for anything to be over at the next look.
pub(crate) const PACE: u32 = 6000;

/// The estate that the batch is for.
pub(crate) const ESTATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/endurance/estate.toml");

/// What is asked for. Each job writes something else, and what it comes to depends on no other.
const VERBS: [&[&str]; 11] = [
    // One for each customer: in one wave, or in two. The password is made up, since a file of it
    // would belong to one run's Azure.
    &[
        "deploy",
        "acg/win11/1.0.0",
        "--tag",
        "all",
        "--count",
        "4",
        "--generate-password",
    ],
    // One for each customer.
    &["share", "acg/win11", "--via", "rbac", "--tag", "all"],
    // Two.
    &[
        "unshare",
        "acg/server",
        "--via",
        "rbac",
        "--to-tenant",
        "Customer 01",
        "--to-tenant",
        "Customer 02",
    ],
    &[
        "share",
        "acg_tenants",
        "--via",
        "direct",
        "--to-tenant",
        "Customer 03",
    ],
    &[
        "share",
        "acg_subscriptions",
        "--via",
        "direct",
        "--to-subscription",
        "Customer 07 Desktops",
    ],
    &[
        "unshare",
        "acg_withdrawn",
        "--via",
        "direct",
        "--to-tenant",
        "Customer 05",
    ],
    &["replicate", "acg/server/1.0.0", "--to", "uksouth=1"],
    &[
        "replicate",
        "acg/server/1.1.0",
        "--to",
        "northeurope=2,eastus=1",
    ],
    // The safety flag is lifted, the region left, and the flag put back.
    &["replicate", "acg/server/1.2.0", "--remove", "northeurope"],
    // The region is left and entered again.
    &["replicate", "acg/server/1.3.0", "--to", "northeurope=1:zrs"],
    &[
        "replicate",
        "acg/server/1.4.0",
        "--to",
        "uksouth=1",
        "--remove",
        "northeurope",
    ],
];

/// What a run that nobody disturbed comes to, and where every run begins.
pub(crate) struct Batch {
    /// A state folder in which all jobs are ready, and none has begun.
    submitted: TempDir,
    undisturbed: End,
}

/// What a run has come to.
struct End {
    /// All resources, without times.
    state: Value,
    /// How often each write was accepted.
    writes: BTreeMap<String, usize>,
}

/// The batch, submitted and carried out once for all tests of this program.
pub(crate) static BATCH: LazyLock<Batch> = LazyLock::new(Batch::submit);

/// One run of the batch.
pub(crate) struct Run {
    pub(crate) azure: Simulator,
    pub(crate) gallerist: Gallerist,
    missed: Cell<bool>,
}

/// What is wrong with a run.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// Jobs that are not there any more, or did not get done.
    pub(crate) lost: usize,
    /// Writes that Azure accepted more often than when nobody disturbs, and jobs that nobody asked for.
    pub(crate) twice: usize,
    /// Whether the point at which it was to be disturbed was never reached.
    pub(crate) missed: bool,
    /// All that differs, in words; nothing where all is well.
    pub(crate) differs: Vec<String>,
}

impl Batch {
    fn submit() -> Self {
        let azure = start_azure();
        let gallerist = Gallerist::new(&azure);
        gallerist.run(&["queue", "pause", "--all"]).succeeds();
        for verb in VERBS {
            let submitted = gallerist.run(&[verb, &["--yes", "-o", "json"]].concat());
            assert_eq!(submitted.json()["state"], "paused", "{submitted:#?}");
        }
        gallerist.run(&["queue", "resume", "--all"]).succeeds();
        // A test program's statics are never dropped, so it is kept where builds are kept.
        let submitted = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        copy(gallerist.state(), submitted.path());
        let mut batch = Self {
            submitted,
            undisturbed: End {
                state: Value::Null,
                writes: BTreeMap::new(),
            },
        };
        let run = batch.begin();
        run.finish();
        batch.undisturbed = run.end();
        let verdict = batch.judge(&run);
        assert!(verdict.is_good(), "{verdict:#?}");
        batch
    }

    /// A run that has not begun: its Azure is fresh, and nobody carries its jobs out yet.
    pub(crate) fn begin(&self) -> Run {
        self.begin_with(start_azure())
    }

    /// The same with another Azure of the same estate.
    pub(crate) fn begin_with(&self, azure: Simulator) -> Run {
        let gallerist = Gallerist::new(&azure);
        std::fs::create_dir(gallerist.state()).unwrap();
        copy(self.submitted.path(), gallerist.state());
        // Jobs belong to a cloud, and a cloud is an address.
        let journal = Connection::open(gallerist.state().join("journal.sqlite")).unwrap();
        let cloud = format!("{}/", azure.origin());
        let moved = journal.execute("UPDATE jobs SET cloud = ?1", [cloud]);
        assert_eq!(moved.unwrap(), JOBS);
        Run {
            azure,
            gallerist,
            missed: Cell::new(false),
        }
    }

    /// Holds what a finished run has come to against the run that nobody disturbed.
    pub(crate) fn judge(&self, run: &Run) -> Verdict {
        let mut verdict = Verdict {
            missed: run.has_missed(),
            ..Verdict::default()
        };
        let jobs = run.jobs();
        for (id, (state, why)) in &jobs {
            if *state != JobState::Done {
                verdict.lost += 1;
                verdict.differs.push(format!("job {id} is {state}: {why}"));
            }
        }
        if jobs.len() != JOBS {
            verdict.lost += JOBS.saturating_sub(jobs.len());
            verdict.twice += jobs.len().saturating_sub(JOBS);
            verdict.differs.push(format!("{} jobs", jobs.len()));
        }
        let end = run.end();
        let none =
            |writes: &BTreeMap<String, usize>, write| writes.get(write).copied().unwrap_or(0);
        for (write, times) in &end.writes {
            let expected = none(&self.undisturbed.writes, write);
            if *times > expected {
                verdict.twice += times - expected;
                verdict
                    .differs
                    .push(format!("accepted {times} times, not {expected}: {write}"));
            }
        }
        for (write, expected) in &self.undisturbed.writes {
            let times = none(&end.writes, write);
            if times < *expected {
                verdict
                    .differs
                    .push(format!("accepted {times} times, not {expected}: {write}"));
            }
        }
        verdict
            .differs
            .extend(differences(&end.state, &self.undisturbed.state));
        verdict
    }
}

impl Verdict {
    /// Of a run that could not even be judged.
    pub(crate) fn failed(panic: &(dyn Any + Send)) -> Self {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Self {
            differs: vec![text.unwrap_or_else(|| "it panicked".to_owned())],
            ..Self::default()
        }
    }

    /// Whether all is as if nobody had disturbed it.
    pub(crate) fn is_good(&self) -> bool {
        self.differs.is_empty()
    }
}

impl Run {
    /// Starts the agent, which carries the jobs out, with this in its environment.
    pub(crate) fn carry_on(&self, environment: &[(&str, &str)]) -> Running {
        self.gallerist.spawn_in(environment, &["agent", "run"])
    }

    /// Has somebody carry the jobs out to their end.
    pub(crate) fn finish(&self) {
        self.see_through(self.carry_on(&[]));
    }

    /// Waits until whoever carries the jobs out has come to their end.
    pub(crate) fn see_through(&self, mut running: Running) {
        let rests = self.rests_or(|| running.has_ended());
        let output = dismiss(running);
        assert!(rests || self.rests(), "it left jobs open: {output:#?}");
    }

    /// Waits until no job goes on by itself, or until `other` is so. Whether the jobs rest.
    pub(crate) fn rests_or(&self, mut other: impl FnMut() -> bool) -> bool {
        eventually("the end of all jobs", || {
            if other() {
                return Some(false);
            }
            self.rests().then_some(true)
        })
    }

    /// Whether no job goes on by itself.
    pub(crate) fn rests(&self) -> bool {
        let open = self.open_jobs().into_iter();
        open.into_iter().all(|job| job.state == JobState::Held)
    }

    /// The jobs that have not ended.
    pub(crate) fn open_jobs(&self) -> Vec<Job> {
        let journal = self.gallerist.state().join("journal.sqlite");
        Reader::open(&journal).unwrap().open_jobs().unwrap()
    }

    /// The lines of each job's log, in their order.
    pub(crate) fn logs(&self) -> BTreeMap<i64, Vec<String>> {
        let journal = self.gallerist.state().join("journal.sqlite");
        let lines = Reader::open(&journal).unwrap();
        let lines = lines.log(&LogQuery::default(), 100_000).unwrap();
        let mut logs: BTreeMap<i64, Vec<String>> = BTreeMap::new();
        for line in lines {
            if let Some(job) = line.job {
                logs.entry(job.0).or_default().push(line.text);
            }
        }
        logs
    }

    /// Has the `number`th request from now on struck by this fault.
    pub(crate) fn strike(&self, number: usize, fault: &Value) {
        if number > 1 {
            let passes = json!({"times": number - 1, "fault": {"delay_ms": 0}});
            self.azure.fault(&passes);
        }
        self.azure.fault(&json!({ "fault": fault }));
    }

    /// Notes that its point was never reached: all was over before.
    pub(crate) fn miss(&self) {
        self.missed.set(true);
    }

    /// Whether its point was never reached.
    pub(crate) fn has_missed(&self) -> bool {
        self.missed.get()
    }

    /// The state of each job and why it failed, by its number.
    pub(crate) fn jobs(&self) -> BTreeMap<String, (JobState, String)> {
        let listed = self.gallerist.json(&["queue", "list", "-o", "json"]);
        let listed = listed.as_array().unwrap().iter();
        listed
            .map(|job| {
                let state = job["state"].as_str().unwrap().parse().unwrap();
                (
                    job["id"].to_string(),
                    (state, job["error"]["message"].to_string()),
                )
            })
            .collect()
    }

    fn end(&self) -> End {
        let mut writes = BTreeMap::new();
        for write in self.azure.writes() {
            let words = ["method", "path", "query", "body"].map(|part| match &write[part] {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            });
            *writes.entry(words.join(" ")).or_default() += 1;
        }
        End {
            state: timeless(self.azure.state()),
            writes,
        }
    }
}

/// Has a process end that has nothing left to do.
pub(crate) fn dismiss(mut running: Running) -> Output {
    if !running.has_ended() {
        running.signal("TERM");
    }
    running.wait()
}

fn start_azure() -> Simulator {
    Simulator::start_with(PACE, Path::new(ESTATE))
}

/// Copies the files of a folder.
fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}
