//! How the jobs of a group stand, counted.

use crate::queue::{Job, JobState};

/// How many jobs of a group are in which state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tally {
    /// The state that says most of the whole.
    pub state: JobState,
    /// How far the whole is, 0 to 100.
    pub percent: u8,
    counts: Vec<(JobState, usize)>,
}

/// What matters first, and comes first where states are counted.
const ORDER: [JobState; 10] = [
    JobState::Failed,
    JobState::Held,
    JobState::Paused,
    JobState::Unknown,
    JobState::Cancelling,
    JobState::Running,
    JobState::Ready,
    JobState::Waiting,
    JobState::Cancelled,
    JobState::Done,
];

/// What the whole is, the first that any job is: as long as something goes on, that.
const WHOLE: [JobState; 10] = [
    JobState::Cancelling,
    JobState::Running,
    JobState::Unknown,
    JobState::Ready,
    JobState::Waiting,
    JobState::Paused,
    JobState::Held,
    JobState::Failed,
    JobState::Cancelled,
    JobState::Done,
];

impl Tally {
    /// That of these jobs.
    pub(super) fn of(jobs: &[&Job]) -> Self {
        let count = |state: JobState| jobs.iter().filter(|job| job.state == state).count();
        let counts = ORDER.iter().map(|state| (*state, count(*state)));
        let percent = jobs.iter().map(|job| match job.state {
            JobState::Done => 100,
            _ => u32::from(job.progress.percent),
        });
        let whole = percent.sum::<u32>() / u32::try_from(jobs.len().max(1)).unwrap_or(1);
        Self {
            state: WHOLE
                .into_iter()
                .find(|state| count(*state) > 0)
                .unwrap_or(JobState::Done),
            percent: u8::try_from(whole).unwrap_or(100),
            counts: counts.filter(|(_, count)| *count > 0).collect(),
        }
    }

    /// Whether something may still happen by itself.
    pub(super) fn is_open(&self) -> bool {
        !self.state.is_final() && self.state != JobState::Held
    }

    /// How many are in which state, `2 failed · 8 done`; as long as something goes on, that isn't
    /// counted. Nothing where all are in the same.
    pub(super) fn words(&self) -> Option<String> {
        let told = |(state, _): &&(JobState, usize)| !self.is_open() || *state != self.state;
        let words = self.counts.iter().filter(told);
        let words: Vec<String> = words
            .map(|(state, count)| format!("{count} {state}"))
            .collect();
        (self.counts.len() > 1).then(|| words.join(" · "))
    }
}
