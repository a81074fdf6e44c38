//! The log pane. Follow, level, filter, scope and wrap are switches of their own: none of them
//! changes another.

use crate::actions::Level;
use crate::queue::{JobId, LogLine};
use crate::tui::data::{Anchor, LogPage, LogView, Seek};
use crate::tui::filter::Filter;
use crate::tui::panes::log;

/// Lines to the end of what is held at which more is asked for.
const MARGIN: usize = 60;

/// What the log pane remembers.
#[derive(Debug, Clone)]
pub struct LogPane {
    /// Whether it shows the newest lines as they come.
    pub follow: bool,
    /// How much a line must matter.
    pub level: Level,
    /// What its lines are narrowed to.
    pub filter: Option<Filter>,
    /// The last filter there was.
    pub pattern: Option<Filter>,
    /// Only this job's lines.
    pub scope: Option<JobId>,
    /// Whether long lines are broken rather than cut.
    pub wrap: bool,
    /// The lines held, oldest first; nothing as long as they are being read.
    pub page: Option<LogPage>,
    /// The line that is being looked for.
    pub seek: Option<Seek>,
    /// The selected line, among those held.
    pub at: usize,
    /// The first line that is seen.
    pub top: usize,
    /// Lines on the screen, for moves by the page.
    pub height: usize,
    anchor: Anchor,
    seen: Option<i64>,
    /// The line to select when it is read.
    awaited: Option<i64>,
}

impl Default for LogPane {
    fn default() -> Self {
        let LogView {
            level,
            job,
            filter,
            anchor,
            seen,
        } = LogView::default();
        Self {
            follow: true,
            level,
            filter,
            pattern: None,
            scope: job,
            wrap: false,
            page: None,
            seek: None,
            at: 0,
            top: 0,
            height: 1,
            anchor,
            seen,
            awaited: None,
        }
    }
}

impl LogPane {
    /// Which part of the log this shows.
    #[must_use]
    pub fn view(&self) -> LogView {
        LogView {
            level: self.level,
            job: self.scope,
            filter: self.filter.clone(),
            anchor: self.anchor,
            seen: self.seen,
        }
    }

    /// The lines held, oldest first.
    #[must_use]
    pub fn lines(&self) -> &[LogLine] {
        self.page.as_ref().map_or(&[], |page| &page.lines)
    }

    /// The selected line.
    #[must_use]
    pub fn selected(&self) -> Option<&LogLine> {
        self.lines().get(self.at)
    }

    /// How many lines came since following was left.
    #[must_use]
    pub fn new_lines(&self) -> usize {
        self.page.as_ref().map_or(0, |page| page.new)
    }

    /// Takes in the lines of the present view. The selection stays on its line, or follows the
    /// end.
    pub fn show(&mut self, page: LogPage) {
        let awaited = self.awaited.take();
        let kept = awaited.or_else(|| self.selected().map(|line| line.id));
        let seen = self.lines().get(self.top).map(|line| line.id);
        self.page = Some(page);
        let lines = self.lines();
        let last = lines.len().saturating_sub(1);
        let place = |id: i64| lines.partition_point(|line| line.id < id).min(last);
        let at = match kept {
            _ if self.follow => last,
            Some(id) => place(id),
            None => last,
        };
        let top = seen.map_or(at, place);
        (self.at, self.top) = (at, top);
    }

    /// Goes so many lines down, or up. Going up leaves the end.
    pub fn step(&mut self, lines: isize) {
        let last = self.lines().len().saturating_sub(1);
        let at = self.at.saturating_add_signed(lines).min(last);
        let up = at < self.at;
        self.at = at;
        if up {
            self.leave_end();
        }
        self.ask_for_more();
    }

    /// Goes to the very first line.
    pub fn first(&mut self) {
        self.leave_end();
        self.at = 0;
        if self.page.as_ref().is_some_and(|page| page.older) {
            self.anchor = Anchor::Near(0);
            self.awaited = Some(0);
        }
    }

    /// Goes to the end and stays there as lines come.
    pub fn follow(&mut self) {
        self.follow = true;
        self.anchor = Anchor::End;
        self.awaited = None;
        self.seen = None;
        self.at = self.lines().len().saturating_sub(1);
    }

    /// Stays where it is as lines come.
    pub fn leave_end(&mut self) {
        if self.follow {
            self.follow = false;
            self.seen = self.lines().last().map(|line| line.id);
            if let Some(line) = self.selected() {
                self.anchor = Anchor::Near(line.id);
            }
        }
    }

    /// Goes to this line, which need not be held.
    pub fn go_to(&mut self, line: i64) {
        self.leave_end();
        if let Some(at) = self.lines().iter().position(|held| held.id == line) {
            self.at = at;
            self.ask_for_more();
        } else {
            self.anchor = Anchor::Near(line);
            self.awaited = Some(line);
        }
    }

    /// Looks for the next line of the present view that matters so much and that a filter keeps.
    pub fn look_for(&mut self, forward: bool, level: Level, filter: Option<Filter>) {
        let from = self.selected().map_or(0, |line| line.id);
        let level = level.max(self.level);
        let view = LogView {
            level,
            filter,
            anchor: Anchor::End,
            seen: None,
            ..self.view()
        };
        self.seek = Some(Seek {
            from,
            forward,
            view,
        });
    }

    /// The lines that pass the switches are others now; the selection stays near its line.
    pub fn narrowed(&mut self) {
        if !self.follow
            && let Some(line) = self.selected()
        {
            self.anchor = Anchor::Near(line.id);
        }
    }

    fn ask_for_more(&mut self) {
        let Some(page) = &self.page else { return };
        if self.follow || page.view.anchor != self.anchor {
            return;
        }
        let near_top = page.older && self.at < MARGIN;
        let near_end = page.newer && self.at + MARGIN > page.lines.len();
        if (near_top || near_end)
            && let Some(line) = self.selected()
        {
            self.anchor = Anchor::Near(line.id);
        }
    }

    /// Scrolls so that the selection is seen in a window of this size; following, the last line
    /// stands at its bottom.
    pub fn fit(&mut self, width: u16, height: u16) {
        self.height = usize::from(height).max(1);
        let last = self.lines().len().saturating_sub(1);
        self.at = self.at.min(last);
        self.top = self.top.min(self.at);
        let heights = |range: std::ops::RangeInclusive<usize>| -> usize {
            self.lines()[range]
                .iter()
                .map(|line| log::height(line, width, self.wrap))
                .sum()
        };
        if self.lines().is_empty() {
            return;
        }
        // From the selected line (or the last) upwards, as many as there is room for.
        let lowest = |end: usize| {
            let mut top = end;
            while top > 0 && heights(top - 1..=end) <= self.height {
                top -= 1;
            }
            top
        };
        let bottom = lowest(last);
        let earliest = lowest(self.at);
        self.top = if self.follow {
            bottom
        } else {
            self.top.max(earliest).min(bottom)
        };
    }
}
