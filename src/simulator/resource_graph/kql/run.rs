//! Carries a query out.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::expression::{Row, holds, kind, order, value};
use super::{Expression, Mistake, Named, Part, Step};

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::simulator::resource_graph) struct Column {
    pub(in crate::simulator::resource_graph) name: String,
    pub(in crate::simulator::resource_graph) kind: Kind,
}

/// `ColumnDataType` (`ResourceGraph 2024-04-01/resourcegraph.json`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::simulator::resource_graph) enum Kind {
    Text,
    Integer,
    Number,
    Boolean,
    Object,
}

impl Kind {
    pub(in crate::simulator::resource_graph) fn name(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Object => "object",
        }
    }
}

/// What a query comes to.
pub(in crate::simulator::resource_graph) struct Rows<'w> {
    pub(in crate::simulator::resource_graph) columns: Vec<Column>,
    pub(in crate::simulator::resource_graph) rows: Vec<Row<'w>>,
}

/// Carries the steps out on a table, which makes of each of its items a row of the columns that
/// are asked for; the others may be null in it.
///
/// # Errors
/// [`Mistake`] for columns that are not there, and where a value with parts is to be ordered.
pub(in crate::simulator::resource_graph) fn run<'w, T>(
    steps: &[Step],
    columns: Vec<Column>,
    items: impl Iterator<Item = T>,
    row: impl Fn(T, &[bool]) -> Row<'w>,
) -> Result<Rows<'w>, Mistake> {
    let shapes = shapes(steps, columns)?;
    let wanted = wanted(steps, &shapes[0]);
    let filters = steps.iter().map_while(|step| match step {
        Step::Where(condition) => Some(condition),
        _ => None,
    });
    let filters: Vec<&Expression> = filters.collect();
    let rows = items.map(|item| row(item, &wanted));
    let rows = rows.filter(|row| filters.iter().all(|filter| holds(filter, &shapes[0], row)));
    let mut rows: Vec<Row> = rows.collect();
    for (step, columns) in steps.iter().zip(&shapes).skip(filters.len()) {
        rows = taken(step, columns, rows);
    }
    let columns = shapes.into_iter().next_back().unwrap_or_default();
    Ok(Rows { columns, rows })
}

/// The columns before each step, and after the last.
fn shapes(steps: &[Step], columns: Vec<Column>) -> Result<Vec<Vec<Column>>, Mistake> {
    let mut shapes = vec![columns];
    for step in steps {
        let columns = shapes.last().map_or(&[][..], Vec::as_slice);
        for expression in expressions(step) {
            resolve(step, expression, columns)?;
        }
        let named = |named: &Vec<Named>| -> Vec<Column> {
            let named = named.iter().map(|column| Column {
                name: column.name.clone(),
                kind: kind(&column.value, columns),
            });
            named.collect()
        };
        let count = |name: &str| Column {
            name: name.to_owned(),
            kind: Kind::Integer,
        };
        let next = match step {
            Step::Project(columns) | Step::Distinct(columns) => named(columns),
            Step::Extend(new) => {
                let new = named(new);
                let replaced = |old: &&Column| new.iter().any(|new| new.name == old.name);
                let kept = columns.iter().filter(|old| !replaced(old)).cloned();
                kept.chain(new.iter().cloned()).collect()
            }
            Step::ProjectAway(away) => {
                if let Some(name) = away.iter().find(|a| columns.iter().all(|c| c.name != **a)) {
                    return Err(Mistake::Unresolved {
                        step: step.name(),
                        name: name.clone(),
                    });
                }
                let kept = columns.iter().filter(|c| !away.contains(&c.name));
                kept.cloned().collect()
            }
            Step::Count => vec![count("Count")],
            Step::Summarize(counts, by) => {
                let mut columns = named(by);
                columns.extend(counts.iter().map(|name| count(name)));
                columns
            }
            Step::Where(_) | Step::OrderBy(_) | Step::Take(_) | Step::Top(..) => columns.to_vec(),
        };
        shapes.push(next);
    }
    Ok(shapes)
}

fn expressions(step: &Step) -> Vec<&Expression> {
    match step {
        Step::Where(condition) => vec![condition],
        Step::Project(columns)
        | Step::Extend(columns)
        | Step::Distinct(columns)
        | Step::Summarize(_, columns) => columns.iter().map(|column| &column.value).collect(),
        Step::OrderBy(by) | Step::Top(_, by) => by.iter().map(|(value, _)| value).collect(),
        Step::ProjectAway(_) | Step::Take(_) | Step::Count => Vec::new(),
    }
}

/// That every column of an expression is there, and that nothing with parts is grouped or ordered
/// by (Kusto wants `tostring()` around it; Azure's error for that is unverified).
fn resolve(step: &Step, expression: &Expression, columns: &[Column]) -> Result<(), Mistake> {
    for name in names(expression) {
        if columns.iter().all(|column| column.name != name) {
            return Err(Mistake::Unresolved {
                step: step.name(),
                name: name.to_owned(),
            });
        }
    }
    let plain = matches!(
        step,
        Step::OrderBy(_) | Step::Top(..) | Step::Distinct(_) | Step::Summarize(..)
    );
    if plain && kind(expression, columns) == Kind::Object {
        let token = names(expression).first().copied().unwrap_or_default();
        return Err(Mistake::Unsupported {
            token: token.to_owned(),
        });
    }
    Ok(())
}

/// The columns that an expression is made of.
fn names(expression: &Expression) -> Vec<&str> {
    match expression {
        Expression::Literal(_) => Vec::new(),
        Expression::Path(parts) => match parts.first() {
            Some(Part::Name(name)) => vec![name],
            _ => Vec::new(),
        },
        Expression::Compare(left, _, right)
        | Expression::And(left, right)
        | Expression::Or(left, right) => [names(left), names(right)].concat(),
        Expression::In(left, values, _) => {
            let mut all = names(left);
            all.extend(values.iter().flat_map(names));
            all
        }
        Expression::Call(_, arguments) => arguments.iter().flat_map(names).collect(),
    }
}

/// Which columns of the table a query asks for: all, unless a step puts others in their place.
fn wanted(steps: &[Step], columns: &[Column]) -> Vec<bool> {
    let ends = |step: &Step| {
        matches!(
            step,
            Step::Project(_) | Step::Distinct(_) | Step::Summarize(..) | Step::Count
        )
    };
    let Some(end) = steps.iter().position(ends) else {
        return vec![true; columns.len()];
    };
    let used: HashSet<&str> = steps[..=end]
        .iter()
        .flat_map(expressions)
        .flat_map(names)
        .collect();
    columns
        .iter()
        .map(|column| used.contains(column.name.as_str()))
        .collect()
}

/// One step, on rows of `columns`.
fn taken<'w>(step: &Step, columns: &[Column], mut rows: Vec<Row<'w>>) -> Vec<Row<'w>> {
    match step {
        Step::Where(condition) => {
            rows.retain(|row| holds(condition, columns, row));
            rows
        }
        Step::Project(named) => rows.iter().map(|row| picked(named, columns, row)).collect(),
        Step::Extend(named) => {
            let replaced = |column: &Column| named.iter().any(|new| new.name == column.name);
            let rows = rows.into_iter().map(|row| {
                let new = picked(named, columns, &row);
                let old = row.into_iter().zip(columns);
                let kept = old.filter(|(_, column)| !replaced(column));
                kept.map(|(value, _)| value).chain(new).collect()
            });
            rows.collect()
        }
        Step::ProjectAway(away) => {
            let rows = rows.into_iter().map(|row| {
                let all = row.into_iter().zip(columns);
                let kept = all.filter(|(_, column)| !away.contains(&column.name));
                kept.map(|(value, _)| value).collect()
            });
            rows.collect()
        }
        Step::OrderBy(by) => sorted(by, columns, rows),
        Step::Top(most, by) => {
            let mut rows = sorted(by, columns, rows);
            rows.truncate(*most);
            rows
        }
        Step::Take(most) => {
            rows.truncate(*most);
            rows
        }
        Step::Count => vec![vec![Cow::Owned(json!(rows.len()))]],
        Step::Distinct(named) => grouped(&[], named, columns, &rows),
        // Counting without groups gives a row even where there is nothing.
        Step::Summarize(counts, by) if by.is_empty() => {
            let count = Cow::Owned(json!(rows.len()));
            vec![vec![count; counts.len()]]
        }
        Step::Summarize(counts, by) => grouped(counts, by, columns, &rows),
    }
}

fn picked<'w>(named: &[Named], columns: &[Column], row: &Row<'w>) -> Row<'w> {
    let values = named.iter().map(|column| match &column.value {
        // A whole column is handed on as it is.
        Expression::Path(parts) if parts.len() == 1 => {
            let Some(Part::Name(name)) = parts.first() else {
                return Cow::Owned(Value::Null);
            };
            let at = columns.iter().position(|column| column.name == *name);
            let kept = at.and_then(|at| row.get(at)).cloned();
            kept.unwrap_or(Cow::Owned(Value::Null))
        }
        other => Cow::Owned(value(other, columns, row).into_owned()),
    });
    values.collect()
}

fn sorted<'w>(
    by: &[(Expression, bool)],
    columns: &[Column],
    mut rows: Vec<Row<'w>>,
) -> Vec<Row<'w>> {
    rows.sort_by(|one, other| {
        let mut orders = by.iter().map(|(expression, descending)| {
            let one = value(expression, columns, one);
            let other = value(expression, columns, other);
            // Nothing is less than anything.
            let found = order(&one, &other).unwrap_or_else(|| other.is_null().cmp(&one.is_null()));
            if *descending { found.reverse() } else { found }
        });
        orders
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    });
    rows
}

/// Each combination of values once, in the order in which they come first, with how often it comes.
fn grouped<'w>(
    counts: &[String],
    by: &[Named],
    columns: &[Column],
    rows: &[Row<'w>],
) -> Vec<Row<'w>> {
    let mut groups: Vec<(Row<'w>, usize)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for row in rows {
        let values = picked(by, columns, row);
        let key = json!(values).to_string();
        let place = *places.entry(key).or_insert(groups.len());
        match groups.get_mut(place) {
            Some((_, count)) => *count += 1,
            None => groups.push((values, 1)),
        }
    }
    let rows = groups.into_iter().map(|(mut values, count)| {
        values.extend(counts.iter().map(|_| Cow::Owned(json!(count))));
        values
    });
    rows.collect()
}
