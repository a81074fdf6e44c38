//! A file that is damaged: how that is found, and how it is set aside so that nothing of it is lost.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::Connection;

use super::{Database, Error, Schema, beside};

/// A damaged file that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// Where it is now.
    pub path: PathBuf,
    /// SQLite's words.
    pub cause: String,
}

impl Database {
    /// Opens the file for writing as [`Database::open`] does. One that is damaged is set aside, with
    /// what SQLite keeps beside it, and a new one begins.
    ///
    /// # Errors
    /// As [`Database::open`]; [`Error::Damaged`] where it can't be set aside.
    pub fn open_or_begin_anew(
        path: &Path,
        schema: Schema,
    ) -> Result<(Self, Option<SetAside>), Error> {
        let cause = match Self::open(path, schema) {
            Err(Error::Damaged { cause, .. }) => cause,
            opened => return Ok((opened?, None)),
        };
        let aside = set_aside(path).map_err(|error| Error::Damaged {
            name: schema.name,
            path: path.to_owned(),
            cause: format!("{cause}, and it can't be set aside: {error}"),
        })?;
        let database = Self::open(path, schema)?;
        Ok((database, Some(SetAside { path: aside, cause })))
    }
}

/// Whether SQLite says that the file itself is broken, and not that it can't be had at the moment.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(
        error.sqlite_error_code(),
        Some(DatabaseCorrupt | NotADatabase)
    )
}

/// Has all of the file looked at when it is opened next.
pub(super) fn suspect(path: &Path) {
    if let Err(error) = fs::write(beside(path, SUSPECT), "") {
        tracing::error!(%error, path = %path.display(), "a damage could not be remembered");
    }
}

const SUSPECT: &str = "-suspect";

/// Looks whether what the schema names is sound, or all of it where a damage was met before; says
/// what isn't.
pub(super) fn examine(
    connection: &Connection,
    schema: Schema,
    path: &Path,
) -> rusqlite::Result<Option<String>> {
    let suspected = beside(path, SUSPECT);
    let found = if suspected.exists() {
        first_fault(connection, "PRAGMA quick_check(1)")
    } else {
        fault_in(connection, schema.examined)
    };
    match found {
        Err(error) if is_damage(&error) => Ok(Some(error.to_string())),
        Ok(None) => {
            // It may not be there.
            let _ = fs::remove_file(suspected);
            Ok(None)
        }
        found => found,
    }
}

fn fault_in(connection: &Connection, tables: &[&str]) -> rusqlite::Result<Option<String>> {
    let there = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1";
    let mut there = connection.prepare(there)?;
    for table in tables {
        let check = format!("PRAGMA quick_check('{table}')");
        if there.exists([table])?
            && let Some(fault) = first_fault(connection, &check)?
        {
            return Ok(Some(fault));
        }
    }
    Ok(None)
}

fn first_fault(connection: &Connection, check: &str) -> rusqlite::Result<Option<String>> {
    let said: String = connection.query_row(check, [], |row| row.get(0))?;
    // It says in which tree before it says what.
    let fault = said.replace('\n', " ");
    Ok((fault != "ok").then_some(fault))
}

/// Gives the file another name, and those beside it; returns it. All have the new name before the
/// first loses the old one, and the file itself loses it first: whenever this is cut short, either
/// the damaged file is there as a whole still, or all of it is aside, and what is left of it beside
/// is nobody's.
fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let files = [path.to_owned(), beside(path, "-wal"), beside(path, "-shm")];
    let aside = loop {
        let aside = name_aside(path, Timestamp::now());
        let names = [
            aside.clone(),
            beside(&aside, "-wal"),
            beside(&aside, "-shm"),
        ];
        if names.iter().any(|name| name.symlink_metadata().is_ok()) {
            continue;
        }
        for (file, name) in files.iter().zip(&names) {
            absent_is_fine(fs::hard_link(file, name))?;
        }
        break aside;
    };
    if let Some(folder) = path.parent() {
        fs::File::open(folder)?.sync_all()?;
    }
    for file in files.iter().chain([&beside(path, SUSPECT)]) {
        absent_is_fine(fs::remove_file(file))?;
    }
    Ok(aside)
}

fn absent_is_fine(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// `journal.damaged-20261124T161800.123Z.sqlite` beside `journal.sqlite`.
fn name_aside(path: &Path, at: Timestamp) -> PathBuf {
    let (before, after) = around_stamp(path);
    let stamp = at.strftime("%Y%m%dT%H%M%S%.3fZ");
    path.with_file_name(format!("{before}{stamp}{after}"))
}

fn around_stamp(path: &Path) -> (String, String) {
    let part = |part: Option<&std::ffi::OsStr>| {
        part.map_or_else(String::new, |part| part.to_string_lossy().into_owned())
    };
    let (stem, ending) = (part(path.file_stem()), part(path.extension()));
    (format!("{stem}.damaged-"), format!(".{ending}"))
}

/// The newest file that was set aside for this one, if there is one still.
#[must_use]
pub fn newest_aside(path: &Path) -> Option<PathBuf> {
    let (before, after) = around_stamp(path);
    let entries = fs::read_dir(path.parent()?).ok()?.flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let aside = names.filter(|name| name.starts_with(&before) && name.ends_with(&after));
    aside.max().map(|name| path.with_file_name(name))
}

#[cfg(test)]
mod tests {
    use super::super::{Durability, writable};
    use super::*;

    const SCHEMA: Schema = Schema {
        name: "the test file",
        migrations: &["CREATE TABLE small (n INTEGER, t TEXT); CREATE TABLE large (t TEXT);"],
        durability: Durability::ProcessEnd,
        examined: &["small", "of_a_later_version"],
    };

    /// A sound file that nobody has open.
    fn fill(path: &Path) {
        let connection = writable(path, SCHEMA).unwrap();
        for table in ["small (t)", "large (t)"] {
            let fill = format!(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) \
                 INSERT INTO {table} SELECT printf('%0200d', i) FROM n"
            );
            connection.execute_batch(&fill).unwrap();
        }
    }

    /// Overwrites a page in the middle of a table.
    fn damage(path: &Path, table: &str) {
        let connection = Connection::open(path).unwrap();
        let page: u32 = connection
            .query_row(
                "SELECT rootpage FROM sqlite_schema WHERE name = ?1",
                [table],
                |r| r.get(0),
            )
            .unwrap();
        drop(connection);
        let mut bytes = fs::read(path).unwrap();
        let at = (page as usize - 1) * 4096;
        bytes[at..at + 4096].fill(0xa5);
        fs::write(path, bytes).unwrap();
    }

    fn count(connection: &Connection) -> rusqlite::Result<i64> {
        connection.query_row("SELECT count(*) FROM small", [], |row| row.get(0))
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn a_damaged_file_is_set_aside_byte_for_byte_with_those_beside_it_and_a_new_one_begins() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.sqlite");
        fill(&path);
        damage(&path, "small");
        fs::write(beside(&path, "-wal"), "its log").unwrap();
        let before = fs::read(&path).unwrap();
        let (database, aside) = Database::open_or_begin_anew(&path, SCHEMA).unwrap();
        let aside = aside.unwrap();
        assert!(!aside.cause.is_empty());
        assert_eq!(newest_aside(&path), Some(aside.path.clone()));
        assert_eq!(fs::read(&aside.path).unwrap(), before);
        assert_eq!(fs::read(beside(&aside.path, "-wal")).unwrap(), b"its log");
        assert_eq!(database.reader().unwrap().read(count).unwrap(), 0);
        drop(database);
        let (_database, aside) = Database::open_or_begin_anew(&path, SCHEMA).unwrap();
        assert_eq!(aside, None);
    }

    #[test]
    fn a_cut_off_file_and_one_that_is_none_are_damaged_and_an_empty_one_is_new() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.sqlite");
        fill(&path);
        let whole = fs::read(&path).unwrap();
        let note = b"a note, and quite a long one at that, as notes go where people write them";
        for (number, bytes, expected) in [
            (1, &whole[..whole.len() / 2], true),
            (2, &note[..], true),
            (3, &whole[..], false),
            (4, b"", false),
        ] {
            let path = folder.path().join(format!("{number}.sqlite"));
            fs::write(&path, bytes).unwrap();
            let (_, aside) = Database::open_or_begin_anew(&path, SCHEMA).unwrap();
            assert_eq!(aside.is_some(), expected, "{number}");
        }
    }

    #[tokio::test]
    async fn a_damage_that_only_a_write_meets_is_found_at_the_next_opening() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.sqlite");
        fill(&path);
        damage(&path, "large");
        let (database, aside) = Database::open_or_begin_anew(&path, SCHEMA).unwrap();
        assert_eq!(aside, None, "what isn't examined may be as it is");
        let write = database.write(|t| t.execute("INSERT INTO large VALUES ('x')", []));
        assert!(matches!(write.await, Err(Error::Damaged { .. })));
        drop(database);
        let (_, aside) = Database::open_or_begin_anew(&path, SCHEMA).unwrap();
        assert!(aside.is_some());
        assert!(
            !names(folder.path())
                .iter()
                .any(|name| name.ends_with(SUSPECT))
        );
    }

    /// However setting aside is cut short, the next opening finds the damaged file, or a new one
    /// begins and what was linked is complete.
    #[test]
    fn setting_aside_may_be_cut_short_anywhere() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.sqlite");
        fill(&path);
        damage(&path, "small");
        let damaged = fs::read(&path).unwrap();
        let aside = path.with_file_name("t.damaged-20200101T000000.000Z.sqlite");
        let endings = ["", "-wal", "-shm"];
        for done in 0..=6 {
            let inner = tempfile::tempdir_in(folder.path()).unwrap();
            let at = |path: &Path| inner.path().join(path.file_name().unwrap());
            let (path, aside) = (at(&path), at(&aside));
            for ending in endings {
                let bytes = if ending.is_empty() {
                    &damaged[..]
                } else {
                    &b"beside"[..]
                };
                fs::write(beside(&path, ending), bytes).unwrap();
            }
            for ending in &endings[..done.min(3)] {
                fs::hard_link(beside(&path, ending), beside(&aside, ending)).unwrap();
            }
            for ending in &endings[..done.saturating_sub(3)] {
                fs::remove_file(beside(&path, ending)).unwrap();
            }
            let (database, set_aside) = Database::open_or_begin_anew(&path, SCHEMA).unwrap();
            assert_eq!(set_aside.is_some(), done <= 3, "after {done} of its steps");
            let kept = set_aside.map_or(aside, |aside| aside.path);
            assert_eq!(fs::read(&kept).unwrap(), damaged);
            assert_eq!(fs::read(beside(&kept, "-wal")).unwrap(), b"beside");
            assert_eq!(database.reader().unwrap().read(count).unwrap(), 0);
        }
    }
}
