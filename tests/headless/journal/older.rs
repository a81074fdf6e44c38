//! Journals of earlier programs.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use serde_json::Value;

use super::{exported, journal, numbers};
use crate::support::{Gallerist, STANDING, demo};

/// Scripts that made the journals of earlier programs.
const SCRIPTS: [&str; 3] = [
    include_str!("../../../src/queue/journal/1.sql"),
    include_str!("../../../src/queue/journal/2.sql"),
    include_str!("../../../src/queue/journal/3.sql"),
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
        gallerist.leave_behind("uksouth=1");
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
