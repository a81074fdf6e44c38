//! Resource Graph hears of a change some time after it: this keeps what it has not heard of yet.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::simulator::clock::later;
use crate::simulator::resources::{Change, Resources};

/// What resources were before changes that Resource Graph has not heard of.
pub(in crate::simulator) struct History {
    /// How long it takes, in simulated time
    lag: Duration,
    /// By id; the oldest first
    changes: BTreeMap<String, VecDeque<Past>>,
}

struct Past {
    changed: Timestamp,
    /// None where there was nothing
    was: Option<Value>,
}

impl History {
    pub(in crate::simulator) fn new(lag: Duration) -> Self {
        Self {
            lag,
            changes: BTreeMap::new(),
        }
    }

    pub(in crate::simulator) fn set_lag(&mut self, lag: Duration) {
        self.lag = lag;
    }

    /// Notes what has changed by `now`, and forgets what has been heard of.
    pub(in crate::simulator) fn note(&mut self, now: Timestamp, changes: Vec<Change>) {
        for Change { key, was } in changes {
            let past = Past { changed: now, was };
            self.changes.entry(key).or_default().push_back(past);
        }
        let lag = self.lag;
        self.changes.retain(|_, pasts| {
            while pasts
                .front()
                .is_some_and(|past| later(past.changed, lag) <= now)
            {
                pasts.pop_front();
            }
            !pasts.is_empty()
        });
    }

    /// Everything below a scope as Resource Graph knows it at `now`, by id.
    pub(super) fn known<'w>(
        &'w self,
        resources: &'w Resources,
        scope: &str,
        now: Timestamp,
    ) -> Vec<(&'w str, &'w Value)> {
        let prefix = format!("{scope}/");
        let pasts = self.changes.range(prefix.clone()..);
        let pasts = pasts.take_while(|(key, _)| key.starts_with(&prefix));
        let unheard: BTreeMap<&str, Option<&Value>> = pasts
            .filter_map(|(key, pasts)| {
                let next = pasts
                    .iter()
                    .find(|past| later(past.changed, self.lag) > now)?;
                Some((key.as_str(), next.was.as_ref()))
            })
            .collect();
        let current = resources.entries_below(scope);
        let current = current.filter(|(key, _)| !unheard.contains_key(key));
        let before = unheard
            .iter()
            .filter_map(|(key, was)| Some((*key, (*was)?)));
        let mut known: Vec<(&str, &Value)> = current.chain(before).collect();
        if !unheard.is_empty() {
            known.sort_by_key(|(key, _)| *key);
        }
        known
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_change_is_heard_of_after_the_lag() {
        let mut resources = Resources::default();
        resources.put(json!({ "id": "/s/x/a", "n": 0 }));
        resources.watch();
        let mut history = History::new(Duration::from_secs(30));
        let start = Timestamp::UNIX_EPOCH;
        let at = |seconds| later(start, Duration::from_secs(seconds));
        let seen = |history: &History, resources: &Resources, seconds| -> Vec<Value> {
            let known = history.known(resources, "/s/x", at(seconds));
            known
                .into_iter()
                .map(|(_, value)| value["n"].clone())
                .collect()
        };
        resources.put(json!({ "id": "/s/x/a", "n": 1 }));
        history.note(at(10), resources.changes());
        resources.put(json!({ "id": "/s/x/b", "n": 2 }));
        resources.remove("/s/x/a");
        history.note(at(20), resources.changes());
        assert_eq!(seen(&history, &resources, 39), [0]);
        assert_eq!(seen(&history, &resources, 40), [1]);
        history.note(at(45), resources.changes());
        assert_eq!(seen(&history, &resources, 49), [1]);
        assert_eq!(seen(&history, &resources, 50), [2]);
        history.note(at(50), resources.changes());
        assert!(history.changes.is_empty());
    }
}
