//! A bucket of requests that may still be made.

use std::time::Duration;

/// How many requests a bucket holds, and how it fills again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) most: u64,
    /// Requests that come back each time
    pub(super) refill: u64,
    pub(super) every: Duration,
}

impl Size {
    /// `most` at once, and `refill` more each second.
    pub(super) const fn a_second(most: u64, refill: u64) -> Self {
        let every = Duration::from_secs(1);
        Self {
            most,
            refill,
            every,
        }
    }

    /// `most` in each time of `seconds`.
    pub(super) const fn in_seconds(most: u64, seconds: u64) -> Self {
        let every = Duration::from_secs(seconds);
        Self {
            most,
            refill: most,
            every,
        }
    }

    /// `most` at once, and a third of them more each minute
    /// (Microsoft's `compute-throttling-limits.md`: 12 and 4, 1,500 and 500).
    pub(super) const fn by_the_minute(most: u64) -> Self {
        let every = Duration::from_secs(60);
        Self {
            most,
            refill: most.div_ceil(3),
            every,
        }
    }
}

/// What is left of a [`Size`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    left: u64,
    /// When it was filled last; when it was first taken from, after it was full
    filled: Duration,
}

impl Bucket {
    pub(super) fn full(size: Size, now: Duration) -> Self {
        Self {
            left: size.most,
            filled: now,
        }
    }

    /// How many requests may be made at `now`.
    pub(super) fn left(&mut self, size: Size, now: Duration) -> u64 {
        let passed = now.saturating_sub(self.filled);
        let times = passed.as_nanos() / size.every.as_nanos().max(1);
        let times = u32::try_from(times).unwrap_or(u32::MAX);
        self.filled += size.every.saturating_mul(times);
        let back = size.refill.saturating_mul(u64::from(times));
        self.left = self.left.saturating_add(back).min(size.most);
        if self.left == size.most {
            self.filled = now;
        }
        self.left
    }

    /// Takes one request out.
    pub(super) fn take(&mut self) {
        self.left = self.left.saturating_sub(1);
    }

    /// How long it is from `now` until it is filled again.
    pub(super) fn wait(&self, size: Size, now: Duration) -> Duration {
        (self.filled + size.every).saturating_sub(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn what_was_taken_comes_back_in_whole_steps() {
        let size = Size::by_the_minute(12);
        let mut bucket = Bucket::full(size, Duration::ZERO);
        for _ in 0..12 {
            bucket.take();
        }
        assert_eq!(bucket.left(size, 59 * SECOND), 0);
        assert_eq!(bucket.wait(size, 59 * SECOND), SECOND);
        assert_eq!(bucket.left(size, 60 * SECOND), 4);
        assert_eq!(bucket.left(size, 3600 * SECOND), 12);
    }

    proptest! {
        /// However requests fall, no time sees more of them than the bucket and its refills hold.
        #[test]
        fn no_more_pass_than_documented(gaps in prop::collection::vec(0u64..400, 1..400)) {
            let size = Size::a_second(10, 3);
            let mut bucket = Bucket::full(size, Duration::ZERO);
            let (mut now, mut passed) = (Duration::ZERO, 0);
            for gap in gaps {
                now += Duration::from_millis(gap);
                if bucket.left(size, now) > 0 {
                    bucket.take();
                    passed += 1;
                }
                prop_assert!(passed <= 10 + 3 * now.as_secs());
            }
        }
    }
}
