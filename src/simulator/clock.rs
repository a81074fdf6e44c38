//! Simulated time. It runs `pace` times as fast as the wall clock and can be moved forward.

use std::time::{Duration, Instant};

use jiff::Timestamp;

/// The clock of one simulator. Everything but token expiry goes by [`Clock::now`].
pub(super) struct Clock {
    begun: Instant,
    start: Timestamp,
    pace: f64,
    advanced: Duration,
    /// The time at which something that is over by now came to its end
    held: Option<Timestamp>,
}

impl Clock {
    /// A clock that starts now. At a pace of zero it stands still until it is advanced.
    pub(super) fn starting_now(pace: f64) -> Self {
        Self {
            begun: Instant::now(),
            start: Timestamp::now(),
            pace,
            advanced: Duration::ZERO,
            held: None,
        }
    }

    /// Simulated time.
    pub(super) fn now(&self) -> Timestamp {
        if let Some(held) = self.held {
            return held;
        }
        let elapsed = self.begun.elapsed().as_secs_f64() * self.pace;
        let elapsed = Duration::try_from_secs_f64(elapsed).unwrap_or(Duration::MAX);
        later(later(self.start, elapsed), self.advanced)
    }

    /// Stops the clock at a time that has gone by, while what happened then is brought to its end.
    pub(super) fn hold(&mut self, at: Timestamp) {
        self.held = Some(at);
    }

    /// Lets the clock go on from where it is now.
    pub(super) fn release(&mut self) {
        self.held = None;
    }

    /// The time tokens go by: it follows the wall clock and [`Clock::advance`], but not the pace,
    /// so that a fast demo does not sign its operator out every few seconds.
    pub(super) fn token_now(&self) -> Timestamp {
        later(later(self.start, self.begun.elapsed()), self.advanced)
    }

    /// The time that limits on requests go by, from the start on: that of the wall clock, as
    /// `Retry-After` is, but that it stands still at a pace of zero.
    pub(super) fn waited(&self) -> Duration {
        let wall = if self.pace > 0.0 {
            self.begun.elapsed()
        } else {
            Duration::ZERO
        };
        wall.saturating_add(self.advanced)
    }

    /// Moves simulated time, token time and that of limits forward.
    pub(super) fn advance(&mut self, by: Duration) {
        self.advanced = self.advanced.saturating_add(by);
    }

    /// The `Retry-After` of a wait: simulated time turned into whole wall seconds, at least one.
    pub(super) fn retry_after(&self, simulated: Duration) -> u64 {
        let wall = Duration::try_from_secs_f64(simulated.as_secs_f64() / self.pace);
        wall.map_or(1, |wall| {
            wall.as_secs() + u64::from(wall.subsec_nanos() > 0)
        })
        .max(1)
    }
}

/// `duration` after `time`, or the end of time.
pub(super) fn later(time: Timestamp, duration: Duration) -> Timestamp {
    time.checked_add(duration).unwrap_or(Timestamp::MAX)
}

/// A time as Compute writes it: seven digits of a second and `+00:00`.
/// Seen in every `startTime` and `publishedDate` of the recordings.
pub(super) fn compute_time(time: Timestamp) -> String {
    format!(
        "{}.{:07}+00:00",
        time.strftime("%Y-%m-%dT%H:%M:%S"),
        time.subsec_nanosecond() / 100
    )
}

/// A time as soft-deleted versions have it: whole seconds and `+00:00`
/// (`GallerySoftDeletedResource_ListByArtifactName.json` of the specification).
pub(super) fn short_offset_time(time: Timestamp) -> String {
    format!("{}+00:00", time.strftime("%Y-%m-%dT%H:%M:%S"))
}

/// A time as deployments write it: seven digits of a second without zeros at their end, and `Z`
/// (`resource/group_deployment.json` of the recordings).
pub(super) fn arm_time(time: Timestamp) -> String {
    format!(
        "{}{}Z",
        time.strftime("%Y-%m-%dT%H:%M:%S"),
        fraction(time.subsec_nanosecond())
    )
}

/// A time as role assignments have it: seven digits of a second and `Z`
/// (`role/role_assignment_create_update.json` of the recordings).
pub(super) fn role_time(time: Timestamp) -> String {
    format!(
        "{}.{:07}Z",
        time.strftime("%Y-%m-%dT%H:%M:%S"),
        time.subsec_nanosecond() / 100
    )
}

/// The time from one to the other as deployments write it: `PT1M28.6308048S`.
pub(super) fn iso_duration(from: Timestamp, until: Timestamp) -> String {
    let nanoseconds = (until.as_nanosecond() - from.as_nanosecond()).max(0);
    let seconds = nanoseconds / 1_000_000_000;
    let below = i32::try_from(nanoseconds % 1_000_000_000).unwrap_or(0);
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    let part = |count: i128, unit: char| match count {
        0 => String::new(),
        count => format!("{count}{unit}"),
    };
    let whole = part(hours, 'H') + &part(minutes, 'M');
    match format!("{}{}S", seconds % 60, fraction(below)).as_str() {
        "0S" if !whole.is_empty() => format!("PT{whole}"),
        last => format!("PT{whole}{last}"),
    }
}

/// Hundred-nanosecond digits of a second with their point, none if there are none.
fn fraction(nanoseconds: i32) -> String {
    let digits = format!("{:07}", nanoseconds / 100);
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() {
        String::new()
    } else {
        format!(".{digits}")
    }
}

/// A time as ARM and Entra write it: whole seconds and `Z`.
pub(super) fn short_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_never_shorter_than_a_second() {
        let thirty = Duration::from_secs(30);
        assert_eq!(Clock::starting_now(1.0).retry_after(thirty), 30);
        assert_eq!(Clock::starting_now(20.0).retry_after(thirty), 2);
        assert_eq!(Clock::starting_now(1000.0).retry_after(thirty), 1);
        assert_eq!(Clock::starting_now(0.0).retry_after(thirty), 1);
    }

    #[test]
    fn deployments_write_times_without_zeros_at_the_end() {
        let begin: Timestamp = "2023-02-07T12:50:44.5658689Z".parse().unwrap();
        let end: Timestamp = "2023-02-07T12:50:49.518928Z".parse().unwrap();
        assert_eq!(arm_time(end), "2023-02-07T12:50:49.518928Z");
        assert_eq!(iso_duration(begin, end), "PT4.9530591S");
        let later = |seconds| later(begin, Duration::from_secs(seconds));
        assert_eq!(iso_duration(begin, begin), "PT0S");
        assert_eq!(iso_duration(begin, later(60)), "PT1M");
        assert_eq!(iso_duration(begin, later(3725)), "PT1H2M5S");
    }

    #[test]
    fn a_clock_without_pace_moves_only_when_told() {
        let mut clock = Clock::starting_now(0.0);
        let before = clock.now();
        assert_eq!(clock.now(), before);
        clock.advance(Duration::from_secs(90));
        assert_eq!(clock.now().as_second() - before.as_second(), 90);
    }
}
