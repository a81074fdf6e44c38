//! Deploy: how many machines each customer gets, and where they go, above the plan.

mod draw;
mod sheet;
mod target;

pub use target::{Column, TargetRow};

use crate::actions::deploy::MAX_MACHINES;
use crate::azure::ImageVersion;
use crate::azure::ResourceId;
use crate::tui::list::List;

/// The machines that are to be made from a version.
#[derive(Debug)]
pub struct Machines {
    /// The version.
    pub version: ResourceId,
    /// The version in words, such as `win11-avd 2026.11.3`.
    pub title: String,
    /// The customers.
    pub targets: Vec<TargetRow>,
    /// The rows as they are seen: of several customers first what each of them gets.
    pub list: List<usize>,
    /// The column that is edited.
    pub column: Column,
    /// The row whose number is being typed.
    typing: Option<usize>,
    /// The part whose whole value is told.
    told: Option<(usize, Column)>,
}

/// What a row is about.
#[derive(Debug, Clone, Copy)]
enum About<'a> {
    /// All customers alike.
    Each,
    /// One of them.
    One(&'a TargetRow),
}

impl Machines {
    /// Machines from a version for these customers; none as yet.
    #[must_use]
    pub fn new(version: &ImageVersion, targets: Vec<TargetRow>) -> Self {
        let image = version.id.parent();
        let image = image.as_ref().map_or("", |image| image.name());
        let mut machines = Self {
            version: version.id.clone(),
            title: format!("{image} {}", version.name),
            targets,
            list: List::default(),
            column: Column::Count,
            typing: None,
            told: None,
        };
        machines.arrange();
        machines
    }

    /// Whether the first row is about all customers alike.
    fn has_each(&self) -> bool {
        self.targets.len() > 1
    }

    /// How many rows there are without a filter.
    fn rows(&self) -> usize {
        self.targets.len() + usize::from(self.has_each())
    }

    fn about(&self, row: usize) -> Option<About<'_>> {
        match (self.has_each(), row) {
            (true, 0) => Some(About::Each),
            (true, row) => self.targets.get(row - 1).map(About::One),
            (false, row) => self.targets.get(row).map(About::One),
        }
    }

    /// The customers that a row is about.
    fn targets_of(&mut self, row: usize) -> &mut [TargetRow] {
        let one = match (self.has_each(), row) {
            (true, 0) => return &mut self.targets,
            (true, row) => row - 1,
            (false, row) => row,
        };
        self.targets.get_mut(one..=one).unwrap_or_default()
    }

    fn arrange(&mut self) {
        let filter = self.list.filter.clone();
        let kept = (0..self.rows()).filter(|row| match (&filter, self.about(*row)) {
            (Some(filter), Some(About::One(target))) => filter.keeps(&target.name),
            _ => true,
        });
        let rows = kept.map(|row| (row, row)).collect();
        self.list.show(rows);
    }

    /// What all customers have alike in a column, if they do.
    fn common(&self, column: Column) -> Option<String> {
        let first = self.targets.first()?.text(column)?;
        let alike = |target: &TargetRow| target.text(column).as_ref() == Some(&first);
        self.targets.iter().all(alike).then_some(first)
    }

    /// Machines in all, and for how many customers.
    #[must_use]
    pub fn total(&self) -> (u32, usize) {
        let counts = self.targets.iter().filter_map(|target| target.count().ok());
        let counts: Vec<u32> = counts.filter(|count| *count > 0).collect();
        (counts.iter().sum(), counts.len())
    }
}

/// Digits of the largest number of machines.
fn digits() -> usize {
    MAX_MACHINES.to_string().len()
}
