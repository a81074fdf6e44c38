//! What a story has come to, to be held against what it comes to on the other engine.

use regex::Regex;
use serde_json::{Value, json};

use crate::support::{Simulator, differences, timeless, without_jobs};

/// All resources and all writes, but for what differs from run to run by nature: when, by which job,
/// and what Azure makes up for each machine as it is born.
pub(crate) struct Outcome {
    state: Value,
    writes: Vec<Value>,
}

impl Outcome {
    pub(crate) fn of(azure: &Simulator) -> Self {
        let writes = azure.writes().into_iter();
        let writes = writes.map(|w| json!([w["method"], w["path"], w["query"], w["body"]]));
        let writes: Vec<Value> = writes.collect();
        // The jobs that the writes are of are known from the state.
        let both = without_jobs(&json!({"state": azure.state(), "writes": writes}));
        let born = Regex::new("(?i)(_osdisk_1_|\"(?:vmid|uniqueid)\":\")[0-9a-f-]+").unwrap();
        let state = both["state"].to_string();
        let state = serde_json::from_str(&born.replace_all(&state, "$1")).unwrap();
        let mut writes = both["writes"].as_array().unwrap().clone();
        writes.sort_by_key(Value::to_string);
        Self {
            state: timeless(state),
            writes: writes.into_iter().map(timeless).collect(),
        }
    }

    /// How many writes Azure has accepted.
    pub(crate) fn writes(&self) -> usize {
        self.writes.len()
    }

    /// Where it differs from another.
    pub(crate) fn differences(&self, other: &Self) -> Vec<String> {
        let both = |outcome: &Self| json!([outcome.state, outcome.writes]);
        differences(&both(self), &both(other))
    }
}
