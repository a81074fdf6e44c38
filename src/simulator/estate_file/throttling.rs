//! The `[throttling]` table of an estate file: limits on requests that are not Azure's usual ones.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::words::PolicyName;
use crate::simulator::throttling::Sizes;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulator) struct Throttling {
    reads: Option<Bucket>,
    writes: Option<Bucket>,
    deletes: Option<Bucket>,
    /// Queries of Resource Graph in five seconds
    resource_graph: Option<u64>,
    /// Policies of Compute: in three and in thirty minutes, or of a subscription and of a resource
    #[serde(default)]
    compute: BTreeMap<PolicyName, (u64, u64)>,
}

/// Requests of a principal in a subscription.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bucket {
    /// At once
    size: u64,
    /// More each second
    refill: u64,
}

impl Throttling {
    pub(in crate::simulator) fn sizes(&self) -> Sizes {
        let numbers = |bucket: Option<Bucket>| bucket.map(|bucket| (bucket.size, bucket.refill));
        let compute = self.compute.iter();
        Sizes {
            reads: numbers(self.reads),
            writes: numbers(self.writes),
            deletes: numbers(self.deletes),
            resource_graph: self.resource_graph,
            compute: compute
                .map(|(name, sizes)| (name.as_str().to_owned(), *sizes))
                .collect(),
        }
    }
}
