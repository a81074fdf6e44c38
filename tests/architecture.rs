//! Holds the direction of imports, and who may know which library. It reads the sources.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms from the faces down, those on one line side by side. A room imports from lower lines
/// only.
const ROOMS: &[&[&str]] = &[
    &["cli", "tui"],
    &["engine", "doctor"],
    &["queue"],
    &["actions"],
    &["estate"],
    &["config"],
    &["azure"],
    &["database", "paths", "printable", "telemetry"],
];

/// Speaks Azure's wire by itself, so that client and simulator cannot share a mistake.
const APART: &str = "simulator";

/// Rooms that these do not know although they are lower: what keeps the journal and the estate may be
/// another engine's.
const UNKNOWN: &[(&str, &str)] = &[("database", "cli tui doctor actions")];

/// Libraries that only one room knows.
const OWNED: &[(&str, &str)] = &[
    ("ratatui", "tui"),
    ("crossterm", "tui"),
    ("tui_input", "tui"),
    ("rustix", "tui engine cli database"),
    ("reqwest", "azure"),
    ("azure_identity", "azure"),
    ("azure_core", "azure"),
    ("rusqlite", "database queue estate"),
    ("axum", "simulator"),
    ("clap", "cli"),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The room that a file is in: the first part of its path below `src`.
fn room_of(file: &Path, src: &Path) -> String {
    let first = file.strip_prefix(src).unwrap().iter().next().unwrap();
    first.to_str().unwrap().trim_end_matches(".rs").to_owned()
}

/// The code without comments and strings, in which a path could be mentioned and not used.
fn code(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        if rest.starts_with("//") {
            rest = rest.split_once('\n').map_or("", |(_, after)| after);
            code.push('\n');
        } else if character == '"' {
            let mut escaped = false;
            let end = rest[1..].find(|c| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            });
            rest = end.map_or("", |end| &rest[end + 2..]);
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\\"'") {
            rest = rest
                .split_once("'\"'")
                .or_else(|| rest.split_once("'\\\"'"))
                .unwrap()
                .1;
        } else {
            code.push(character);
            rest = &rest[character.len_utf8()..];
        }
    }
    code
}

/// The names that follow `crate::`, those in `crate::{…}` included.
fn crate_paths(code: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let after = &code[at + "crate::".len()..];
        if let Some(group) = after.strip_prefix('{') {
            let mut depth = 1;
            let mut name = String::new();
            for character in group.chars() {
                match character {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' | ':' | ' ' | '\n' if depth == 1 => {}
                    _ if depth == 1 => {
                        name.push(character);
                        continue;
                    }
                    _ => continue,
                }
                if !name.is_empty() {
                    names.insert(std::mem::take(&mut name));
                }
                if depth == 0 {
                    break;
                }
            }
        } else {
            names.insert(
                after
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect(),
            );
        }
    }
    names
}

fn level(room: &str) -> Option<usize> {
    ROOMS.iter().position(|level| level.contains(&room))
}

fn check(room: &str, text: &str) -> Vec<String> {
    let code = code(text);
    let mut wrong = Vec::new();
    let every_room: Vec<&str> = ROOMS
        .iter()
        .flat_map(|level| level.iter().copied())
        .collect();
    for name in crate_paths(&code) {
        let known = every_room.contains(&name.as_str()) || name == APART;
        if !known || name == room {
            continue;
        }
        let allowed = match (level(room), level(&name)) {
            (Some(from), Some(to)) => from < to,
            // lib.rs and main.rs name every room.
            (None, _) if room != APART => true,
            _ => false,
        };
        if !allowed {
            wrong.push(format!("{room} imports {name}"));
        }
        let unknown = UNKNOWN.iter().find(|(unknown, _)| *unknown == name);
        if unknown.is_some_and(|(_, to)| to.split(' ').any(|to| to == room)) {
            wrong.push(format!(
                "{room} knows {name}, which it reads through others only"
            ));
        }
    }
    for (library, owners) in OWNED {
        let used = code.contains(&format!("{library}::"));
        let owner = owners.split(' ').any(|owner| owner == room);
        if used && !owner && level(room).is_some() {
            wrong.push(format!(
                "{room} knows {library}, which is for {owners} only"
            ));
        }
    }
    wrong
}

#[test]
fn imports_point_down() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    assert!(files.len() > 50, "the sources are where they were");
    let mut wrong = Vec::new();
    let mut rooms = BTreeSet::new();
    for file in &files {
        let room = room_of(file, &src);
        let text = fs::read_to_string(file).unwrap();
        wrong.extend(
            check(&room, &text)
                .into_iter()
                .map(|what| format!("{}: {what}", file.display())),
        );
        rooms.insert(room);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for room in &rooms {
        let placed = level(room).is_some() || [APART, "lib", "main"].contains(&room.as_str());
        assert!(placed, "{room} has no place in the order of rooms");
    }
}

#[test]
fn the_check_sees_what_it_forbids() {
    assert_eq!(
        check("azure", "use crate::estate::Store;"),
        ["azure imports estate"]
    );
    assert_eq!(
        check("queue", "use crate::{actions, engine::{self, Reply}};"),
        ["queue imports engine"]
    );
    assert_eq!(
        check("estate", "fn f() { crate::cli::run() }"),
        ["estate imports cli"]
    );
    assert_eq!(
        check("simulator", "use crate::azure::Region;"),
        ["simulator imports azure"]
    );
    assert_eq!(
        check("tui", "use crate::simulator;"),
        ["tui imports simulator"]
    );
    assert_eq!(
        check("engine", "use reqwest::Client;"),
        ["engine knows reqwest, which is for azure only"]
    );
    assert_eq!(
        check("tui", "use crate::{database::Error, engine};"),
        ["tui knows database, which it reads through others only"]
    );
    assert_eq!(
        check("queue", "use crate::database::Error;"),
        Vec::<String>::new()
    );
    assert_eq!(
        check("azure", "// crate::cli\nlet s = \"crate::tui\";"),
        Vec::<String>::new()
    );
    assert_eq!(
        check("cli", "use crate::engine::Request;"),
        Vec::<String>::new()
    );
}

#[test]
fn no_room_is_a_drawer() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    for file in files {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let drawers = [
            "utils", "util", "helpers", "helper", "common", "types", "manager", "misc",
        ];
        assert!(!drawers.contains(&name.as_str()), "{}", file.display());
    }
}
