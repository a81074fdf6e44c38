//! The rows of a pane and the selection in them, which stays on its row when rows come and go.

use super::filter::Filter;
use super::widgets::table::View;

/// Rows known by a key, the selected one, and how far the pane is scrolled.
#[derive(Debug, Clone)]
pub struct List<K> {
    rows: Vec<(K, usize)>,
    at: usize,
    top: usize,
    page: usize,
    /// What the rows are narrowed to.
    pub filter: Option<Filter>,
    /// The last filter there was, for going from match to match after it is lifted.
    pub pattern: Option<Filter>,
}

impl<K> Default for List<K> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            at: 0,
            top: 0,
            page: 1,
            filter: None,
            pattern: None,
        }
    }
}

impl<K: PartialEq> List<K> {
    /// Shows these rows, each a key and where the row's data is. The selection stays on its key,
    /// or else at its place.
    pub fn show(&mut self, rows: Vec<(K, usize)>) {
        let kept = self
            .selected()
            .and_then(|key| rows.iter().position(|(other, _)| other == key));
        self.rows = rows;
        self.go(kept.unwrap_or(self.at));
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The key of the selected row.
    #[must_use]
    pub fn selected(&self) -> Option<&K> {
        self.rows.get(self.at).map(|(key, _)| key)
    }

    /// Where the data of the selected row is.
    #[must_use]
    pub fn selected_index(&self) -> Option<usize> {
        self.index(self.at)
    }

    /// Where the data of a row is.
    #[must_use]
    pub fn index(&self, row: usize) -> Option<usize> {
        self.rows.get(row).map(|(_, index)| *index)
    }

    /// The keys in order.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.rows.iter().map(|(key, _)| key)
    }

    /// The number of the selected row.
    #[must_use]
    pub fn at(&self) -> usize {
        self.at
    }

    /// The number of the first row that is seen.
    #[must_use]
    pub fn top(&self) -> usize {
        self.top
    }

    /// Which of the rows are seen.
    #[must_use]
    pub fn view(&self) -> View {
        View {
            rows: self.rows.len(),
            top: self.top,
            at: self.at,
        }
    }

    /// How many rows are seen at once.
    #[must_use]
    pub fn page(&self) -> usize {
        self.page
    }

    /// Selects a row, the last one if there are fewer.
    pub fn go(&mut self, row: usize) {
        self.at = row.min(self.rows.len().saturating_sub(1));
    }

    /// Selects the row that is so many further down, or up.
    pub fn step(&mut self, rows: isize) {
        self.go(self.at.saturating_add_signed(rows));
    }

    /// Selects the row with this key, if it is there.
    pub fn select(&mut self, key: &K) -> bool {
        let found = self.rows.iter().position(|(other, _)| other == key);
        if let Some(row) = found {
            self.at = row;
        }
        found.is_some()
    }

    /// Selects the next row (or the one before) that `wanted` says yes to, given where its data
    /// is; goes on at the other end.
    pub fn seek(&mut self, forward: bool, wanted: impl Fn(usize) -> bool) -> bool {
        let count = self.rows.len();
        let found = (1..=count)
            .map(|step| {
                if forward {
                    (self.at + step) % count
                } else {
                    (self.at + count - step) % count
                }
            })
            .find(|row| self.index(*row).is_some_and(&wanted));
        if let Some(row) = found {
            self.at = row;
        }
        found.is_some()
    }

    /// Scrolls so that the selection is among the `page` rows that are seen. Where it would leave
    /// them, half a page is turned at once, which costs an SSH line less than row by row.
    pub fn fit(&mut self, page: usize) {
        self.page = page.max(1);
        let last_top = self.rows.len().saturating_sub(self.page);
        if self.at < self.top {
            self.top = (self.at + 1)
                .saturating_sub(self.page.div_ceil(2))
                .min(self.at);
        } else if self.at >= self.top + self.page {
            self.top = self.at - self.page / 2;
        }
        self.top = self.top.min(last_top);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows(keys: &[u32]) -> Vec<(u32, usize)> {
        keys.iter()
            .enumerate()
            .map(|(index, key)| (*key, index))
            .collect()
    }

    #[test]
    fn the_selection_stays_on_its_row_when_others_come_and_go() {
        let mut list = List::default();
        list.show(rows(&[10, 20, 30]));
        list.step(1);
        list.show(rows(&[5, 10, 20, 30]));
        assert_eq!((list.selected(), list.at()), (Some(&20), 2));
        list.show(rows(&[5, 30]));
        assert_eq!(list.selected(), Some(&30));
        list.show(vec![]);
        assert_eq!(list.selected(), None);
    }

    proptest! {
        #[test]
        fn the_selection_is_always_seen(
            moves in proptest::collection::vec((-40isize..40, 0usize..30, 0u32..60), 1..40),
        ) {
            let mut list = List::default();
            for (step, page, count) in moves {
                list.show(rows(&(0..count).collect::<Vec<_>>()));
                list.step(step);
                list.fit(page);
                prop_assert!(list.is_empty() || list.at() < list.len());
                prop_assert!(list.top() <= list.at() || list.is_empty());
                prop_assert!(list.at() < list.top() + list.page());
                prop_assert!(list.top() + list.page() <= list.len().max(list.page()));
            }
        }
    }
}
