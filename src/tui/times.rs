//! Times as the screen shows them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The time of day, `14:02:11`.
#[must_use]
pub fn clock(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string()
}

/// The day, `2026-11-20`.
#[must_use]
pub fn date(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d").to_string()
}

/// Day and time, `2026-11-20 14:02`.
#[must_use]
pub fn moment(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone())
        .strftime("%Y-%m-%d %H:%M")
        .to_string()
}

/// The time of day, with the day before it where that isn't the day of `as_of`.
#[must_use]
pub fn short(at: Timestamp, as_of: Timestamp, zone: &TimeZone) -> String {
    if date(at, zone) == date(as_of, zone) {
        at.to_zoned(zone.clone()).strftime("%H:%M").to_string()
    } else {
        moment(at, zone)
    }
}

/// Whole days from one time to another; negative, or 0, when that is past.
#[must_use]
pub fn days_between(from: Timestamp, to: Timestamp) -> i64 {
    to.duration_since(from).as_hours().div_euclid(24)
}

/// How long something took, `07:41` or `1:07:41`.
#[must_use]
pub fn elapsed(from: Timestamp, to: Timestamp) -> String {
    let seconds = to.duration_since(from).as_secs().max(0);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes:02}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn times_in_words() {
        let (noon, later) = (at("2026-11-20T12:00:00Z"), at("2026-11-20T13:07:41Z"));
        assert_eq!(elapsed(noon, later), "1:07:41");
        assert_eq!(elapsed(noon, at("2026-11-20T12:00:09Z")), "00:09");
        assert_eq!(elapsed(later, noon), "00:00");
        assert_eq!(short(noon, later, &TimeZone::UTC), "12:00");
        assert_eq!(
            short(noon, at("2026-11-21T12:00:00Z"), &TimeZone::UTC),
            "2026-11-20 12:00"
        );
        assert_eq!(days_between(noon, at("2026-11-21T11:00:00Z")), 0);
        assert_eq!(days_between(noon, at("2026-12-20T12:00:00Z")), 30);
        assert_eq!(days_between(noon, at("2026-11-19T13:00:00Z")), -1);
    }
}
