//! Each write with what is known of it by now, newest first, without holding them all.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use super::reading::Backwards;
use super::{Line, Outcome};
use crate::queue::JobId;

/// A write, with all that its lines say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Its first line, with what later ones say besides, and what was known last.
    #[serde(flatten)]
    pub line: Line,
    /// When that became known.
    pub outcome_at: Timestamp,
}

/// All writes of a file, in the order in which they were sent, the last one first.
#[derive(Debug)]
pub struct History {
    lines: Backwards,
    /// What later lines say of writes whose first one hasn't come yet.
    later: HashMap<String, Entry>,
    /// Lines that couldn't be read.
    pub unread: usize,
}

impl History {
    /// Opens the file as it is now.
    ///
    /// # Errors
    /// The system's, also that there is none.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            lines: Backwards::open(path)?,
            later: HashMap::new(),
            unread: 0,
        })
    }
}

impl Iterator for History {
    type Item = io::Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        for raw in self.lines.by_ref() {
            let raw = match raw {
                Ok(raw) => raw,
                Err(error) => return Some(Err(error)),
            };
            let Some(line) = raw.line() else {
                self.unread += 1;
                continue;
            };
            let (request, is_first) = (line.request.clone(), line.outcome == Outcome::Sending);
            let entry = Entry::of(line, self.later.remove(&request));
            if is_first {
                return Some(Ok(entry));
            }
            self.later.insert(request, entry);
        }
        // The file was begun in the middle of these.
        let request = self.later.keys().next()?.clone();
        self.later.remove(&request).map(Ok)
    }
}

impl Entry {
    /// A line, and what later ones say of the same write.
    fn of(line: Line, later: Option<Self>) -> Self {
        let Some(Self {
            line: later,
            outcome_at,
        }) = later
        else {
            let outcome_at = line.at;
            return Self { line, outcome_at };
        };
        let line = Line {
            outcome: later.outcome,
            found: later.found,
            status: later.status.or(line.status),
            request_id: later.request_id.or(line.request_id),
            correlation_id: later.correlation_id.or(line.correlation_id),
            error: later.error,
            ..line
        };
        Self { line, outcome_at }
    }
}

/// What is known of the request that a step of a job sent last, if it isn't that nothing came of it.
/// Lines from before the job was submitted are another journal's.
pub(super) fn last_sent(
    path: &Path,
    (job, submitted): (JobId, Timestamp),
    attempt: u32,
    step: &str,
) -> io::Result<Option<Line>> {
    let lines = match Backwards::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    for raw in lines {
        let Some(line) = raw?.line() else { continue };
        if line.at < submitted {
            return Ok(None);
        }
        if (line.job, line.attempt) == (job, attempt) && line.step == step {
            let open = matches!(
                line.outcome,
                Outcome::Sending | Outcome::Unknown | Outcome::Accepted
            );
            return Ok(open.then_some(line));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;

    use super::super::Said;
    use super::super::line::fixtures::line;
    use super::*;

    fn file(lines: &[Line]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        for line in lines {
            writeln!(file, "{}", serde_json::to_string(line).unwrap()).unwrap();
        }
        file
    }

    fn history(lines: &[Line]) -> Vec<Entry> {
        let file = file(lines);
        let history = History::open(file.path()).unwrap();
        history.map(Result::unwrap).collect()
    }

    /// What the answer adds to a line.
    fn answered(request: &str, outcome: Outcome) -> Line {
        Line {
            outcome,
            at: "2026-11-24T12:00:01Z".parse().unwrap(),
            status: Some(201),
            correlation_id: Some(format!("c-{request}")),
            ..line(request)
        }
    }

    #[test]
    fn a_write_is_one_entry_with_its_latest_outcome_and_all_that_was_ever_said() {
        let ended = Line {
            outcome: Outcome::Failed,
            at: "2026-11-24T13:00:00Z".parse().unwrap(),
            method: None,
            error: Some(Said {
                code: Some("Conflict".to_owned()),
                message: "no".to_owned(),
            }),
            ..line("1")
        };
        let lines = [
            line("1"),
            answered("1", Outcome::Accepted),
            line("2"),
            ended,
        ];
        let entries = history(&lines);
        let told: Vec<_> = entries
            .iter()
            .map(|entry| (entry.line.request.as_str(), entry.line.outcome))
            .collect();
        assert_eq!(told, [("2", Outcome::Sending), ("1", Outcome::Failed)]);
        let first = &entries[1];
        assert_eq!(
            (first.line.at, first.outcome_at),
            (lines[0].at, lines[3].at)
        );
        assert_eq!(first.line.method.as_deref(), Some("PUT"));
        assert_eq!(first.line.status, Some(201));
        assert_eq!(first.line.correlation_id.as_deref(), Some("c-1"));
        assert!(first.line.error.is_some());
    }

    #[test]
    fn a_write_whose_first_line_is_elsewhere_is_told_all_the_same() {
        let entries = history(&[answered("1", Outcome::Accepted), line("2")]);
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[1].line.request, "1");
    }

    #[test]
    fn what_a_step_sent_last_is_found_unless_nothing_came_of_it() {
        let long_ago = Timestamp::UNIX_EPOCH;
        let sent = |lines: &[Line], since| {
            let file = file(lines);
            let found = last_sent(file.path(), (JobId(1), since), 1, "update");
            found.unwrap().map(|line| line.request)
        };
        let other = Line {
            step: "another".to_owned(),
            ..line("3")
        };
        let lines = [line("1"), line("2"), other];
        assert_eq!(sent(&lines, long_ago).as_deref(), Some("2"));
        assert_eq!(sent(&lines, Timestamp::now()), None);
        let refused = [line("1"), answered("1", Outcome::Refused)];
        assert_eq!(sent(&refused, long_ago), None);
        let unknown = [line("1"), answered("1", Outcome::Unknown)];
        assert_eq!(sent(&unknown, long_ago).as_deref(), Some("1"));
        let nowhere = tempfile::tempdir().unwrap().path().join("none");
        let found = last_sent(&nowhere, (JobId(1), long_ago), 1, "update");
        assert_eq!(found.unwrap(), None);
    }

    proptest! {
        /// However the lines of several requests are mixed, each is one entry, in the order of
        /// sending, with its last outcome.
        #[test]
        fn mixed_requests_are_told_apart(
            order in Just((0..12usize).collect::<Vec<_>>()).prop_shuffle(),
        ) {
            // Of each of four requests three lines, in this order.
            let stages = [Outcome::Sending, Outcome::Accepted, Outcome::Succeeded];
            let mut next = [0; 4];
            let mut lines = Vec::new();
            for which in order.into_iter().map(|number| number % 4) {
                lines.push(answered(&which.to_string(), stages[next[which]]));
                next[which] += 1;
            }
            let mut sent: Vec<String> = lines
                .iter()
                .filter(|line| line.outcome == Outcome::Sending)
                .map(|line| line.request.clone())
                .collect();
            sent.reverse();
            let entries = history(&lines);
            let told: Vec<String> =
                entries.iter().map(|entry| entry.line.request.clone()).collect();
            prop_assert_eq!(told, sent);
            prop_assert!(entries.iter().all(|entry| entry.line.outcome == Outcome::Succeeded));
        }
    }
}
