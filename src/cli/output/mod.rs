//! Tables for people, and the shapes of JSON that programs rely on.

mod jobs;
mod plan;
mod record;

use serde_json::Value;
use unicode_width::UnicodeWidthStr;

pub(super) use jobs::{groups_table, jobs_table, outcome};
pub(super) use plan::{obstacles, plan_json, plan_text};
pub(super) use record::record;

use crate::printable::printable;

/// Columns as wide as their widest cell, two spaces apart; the last one is not padded.
pub(super) fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            row.iter()
                .map(|cell| printable(cell).into_owned())
                .collect()
        })
        .collect();
    let width = |column: usize| {
        let cells = rows
            .iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.width());
        cells.chain([heads[column].width()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let mut text = String::new();
    let heads = heads.iter().map(|head| head.to_uppercase()).collect();
    for row in std::iter::once(&heads).chain(&rows) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width - cell.width() + 2));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A value as JSON on lines of its own.
pub(super) fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_aligned_by_width_and_harmless() {
        let rows = [
            vec!["acg\u{1b}[2J".to_owned(), "1".to_owned()],
            vec!["日本".to_owned(), "2".to_owned()],
        ];
        assert_eq!(
            table(&["name", "n"], &rows),
            "NAME     N\nacg␛[2J  1\n日本     2\n"
        );
    }
}
