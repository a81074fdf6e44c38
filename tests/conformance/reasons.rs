//! Why an exchange is not replayed.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::ground_truth::Exchange;
use crate::support::operations::Operation;

/// A fault of what is written, by which it can be known.
pub(crate) struct Reason {
    pub(crate) why: &'static str,
    operation: &'static str,
    is_so: fn(&Value) -> bool,
}

/// What the client rightly does not understand. The harness replays it all the same and wants to see
/// it refused, and wants each line to be used.
pub(crate) const REASONS: [Reason; 7] = [
    Reason {
        why: "without tenantId: before 2020-01-01 subscriptions did not say whose they are",
        operation: "Subscriptions_List",
        is_so: |answer| answer["value"][0]["tenantId"].is_null(),
    },
    Reason {
        why: "an example whose id is not that of a resource",
        operation: "GalleryImages_Get",
        is_so: has_no_id,
    },
    Reason {
        why: "an example whose id is not that of a resource",
        operation: "GalleryImageVersions_Get",
        is_so: has_no_id,
    },
    Reason {
        why: "an example of machines without names",
        operation: "VirtualMachines_ListAll",
        is_so: |answer| answer["value"][0]["name"].is_null(),
    },
    Reason {
        why: "an example of machines without names",
        operation: "VirtualMachines_List",
        is_so: |answer| answer["value"][0]["name"].is_null(),
    },
    Reason {
        why: "an example of quotas without names",
        operation: "Usage_List",
        is_so: |answer| answer["value"][0]["name"]["value"].is_null(),
    },
    Reason {
        why: "an answer to another question than the client's: its rows are no image versions",
        operation: "Resources",
        is_so: |answer| answer.get("data").is_some(),
    },
];

fn has_no_id(answer: &Value) -> bool {
    let id = answer["id"].as_str();
    id.is_some_and(|id| !id.starts_with("/subscriptions/"))
}

/// Of which operation something is, and why it cannot be replayed.
pub(crate) type Key = (&'static str, &'static str);

impl Reason {
    /// What identifies it among all.
    pub(crate) fn key(&self) -> Key {
        (self.operation, self.why)
    }

    pub(crate) fn of(operation: &Operation, exchange: &Exchange) -> Option<&'static Self> {
        // Whoever follows an operation looks at nothing but the state.
        if operation.tells_of_operations() {
            return None;
        }
        let mut reasons = REASONS.iter();
        reasons
            .find(|reason| reason.operation == operation.id && (reason.is_so)(&exchange.response))
    }
}

/// What can be said of any exchange that cannot be replayed.
pub(crate) fn unusable(operation: &Operation, exchange: &Exchange) -> Option<String> {
    if exchange.response.get("__TRIMMED__").is_some() {
        return Some("trimmed: the body was too long to be kept".to_owned());
    }
    if operation.id == "Deployments_Validate" && exchange.status == 202 {
        let why =
            "202, its answer comes later and is not written (azure_client::validation has one)";
        return Some(why.to_owned());
    }
    let version = exchange.path().rsplit('/').next().unwrap_or_default();
    if operation.id == "SharedGalleryImageVersions_Get" && !version.contains('.') {
        return Some("an example of a version that is no number".to_owned());
    }
    let more = operation.exceeded_by(&exchange.query());
    // Examples show an answer for each parameter that there is; real ones went with theirs.
    if !exchange.is_example() && !operation.follows() && !more.is_empty() {
        return Some(format!(
            "asked with {}, which the client never does",
            more.join(" ")
        ));
    }
    None
}

/// Fails for every reason that explains nothing any more.
pub(crate) fn check(used: &BTreeSet<Key>) {
    let idle = REASONS.iter().map(Reason::key);
    let idle: Vec<Key> = idle.filter(|key| !used.contains(key)).collect();
    assert!(idle.is_empty(), "reasons that nothing has: {idle:#?}");
}
