//! The table: what is known of each operation, for people.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::support::operations::{OPERATIONS, Operation};

/// What was found out about one operation.
#[derive(Default)]
pub(crate) struct Row {
    pub(crate) recorded: usize,
    pub(crate) replayed: usize,
    /// Writes followed through all polls that were recorded of them.
    pub(crate) followed: usize,
    pub(crate) examples: usize,
    pub(crate) examples_replayed: usize,
    /// Different bodies that the client sends, held against the specification.
    pub(crate) bodies: usize,
    /// Statuses of the simulator's answers, held against the specification.
    pub(crate) answers: BTreeSet<u16>,
    /// What is not covered or not as it was recorded, how often, and why.
    pub(crate) notes: BTreeMap<String, usize>,
}

impl Row {
    pub(crate) fn note(&mut self, why: impl Into<String>) {
        *self.notes.entry(why.into()).or_default() += 1;
    }
}

/// A row a line of `operations.txt`; lines of the same name share theirs.
#[derive(Default)]
pub(crate) struct Table {
    rows: BTreeMap<String, Row>,
}

impl Table {
    pub(crate) fn row(&mut self, operation: &Operation) -> &mut Row {
        self.rows.entry(operation.label()).or_default()
    }

    /// In the order of `operations.txt`.
    pub(crate) fn rows(&self) -> Vec<(&'static Operation, &Row)> {
        let mut seen = BTreeSet::new();
        let lines = OPERATIONS.iter();
        let lines = lines.filter_map(|line| Some((line, self.rows.get(&line.label())?)));
        lines
            .filter(|(line, _)| seen.insert(line.label()))
            .collect()
    }

    pub(crate) fn replayed(&self) -> usize {
        let rows = self.rows.iter();
        let rows = rows.filter(|(label, _)| !label.contains(' '));
        rows.map(|(_, row)| row.replayed).sum()
    }
}

const LEGEND: &str = "\
recorded  exchanges with Azure replayed through the client, of all that were recorded
followed  writes among them that were polled to their end, as they were then
examples  of the specification, replayed likewise
bodies    different ones that the client sends, each allowed by the specification
answers   of the simulator, by status, each as the specification has it

";

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |cells: [&str; 6]| {
            let [operation, recorded, followed, examples, bodies, answers] = cells;
            let line = format!(
                "{operation:<52}{recorded:>10}{followed:>10}{examples:>10}{bodies:>8}  {answers}"
            );
            line.trim_end().to_owned() + "\n"
        };
        f.write_str(LEGEND)?;
        f.write_str(&line([
            "operation",
            "recorded",
            "followed",
            "examples",
            "bodies",
            "answers",
        ]))?;
        let of = |done: usize, all: usize| match all {
            0 => "none".to_owned(),
            all => format!("{done}/{all}"),
        };
        let count = |number: usize| match number {
            0 => String::new(),
            number => number.to_string(),
        };
        let mut sums = [0; 6];
        let mut summed = BTreeSet::new();
        for (operation, row) in self.rows() {
            let answers: Vec<String> = row.answers.iter().map(u16::to_string).collect();
            f.write_str(&line([
                &operation.label(),
                &of(row.replayed, row.recorded),
                &count(row.followed),
                &of(row.examples_replayed, row.examples),
                &count(row.bodies),
                &answers.join(" "),
            ]))?;
            for (why, times) in &row.notes {
                writeln!(f, "    {times} {why}")?;
            }
            // What is asked in several ways is recorded once.
            let first = operation.follows() || summed.insert(operation.id);
            let counts = [
                row.replayed,
                row.recorded,
                row.followed,
                row.examples_replayed,
                row.examples,
                row.bodies,
            ];
            if !first {
                continue;
            }
            for (sum, count) in sums.iter_mut().zip(counts) {
                *sum += count;
            }
        }
        let [replayed, recorded, followed, examples, all_examples, bodies] = sums;
        f.write_str(&line([
            &format!("{} operations", summed.len()),
            &of(replayed, recorded),
            &count(followed),
            &of(examples, all_examples),
            &count(bodies),
            "",
        ]))
    }
}
