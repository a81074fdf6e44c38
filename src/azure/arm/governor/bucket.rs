use std::time::{Duration, Instant};

/// A token bucket of ARM: each request takes a token, and tokens come back at a steady rate up to
/// the bucket's size (Microsoft, request-limits-and-throttling).
///
/// Size and rate begin as documented and follow what answers tell of what is left. Every answer
/// bounds that from both sides; what is believed stays as it is between these bounds.
#[derive(Debug)]
pub(super) struct Bucket {
    size: f64,
    /// Tokens a second.
    refill: f64,
    /// Tokens that an answer has told of and that have not been taken since.
    proven: f64,
    /// Tokens that should be there, with those that came back since.
    tokens: f64,
    /// When `tokens` was so many.
    at: Instant,
    /// Tokens that were taken in all.
    taken: u32,
    mark: Option<Mark>,
}

/// What an answer said, to measure by the next what came back in between.
#[derive(Debug)]
struct Mark {
    sent: Instant,
    answered: Instant,
    remaining: u32,
    uncertain: u32,
    taken: u32,
}

/// What was left when a request was counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) remaining: u32,
    /// Other requests of ours that may have been counted before or after it.
    pub(super) uncertain: u32,
    /// When the request was sent, and whether the budget seemed whole then.
    pub(super) sent: Instant,
    pub(super) whole: bool,
}

/// A measurement of the rate takes at least so long.
const MEASURE: Duration = Duration::from_secs(10);

/// Tokens may come back in steps of so long.
const STEP: f64 = 1.0;

/// However little comes back, it is tried now and then.
const SLOWEST: f64 = 0.2;

/// The part of a bucket that is left to others who take from it meanwhile.
const MARGIN: f64 = 0.02;

impl Bucket {
    /// A bucket that nothing is known of but what is documented; the rate in tokens a second.
    pub(super) fn new(size: u32, refill: u32, now: Instant) -> Self {
        Self {
            size: f64::from(size),
            refill: f64::from(refill),
            proven: 0.0,
            tokens: f64::from(size),
            at: now,
            taken: 0,
            mark: None,
        }
    }

    fn tokens(&self, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        // However small it seems, one is tried when it has had the time to fill.
        let most = self.size.max(1.0 + self.margin());
        (self.tokens + passed * self.refill).min(most)
    }

    /// What is not relied on of what should be there: what may be missing just before the next
    /// step, and what others may take meanwhile.
    fn margin(&self) -> f64 {
        self.step() + self.size * MARGIN
    }

    fn step(&self) -> f64 {
        self.refill * STEP
    }

    /// Whole requests that it holds.
    pub(super) fn remaining(&self, now: Instant) -> u32 {
        whole(self.tokens(now))
    }

    pub(super) fn size(&self) -> u32 {
        whole(self.size)
    }

    /// Whether nothing has been taken that has not come back.
    pub(super) fn is_whole(&self, now: Instant) -> bool {
        self.tokens(now) >= self.size
    }

    /// When a request may be sent that `ahead` others go before.
    pub(super) fn ready_at(&self, ahead: u32, now: Instant) -> Instant {
        let wanted = 1.0 + f64::from(ahead);
        let missing = wanted + self.margin() - self.tokens(now);
        if missing <= 0.0 || self.proven >= wanted + self.size * MARGIN {
            return now;
        }
        now + Duration::from_secs_f64(missing / self.refill)
    }

    pub(super) fn take(&mut self, now: Instant) {
        self.tokens = self.tokens(now) - 1.0;
        self.at = now;
        self.proven -= 1.0;
        self.taken = self.taken.wrapping_add(1);
    }

    /// A token that was taken is not needed after all.
    pub(super) fn put_back(&mut self) {
        self.tokens += 1.0;
        self.proven += 1.0;
        self.taken = self.taken.wrapping_sub(1);
    }

    /// An answer has told what was left.
    pub(super) fn told(&mut self, reading: Reading, now: Instant) {
        let left = f64::from(reading.remaining);
        let uncertain = f64::from(reading.uncertain);
        self.size = self.size.max(left + 1.0);
        if reading.whole {
            self.size = self.size.min(left + 1.0 + uncertain);
        }
        self.measure(reading, now);
        let came = now.saturating_duration_since(reading.sent).as_secs_f64() * self.refill;
        let (least, most) = (left - uncertain, left + 1.0 + came);
        // More was there only if others draw on it; less, if it holds or gains more than thought.
        let believed = self.tokens(now);
        if believed > most + self.step() || believed < least {
            self.tokens = least;
            self.at = now;
        }
        if self.proven > most || self.proven < least {
            self.proven = least;
        }
    }

    /// Azure has refused a request: nothing is left, and less comes back than was believed. When
    /// it may be asked again, one is tried.
    pub(super) fn refused(&mut self, until: Instant) {
        self.refill = (self.refill / 2.0).max(SLOWEST);
        self.tokens = 1.0 + self.margin();
        self.at = until;
        self.proven = 0.0;
        self.taken = self.taken.wrapping_sub(1);
    }

    /// What came back between two answers is at least and at most so much; the rate is kept
    /// between. What others take meanwhile counts as not having come back.
    fn measure(&mut self, reading: Reading, now: Instant) {
        // In a bucket that is nearly full tokens are lost.
        if f64::from(reading.remaining) > self.size / 2.0 {
            self.mark = None;
            return;
        }
        let next = Mark {
            sent: reading.sent,
            answered: now,
            remaining: reading.remaining,
            uncertain: reading.uncertain,
            taken: self.taken,
        };
        let Some(mark) = &self.mark else {
            self.mark = Some(next);
            return;
        };
        let shortest = reading.sent.saturating_duration_since(mark.answered);
        if shortest < MEASURE {
            return;
        }
        let longest = now.saturating_duration_since(mark.sent);
        let taken = f64::from(self.taken.wrapping_sub(mark.taken));
        let came = f64::from(reading.remaining) - f64::from(mark.remaining) + taken;
        let uncertain = f64::from(reading.uncertain) + f64::from(mark.uncertain);
        let slack = uncertain + self.step() + 1.0;
        let least = (came - slack) / longest.as_secs_f64();
        let most = (came + slack) / shortest.as_secs_f64();
        let measured = self.refill.min(most).max(least).max(SLOWEST);
        if measured < self.refill * 0.9 || measured > self.refill * 1.1 {
            tracing::debug!(
                from = self.refill,
                to = measured,
                "a limit refills at another rate"
            );
        }
        // What has come back so far came at the rate that was believed in.
        self.tokens = self.tokens(now);
        self.at = now;
        self.refill = measured;
        self.mark = Some(next);
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "kept within the range"
)]
fn whole(number: f64) -> u32 {
    number.clamp(0.0, f64::from(u32::MAX)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(remaining: u32, uncertain: u32, sent: Instant) -> Reading {
        Reading {
            remaining,
            uncertain,
            sent,
            whole: false,
        }
    }

    fn emptied(now: Instant) -> Bucket {
        let mut bucket = Bucket::new(250, 25, now);
        while bucket.ready_at(0, now) <= now {
            bucket.take(now);
        }
        bucket
    }

    #[test]
    fn what_an_answer_has_proven_goes_at_once() {
        let now = Instant::now();
        let mut bucket = emptied(now);
        assert_eq!(bucket.taken, 220, "what a step may lack is left");
        bucket.told(reading(25, 0, now), now);
        assert_eq!(bucket.ready_at(19, now), now);
        assert!(bucket.ready_at(20, now) > now, "others may be quicker");
        (0..20).for_each(|_| bucket.take(now));
        let probe = bucket.ready_at(0, now) - now;
        assert!(probe <= Duration::from_secs(1), "{probe:?}");
    }

    #[test]
    fn after_a_refusal_one_is_tried() {
        let now = Instant::now();
        let mut bucket = emptied(now);
        let until = now + Duration::from_secs(10);
        bucket.refused(until);
        assert_eq!(bucket.ready_at(0, until), until);
        assert!(bucket.ready_at(1, until) > until);
    }

    #[test]
    fn a_whole_bucket_goes_at_once_and_then_at_its_rate() {
        let now = Instant::now();
        let bucket = emptied(now);
        assert!(bucket.ready_at(0, now) - now <= Duration::from_millis(40));
        let tenth = bucket.ready_at(9, now) - now;
        assert!(tenth > Duration::from_millis(350) && tenth <= Duration::from_millis(400));
        assert_eq!(bucket.remaining(now + Duration::from_secs(60)), 250);
    }

    #[test]
    fn what_others_take_is_believed_and_so_is_a_larger_bucket() {
        let now = Instant::now();
        let mut bucket = Bucket::new(250, 25, now);
        bucket.take(now);
        bucket.told(reading(100, 0, now), now);
        assert_eq!((bucket.remaining(now), bucket.size()), (100, 250));
        bucket.take(now);
        bucket.told(reading(1_098, 0, now), now);
        assert_eq!((bucket.remaining(now), bucket.size()), (1_098, 1_099));
    }

    #[test]
    fn answers_that_overtake_each_other_change_nothing() {
        let now = Instant::now();
        let mut bucket = Bucket::new(250, 25, now);
        (0..10).for_each(|_| bucket.take(now));
        // The fourth that Azure counted is answered first.
        bucket.told(reading(246, 9, now), now);
        assert_eq!(bucket.remaining(now), 240);
        bucket.told(reading(249, 9, now), now);
        assert_eq!(bucket.remaining(now), 240);
    }

    #[test]
    fn a_small_bucket_is_known_by_a_request_that_found_it_whole() {
        let now = Instant::now();
        let mut bucket = Bucket::new(250, 25, now);
        bucket.take(now);
        let whole = Reading {
            whole: true,
            ..reading(99, 0, now)
        };
        bucket.told(whole, now);
        assert_eq!(bucket.remaining(now + Duration::from_secs(600)), 100);
    }

    #[test]
    fn a_slower_rate_is_measured_and_a_faster_one() {
        for (rate, hundredths) in [(5_u32, 500.0), (60, 6_000.0)] {
            let mut now = Instant::now();
            let mut bucket = emptied(now);
            let mut left = 5.0;
            for _ in 0..2_000 {
                let at = bucket.ready_at(0, now);
                left += at.duration_since(now).as_secs_f64() * f64::from(rate);
                left = f64::min(left, 250.0) - 1.0;
                now = at;
                bucket.take(now);
                bucket.told(reading(whole(left), 0, now), now);
            }
            let measured = bucket.refill * 100.0;
            let within = (measured - hundredths).abs() <= hundredths / 4.0;
            // A faster one needs not be known as long as what is left is.
            assert!(within || rate == 60, "{rate}: {measured}");
            assert!(left < 30.0, "{rate}: {left} are left over");
        }
    }
}
