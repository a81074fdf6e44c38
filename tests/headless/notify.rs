//! Whoever is to be notified when jobs end: by a command of the configuration, once for each end,
//! also of a process that is killed in between.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use gallerist::actions::Level;
use gallerist::queue::{LogQuery, Reader};
use serde_json::{Value, json};

use crate::support::estate::{VERSION, customer, estate};
use crate::support::{Gallerist, Output, Simulator, Terminal, eventually};

const DEPLOY: [&str; 6] = ["deploy", VERSION, "--yes", "--count", "1", "-o"];

fn azure(customers: usize) -> Simulator {
    Simulator::start_estate(1200, &estate(customers))
}

/// One that runs this script of the shell when something ends, beside the configuration, with more
/// lines for `[notify]`.
fn notified(azure: &Simulator, script: &str, more: &str) -> Gallerist {
    notifying(Gallerist::new(azure), script, more)
}

fn notifying(gallerist: Gallerist, script: &str, more: &str) -> Gallerist {
    let tell = gallerist.folder().join("tell");
    fs::write(
        &tell,
        format!(
            "#!/bin/sh\ncd '{}'\n{script}\n",
            gallerist.folder().display()
        ),
    )
    .unwrap();
    fs::set_permissions(&tell, fs::Permissions::from_mode(0o700)).unwrap();
    configure(
        &gallerist,
        &format!("command = [\"./tell\", \"ops\"]\n{more}"),
    );
    gallerist
}

fn configure(gallerist: &Gallerist, notify: &str) {
    gallerist.configure(|mut text| {
        write!(text, "\n[notify]\n{notify}\n").unwrap();
        text
    });
}

/// Keeps what it reads, a line a notice.
const KEEP: &str = "read -r notice; printf '%s\\n' \"$notice\" >> notices";

fn notices(gallerist: &Gallerist) -> Vec<Value> {
    let kept = fs::read_to_string(gallerist.folder().join("notices")).unwrap_or_default();
    let mut notices: Vec<Value> = kept
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    // Several are told at the same time.
    notices.sort_by_key(|notice| {
        (
            notice["event"].to_string(),
            notice["jobs"][0]["id"].as_u64(),
        )
    });
    notices
}

fn deploy(gallerist: &Gallerist, to: &[&str]) -> Output {
    gallerist.run(&[&DEPLOY[..], &["json"], to].concat())
}

/// What the log has to warn of that belongs to no job.
fn warnings(gallerist: &Gallerist) -> Vec<String> {
    let journal = Reader::open(&gallerist.state().join("journal.sqlite")).unwrap();
    let query = LogQuery {
        level: Some(Level::Warn),
        ..LogQuery::default()
    };
    let lines = journal.log(&query, 100).unwrap().into_iter();
    lines
        .filter(|line| line.job.is_none())
        .map(|line| line.text)
        .collect()
}

#[test]
fn a_group_of_several_jobs_is_told_of_once_with_all_its_jobs() {
    let azure = azure(3);
    let gallerist = notified(&azure, KEEP, "");
    deploy(&gallerist, &["--tag", "all", "--note", "CHG0042"]).succeeds();
    let [notice] = &notices(&gallerist)[..] else {
        unreachable!("{:#?}", notices(&gallerist))
    };
    assert_eq!(notice["event"], "group");
    let listed = gallerist.jobs();
    let mut jobs = listed.as_array().unwrap().clone();
    jobs.reverse();
    assert_eq!(notice["jobs"], Value::Array(jobs));
    let group = &notice["group"];
    assert_eq!(group["id"], 1);
    assert_eq!(
        (&group["note"], &group["state"]),
        (&json!("CHG0042"), &json!("done"))
    );
    assert!(
        group["title"].as_str().unwrap().starts_with("deploy "),
        "{group}"
    );
    // Another process finds nothing left to tell.
    gallerist.run(&["queue", "watch"]).succeeds();
    assert_eq!(notices(&gallerist).len(), 1);
    assert_eq!(warnings(&gallerist), Vec::<String>::new());
}

#[test]
fn jobs_and_groups_are_told_of_where_both_are_wanted_and_a_single_job_once() {
    let azure = azure(2);
    let gallerist = notified(&azure, KEEP, "on = [\"job\", \"group\"]");
    deploy(&gallerist, &["--tag", "all"]).succeeds();
    let told = notices(&gallerist);
    let events: Vec<&str> = told
        .iter()
        .map(|notice| notice["event"].as_str().unwrap())
        .collect();
    assert_eq!(events, ["group", "job", "job"]);
    for (notice, job) in told[1..].iter().zip([1, 2]) {
        assert_eq!(notice["group"]["id"], 1);
        assert_eq!(notice["jobs"].as_array().unwrap().len(), 1);
        assert_eq!(notice["jobs"][0]["id"], job);
    }
    deploy(&gallerist, &["--to-tenant", "Customer 01"]).succeeds();
    let told = notices(&gallerist);
    assert_eq!(told.len(), 4);
    let single: Vec<&Value> = told
        .iter()
        .filter(|notice| notice["group"]["id"] == 2)
        .collect();
    assert_eq!(single[0]["event"], "group");
}

#[test]
fn what_failed_or_is_held_is_told_of_and_again_when_it_was_tried_again() {
    let azure = azure(2);
    let gallerist = notified(&azure, KEEP, "");
    let broken = customer(1).id("Microsoft.Compute/virtualMachines/vm-001");
    azure.fault(&json!({"match": {"path": broken}, "fault": {"allocation_fails": {}}}));
    deploy(
        &gallerist,
        &["--tag", "all", "--at-once", "1", "--hold-after", "1"],
    )
    .fails(1, &[]);
    let told = notices(&gallerist);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert_eq!(told[0]["group"]["state"], "held");
    assert_eq!(told[0]["jobs"][0]["state"], "failed");
    assert!(told[0]["jobs"][0]["error"]["message"].is_string());
    assert_eq!(told[0]["jobs"][1]["state"], "held");
    gallerist
        .run(&["queue", "retry", "--failed-of", "1"])
        .succeeds();
    let told = notices(&gallerist);
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(told.iter().any(|notice| notice["group"]["state"] == "done"));
}

#[test]
fn a_command_that_does_not_do_is_said_in_the_log_and_not_run_again() {
    let azure = azure(1);
    for (script, more, said) in [
        (
            "echo run >> runs; echo no pager >&2; exit 3",
            "",
            "/tell ended with 3: no pager",
        ),
        (
            "echo run >> runs; sleep 600 & wait",
            "time_limit = \"1s\"",
            "/tell took longer than 1 s and was killed",
        ),
    ] {
        let gallerist = notified(&azure, script, more);
        deploy(&gallerist, &["--tag", "all"]).succeeds();
        let warnings = warnings(&gallerist);
        assert_eq!(warnings.len(), 1, "{warnings:#?}");
        assert!(
            warnings[0].starts_with("nobody may know of the end of group 1: "),
            "{warnings:?}"
        );
        assert!(warnings[0].ends_with(said), "{warnings:?}");
        gallerist.run(&["queue", "watch"]).succeeds();
        let runs = fs::read_to_string(gallerist.folder().join("runs")).unwrap();
        assert_eq!(runs.lines().count(), 1);
    }
    let gallerist = Gallerist::new(&azure);
    configure(&gallerist, "command = [\"no-such-program\"]");
    deploy(&gallerist, &["--tag", "all"]).succeeds();
    let warnings = warnings(&gallerist);
    assert!(
        warnings[0].contains("no-such-program can't be started: No such file"),
        "{warnings:?}"
    );
}

#[test]
fn an_end_that_was_being_told_when_the_process_was_killed_is_told_by_the_next() {
    let azure = azure(1);
    // Slow the first time, and seen to have begun.
    let slow = format!("if [ ! -e begun ]; then touch begun; exec sleep 600; fi; {KEEP}");
    let gallerist = notified(&azure, &slow, "");
    let run = gallerist.spawn(&[&DEPLOY[..], &["json", "--tag", "all"]].concat());
    eventually("the notice to be begun", || {
        gallerist.folder().join("begun").exists().then_some(())
    });
    run.kill();
    assert_eq!(notices(&gallerist), Vec::<Value>::new());
    gallerist.run(&["queue", "watch"]).succeeds();
    let told = notices(&gallerist);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["jobs"][0]["state"], "done");
}

#[test]
fn the_agent_tells_of_what_ends_when_nobody_looks() {
    let azure = azure(2);
    let gallerist = notifying(Gallerist::with_agent(&azure), KEEP, "");
    deploy(&gallerist, &["--tag", "all", "--no-wait"]).succeeds();
    let told = eventually("the notice", || {
        Some(notices(&gallerist)).filter(|told| !told.is_empty())
    });
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["group"]["state"], "done");
}

#[test]
fn what_ended_while_nobody_was_to_be_told_is_not_told_later() {
    let azure = azure(1);
    let gallerist = Gallerist::new(&azure);
    deploy(&gallerist, &["--tag", "all"]).succeeds();
    configure(&gallerist, "command = [\"sh\", \"-c\", \"touch told\"]");
    gallerist.run(&["queue", "watch"]).succeeds();
    assert!(!gallerist.folder().join("told").exists());
}

#[test]
fn the_command_gets_its_arguments_and_nothing_of_ours_from_the_environment() {
    let azure = azure(1);
    let gallerist = notified(
        &azure,
        "env > environment; printf '%s' \"$*\" > arguments",
        "",
    );
    let mut command = gallerist.command(&[&DEPLOY[..], &["json", "--tag", "all"]].concat());
    command
        .env("GALLERIST_MSP_SECRET", "s3cret")
        .env("LANG", "C.UTF-8")
        .env("USER", "ops");
    assert!(command.output().unwrap().status.success());
    let read = |name: &str| fs::read_to_string(gallerist.folder().join(name)).unwrap();
    assert_eq!(read("arguments"), "ops");
    let environment = read("environment");
    let names = environment
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, _)| name);
    // The shell sets some of its own.
    let mut names: Vec<&str> = names
        .filter(|name| !["PWD", "OLDPWD", "SHLVL", "_"].contains(name))
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["HOME", "LANG", "PATH", "USER"]);
}

#[test]
fn a_configuration_that_is_not_understood_says_what_would_be() {
    let azure = azure(1);
    let gallerist = Gallerist::new(&azure);
    configure(&gallerist, "command = \"tell --channel ops\"");
    deploy(&gallerist, &["--tag", "all"]).fails(
        2,
        &["config.toml:", "an array, the program and its arguments"],
    );
}

#[test]
fn the_bell_rings_once_for_a_group_that_ends_in_sight_where_it_is_wanted() {
    for (wanted, rings) in [("true", 1), ("false", 0)] {
        let azure = Simulator::start_estate(0, &estate(2));
        let gallerist = Gallerist::new(&azure);
        configure(&gallerist, &format!("bell = {wanted}"));
        let mut run = gallerist.spawn(&[&DEPLOY[..5], &["--tag", "all"]].concat());
        run.says("accepted");
        run.kill();
        let mut terminal = Terminal::open(&gallerist, &[], 40, 120);
        terminal.shows(&["queue: this process", "running"]);
        azure.advance(3600);
        terminal.shows(&["✔ done"]);
        terminal.keys("q");
        assert_eq!(terminal.ends(), 0);
        let bells = terminal.bytes().into_iter().filter(|byte| *byte == 7);
        assert_eq!(bells.count(), rings, "bell = {wanted}");
    }
}
