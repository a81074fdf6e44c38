use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use jiff::fmt::{rfc2822, strtime};
use jiff::tz::TimeZone;

/// The longest wait that is believed: no window of Azure's limits is longer than half an hour
/// (azure-compute-docs, compute-throttling-limits.md), and a clock that is wrong must not stop
/// everything.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// The wait that a `Retry-After` header asks for: seconds, or a date (RFC 9110, section 10.2.3), an
/// hour at the most. What is past is no wait; what is neither is no header.
pub(crate) fn retry_after(header: &str, now: SystemTime) -> Option<Duration> {
    let header = header.trim();
    let wait = if !header.is_empty() && header.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a number can hold are the longest of all.
        header.parse().map_or(LONGEST, Duration::from_secs)
    } else {
        let now = Timestamp::try_from(now).ok()?;
        Duration::try_from(date(header)?.duration_since(now)).unwrap_or_default()
    };
    Some(wait.min(LONGEST))
}

/// A date in one of the three forms of HTTP (RFC 9110, section 5.6.7).
fn date(text: &str) -> Option<Timestamp> {
    if let Ok(date) = rfc2822::DateTimeParser::new().parse_timestamp(text) {
        return Some(date);
    }
    let obsolete = ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
    let mut dates = obsolete.iter().filter_map(|form| {
        let date = strtime::parse(form, text).ok()?.to_datetime().ok()?;
        Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
    });
    dates.next()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> SystemTime {
        "2025-01-06T14:53:45Z".parse::<Timestamp>().unwrap().into()
    }

    #[test]
    fn seconds_and_dates_of_every_form_are_understood() {
        for (header, wait) in [
            ("17", Some(17)),
            (" 0 ", Some(0)),
            ("Mon, 06 Jan 2025 14:55:00 GMT", Some(75)),
            ("Mon, 06 Jan 2025 14:53:00 GMT", Some(0)),
            ("Monday, 06-Jan-25 14:55:00 GMT", Some(75)),
            ("Mon Jan  6 14:55:00 2025", Some(75)),
            ("Mon Jan 13 14:55:00 2025", Some(3600)),
            ("3601", Some(3600)),
            ("99999999999999999999999999", Some(3600)),
            ("Tue, 06 Jan 2325 14:55:00 GMT", Some(3600)),
            ("soon", None),
            ("-1", None),
            ("+1", None),
            ("1.5", None),
            ("", None),
        ] {
            let wait = wait.map(Duration::from_secs);
            assert_eq!(retry_after(header, now()), wait, "{header}");
        }
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic_or_wait_for_ever(header in "\\PC{0,40}") {
            let wait = retry_after(&header, now());
            prop_assert!(wait.is_none_or(|wait| wait <= LONGEST));
        }

        #[test]
        fn every_number_is_a_wait(seconds in 0u64..=u64::MAX) {
            let wait = retry_after(&seconds.to_string(), now());
            prop_assert_eq!(wait, Some(Duration::from_secs(seconds).min(LONGEST)));
        }
    }
}
