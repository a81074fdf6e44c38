use std::time::{Duration, Instant};

use super::bucket::{Bucket, Reading};
use super::window::Window;

/// Until a budget has answered once, so many requests are on their way at most: what it holds is
/// not known before.
const UNKNOWN: u32 = 2;

/// So long. An answer that never comes must not keep all others.
const PATIENCE: Duration = Duration::from_millis(500);

/// One limit of Azure, with the requests that are on their way.
#[derive(Debug)]
pub(super) struct Budget {
    supply: Supply,
    on_the_way: u32,
    /// Requests on their way that were not known to draw on it when they were sent.
    strangers: u32,
    /// When the first was taken.
    began: Option<Instant>,
    /// How many requests were answered in all.
    answered: u32,
    /// Until when Azure wants nothing of it.
    closed_until: Option<Instant>,
}

/// How a limit gives back.
#[derive(Debug)]
pub(super) enum Supply {
    Bucket(Bucket),
    Window(Window),
    /// Nothing limits it but what Azure refuses.
    Endless,
}

/// A request that was taken from a budget.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    at: Instant,
    answered: u32,
    returned: u32,
    whole: bool,
}

/// When a request may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ready {
    At(Instant),
    /// When one that is on its way has been answered.
    AfterAnAnswer,
}

impl Budget {
    pub(super) fn new(supply: Supply) -> Self {
        Self {
            supply,
            on_the_way: 0,
            strangers: 0,
            began: None,
            answered: 0,
            closed_until: None,
        }
    }

    pub(super) fn on_the_way(&self) -> u32 {
        self.on_the_way
    }

    pub(super) fn remaining(&self, now: Instant) -> Option<u32> {
        match &self.supply {
            Supply::Bucket(bucket) => Some(bucket.remaining(now)),
            Supply::Window(window) => window.remaining(now, self.on_the_way),
            Supply::Endless => None,
        }
    }

    pub(super) fn size(&self) -> Option<u32> {
        match &self.supply {
            Supply::Bucket(bucket) => Some(bucket.size()),
            Supply::Window(window) => window.limit(),
            Supply::Endless => None,
        }
    }

    pub(super) fn closed_until(&self, now: Instant) -> Option<Instant> {
        self.closed_until.filter(|until| *until > now)
    }

    /// When a request may be sent that `ahead` others go before.
    pub(super) fn ready_at(&self, ahead: u32, now: Instant) -> Ready {
        let unknown = self.is_new() && self.on_the_way + ahead >= UNKNOWN;
        let known = unknown.then(|| self.began.unwrap_or(now) + PATIENCE);
        let open = self.closed_until.max(known).unwrap_or(now);
        let supplied = match &self.supply {
            Supply::Bucket(bucket) => Some(bucket.ready_at(ahead, now)),
            Supply::Window(window) => window.ready_at(ahead, self.on_the_way, now),
            Supply::Endless => Some(now),
        };
        supplied.map_or(Ready::AfterAnAnswer, |at| Ready::At(at.max(open)))
    }

    pub(super) fn take(&mut self, now: Instant) -> Taken {
        let whole = match &mut self.supply {
            Supply::Bucket(bucket) => {
                let whole = bucket.is_whole(now);
                bucket.take(now);
                whole
            }
            Supply::Window(_) | Supply::Endless => false,
        };
        self.on_the_way += 1;
        self.began.get_or_insert(now);
        Taken {
            at: now,
            answered: self.answered,
            returned: self.returned(),
            whole,
        }
    }

    /// What was taken has not been sent.
    pub(super) fn put_back(&mut self) {
        self.on_the_way = self.on_the_way.saturating_sub(1);
        if let Supply::Bucket(bucket) = &mut self.supply {
            bucket.put_back();
        }
    }

    /// A request has ended, whether with an answer or without; `remaining` where the answer told.
    pub(super) fn answered(&mut self, taken: Taken, remaining: Option<u32>, now: Instant) {
        self.on_the_way = self.on_the_way.saturating_sub(1);
        let meanwhile = self.answered.wrapping_sub(taken.answered);
        self.answered = self.answered.wrapping_add(1);
        if let Supply::Window(window) = &mut self.supply {
            window.pass(now);
            window.spend(1, now);
        }
        let Some(remaining) = remaining else { return };
        let reading = Reading {
            remaining,
            uncertain: meanwhile + self.on_the_way + self.strangers,
            sent: taken.at,
            whole: taken.whole,
        };
        let returned = self.returned().wrapping_sub(taken.returned);
        match &mut self.supply {
            Supply::Bucket(bucket) => bucket.told(reading, now),
            Supply::Window(window) => window.told(reading, returned, self.on_the_way, now),
            Supply::Endless => {}
        }
    }

    /// Whether nothing has been answered yet.
    pub(super) fn is_new(&self) -> bool {
        self.answered == 0
    }

    /// The first answer that tells of this budget: its request was not known to draw on it, and
    /// neither were `others` that are on their way.
    pub(super) fn met(&mut self, remaining: u32, others: u32, now: Instant) {
        let taken = self.take(now);
        self.answered(taken, Some(remaining), now);
        self.strangers = others;
        if let Supply::Window(window) = &mut self.supply {
            window.spend(others, now);
        }
    }

    /// One of those others has been answered.
    pub(super) fn stranger_answered(&mut self) {
        self.strangers = self.strangers.saturating_sub(1);
        self.answered = self.answered.wrapping_add(1);
    }

    /// Azure has refused a request that has ended already: nothing goes for so long.
    pub(super) fn refused(&mut self, wait: Duration, now: Instant) {
        let until = self.closed_until.max(Some(now + wait)).unwrap_or(now);
        self.closed_until = Some(until);
        match &mut self.supply {
            Supply::Bucket(bucket) => bucket.refused(until),
            Supply::Window(window) => window.refused(self.on_the_way, now),
            Supply::Endless => {}
        }
    }

    fn returned(&self) -> u32 {
        match &self.supply {
            Supply::Window(window) => window.returned(),
            Supply::Bucket(_) | Supply::Endless => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_on_their_way_until_one_has_answered() {
        let now = Instant::now();
        let mut budget = Budget::new(Supply::Bucket(Bucket::new(250, 25, now)));
        assert_eq!(budget.ready_at(2, now), Ready::At(now + PATIENCE));
        let first = budget.take(now);
        assert_eq!(budget.ready_at(0, now), Ready::At(now));
        assert_eq!(budget.ready_at(1, now), Ready::At(now + PATIENCE));
        let later = now + PATIENCE;
        assert_eq!(
            budget.ready_at(1, later),
            Ready::At(later),
            "it may never answer"
        );
        budget.answered(first, None, now);
        assert_eq!(budget.ready_at(100, now), Ready::At(now));
    }

    #[test]
    fn after_a_refusal_all_wait() {
        let now = Instant::now();
        let mut budget = Budget::new(Supply::Endless);
        let taken = budget.take(now);
        budget.answered(taken, None, now);
        let until = now + Duration::from_secs(10);
        budget.refused(Duration::from_secs(10), now);
        assert_eq!(budget.ready_at(0, now), Ready::At(until));
        budget.refused(Duration::from_secs(3), now);
        assert_eq!(budget.ready_at(3, now), Ready::At(until), "no earlier");
        assert_eq!(budget.closed_until(until), None);
    }
}
