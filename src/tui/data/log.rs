//! The part of the log that is on the screen and somewhat around it. The whole may be a hundred
//! thousand lines and is never held.

use crate::actions::Level;
use crate::database::Error;
use crate::queue::{JobId, LogLine, LogQuery, Reader};
use crate::tui::filter::Filter;

/// Lines held at once, at most.
pub(super) const HELD: usize = 600;

/// Lines read at once when they have to be held against a filter.
const CHUNK: usize = 1_000;

/// Lines looked through for a filter before it is given up.
const LOOKED_THROUGH: usize = 200_000;

/// Which part of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogView {
    /// How much a line must matter.
    pub level: Level,
    /// Only this job's.
    pub job: Option<JobId>,
    /// Only what this keeps.
    pub filter: Option<Filter>,
    /// Where in it.
    pub anchor: Anchor,
    /// Lines after this one are counted as new.
    pub seen: Option<i64>,
}

impl Default for LogView {
    fn default() -> Self {
        Self {
            level: Level::Info,
            job: None,
            filter: None,
            anchor: Anchor::End,
            seen: None,
        }
    }
}

/// Where in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// Its end, wherever that moves to.
    End,
    /// Around this line.
    Near(i64),
}

/// The next line of some kind after, or before, another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seek {
    /// The line that it is counted from.
    pub from: i64,
    /// After it, or before.
    pub forward: bool,
    /// Of which part of the log; its level is what is looked for.
    pub view: LogView,
}

/// A part of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPage {
    /// What it was read for.
    pub view: LogView,
    /// Its lines, oldest first.
    pub lines: Vec<LogLine>,
    /// Whether there are older ones.
    pub older: bool,
    /// Whether there are newer ones.
    pub newer: bool,
    /// How many lines came after [`LogView::seen`].
    pub new: usize,
}

impl LogPage {
    pub(super) fn read(reader: &Reader, view: &LogView) -> Result<Self, Error> {
        let mut page = Self {
            view: view.clone(),
            lines: Vec::new(),
            older: false,
            newer: false,
            new: 0,
        };
        match view.anchor {
            Anchor::End => {
                page.lines = before(reader, view, None, HELD)?;
                page.older = page.lines.len() == HELD;
            }
            Anchor::Near(line) => {
                let half = HELD / 2;
                page.lines = before(reader, view, Some(line.saturating_add(1)), half)?;
                page.older = page.lines.len() == half;
                let after = after(reader, view, line, half)?;
                page.newer = after.len() == half;
                page.lines.extend(after);
            }
        }
        if let Some(seen) = view.seen {
            page.new = match &view.filter {
                None => {
                    let query = LogQuery {
                        after: Some(seen),
                        ..view.query()
                    };
                    usize::try_from(reader.count_log(&query)?).unwrap_or(usize::MAX)
                }
                Some(_) => after(reader, view, seen, CHUNK)?.len(),
            };
        }
        Ok(page)
    }
}

impl Seek {
    pub(super) fn find(&self, reader: &Reader) -> Result<Option<i64>, Error> {
        let found = if self.forward {
            after(reader, &self.view, self.from, 1)?
        } else {
            before(reader, &self.view, Some(self.from), 1)?
        };
        Ok(found.first().map(|line| line.id))
    }
}

impl LogView {
    fn query(&self) -> LogQuery {
        LogQuery {
            job: self.job,
            level: Some(self.level),
            ..LogQuery::default()
        }
    }

    fn keeps(&self, line: &LogLine) -> bool {
        self.filter
            .as_ref()
            .is_none_or(|filter| filter.keeps(&line.text))
    }
}

/// The newest `wanted` lines before `end`, oldest first.
fn before(
    reader: &Reader,
    view: &LogView,
    mut end: Option<i64>,
    wanted: usize,
) -> Result<Vec<LogLine>, Error> {
    let chunk = if view.filter.is_some() { CHUNK } else { wanted };
    let mut newest_first = Vec::new();
    for _ in 0..LOOKED_THROUGH.div_ceil(CHUNK) {
        let lines = reader.log(
            &LogQuery {
                before: end,
                ..view.query()
            },
            chunk,
        )?;
        let last = lines.len() < chunk;
        end = lines.first().map(|line| line.id);
        newest_first.extend(lines.into_iter().rev().filter(|line| view.keeps(line)));
        if last || newest_first.len() >= wanted {
            break;
        }
    }
    newest_first.truncate(wanted);
    newest_first.reverse();
    Ok(newest_first)
}

/// The oldest `wanted` lines after `start`, oldest first.
fn after(
    reader: &Reader,
    view: &LogView,
    mut start: i64,
    wanted: usize,
) -> Result<Vec<LogLine>, Error> {
    let chunk = if view.filter.is_some() { CHUNK } else { wanted };
    let mut found = Vec::new();
    for _ in 0..LOOKED_THROUGH.div_ceil(CHUNK) {
        let lines = reader.log(
            &LogQuery {
                after: Some(start),
                ..view.query()
            },
            chunk,
        )?;
        let last = lines.len() < chunk;
        start = lines.last().map_or(start, |line| line.id);
        found.extend(lines.into_iter().filter(|line| view.keeps(line)));
        if last || found.len() >= wanted {
            break;
        }
    }
    found.truncate(wanted);
    Ok(found)
}
