use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::bucket::Reading;

/// So many requests in any stretch of time: a policy of a resource provider, or a user's quota.
///
/// Nothing documents whether such a window slides or begins anew at fixed times. A request is given
/// back when the whole stretch has passed since it was answered, which no kind of window refuses;
/// where Azure gives it back earlier, its answers tell.
#[derive(Debug)]
pub(super) struct Window {
    length: Duration,
    /// Nothing as long as no answer has told.
    limit: Option<u32>,
    /// How many requests were answered when, oldest first, for as long as they count.
    spent: VecDeque<(Instant, u32)>,
    /// How many have been given back in all.
    returned: u32,
}

impl Window {
    pub(super) fn new(length: Duration) -> Self {
        Self {
            length,
            limit: None,
            spent: VecDeque::new(),
            returned: 0,
        }
    }

    fn spent(&self) -> u32 {
        self.spent.iter().map(|(_, count)| count).sum()
    }

    pub(super) fn returned(&self) -> u32 {
        self.returned
    }

    pub(super) fn limit(&self) -> Option<u32> {
        self.limit
    }

    /// What is left, beside requests that are on their way.
    pub(super) fn remaining(&self, now: Instant, on_the_way: u32) -> Option<u32> {
        let counts = |entry: &&(Instant, u32)| entry.0 + self.length > now;
        let spent: u32 = self.spent.iter().filter(counts).map(|(_, n)| n).sum();
        Some(self.limit?.saturating_sub(spent + on_the_way))
    }

    /// When a request may be sent that `ahead` others go before; nothing where only an answer to
    /// one that is on its way can tell.
    pub(super) fn ready_at(&self, ahead: u32, on_the_way: u32, now: Instant) -> Option<Instant> {
        let Some(limit) = self.limit else {
            return Some(now);
        };
        let mut taken = self.spent() + on_the_way + ahead;
        if taken < limit {
            return Some(now);
        }
        for (at, count) in &self.spent {
            taken = taken.saturating_sub(*count);
            if taken < limit {
                return Some(now.max(*at + self.length));
            }
        }
        None
    }

    /// Forgets what counts no more.
    pub(super) fn pass(&mut self, now: Instant) {
        while let Some((at, count)) = self.spent.front().copied()
            && at + self.length <= now
        {
            self.spent.pop_front();
            self.returned = self.returned.wrapping_add(count);
        }
    }

    /// Requests count from now on.
    pub(super) fn spend(&mut self, count: u32, now: Instant) {
        // What is answered within one part in a hundred is given back together, with the last.
        match self.spent.back_mut() {
            Some((at, many)) if *at >= now => *many += count,
            _ => self.spent.push_back((now + self.length / 100, count)),
        }
    }

    /// An answer has told what was left; `returned` were given back between its request's sending
    /// and now.
    pub(super) fn told(&mut self, reading: Reading, returned: u32, on_the_way: u32, now: Instant) {
        let least = reading.remaining.saturating_sub(reading.uncertain);
        let most = reading.remaining + returned;
        let limit = *self.limit.get_or_insert(reading.remaining + self.spent());
        let taken = self.spent() + on_the_way;
        let believed = limit.saturating_sub(taken);
        if believed > most {
            self.spend(believed - least, now);
        } else if believed < least {
            let more = self.give_back(least + taken - limit);
            self.limit = Some(limit + more);
        }
    }

    /// Azure has refused a request: nothing is left. When it may be tried again, one is.
    pub(super) fn refused(&mut self, on_the_way: u32, now: Instant) {
        let taken = self.spent() + on_the_way;
        let limit = self.limit.unwrap_or(taken + 1).max(1);
        self.limit = Some(limit);
        let wanted = limit - 1;
        if taken > wanted {
            self.give_back(taken - wanted);
        } else {
            self.spend(wanted - taken, now);
        }
    }

    /// Forgets the oldest; how many there were not to forget.
    fn give_back(&mut self, mut count: u32) -> u32 {
        while count > 0
            && let Some((_, spent)) = self.spent.front_mut()
        {
            let back = count.min(*spent);
            *spent -= back;
            count -= back;
            if *spent == 0 {
                self.spent.pop_front();
            }
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: Duration = Duration::from_secs(180);

    /// When what is spent now counts no more.
    fn back(now: Instant) -> Instant {
        now + LENGTH / 100 + LENGTH
    }

    fn reading(remaining: u32, sent: Instant) -> Reading {
        Reading {
            remaining,
            uncertain: 0,
            sent,
            whole: false,
        }
    }

    /// A window of ten of which one request is spent.
    fn begun(now: Instant) -> Window {
        let mut window = Window::new(LENGTH);
        window.spend(1, now);
        window.told(reading(9, now), 0, 0, now);
        window
    }

    #[test]
    fn nothing_is_held_back_before_anything_is_known() {
        let now = Instant::now();
        let window = Window::new(LENGTH);
        assert_eq!(window.ready_at(1_000, 1_000, now), Some(now));
        assert_eq!((window.limit(), window.remaining(now, 0)), (None, None));
    }

    #[test]
    fn the_limit_holds_in_any_stretch() {
        let now = Instant::now();
        let window = begun(now);
        assert_eq!(window.limit(), Some(10));
        assert_eq!(window.ready_at(8, 0, now), Some(now));
        assert_eq!(window.ready_at(9, 0, now), Some(back(now)));
        assert_eq!(window.ready_at(0, 9, now), Some(back(now)));
        assert_eq!(window.ready_at(1, 9, now), None, "only an answer tells");
        let mut window = window;
        window.pass(back(now));
        assert_eq!(window.remaining(back(now), 0), Some(10));
    }

    #[test]
    fn what_others_spend_and_what_comes_back_early_is_believed() {
        let now = Instant::now();
        let mut window = begun(now);
        window.spend(1, now);
        window.told(reading(3, now), 0, 0, now);
        assert_eq!(window.remaining(now, 0), Some(3));
        window.spend(1, now);
        window.told(reading(9, now), 0, 0, now);
        assert_eq!(
            (window.remaining(now, 0), window.limit()),
            (Some(9), Some(10))
        );
        window.told(reading(14, now), 0, 0, now);
        assert_eq!(
            (window.remaining(now, 0), window.limit()),
            (Some(14), Some(14))
        );
    }

    #[test]
    fn after_a_refusal_one_is_tried() {
        let now = Instant::now();
        let mut window = begun(now);
        window.refused(0, now);
        assert_eq!(window.remaining(now, 0), Some(1));
        assert_eq!(window.ready_at(0, 0, now), Some(now));
        assert_eq!(window.ready_at(1, 0, now), Some(back(now)));
        let mut unknown = Window::new(LENGTH);
        unknown.refused(0, now);
        assert_eq!(unknown.remaining(now, 0), Some(1));
    }
}
