//! What a document says, read from the JSON a second time and compared with the client's fields.

mod access;
mod deploying;
mod galleries;
mod tenants;

use serde_json::Value;

pub(crate) use access::*;
pub(crate) use deploying::*;
pub(crate) use galleries::*;
pub(crate) use tenants::*;

pub(crate) fn items(answer: &Value) -> &[Value] {
    let list = answer.get("value").unwrap_or(answer);
    list.as_array().unwrap()
}

/// Compares a list item by item.
pub(crate) fn each<T>(got: &[T], answer: &Value, place: &str, compare: fn(&T, &Value, &str)) {
    let items = items(answer);
    assert_eq!(got.len(), items.len(), "{place}");
    for (got, said) in got.iter().zip(items) {
        compare(got, said, place);
    }
}

/// A list that may be missing.
fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
