//! Following what Azure has accepted to its end.

use std::time::Duration;

use async_trait::async_trait;

use super::{Level, Teller, Told};
use crate::azure::{Accepted, ArmError, Error, OperationStatus, Session};

/// How long to wait where Azure doesn't say.
pub(super) const POLL: Duration = Duration::from_secs(5);

/// The shortest, whatever Azure says: an answer of 0 is no reason to ask without a pause.
const SHORTEST_POLL: Duration = Duration::from_secs(1);

/// The longest wait between two attempts to read what can't be read.
const LONGEST_POLL: Duration = Duration::from_secs(60);

/// How often in a row Azure may fail to tell of an operation before the resource is read instead.
const MOST_FAILURES: u32 = 5;

/// Looks at how far a change is, for those who watch it. Nothing depends on it.
#[async_trait]
pub(super) trait Look: Send + Sync {
    /// Looks, and tells.
    async fn look(&self, tell: &dyn Teller);
}

/// How an operation ended, as far as the operation itself says.
pub(super) enum Ended {
    /// Well.
    Succeeded,
    /// Badly.
    Failed(ArmError),
    /// Somebody cancelled it.
    Canceled,
    /// It can't be followed any more; the resource says how it ended.
    Lost,
}

/// What was asked for by `Retry-After` at acceptance, or what is usual.
pub(super) fn pace(accepted: &Accepted) -> Duration {
    let asked = accepted.retry_after_s.map(Duration::from_secs);
    asked.unwrap_or(POLL).max(SHORTEST_POLL)
}

/// Follows an operation to its end, however long it can't be read meanwhile.
pub(super) async fn operation(
    session: &Session,
    accepted: &Accepted,
    look: &dyn Look,
    tell: &dyn Teller,
) -> Ended {
    let pace = pace(accepted);
    let mut patience = Patience::default();
    if let Some(asked) = accepted.retry_after_s {
        look.look(tell).await;
        tokio::time::sleep(Duration::from_secs(asked)).await;
    }
    loop {
        let wait = match session.operation(accepted).await {
            Ok(OperationStatus::Running { retry_after, .. }) => {
                patience.found(tell);
                look.look(tell).await;
                retry_after.unwrap_or(pace).max(SHORTEST_POLL)
            }
            Ok(OperationStatus::Succeeded) => {
                patience.found(tell);
                return Ended::Succeeded;
            }
            Ok(OperationStatus::Failed(error)) => return Ended::Failed(error),
            Ok(OperationStatus::Canceled) => return Ended::Canceled,
            // Azure forgets operations after a while; the resource itself says how it ended.
            Err(error) if error.is_not_found() => {
                let line =
                    format!("the operation is no longer known, reading what it made: {error}");
                return patience.give_up(Level::Info, line, tell);
            }
            // Asked again, it would lead nowhere else.
            Err(error) if leads_nowhere(&error) || patience.ends_with(&error) => {
                let line =
                    format!("the operation can't be followed, reading what it made: {error}");
                return patience.give_up(Level::Warn, line, tell);
            }
            Err(error) => patience.lost(&error, tell),
        };
        tokio::time::sleep(wait).await;
    }
}

fn leads_nowhere(error: &Error) -> bool {
    matches!(error, Error::ForeignOrigin { .. } | Error::Malformed { .. })
}

/// Keeps count of what can't be read, so that it is told once, and asked for ever more slowly.
#[derive(Default)]
pub(super) struct Patience {
    failures: u32,
}

impl Patience {
    pub(super) fn found(&mut self, tell: &dyn Teller) {
        if std::mem::take(&mut self.failures) > 0 {
            tell.tell(Told::Known);
        }
    }

    /// Whether this answer of Azure is one failure too many.
    fn ends_with(&self, error: &Error) -> bool {
        error.status().is_some() && self.failures + 1 >= MOST_FAILURES
    }

    /// Leaves the operation, whose resource tells from here on.
    fn give_up(&mut self, level: Level, line: String, tell: &dyn Teller) -> Ended {
        self.found(tell);
        tell.tell(Told::Line(level, line));
        Ended::Lost
    }

    pub(super) fn lost(&mut self, error: &Error, tell: &dyn Teller) -> Duration {
        self.failures += 1;
        let wait = LONGEST_POLL.min(Duration::from_secs(1 << self.failures.min(6)));
        let wait = error.retry_after().unwrap_or(wait).max(SHORTEST_POLL);
        let attempt = self.failures;
        tell.tell(Told::Unknown(format!(
            "attempt {attempt} to read the status failed, next in {} s: {error}",
            wait.as_secs()
        )));
        wait
    }
}
