//! The part of the log that is on the screen and somewhat around it. The whole may be a hundred
//! thousand lines and is never held.

use crate::actions::Level;
use crate::engine::StorageError;
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
    pub(super) fn read(reader: &Reader, view: &LogView) -> Result<Self, StorageError> {
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
    pub(super) fn find(&self, reader: &Reader) -> Result<Option<i64>, StorageError> {
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
) -> Result<Vec<LogLine>, StorageError> {
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
) -> Result<Vec<LogLine>, StorageError> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::Journal;

    /// A journal with this many lines, every tenth a warning.
    async fn journal(lines: usize) -> (tempfile::TempDir, Reader) {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(&folder.path().join("journal")).await.unwrap();
        for line in 1..=lines {
            let level = if line.is_multiple_of(10) {
                Level::Warn
            } else {
                Level::Info
            };
            journal.note(level, &format!("line {line}")).await.unwrap();
        }
        let reader = journal.reader().unwrap();
        (folder, reader)
    }

    fn ids(page: &LogPage) -> Vec<i64> {
        page.lines.iter().map(|line| line.id).collect()
    }

    #[tokio::test]
    async fn the_end_and_the_middle_are_read_and_never_the_whole() {
        let (_folder, reader) = journal(1_500).await;
        let end = LogPage::read(&reader, &LogView::default()).unwrap();
        assert_eq!(ids(&end), (901..=1_500).collect::<Vec<_>>());
        assert!(end.older && !end.newer);
        let view = LogView {
            anchor: Anchor::Near(700),
            seen: Some(1_400),
            ..LogView::default()
        };
        let middle = LogPage::read(&reader, &view).unwrap();
        assert_eq!(ids(&middle), (401..=1_000).collect::<Vec<_>>());
        assert!(middle.older && middle.newer);
        assert_eq!(middle.new, 100);
        let view = LogView {
            anchor: Anchor::Near(0),
            ..LogView::default()
        };
        let start = LogPage::read(&reader, &view).unwrap();
        assert_eq!(ids(&start), (1..=300).collect::<Vec<_>>());
        assert!(!start.older && start.newer);
    }

    #[tokio::test]
    async fn level_and_filter_narrow_together_over_the_whole_log() {
        let (_folder, reader) = journal(1_500).await;
        let view = LogView {
            level: Level::Warn,
            filter: Filter::parse("line [0-9]*5[0-9]$").unwrap(),
            ..LogView::default()
        };
        let page = LogPage::read(&reader, &view).unwrap();
        assert_eq!(
            ids(&page),
            (0..15)
                .map(|hundred| hundred * 100 + 50)
                .collect::<Vec<_>>()
        );
        assert!(!page.older);
    }

    #[tokio::test]
    async fn the_next_and_the_previous_line_are_found_however_far() {
        let (_folder, reader) = journal(1_500).await;
        let view = LogView {
            filter: Filter::parse("^line 3$").unwrap(),
            ..LogView::default()
        };
        let seek = |from, forward| Seek {
            from,
            forward,
            view: view.clone(),
        };
        assert_eq!(seek(1_499, false).find(&reader).unwrap(), Some(3));
        assert_eq!(seek(1, true).find(&reader).unwrap(), Some(3));
        assert_eq!(seek(3, true).find(&reader).unwrap(), None);
    }
}
