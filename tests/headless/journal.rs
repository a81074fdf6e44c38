//! The journal over the years: what is exported, forgotten, damaged, or of an older version.

use std::fs;
use std::path::{Path, PathBuf};

use gallerist::config::Config;
use gallerist::engine::{self, Place, Refusal, Request, Work};
use gallerist::paths::Paths;
use gallerist::queue;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::{FAST, Gallerist, NEWEST, STANDING, demo, eventually};

const DAY: i64 = 24 * 60 * 60 * 1000;

fn journal(gallerist: &Gallerist) -> PathBuf {
    gallerist.state().join("journal.sqlite")
}

fn change(gallerist: &Gallerist, sql: &str) {
    let connection = Connection::open(journal(gallerist)).unwrap();
    connection.execute_batch(sql).unwrap();
}

/// Has all of a file in the file, and nothing of it beside.
fn fold(file: &Path) {
    let connection = Connection::open(file).unwrap();
    let fold = "PRAGMA wal_checkpoint(TRUNCATE)";
    connection.query_row(fold, [], |_| Ok(())).unwrap();
}

/// A job that Azure has accepted, and whose process was killed.
fn leave_behind(gallerist: &Gallerist, to: &str) {
    let mut run = gallerist.spawn(&["replicate", NEWEST, "--to", to, "--yes"]);
    run.says("accepted");
    run.kill();
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

fn exported(gallerist: &Gallerist, args: &[&str]) -> Vec<Value> {
    let output = gallerist.run(&[&["queue", "export"], args].concat());
    let lines = output.succeeds().stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn numbers(gallerist: &Gallerist) -> Vec<u64> {
    let jobs = gallerist.json(&["queue", "list", "-o", "json"]);
    let jobs = jobs.as_array().unwrap().iter();
    jobs.map(|job| job["id"].as_u64().unwrap()).collect()
}

/// The databases in the state folder that were set aside.
fn set_aside(gallerist: &Gallerist) -> Vec<PathBuf> {
    let entries = fs::read_dir(gallerist.state()).unwrap();
    let files = entries.map(|entry| entry.unwrap().path());
    let is_aside = |path: &PathBuf| {
        let path = path.to_str().unwrap();
        path.contains(".damaged-") && path.ends_with(".sqlite")
    };
    files.filter(is_aside).collect()
}

#[test]
fn an_export_has_each_job_with_all_that_is_kept_of_it_but_no_operation_s_address() {
    let (azure, gallerist) = demo(STANDING);
    assert_eq!(exported(&gallerist, &[]), [json!(null); 0]);
    leave_behind(&gallerist, "uksouth=1");
    gallerist.run(&["queue", "cancel", "1"]).succeeds();
    azure.advance(3600);
    gallerist.run(&["queue", "retry", "1"]).succeeds();
    let note = ["--note", "CHG-7", "--yes"];
    let again = ["replicate", NEWEST, "--to", "uksouth=2"];
    let mut run = gallerist.spawn(&[&again[..], &note].concat());
    run.says("accepted");
    azure.advance(3600);
    run.wait().succeeds();

    let jobs = exported(&gallerist, &[]);
    let mut listed = gallerist.json(&["queue", "list", "-o", "json"]);
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
    leave_behind(&gallerist, "uksouth=1");
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

#[test]
fn a_damaged_journal_is_read_by_nobody_and_set_aside_by_whoever_carries_out_jobs() {
    let (azure, gallerist) = demo(FAST);
    gallerist
        .replicate(NEWEST, &["--to", "uksouth=1"])
        .succeeds();
    let path = journal(&gallerist);
    fold(&path);
    // A copy that was cut off.
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    for reads in [
        &["queue", "list"][..],
        &["queue", "show", "1"],
        &["queue", "export"],
    ] {
        gallerist
            .run(reads)
            .fails(2, &["the journal", "is damaged (", "sets it aside"]);
    }
    assert_eq!(fs::read(&path).unwrap(), whole[..whole.len() / 2]);
    assert!(set_aside(&gallerist).is_empty());

    let done = gallerist.replicate(NEWEST, &["--to", "uksouth=2"]);
    let words = [
        "the journal was damaged (",
        "look there before you ask for the same again",
    ];
    done.fails(0, &words);
    let aside = set_aside(&gallerist);
    assert_eq!(aside.len(), 1, "{aside:?}");
    assert!(
        done.stderr.contains(aside[0].to_str().unwrap()),
        "{done:#?}"
    );
    assert_eq!(fs::read(&aside[0]).unwrap(), whole[..whole.len() / 2]);
    assert_eq!(numbers(&gallerist), [1]);
    let connection = Connection::open(&path).unwrap();
    let first: (u8, String) = connection
        .query_row(
            "SELECT level, text FROM log ORDER BY id LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert!(
        first.0 == 3 && first.1.starts_with("the journal was damaged ("),
        "{first:?}"
    );
    // It is said once.
    let next = gallerist.replicate(NEWEST, &["--to", "uksouth=3"]);
    assert!(!next.succeeds().stderr.contains("damaged"), "{next:#?}");
    assert_eq!(set_aside(&gallerist), aside);
    assert_eq!(azure.writes().len(), 3);
}

#[test]
fn a_process_that_ended_before_it_could_say_so_is_followed_by_one_that_does() {
    let (_azure, gallerist) = demo(FAST);
    fs::create_dir_all(gallerist.state()).unwrap();
    let aside = gallerist
        .state()
        .join("journal.damaged-20261124T161800.123Z.sqlite");
    fs::write(&aside, "whatever it was").unwrap();
    gallerist.replicate(NEWEST, &["--to", "uksouth=1"]).fails(
        0,
        &[
            "the journal was damaged and lies now at",
            aside.to_str().unwrap(),
        ],
    );
    assert_eq!(fs::read_to_string(&aside).unwrap(), "whatever it was");
}

#[test]
fn a_damaged_estate_is_set_aside_and_read_again() {
    let (_azure, gallerist) = demo(FAST);
    gallerist
        .replicate(NEWEST, &["--to", "uksouth=1"])
        .succeeds();
    let estate = gallerist.state().join("estate.sqlite");
    fold(&estate);
    fs::write(
        &estate,
        "no estate at all, and long enough to be taken for one at first",
    )
    .unwrap();
    gallerist
        .replicate(NEWEST, &["--to", "uksouth=2"])
        .succeeds();
    let aside = set_aside(&gallerist);
    assert!(
        aside
            .iter()
            .any(|path| path.to_str().unwrap().contains("estate.damaged-"))
    );
}

#[test]
fn a_journal_that_somebody_has_locked_is_left_as_it_is() {
    let (azure, gallerist) = demo(FAST);
    gallerist
        .replicate(NEWEST, &["--to", "uksouth=1"])
        .succeeds();
    let locked = Connection::open(journal(&gallerist)).unwrap();
    locked
        .execute_batch(
            "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE jobs SET priority = 0;",
        )
        .unwrap();
    gallerist
        .replicate(NEWEST, &["--to", "uksouth=2"])
        .fails(2, &["the journal", "locked", "it is left as it is"]);
    drop(locked);
    assert!(set_aside(&gallerist).is_empty());
    assert_eq!(numbers(&gallerist), [1]);
    assert_eq!(azure.writes().len(), 1);
}

/// Scripts that made the journals of earlier programs.
const SCRIPTS: [&str; 3] = [
    include_str!("../../src/queue/journal/1.sql"),
    include_str!("../../src/queue/journal/2.sql"),
    include_str!("../../src/queue/journal/3.sql"),
];

/// Makes the journal of an earlier program out of this one's, with the rows that it had columns for.
fn make_older(gallerist: &Gallerist, version: u32) {
    let path = journal(gallerist);
    let older = gallerist.folder().join(format!("{version}.sqlite"));
    let connection = Connection::open(&older).unwrap();
    for script in &SCRIPTS[..version as usize] {
        connection.execute_batch(script).unwrap();
    }
    connection
        .pragma_update(None, "user_version", version)
        .unwrap();
    connection
        .execute("ATTACH ?1 AS later", [path.to_str().unwrap()])
        .unwrap();
    for table in ["groups", "jobs", "steps", "log"] {
        let columns: String = connection
            .query_row(
                "SELECT group_concat(name, ', ') FROM pragma_table_info(?1)",
                [table],
                |row| row.get(0),
            )
            .unwrap();
        let copy =
            format!("INSERT INTO main.{table} ({columns}) SELECT {columns} FROM later.{table}");
        connection.execute_batch(&copy).unwrap();
    }
    drop(connection);
    for ending in ["-wal", "-shm"] {
        let beside = format!("{}{ending}", path.display());
        if Path::new(&beside).exists() {
            fs::remove_file(beside).unwrap();
        }
    }
    fs::copy(&older, &path).unwrap();
}

#[test]
fn a_journal_of_each_older_version_keeps_its_rows_and_its_jobs_are_carried_on() {
    for version in 1..=3 {
        let (azure, gallerist) = demo(STANDING);
        leave_behind(&gallerist, "uksouth=1");
        let before = exported(&gallerist, &[]).remove(0);
        make_older(&gallerist, version);
        // Who only reads can't bring it to the newest version.
        assert_eq!(numbers(&gallerist), [0; 0], "{version}");
        azure.advance(3600);
        gallerist.run(&["queue", "watch"]).succeeds();
        let after = exported(&gallerist, &[]).remove(0);
        for key in [
            "id", "group", "title", "target", "request", "created", "attempt",
        ] {
            assert_eq!(after[key], before[key], "{version}: {key}");
        }
        let lines = |job: &Value| job["log"].as_array().unwrap().clone();
        assert!(
            lines(&after).starts_with(&lines(&before)),
            "{version}: {after:#}"
        );
        assert_eq!(after["state"], "done", "{version}: {after:#}");
        assert_eq!(azure.writes().len(), 1, "{version}");
    }
}
