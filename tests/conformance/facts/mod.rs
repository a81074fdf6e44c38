//! What a document says, read from the JSON a second time and compared with the client's fields.

mod access;
mod deploying;
mod galleries;
mod tenants;

use gallerist::azure::{OperationStatus, ProvisioningState, Region};
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

/// How a write is getting on, as the resource tells.
pub(crate) fn operation(got: &OperationStatus, said: &Value, place: &str) {
    let state = said["properties"]["provisioningState"].as_str();
    let as_told = match state {
        None | Some("Succeeded") => matches!(got, OperationStatus::Succeeded),
        Some("Failed") => matches!(got, OperationStatus::Failed(_)),
        Some(_) => matches!(got, OperationStatus::Running { .. }),
    };
    assert!(as_told, "{place}: {got:?} of {state:?}");
}

/// Regions are compared as regions, whatever their spelling.
fn region(got: &Region, said: &Value, place: &str) {
    let said = said["location"].as_str().unwrap();
    assert_eq!(Region::new(said), *got, "{place}");
}

fn state(got: &ProvisioningState, properties: &Value, place: &str) {
    let said = properties["provisioningState"]
        .as_str()
        .unwrap_or("Succeeded");
    assert_eq!(said, got.as_str(), "{place}");
    assert!(
        !matches!(got, ProvisioningState::Other(_)),
        "{place}: {said}"
    );
}
