use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Where a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// For something that is named: another job, or Azure.
    Waiting,
    /// To be started.
    Ready,
    /// Being carried out.
    Running,
    /// Stopped by the operator until it is resumed: nothing more is sent.
    Paused,
    /// Not to be started until what is named is mended.
    Held,
    /// Asked to end: no further request is sent, and what Azure goes on doing is watched.
    Cancelling,
    /// Ended without being done, as asked.
    Cancelled,
    /// Ended without being done.
    Failed,
    /// What Azure did, or is doing, can't be read at the moment; it is being tried.
    Unknown,
    /// Done.
    Done,
}

use JobState::{
    Cancelled, Cancelling, Done, Failed, Held, Paused, Ready, Running, Unknown, Waiting,
};

/// Every transition there is. A job leaves a final state only by being retried.
const TRANSITIONS: &[(JobState, &[JobState])] = &[
    (
        Waiting,
        &[Ready, Running, Paused, Held, Cancelling, Cancelled],
    ),
    (
        Ready,
        &[Waiting, Running, Paused, Held, Cancelling, Cancelled],
    ),
    (
        Paused,
        &[Ready, Waiting, Running, Held, Cancelling, Cancelled],
    ),
    (
        Running,
        &[
            Ready, Waiting, Paused, Held, Unknown, Cancelling, Cancelled, Failed, Done,
        ],
    ),
    (
        Unknown,
        &[Ready, Running, Held, Cancelling, Cancelled, Failed, Done],
    ),
    (Held, &[Ready, Cancelled]),
    (Cancelling, &[Cancelled, Failed, Done]),
    (Cancelled, &[Ready]),
    (Failed, &[Ready]),
    (Done, &[]),
];

/// Jobs that have not ended, as a condition that the index of states serves.
pub(super) const OPEN: &str = "state IN ('waiting', 'ready', 'running', 'paused', 'held', \
                               'cancelling', 'unknown')";

impl JobState {
    /// All states.
    pub const ALL: [Self; 10] = [
        Waiting, Ready, Running, Paused, Held, Cancelling, Cancelled, Failed, Unknown, Done,
    ];

    /// Whether a job may go from here to there.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        TRANSITIONS
            .iter()
            .any(|(from, to)| *from == self && to.contains(&next))
    }

    /// Whether nothing more happens unless somebody asks for it.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Cancelled | Failed | Done)
    }

    /// Whether nothing goes on by itself: it has ended, or waits for somebody to mend something.
    #[must_use]
    pub fn is_at_rest(self) -> bool {
        self.is_final() || self == Held
    }

    /// Whether the job's action stands in the middle of its steps.
    #[must_use]
    pub fn is_active(self) -> bool {
        matches!(self, Running | Unknown | Cancelling)
    }

    /// The word for it, the same on screens, in JSON and in the journal.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Waiting => "waiting",
            Ready => "ready",
            Running => "running",
            Paused => "paused",
            Held => "held",
            Cancelling => "cancelling",
            Cancelled => "cancelled",
            Failed => "failed",
            Unknown => "unknown",
            Done => "done",
        }
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for JobState {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|state| state.word() == word);
        known.ok_or_else(|| format!("no job state is called {word:?}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_state_has_its_row_and_its_word() {
        for state in JobState::ALL {
            assert_eq!(
                TRANSITIONS
                    .iter()
                    .filter(|(from, _)| *from == state)
                    .count(),
                1
            );
            assert_eq!(state.word().parse::<JobState>().unwrap(), state);
            assert_eq!(serde_json::to_value(state).unwrap(), state.word());
        }
    }

    #[test]
    fn the_condition_names_every_state_that_is_not_final() {
        for state in JobState::ALL {
            let named = OPEN.contains(&format!("'{state}'"));
            assert_eq!(named, !state.is_final(), "{state}");
        }
    }

    #[test]
    fn done_is_forever_and_every_other_state_can_still_be_done() {
        fn reaches_done(state: JobState, seen: &mut Vec<JobState>) -> bool {
            if state == Done {
                return true;
            }
            seen.push(state);
            JobState::ALL.into_iter().any(|next| {
                state.may_become(next) && !seen.contains(&next) && reaches_done(next, seen)
            })
        }
        for state in JobState::ALL {
            assert!(!Done.may_become(state));
            assert!(reaches_done(state, &mut Vec::new()), "{state}");
        }
    }

    proptest! {
        /// However transitions are tried, a final state is left only to be ready again, and nothing
        /// is done without having run.
        #[test]
        fn walks_keep_the_rules(walk in proptest::collection::vec(0usize..10, 1..60)) {
            let (mut state, mut ran) = (Ready, false);
            for next in walk.into_iter().map(|index| JobState::ALL[index]) {
                if !state.may_become(next) { continue }
                prop_assert!(!state.is_final() || next == Ready);
                if next == Ready { ran = state.is_active() }
                ran |= next.is_active() || (state == Waiting && next == Cancelling);
                if matches!(next, Done | Failed) { prop_assert!(ran) }
                state = next;
            }
        }
    }
}
