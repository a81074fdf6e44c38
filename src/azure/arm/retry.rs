use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

use super::governor::Priority;
use crate::azure::error::Error;
use crate::azure::guid::TenantId;
use crate::azure::identity::Access;
use crate::azure::witness::{Retry, Witness};

/// How patiently reads are repeated. What Azure asks for with `Retry-After` goes before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often a read is tried, the first time included.
    pub attempts: u32,
    /// The wait before the second attempt; it doubles from there, with jitter.
    pub first_wait: Duration,
    /// The longest wait between two attempts that Azure did not ask for.
    pub longest_wait: Duration,
}

impl Default for RetryPolicy {
    /// Five attempts, from half a second to half a minute apart.
    fn default() -> Self {
        Self {
            attempts: 5,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(30),
        }
    }
}

/// On whose behalf a request is made, and what for.
pub(crate) struct Caller<'a> {
    pub(crate) access: &'a Access,
    /// Whose tokens a write carries besides.
    pub(crate) auxiliary: &'a [Access],
    pub(crate) witness: Option<&'a dyn Witness>,
    /// Who goes first where not all can.
    pub(crate) priority: Priority,
    /// The customer that it is for, where it is for one: among equals they take turns.
    pub(crate) customer: Option<&'a TenantId>,
    pub(crate) doing: String,
}

impl<'a> Caller<'a> {
    /// The same, with the token of another access.
    pub(crate) fn acting_as(&self, access: &'a Access) -> Self {
        Self {
            access,
            auxiliary: &[],
            witness: self.witness,
            priority: self.priority,
            customer: self.customer,
            doing: self.doing.clone(),
        }
    }
}

/// The attempts at one thing.
pub(crate) struct Attempts<'a> {
    caller: &'a Caller<'a>,
    backoff: ExponentialBackoff,
    attempt: u32,
    of: u32,
}

impl<'a> Attempts<'a> {
    pub(crate) fn new(caller: &'a Caller<'a>, policy: RetryPolicy) -> Self {
        let backoff = ExponentialBuilder::default()
            .with_min_delay(policy.first_wait)
            .with_max_delay(policy.longest_wait)
            .with_jitter()
            .with_max_times(policy.attempts.saturating_sub(1) as usize)
            .build();
        Self {
            caller,
            backoff,
            attempt: 1,
            of: policy.attempts,
        }
    }

    /// Tells the witness and waits; gives the error back when this was the last attempt.
    pub(crate) async fn again(
        &mut self,
        error: Error,
        asked: Option<Duration>,
    ) -> Result<(), Error> {
        let Some(wait) = self.backoff.next() else {
            return Err(error);
        };
        let wait = asked.unwrap_or(wait);
        self.attempt += 1;
        self.tell(&error, wait);
        tokio::time::sleep(wait).await;
        Ok(())
    }

    /// Tells the witness of a repetition that is no further attempt.
    pub(crate) fn tell(&self, error: &Error, wait: Duration) {
        let retry = Retry {
            attempt: self.attempt,
            of: self.of,
            doing: self.caller.doing.clone(),
            cause: error.cause(),
            wait,
        };
        tracing::debug!(attempt = retry.attempt, of = retry.of, ?wait, cause = %retry.cause, "{} again", retry.doing);
        if let Some(witness) = self.caller.witness {
            witness.retrying(&retry);
        }
    }
}
