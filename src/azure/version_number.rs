use std::fmt;
use std::str::FromStr;

use super::invalid::{Invalid, serde_as_text};

/// The number of an image version: three int32 parts, ordered numerically (1.10.0 > 1.9.0).
///
/// Rule: "Major.Minor.Patch", each 0 to 2147483647, exactly three
/// (azure-compute-docs, troubleshooting-shared-images.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VersionNumber {
    /// The first part; compared first.
    pub major: u32,
    /// The second part.
    pub minor: u32,
    /// The third part.
    pub patch: u32,
}

impl FromStr for VersionNumber {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let parsed = || {
            let mut parts = text.split('.').map(part);
            let number = Self {
                major: parts.next()??,
                minor: parts.next()??,
                patch: parts.next()??,
            };
            parts.next().is_none().then_some(number)
        };
        parsed().ok_or_else(|| {
            Invalid::new(
                "a version number",
                text,
                "three numbers from 0 to 2147483647 are wanted, such as 1.4.12",
            )
        })
    }
}

fn part(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let number = text.parse().ok()?;
    (digits && number <= i32::MAX.cast_unsigned()).then_some(number)
}

impl fmt::Display for VersionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}.{}.{}", self.major, self.minor, self.patch))
    }
}

serde_as_text!(VersionNumber);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(text: &str) -> VersionNumber {
        text.parse().unwrap()
    }

    #[test]
    fn order_is_numeric() {
        assert!(number("1.10.0") > number("1.9.0"));
        assert!(number("2.0.0") > number("1.99.99"));
        assert!(number("0.0.2147483647") < number("0.1.0"));
    }

    #[test]
    fn only_three_int32_are_accepted() {
        for wrong in [
            "",
            "1",
            "1.2",
            "1.2.3.4",
            "1.2.",
            ".1.2",
            "1..2",
            "a.b.c",
            "+1.2.3",
            "-1.2.3",
            "1.2.3 ",
            " 1.2.3",
            "1.2.2147483648",
            "latest",
            "1.2.3-rc1",
            "1,2,3",
            "١.٢.٣",
        ] {
            assert!(wrong.parse::<VersionNumber>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn text_and_json_round_trip(major in 0..=0x7fff_ffff_u32, minor in 0..=0x7fff_ffff_u32, patch in 0..=0x7fff_ffff_u32) {
            let it = VersionNumber { major, minor, patch };
            prop_assert_eq!(number(&it.to_string()), it);
            let json = serde_json::to_string(&it).unwrap();
            prop_assert_eq!(serde_json::from_str::<VersionNumber>(&json).unwrap(), it);
        }

        #[test]
        fn anything_else_is_refused_without_a_panic(text in "\\PC{0,20}") {
            if let Ok(it) = text.parse::<VersionNumber>() {
                prop_assert_eq!(text.split('.').count(), 3);
                prop_assert_eq!(number(&it.to_string()), it);
            }
        }
    }
}
