//! What an expression comes to in a row.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Value, json};

use super::run::{Column, Kind};
use super::{Comparison, Expression, Function, Negatable, Part};

/// A row, a value for each column.
pub(super) type Row<'w> = Vec<Cow<'w, Value>>;

/// The value of an expression whose columns are all there.
pub(super) fn value<'r>(
    expression: &'r Expression,
    columns: &[Column],
    row: &'r Row<'_>,
) -> Cow<'r, Value> {
    match expression {
        Expression::Literal(value) => Cow::Borrowed(value),
        Expression::Path(parts) => Cow::Borrowed(at(parts, columns, row)),
        Expression::Call(function, arguments) => {
            let arguments: Vec<Cow<Value>> = arguments
                .iter()
                .map(|argument| value(argument, columns, row))
                .collect();
            Cow::Owned(call(*function, &arguments))
        }
        _ => Cow::Owned(json!(holds(expression, columns, row))),
    }
}

/// Whether an expression is true in a row.
pub(super) fn holds(expression: &Expression, columns: &[Column], row: &Row<'_>) -> bool {
    match expression {
        Expression::And(left, right) => holds(left, columns, row) && holds(right, columns, row),
        Expression::Or(left, right) => holds(left, columns, row) || holds(right, columns, row),
        Expression::Compare(left, comparison, right) => {
            let (left, right) = (value(left, columns, row), value(right, columns, row));
            compare(&left, *comparison, &right)
        }
        Expression::In(left, values, how) => {
            let left = value(left, columns, row);
            let comparison = if how.any_case {
                Comparison::EqualAnyCase
            } else {
                Comparison::Equal
            };
            let found = values
                .iter()
                .any(|one| compare(&left, comparison, &value(one, columns, row)));
            found != how.not
        }
        other => *value(other, columns, row) == json!(true),
    }
}

/// What a path leads to; null where there is nothing.
fn at<'r>(parts: &[Part], columns: &[Column], row: &'r Row<'_>) -> &'r Value {
    let mut parts = parts.iter();
    let Some(Part::Name(first)) = parts.next() else {
        return &Value::Null;
    };
    let column = columns.iter().position(|column| column.name == *first);
    let mut found: &Value = column
        .and_then(|at| row.get(at))
        .map_or(&Value::Null, |v| v);
    for part in parts {
        found = match part {
            Part::Name(name) => &found[name.as_str()],
            Part::Index(index) => &found[*index],
        };
    }
    found
}

/// As Kusto compares: null is unequal to all that is not null, and neither less nor greater.
fn compare(left: &Value, comparison: Comparison, right: &Value) -> bool {
    let texts = |compared: fn(&str, &str) -> bool| {
        compared(&text(left).to_lowercase(), &text(right).to_lowercase())
    };
    match comparison {
        Comparison::Equal => !left.is_null() && equal(left, right),
        Comparison::EqualAnyCase => {
            !left.is_null() && !right.is_null() && texts(|left, right| left == right)
        }
        Comparison::Less => order(left, right) == Some(Ordering::Less),
        Comparison::LessOrEqual => order(left, right).is_some_and(Ordering::is_le),
        Comparison::Greater => order(left, right) == Some(Ordering::Greater),
        Comparison::GreaterOrEqual => order(left, right).is_some_and(Ordering::is_ge),
        Comparison::Has => texts(has),
        Comparison::Contains => texts(|left, right| left.contains(right)),
        Comparison::StartsWith => texts(|left, right| left.starts_with(right)),
        Comparison::EndsWith => texts(|left, right| left.ends_with(right)),
        Comparison::Not(negated) => {
            let plain = match negated {
                Negatable::Equal => Comparison::Equal,
                Negatable::EqualAnyCase => Comparison::EqualAnyCase,
                Negatable::Has => Comparison::Has,
                Negatable::Contains => Comparison::Contains,
                Negatable::StartsWith => Comparison::StartsWith,
                Negatable::EndsWith => Comparison::EndsWith,
            };
            let nothing = left.is_null() && right.is_null();
            !nothing && !compare(left, plain, right)
        }
    }
}

fn equal(left: &Value, right: &Value) -> bool {
    match (left.as_f64(), right.as_f64()) {
        (Some(_), Some(_)) => order(left, right) == Some(Ordering::Equal),
        _ => left == right,
    }
}

/// The order of two values of a kind.
pub(super) fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64()?.partial_cmp(&right.as_f64()?),
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

/// Whether a text has another as a whole term: what is not a letter or a digit is around it.
fn has(text: &str, term: &str) -> bool {
    let apart = |character: Option<char>| character.is_none_or(|c| !c.is_alphanumeric());
    text.match_indices(term).any(|(at, _)| {
        apart(text[..at].chars().next_back()) && apart(text[at + term.len()..].chars().next())
    })
}

fn call(function: Function, arguments: &[Cow<Value>]) -> Value {
    let first = arguments.first().map_or(&Value::Null, |first| &**first);
    let is_empty = first.is_null() || *first == json!("");
    match function {
        Function::Not => json!(*first != json!(true)),
        Function::ToString => json!(text(first)),
        Function::ToLower => json!(text(first).to_lowercase()),
        Function::ToUpper => json!(text(first).to_uppercase()),
        Function::ToInt => {
            let number = first.as_i64().or_else(|| text(first).trim().parse().ok());
            json!(number)
        }
        Function::ToBool => match text(first).to_lowercase().as_str() {
            "true" | "1" => json!(true),
            "false" | "0" => json!(false),
            _ => Value::Null,
        },
        Function::IsEmpty => json!(is_empty),
        Function::IsNotEmpty => json!(!is_empty),
        Function::IsNull => json!(first.is_null()),
        Function::IsNotNull => json!(!first.is_null()),
        Function::ArrayLength => json!(first.as_array().map(Vec::len)),
        Function::Strcat => {
            let texts = arguments.iter().map(|argument| text(argument));
            json!(texts.collect::<String>())
        }
    }
}

/// A value as text: nothing for null, JSON for what has parts.
fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}

/// What kind of value an expression has.
pub(super) fn kind(expression: &Expression, columns: &[Column]) -> Kind {
    match expression {
        Expression::Literal(Value::Number(number)) if number.is_f64() => Kind::Number,
        Expression::Literal(Value::Number(_)) => Kind::Integer,
        Expression::Literal(Value::Bool(_)) => Kind::Boolean,
        Expression::Literal(_) => Kind::Text,
        Expression::Path(parts) => match &parts[..] {
            [Part::Name(name)] => columns
                .iter()
                .find(|column| column.name == *name)
                .map_or(Kind::Object, |column| column.kind),
            _ => Kind::Object,
        },
        Expression::Call(function, _) => match function {
            Function::ToString | Function::ToLower | Function::ToUpper | Function::Strcat => {
                Kind::Text
            }
            Function::ToInt | Function::ArrayLength => Kind::Integer,
            _ => Kind::Boolean,
        },
        _ => Kind::Boolean,
    }
}
