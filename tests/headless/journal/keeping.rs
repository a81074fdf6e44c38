//! What is exported, and what is forgotten in time.

use std::fs;

use gallerist::config::Config;
use gallerist::engine::{self, Place, Refusal, Request, Work};
use gallerist::paths::Paths;
use gallerist::queue;
use rusqlite::Connection;
use serde_json::{Value, json};

use super::{exported, journal, numbers};
use crate::support::{FAST, Gallerist, NEWEST, STANDING, demo, eventually};

const DAY: i64 = 24 * 60 * 60 * 1000;

fn change(gallerist: &Gallerist, sql: &str) {
    let connection = Connection::open(journal(gallerist)).unwrap();
    connection.execute_batch(sql).unwrap();
}

/// A job that ended so many days ago, as the journal says.
fn end_long_ago(gallerist: &Gallerist, job: u32, days: i64) {
    let ago = days * DAY;
    change(
        gallerist,
        &format!(
            "UPDATE jobs SET created = created - {ago}, ended = ended - {ago} WHERE id = {job}; \
             UPDATE log SET at = at - {ago} WHERE job = {job};"
        ),
    );
}

#[test]
fn an_export_has_each_job_with_all_that_is_kept_of_it_but_no_operation_s_address() {
    let (azure, gallerist) = demo(STANDING);
    assert_eq!(exported(&gallerist, &[]), [json!(null); 0]);
    gallerist.leave_behind("uksouth=1");
    for state in ["cancelling", "cancelled"] {
        let cancelled = gallerist.run(&["queue", "cancel", "1"]);
        assert_eq!(cancelled.succeeds().stdout, format!("#1 {state}\n"));
    }
    azure.advance(3600);
    gallerist.run(&["queue", "retry", "1"]).succeeds();
    let note = ["--note", "CHG-7", "--yes"];
    let again = ["replicate", NEWEST, "--to", "uksouth=2"];
    let mut run = gallerist.spawn(&[&again[..], &note].concat());
    run.says("accepted");
    azure.advance(3600);
    run.wait().succeeds();

    let jobs = exported(&gallerist, &[]);
    let mut listed = gallerist.jobs();
    listed.as_array_mut().unwrap().reverse();
    assert_eq!(jobs.len(), 2);
    for (job, listed) in jobs.iter().zip(listed.as_array().unwrap()) {
        for (key, value) in listed.as_object().unwrap() {
            assert!(key == "steps" || job[key] == *value, "{key}: {job:#}");
        }
        assert!(job["request"].as_str().unwrap().contains("win11-avd"));
        assert_eq!(
            job["by"]["face"].as_str().unwrap().split(' ').next(),
            Some("gallerist")
        );
    }
    let attempts = |job: &Value| -> Vec<u64> {
        let steps = job["steps"].as_array().unwrap().iter();
        steps
            .map(|step| step["attempt"].as_u64().unwrap())
            .collect()
    };
    let first = attempts(&jobs[0]);
    assert!(first.contains(&1) && first.contains(&2), "{first:?}");
    assert_eq!(
        (&jobs[0]["note"], &jobs[1]["note"]),
        (&json!(null), &json!("CHG-7"))
    );
    let lines = jobs[1]["log"].as_array().unwrap();
    let said = |level: &str, text: &str| {
        let is_it =
            |line: &&Value| line["level"] == level && line["text"].as_str().unwrap().contains(text);
        lines.iter().any(|line| is_it(&line))
    };
    assert!(
        said("info", "submitted") && said("info", "accepted"),
        "{lines:#?}"
    );

    let at = jobs[1]["created"].as_str().unwrap();
    assert_eq!(exported(&gallerist, &["--since", at]), jobs[1..]);
    assert_eq!(exported(&gallerist, &["--until", at]), jobs[..1]);
    gallerist
        .run(&["queue", "export", "--since", "soon"])
        .fails(2, &["isn't a time such as"]);

    let addresses = operation_addresses(&gallerist);
    assert!(!addresses.is_empty());
    let shown = gallerist.run(&["queue", "show", "1"]).stdout;
    let audit = gallerist.run(&["audit", "-o", "jsonl"]).stdout;
    let logs = fs::read_dir(gallerist.state().join("log")).unwrap();
    let logs = logs.map(|log| fs::read_to_string(log.unwrap().path()).unwrap());
    let everything: Vec<String> = logs
        .chain([shown, audit, json!(jobs).to_string()])
        .collect();
    for address in addresses {
        for text in &everything {
            assert!(!text.contains(&address), "{address} in {text}");
        }
    }
}

/// What makes the addresses secret that the journal follows Azure's operations by: all after the
/// path, or the last part of it.
fn operation_addresses(gallerist: &Gallerist) -> Vec<String> {
    let connection = Connection::open(journal(gallerist)).unwrap();
    let mut accepted = connection
        .prepare("SELECT accepted FROM steps WHERE accepted IS NOT NULL")
        .unwrap();
    let accepted = accepted
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap();
    let mut addresses = Vec::new();
    for accepted in accepted {
        let accepted: Value = serde_json::from_str(&accepted.unwrap()).unwrap();
        let address = |key: &str| accepted[key].as_str().map(str::to_owned);
        addresses.extend(address("operation").into_iter().chain(address("location")));
    }
    addresses
}

#[test]
fn a_vacuum_forgets_what_is_old_and_gives_its_space_back_and_no_number_comes_again() {
    let (azure, gallerist) = demo(FAST);
    for to in ["uksouth=1", "uksouth=2", "eastus=1"] {
        gallerist.replicate(NEWEST, &["--to", to]).succeeds();
    }
    end_long_ago(&gallerist, 1, 100);
    end_long_ago(&gallerist, 3, 100);
    let kept = exported(&gallerist, &[])[1].clone();
    change(
        &gallerist,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) \
         INSERT INTO log (at, job, level, text) SELECT 0, 1, 1, printf('%0100d', i) FROM n",
    );
    let vacuumed = gallerist.json(&["queue", "vacuum", "-o", "json"]);
    assert_eq!(vacuumed["jobs"], 2);
    assert!(
        vacuumed["bytes"].as_u64().unwrap() > 1_000_000,
        "{vacuumed}"
    );
    assert!(fs::metadata(journal(&gallerist)).unwrap().len() < 1_000_000);
    assert_eq!(exported(&gallerist, &[]), [kept]);
    gallerist
        .replicate(NEWEST, &["--to", "eastus=2"])
        .succeeds();
    assert_eq!(numbers(&gallerist), [4, 2]);
    let again = gallerist.run(&["queue", "vacuum"]);
    assert!(
        again
            .succeeds()
            .stdout
            .starts_with("forgot 0 jobs, gave back ")
    );
    assert_eq!(azure.writes().len(), 4);
}

#[test]
fn what_is_old_is_forgotten_when_an_engine_starts_and_what_others_come_after_is_not() {
    let (azure, gallerist) = demo(FAST);
    gallerist.configure(|text| format!("{text}\n[journal]\nkeep_days = 7\n"));
    for to in ["uksouth=1", "uksouth=2", "uksouth=3"] {
        gallerist.replicate(NEWEST, &["--to", to]).succeeds();
    }
    gallerist.run(&["queue", "pause", "--all"]).succeeds();
    gallerist.replicate(NEWEST, &["--to", "eastus=1", "--after", "2"]);
    for (job, days) in [(1, 8), (2, 8), (3, 6)] {
        end_long_ago(&gallerist, job, days);
    }
    // It carries out jobs, and there is one that it follows.
    let watch = || gallerist.run(&["queue", "watch"]);
    eventually("the first job to be forgotten", || {
        watch();
        (numbers(&gallerist) == [4, 3, 2]).then_some(())
    });
    gallerist.run(&["queue", "resume", "--all"]).succeeds();
    watch().succeeds();
    assert_eq!(azure.writes().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_jobs_run_there_is_no_vacuum() {
    let (_azure, gallerist) = demo(STANDING);
    gallerist.leave_behind("uksouth=1");
    let config = Config::read(&gallerist.config()).unwrap();
    let state = gallerist.state().to_owned();
    let paths = Paths::resolve(Some(gallerist.config()), Some(state)).unwrap();
    let place = Place::Here(Work::CarriedOut);
    let connection = engine::connect(config, paths, "a test", place)
        .await
        .unwrap();
    let journal = connection.journal().unwrap();
    tokio::task::block_in_place(|| {
        eventually("the job to be taken up", || {
            let job = journal.jobs(1).unwrap().remove(0);
            (job.state == queue::JobState::Running).then_some(())
        });
    });
    let refused = connection.ask(Request::Vacuum).await.unwrap_err();
    assert_eq!(refused, Refusal::Queue(queue::Refusal::Running(1)));
    connection.close().await;
}
