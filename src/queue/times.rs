//! Times as an operator writes them.

use jiff::civil::{DateTime, Time};
use jiff::{Timestamp, Zoned};

/// A time that is to come: of today or, where that has passed, of tomorrow; or a date and time, here
/// or with an offset.
///
/// # Errors
/// It is none, and what one looks like; or its date has passed: what was meant for a night to come
/// doesn't begin at once because of a wrong month.
pub fn coming(text: &str, now: &Zoned) -> Result<Timestamp, String> {
    let at = match text.parse::<Time>() {
        Ok(time) if !text.contains('-') => next(time, now),
        _ => dated(text, now),
    };
    match at {
        None => Err(format!(
            "{text:?} isn't a time: say 22:00, or 2026-11-24T22:00"
        )),
        Some(at) if at < now.timestamp() => Err(format!(
            "{text:?} is past: say a time to come, or none to begin at once"
        )),
        Some(at) => Ok(at),
    }
}

fn next(time: Time, now: &Zoned) -> Option<Timestamp> {
    let on = |date: jiff::civil::Date| {
        let at = date.to_datetime(time).to_zoned(now.time_zone().clone());
        Some(at.ok()?.timestamp())
    };
    let today = on(now.date())?;
    if today > now.timestamp() {
        Some(today)
    } else {
        on(now.date().tomorrow().ok()?)
    }
}

/// A date, or a date and time, here or with an offset.
#[must_use]
pub fn dated(text: &str, now: &Zoned) -> Option<Timestamp> {
    text.parse::<Timestamp>().ok().or_else(|| {
        let here = text.parse::<DateTime>().ok()?;
        Some(here.to_zoned(now.time_zone().clone()).ok()?.timestamp())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_the_next_ones_and_dates_are_here() {
        let now: Zoned = "2026-11-24T21:30:00+01:00[Europe/Berlin]".parse().unwrap();
        for (text, at) in [
            ("22:00", Some("2026-11-24T21:00:00Z")),
            ("21:30", Some("2026-11-25T20:30:00Z")),
            ("06:00", Some("2026-11-25T05:00:00Z")),
            ("2026-12-01T06:00", Some("2026-12-01T05:00:00Z")),
            ("2026-12-01T06:00:00Z", Some("2026-12-01T06:00:00Z")),
            ("2027-07-01T06:00", Some("2027-07-01T04:00:00Z")),
            ("2026-11-24T21:30", Some("2026-11-24T20:30:00Z")),
            ("2026-11-24T21:29", None),
            ("soon", None),
            ("25:00", None),
            ("", None),
        ] {
            let expected = at.map(|at| at.parse::<Timestamp>().unwrap());
            assert_eq!(coming(text, &now).ok(), expected, "{text}");
        }
        let past = coming("2026-10-24T22:00", &now).unwrap_err();
        assert!(past.ends_with("is past: say a time to come, or none to begin at once"));
    }
}
