use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use super::written::{SentWrite, WriteAnswer};

/// Who is told before something is tried again or has to wait, so that nothing does so silently, and
/// of every request that changes something.
#[async_trait]
pub trait Witness: Send + Sync {
    /// Called before the wait. Must not block.
    fn retrying(&self, retry: &Retry);

    /// Called before a noticeable wait for Azure's limits. Must not block.
    fn waiting(&self, wait: &Wait);

    /// Called before a write leaves, which it does when this returns: whoever has to account for it
    /// and can't, doesn't return.
    async fn sending(&self, _: &SentWrite) {}

    /// Called with what came of that write, before anything else is made of it. Must not wait long.
    async fn answered(&self, _: &SentWrite, _: &WriteAnswer) {}
}

/// One repetition that is about to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// The number of the attempt that comes after the wait; the first attempt of all was 1.
    pub attempt: u32,
    /// How many attempts there will be at most.
    pub of: u32,
    /// What is being done to what.
    pub doing: String,
    /// Why the last attempt did not do.
    pub cause: String,
    /// How long until the next attempt.
    pub wait: Duration,
}

impl fmt::Display for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; ", self.doing, self.cause)?;
        if self.wait.is_zero() {
            return f.write_str("again at once");
        }
        let seconds = self.wait.as_secs_f32().ceil();
        write!(f, "attempt {} of {} in {seconds} s", self.attempt, self.of)
    }
}

/// A request that is held back for a while, so that Azure does not have to refuse it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// What is being done to what.
    pub doing: String,
    /// Whose turn it waits for: `reads of subscription …`.
    pub what: String,
    /// How long, as far as can be foreseen.
    pub wait: Duration,
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.wait.as_secs_f32().ceil();
        write!(f, "{}: waiting {seconds} s for {}", self.doing, self.what)
    }
}
