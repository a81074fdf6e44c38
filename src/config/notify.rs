//! `[notify]`: who is told that jobs have ended, and how.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// Who is told when jobs end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notify {
    /// Whether the interface rings the terminal's bell.
    pub bell: bool,
    /// What is run.
    pub command: Option<NotifyCommand>,
    /// For which ends.
    pub on: BTreeSet<NotifyEvent>,
    /// How long it may take, such as `30s`.
    pub time_limit: Duration,
}

/// A program and its arguments; there is no shell between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotifyCommand {
    /// The program: a path, or a name that is looked up in `PATH`.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
}

/// What somebody may want to be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotifyEvent {
    /// A job has ended, or is held.
    Job,
    /// So has every job of a request.
    Group,
}

impl Default for Notify {
    fn default() -> Self {
        NotifyEntry::default().into_notify(Path::new(""))
    }
}

/// `[notify]` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct NotifyEntry {
    bell: bool,
    command: Option<Argv>,
    on: BTreeSet<NotifyEvent>,
    time_limit: SignedDuration,
}

impl Default for NotifyEntry {
    fn default() -> Self {
        Self {
            bell: false,
            command: None,
            on: BTreeSet::from([NotifyEvent::Group]),
            time_limit: SignedDuration::from_secs(30),
        }
    }
}

impl NotifyEntry {
    /// What it says, in a configuration of this path, or what is wrong with it.
    pub(super) fn resolve(self, config: &Path) -> Result<Notify, String> {
        if !self.time_limit.is_positive() {
            return Err("time_limit must be longer than nothing, such as 30s".to_owned());
        }
        if self.on.is_empty() {
            let text = "on names nothing: \"group\" and \"job\" are what there is, and without \
                        command nothing is run";
            return Err(text.to_owned());
        }
        Ok(self.into_notify(config))
    }

    fn into_notify(self, config: &Path) -> Notify {
        Notify {
            bell: self.bell,
            command: self.command.map(|argv| argv.found_from(config)),
            on: self.on,
            time_limit: self.time_limit.unsigned_abs(),
        }
    }
}

/// The words of a command line, the program first.
struct Argv {
    program: String,
    arguments: Vec<String>,
}

impl Argv {
    /// A program that is a path lies beside the configuration, unless it is absolute. It is started
    /// later, by a process that may be elsewhere.
    fn found_from(self, config: &Path) -> NotifyCommand {
        let mut program = PathBuf::from(&self.program);
        if self.program.contains('/') {
            let file = config.parent().unwrap_or(Path::new("")).join(program);
            program = std::path::absolute(&file).unwrap_or(file);
        }
        NotifyCommand {
            program,
            arguments: self.arguments,
        }
    }
}

impl<'de> Deserialize<'de> for Argv {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;

        impl<'de> Visitor<'de> for Words {
            type Value = Argv;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "an array, the program and its arguments, such as [\"/usr/local/bin/tell\", \
                     \"--channel\", \"ops\"]: no shell splits it",
                )
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut words: A) -> Result<Argv, A::Error> {
                let program: Option<String> = words.next_element()?;
                let Some(program) = program.filter(|program| !program.is_empty()) else {
                    return Err(de::Error::custom("command names no program"));
                };
                let mut arguments = Vec::new();
                while let Some(argument) = words.next_element()? {
                    arguments.push(argument);
                }
                Ok(Argv { program, arguments })
            }
        }

        deserializer.deserialize_seq(Words)
    }
}

#[cfg(test)]
mod tests {
    use super::super::file::parse;
    use super::*;

    const IDENTITY: &str = "[[identity]]\nname = \"me\"\ntenant = \
                            \"11111111-1111-1111-1111-111111111111\"\ncredential = \"device_code\"\n";

    fn read(notify: &str) -> Result<Notify, String> {
        let text = format!("{IDENTITY}[notify]\n{notify}\n");
        let config = parse(&text, Path::new("/etc/gallerist/config.toml"), &|_| None);
        config
            .map(|config| config.notify)
            .map_err(|e| e.to_string())
    }

    #[test]
    fn nobody_is_told_of_anything_unless_it_is_asked_for() {
        let notify = read("").unwrap();
        assert_eq!(notify, Notify::default());
        assert!(!notify.bell && notify.command.is_none());
        assert_eq!(notify.on, BTreeSet::from([NotifyEvent::Group]));
        assert_eq!(notify.time_limit, Duration::from_secs(30));
    }

    #[test]
    fn every_key_is_read() {
        let notify = read(
            "bell = true\ncommand = [\"tell\", \"--channel\", \"ops\"]\non = [\"job\", \
             \"group\"]\ntime_limit = \"5s\"",
        );
        let notify = notify.unwrap();
        assert!(notify.bell);
        assert_eq!(notify.command.unwrap().arguments, ["--channel", "ops"]);
        assert_eq!(notify.on.len(), 2);
        assert_eq!(notify.time_limit, Duration::from_secs(5));
    }

    #[test]
    fn a_program_is_looked_for_where_it_is_said_to_be() {
        for (written, meant) in [
            ("tell", "tell"),
            ("./tell", "/etc/gallerist/tell"),
            ("hooks/tell", "/etc/gallerist/hooks/tell"),
            ("/usr/local/bin/tell", "/usr/local/bin/tell"),
        ] {
            let notify = read(&format!("command = [\"{written}\"]")).unwrap();
            assert_eq!(notify.command.unwrap().program, Path::new(meant));
        }
    }

    #[test]
    fn what_is_not_understood_is_refused_with_what_would_be_right() {
        for (written, words) in [
            (
                "command = \"tell --channel ops\"",
                ":6: invalid type: string",
            ),
            (
                "command = \"tell --channel ops\"",
                "such as [\"/usr/local/bin/tell\",",
            ),
            ("command = []", "command names no program"),
            ("command = [\"\"]", "command names no program"),
            ("command = [\"tell\", 7]", "expected a string"),
            ("on = [\"jobs\"]", "did you mean `job`?"),
            ("on = []", "on names nothing"),
            (
                "time_limit = \"0s\"",
                ":5: time_limit must be longer than nothing",
            ),
            ("ring = true", "unknown field `ring`"),
        ] {
            let refused = read(written).unwrap_err();
            assert!(refused.contains(words), "{refused}");
        }
    }
}
