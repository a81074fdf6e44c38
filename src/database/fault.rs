//! Faults that a test plans for the writes of a database. Debug builds have them, release builds
//! don't.
//!
//! `GALLERIST_FAULT=journal:12:before` kills the process with SIGKILL right before the twelfth write
//! of the journal since it was opened is committed, `journal:12:after` right after that. With
//! `journal:12-20:full` those writes fail as on a full disk, with `journal:12-:readonly` all from the
//! twelfth on as in a folder that is read-only. `journal:1-:told` does nothing to
//! them. Each write that a fault is planned for is told on standard error.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use rusqlite::ffi::{self, SQLITE_FULL, SQLITE_READONLY};
use rustix::process::{Signal, getpid, kill_process};

const VARIABLE: &str = "GALLERIST_FAULT";

thread_local! {
    /// What is planned for the writer that runs on this thread.
    static PLANNED: RefCell<Option<Fault>> = const { RefCell::new(None) };
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Fault {
    writes: RangeInclusive<u64>,
    kind: Kind,
    /// How many writes there have been.
    count: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Before,
    After,
    Full,
    ReadOnly,
    Told,
}

impl Fault {
    /// What `text` plans for the database that messages call `name`, such as "the journal".
    fn read(text: &str, name: &str) -> Option<Self> {
        let (database, rest) = text.split_once(':')?;
        let (writes, kind) = rest.split_once(':')?;
        let (first, last) = match writes.split_once('-') {
            None => (writes, writes),
            Some((first, last)) => (first, last),
        };
        let first = first.parse().ok()?;
        let last = if last.is_empty() {
            u64::MAX
        } else {
            last.parse().ok()?
        };
        let kind = match kind {
            "before" => Kind::Before,
            "after" => Kind::After,
            "full" => Kind::Full,
            "readonly" => Kind::ReadOnly,
            "told" => Kind::Told,
            _ => return None,
        };
        name.ends_with(database).then_some(Self {
            writes: first..=last,
            kind,
            count: 0,
        })
    }

    fn strikes(&self, kind: Kind) -> bool {
        self.kind == kind && self.writes.contains(&self.count)
    }
}

/// Has this thread's writes struck by what the environment plans for that database.
pub(super) fn plan(name: &str) {
    let planned = std::env::var(VARIABLE).ok();
    PLANNED.set(planned.and_then(|text| Fault::read(&text, name)));
}

/// Counts a write that is about to be committed.
pub(super) fn before_commit() -> rusqlite::Result<()> {
    PLANNED.with_borrow_mut(|planned| {
        let Some(fault) = planned else { return Ok(()) };
        fault.count += 1;
        if fault.writes.contains(&fault.count) {
            eprintln!("fault: write {}", fault.count);
        }
        if fault.strikes(Kind::Before) {
            die();
        }
        for (kind, code) in [(Kind::Full, SQLITE_FULL), (Kind::ReadOnly, SQLITE_READONLY)] {
            if fault.strikes(kind) {
                return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
            }
        }
        Ok(())
    })
}

/// The write is committed, and nobody knows yet.
pub(super) fn after_commit() {
    PLANNED.with_borrow(|planned| {
        if planned
            .as_ref()
            .is_some_and(|fault| fault.strikes(Kind::After))
        {
            die();
        }
    });
}

/// As a power cut would have it. There is no way back from this.
fn die() {
    let _ = kill_process(getpid(), Signal::KILL);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_planned_for_one_database_and_for_some_writes() {
        let read = |text| Fault::read(text, "the journal").map(|fault| (fault.writes, fault.kind));
        for (text, planned) in [
            ("journal:12:before", Some((12..=12, Kind::Before))),
            ("journal:3:after", Some((3..=3, Kind::After))),
            ("journal:12-20:full", Some((12..=20, Kind::Full))),
            (
                "journal:12-:readonly",
                Some((12..=u64::MAX, Kind::ReadOnly)),
            ),
            ("journal:1-:told", Some((1..=u64::MAX, Kind::Told))),
            ("estate:1:before", None),
            ("journal:x:before", None),
            ("journal:1:later", None),
            ("", None),
        ] {
            assert_eq!(read(text), planned, "{text}");
        }
    }
}
