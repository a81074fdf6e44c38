//! Databases that can't be read: set aside, and left as they are.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::{journal, numbers};
use crate::support::{FAST, Gallerist, NEWEST, demo};

/// Has all of a file in the file, and nothing of it beside.
fn fold(file: &Path) {
    let connection = Connection::open(file).unwrap();
    let fold = "PRAGMA wal_checkpoint(TRUNCATE)";
    connection.query_row(fold, [], |_| Ok(())).unwrap();
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
