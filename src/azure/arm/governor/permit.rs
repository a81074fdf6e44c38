use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use reqwest::Method;
use reqwest::header::HeaderMap;
use tokio::sync::{Notify, watch};
use url::Url;

use super::budget::{Ready, Taken};
use super::budgets::{Budgets, Id, Key};
use super::demand::Demand;
use super::signs::{Refused, Signs};
use super::throttle::{Strain, Throttle, Waiting, timestamp};
use super::turn::{Line, Priority, Turn};
use crate::azure::arm::error::ArmError;
use crate::azure::arm::retry::Caller;
use crate::azure::guid::TenantId;
use crate::azure::witness::Wait;

/// What is waited for from here on is told.
const NOTICEABLE: Duration = Duration::from_secs(1);

/// The wait after a refusal that asks for none: what ARM's own refusals ask for.
const AFTER_REFUSAL: Duration = Duration::from_secs(10);

/// Lets requests go as Azure's limits allow.
pub(crate) struct Governor {
    shared: Mutex<Shared>,
    strain: watch::Sender<Option<Strain>>,
}

#[derive(Default)]
struct Shared {
    budgets: Budgets,
    line: Line,
    /// Since when somebody has been waiting all the time.
    strained: Option<Instant>,
}

/// One request may be sent. Dropped without an answer, it has been sent all the same.
pub(crate) struct Permit<'a> {
    governor: &'a Governor,
    demand: Arc<Demand>,
    taken: Vec<(Id, Taken)>,
    waited: bool,
}

impl Governor {
    pub(crate) fn new() -> Self {
        Self {
            shared: Mutex::default(),
            strain: watch::Sender::new(None),
        }
    }

    /// A place behind all that are there with this priority.
    pub(crate) fn turn(&self, priority: Priority) -> Turn {
        self.shared().line.turn(priority)
    }

    /// Waits until a request may be sent. The caller's witness is told of a wait that it would
    /// notice; of reads for the screen the [`Strain`] tells.
    pub(crate) async fn permit(
        &self,
        turn: Turn,
        caller: &Caller<'_>,
        method: &Method,
        url: &Url,
    ) -> Permit<'_> {
        let demand = Arc::new(Demand::new(caller.access, method, url));
        let place = Place::take(self, turn, caller.customer, demand);
        let mut told: Option<Instant> = None;
        loop {
            let (ready, what) = match place.look(told.is_some()) {
                Look::Go(permit) => return permit,
                Look::Wait(ready, what) => (ready, what),
            };
            let Ready::At(at) = ready else {
                place.wake.notified().await;
                continue;
            };
            let now = now();
            let wait = at.saturating_duration_since(now);
            if wait >= NOTICEABLE && told.is_none_or(|until| until <= now) {
                told = Some(at);
                tell(caller, turn.priority, what, wait);
            }
            // Whether woken or in time, it looks again.
            let _ = tokio::time::timeout_at(at.into(), place.wake.notified()).await;
        }
    }

    /// What is left of each limit.
    pub(crate) fn throttle(&self) -> Throttle {
        let now = now();
        let shared = self.shared();
        let mut waiting: HashMap<Id, Waiting> = HashMap::new();
        for (ready, id) in shared.line.held() {
            let waiting = waiting.entry(id).or_default();
            waiting.requests += 1;
            waiting.until = waiting.until.max(ready.time());
        }
        Throttle::of(&shared.budgets, &waiting, now)
    }

    /// Whether requests wait noticeably.
    pub(crate) fn strain(&self) -> watch::Receiver<Option<Strain>> {
        self.strain.subscribe()
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets go whoever may.
    fn dispatch(&self, shared: &mut Shared, now: Instant) {
        shared.line.advance(&mut shared.budgets, now);
        let strain = shared.strain(now);
        self.strain.send_if_modified(|known| {
            let same = match (&*known, &strain) {
                (Some(known), Some(strain)) => known.is_about(strain),
                (known, strain) => known.is_none() && strain.is_none(),
            };
            if !same {
                if let Some(Strain { what, until }) = &strain {
                    tracing::info!(%what, ?until, "Azure's limits are reached");
                } else {
                    tracing::info!("Azure's limits are not reached any more");
                }
                *known = strain;
            }
            !same
        });
    }
}

impl Shared {
    /// What there is to tell of those who wait.
    fn strain(&mut self, now: Instant) -> Option<Strain> {
        let Some((ready, id)) = self.line.held().max() else {
            self.strained = None;
            return None;
        };
        let since = *self.strained.get_or_insert(now);
        let until = ready.time().filter(|until| *until >= now + NOTICEABLE);
        if until.is_none() && now < since + NOTICEABLE {
            return None;
        }
        Some(Strain {
            what: self.budgets.key(id).map(Key::to_string).unwrap_or_default(),
            until: until.map(|until| timestamp(until, now)),
        })
    }
}

impl Strain {
    /// Whether there is nothing new in the other.
    fn is_about(&self, other: &Self) -> bool {
        let near = match (self.until, other.until) {
            (Some(a), Some(b)) => a.duration_since(b).unsigned_abs() <= NOTICEABLE * 2,
            (a, b) => a.is_none() && b.is_none(),
        };
        self.what == other.what && near
    }
}

/// A place in the queue that is given up when dropped.
struct Place<'a> {
    governor: &'a Governor,
    turn: Turn,
    wake: Arc<Notify>,
}

enum Look<'a> {
    Go(Permit<'a>),
    /// When, and what for.
    Wait(Ready, String),
}

impl<'a> Place<'a> {
    fn take(
        governor: &'a Governor,
        turn: Turn,
        customer: Option<&TenantId>,
        demand: Arc<Demand>,
    ) -> Self {
        let wake = governor.shared().line.enter(turn, customer, demand);
        Self {
            governor,
            turn,
            wake,
        }
    }

    fn look(&self, waited: bool) -> Look<'a> {
        let governor = self.governor;
        let shared = &mut *governor.shared();
        governor.dispatch(shared, now());
        let Some(waiting) = shared.line.get_mut(self.turn) else {
            return Look::Wait(Ready::AfterAnAnswer, String::new());
        };
        if let Some(taken) = waiting.granted.take() {
            return Look::Go(Permit {
                governor,
                demand: waiting.demand.clone(),
                taken,
                waited,
            });
        }
        let (ready, id) = waiting.ready.unzip();
        let what = id.and_then(|id| shared.budgets.key(id));
        Look::Wait(
            ready.unwrap_or(Ready::AfterAnAnswer),
            what.map(Key::to_string).unwrap_or_default(),
        )
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let shared = &mut *self.governor.shared();
        let waiter = shared.line.leave(self.turn);
        if let Some(taken) = waiter.and_then(|waiter| waiter.granted) {
            shared.budgets.put_back(&taken);
        }
        self.governor.dispatch(shared, now());
    }
}

impl Permit<'_> {
    /// Whether it came so late that a token may have expired meanwhile.
    pub(crate) fn waited(&self) -> bool {
        self.waited
    }

    /// The answer has come.
    pub(crate) fn answered(mut self, headers: &HeaderMap) {
        self.end(Some(headers), None);
    }

    /// The answer has come, and it is that this is asked too often: 429.
    pub(crate) fn refused(mut self, headers: &HeaderMap, error: &ArmError, wait: Option<Duration>) {
        let refused = Refused::read(error);
        let wait = wait.unwrap_or(AFTER_REFUSAL);
        self.end(Some(headers), refused.map(|refused| (refused, wait)));
    }

    fn end(&mut self, headers: Option<&HeaderMap>, refused: Option<(Refused, Duration)>) {
        let taken = std::mem::take(&mut self.taken);
        let demand = &self.demand;
        let signs = headers.map(|headers| Signs::read(headers, &demand.scope, demand.kind));
        let now = now();
        let shared = &mut *self.governor.shared();
        shared.budgets.answered(demand, &taken, signs.as_ref(), now);
        if let Some((refused, wait)) = refused {
            shared.budgets.refused(demand, &refused, wait, now);
        }
        self.governor.dispatch(shared, now);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if !self.taken.is_empty() {
            self.end(None, None);
        }
    }
}

impl Ready {
    fn time(self) -> Option<Instant> {
        match self {
            Self::At(at) => Some(at),
            Self::AfterAnAnswer => None,
        }
    }
}

fn tell(caller: &Caller<'_>, priority: Priority, what: String, wait: Duration) {
    tracing::debug!(?wait, %what, "{} waits", caller.doing);
    if let (Some(witness), Priority::Work) = (caller.witness, priority) {
        witness.waiting(&Wait {
            doing: caller.doing.clone(),
            what,
            wait,
        });
    }
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

#[cfg(test)]
mod tests;
