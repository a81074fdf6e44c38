use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// A time as some resource provider wrote it, if it says one.
///
/// Lenient, because providers differ: 6, 7 or 9 fractional digits, `Z` or an offset or no zone
/// (taken as UTC). The year 0001 is .NET's "not yet" and counts as absent
/// (`recordings/vm/image_builder_cancel.json`).
pub(crate) fn lenient(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let time = text.parse::<Timestamp>().ok().or_else(|| {
        let civil = text.parse::<DateTime>().ok()?;
        Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })?;
    let year = time.to_zoned(TimeZone::UTC).year();
    (year > 1).then_some(time)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_forms_seen_in_recordings() {
        for (text, expected) in [
            (
                "2025-01-07T05:56:46.4648477+00:00",
                "2025-01-07T05:56:46.4648477Z",
            ),
            (
                "2025-01-06T14:53:49.574588+00:00",
                "2025-01-06T14:53:49.574588Z",
            ),
            (
                "2025-01-06T14:53:49.123456789Z",
                "2025-01-06T14:53:49.123456789Z",
            ),
            ("2025-01-06T14:53:49", "2025-01-06T14:53:49Z"),
            ("2025-01-06T16:53:49+02:00", "2025-01-06T14:53:49Z"),
            (
                "2025-01-06T14:53:49.123456789",
                "2025-01-06T14:53:49.123456789Z",
            ),
            (
                "2025-01-06T09:53:49.5748810-05:00",
                "2025-01-06T14:53:49.574881Z",
            ),
            ("2030-12-31", "2030-12-31T00:00:00Z"),
        ] {
            assert_eq!(lenient(text), Some(expected.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn not_yet_and_nonsense_are_absent() {
        for text in [
            "0001-01-01T00:00:00Z",
            "0001-01-01T00:00:00+00:00",
            "0001-01-01T00:00:00",
            "0001-01-01T00:00:00.0000000+14:00",
            "",
            "soon",
            "2025-13-01",
        ] {
            assert_eq!(lenient(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_number_of_fractional_digits_is_read(digits in "[0-9]{1,9}", zone in "(Z|\\+00:00|)") {
            let text = format!("2025-01-06T14:53:49.{digits}{zone}");
            prop_assert!(lenient(&text).is_some());
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}") {
            let _ = lenient(&text);
        }
    }
}
