use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::invalid::{Invalid, serde_as_text};

/// An Azure region in its canonical spelling: lower case, no spaces.
///
/// Requests use `westeurope`, gallery responses `West Europe` (`recordings/vm/gallery_e2e.json`);
/// both are the same region here.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Region(Arc<str>);

impl Region {
    /// The region that Azure means by this text. Takes what it is given: for what an operator
    /// types there is `FromStr`, which refuses odd characters.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let canonical: String = text
            .chars()
            .filter(|c| !c.is_whitespace())
            .flat_map(char::to_lowercase)
            .collect();
        Self(without_geography(&canonical).into())
    }

    /// The canonical name, `westeurope`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name for people, `West Europe`; of an unknown region the canonical name.
    #[must_use]
    pub fn display_name(&self) -> &str {
        self.known().map_or(&self.0, |(display, _)| display)
    }

    /// At most four characters for narrow columns, `weu`; of an unknown region the beginning of
    /// its name, with its number if it ends in one.
    #[must_use]
    pub fn abbreviation(&self) -> Cow<'static, str> {
        if let Some((_, short)) = self.known() {
            return Cow::Borrowed(short);
        }
        let number = self.0.chars().last().filter(char::is_ascii_digit);
        let letters = if number.is_some() { 3 } else { 4 };
        let stem = self.0.trim_end_matches(|c: char| c.is_ascii_digit());
        Cow::Owned(stem.chars().take(letters).chain(number).collect())
    }

    fn known(&self) -> Option<&'static (&'static str, &'static str)> {
        KNOWN.iter().find(|(display, _)| {
            let letters = display.bytes().filter(|b| *b != b' ');
            letters.map(|b| b.to_ascii_lowercase()).eq(self.0.bytes())
        })
    }
}

/// A name without the geography that stands before it in a list for people, `(Europe) West Europe`
/// (`regionalDisplayName`, `recordings/resource/list_locations.json`).
fn without_geography(text: &str) -> &str {
    let geography = text.trim_start().strip_prefix('(');
    match geography.and_then(|rest| rest.split_once(')')) {
        Some((_, name)) if !name.trim().is_empty() => without_geography(name),
        _ => text,
    }
}

impl FromStr for Region {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let odd = |c: char| !(c.is_ascii_alphanumeric() || c == ' ');
        let refuse = |why| Err(Invalid::new("a region", text, why));
        let name = without_geography(text);
        if name.trim().is_empty() {
            refuse("a name such as westeurope is wanted")
        } else if name.contains(odd) {
            refuse("only letters and digits are wanted, such as westeurope")
        } else {
            Ok(Self::new(name))
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

serde_as_text!(Region);

/// Display name and abbreviation of the public cloud's physical regions, by canonical name
/// (names: `recordings/resource/list_locations.json`).
const KNOWN: &[(&str, &str)] = &[
    ("Australia Central", "auc"),
    ("Australia Central 2", "auc2"),
    ("Australia East", "aue"),
    ("Australia Southeast", "ause"),
    ("Brazil South", "brs"),
    ("Brazil Southeast", "brse"),
    ("Brazil US", "brus"),
    ("Canada Central", "cac"),
    ("Canada East", "cae"),
    ("Central India", "inc"),
    ("Central US", "cus"),
    ("Central US EUAP", "cea"),
    ("East Asia", "ea"),
    ("East US", "eus"),
    ("East US 2", "eus2"),
    ("East US 2 EUAP", "e2ea"),
    ("France Central", "frc"),
    ("France South", "frs"),
    ("Germany North", "gen"),
    ("Germany West Central", "gewc"),
    ("Italy North", "itn"),
    ("Japan East", "jpe"),
    ("Japan West", "jpw"),
    ("Jio India Central", "jic"),
    ("Jio India West", "jiw"),
    ("Korea Central", "krc"),
    ("Korea South", "krs"),
    ("North Central US", "ncus"),
    ("North Europe", "neu"),
    ("Norway East", "noe"),
    ("Norway West", "now"),
    ("Poland Central", "plc"),
    ("Qatar Central", "qac"),
    ("South Africa North", "san"),
    ("South Africa West", "saw"),
    ("South Central US", "scus"),
    ("Southeast Asia", "sea"),
    ("South India", "ins"),
    ("Sweden Central", "sdc"),
    ("Switzerland North", "szn"),
    ("Switzerland West", "szw"),
    ("UAE Central", "uaec"),
    ("UAE North", "uaen"),
    ("UK South", "uks"),
    ("UK West", "ukw"),
    ("West Central US", "wcus"),
    ("West Europe", "weu"),
    ("West India", "inw"),
    ("West US", "wus"),
    ("West US 2", "wus2"),
    ("West US 3", "wus3"),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_of_one_region_are_equal() {
        let region = Region::new("West Europe");
        assert_eq!(region, "westeurope".parse().unwrap());
        assert_eq!(region, "WestEurope".parse().unwrap());
        assert_eq!(region, "(Europe) West Europe".parse().unwrap());
        assert_eq!(region, Region::new("(Europe) West Europe"));
        assert_ne!(region, Region::new("westeurope2"));
        assert_eq!(region.as_str(), "westeurope");
        assert_eq!(region.display_name(), "West Europe");
        assert_eq!(region.abbreviation(), "weu");
        assert_ne!(Region::new("East US"), Region::new("East US 2"));
    }

    #[test]
    fn abbreviations_are_short_and_distinct() {
        let short: HashSet<&str> = KNOWN.iter().map(|(_, short)| *short).collect();
        assert_eq!(short.len(), KNOWN.len());
        assert!(short.iter().all(|s| s.len() <= 4));
        assert_eq!(Region::new("atlantis").abbreviation(), "atla");
        assert_eq!(Region::new("atlantis2").abbreviation(), "atl2");
        assert_eq!(Region::new("atlantis2").display_name(), "atlantis2");
    }

    #[test]
    fn odd_text_is_refused() {
        for wrong in [
            "",
            "  ",
            "west-europe",
            "(Europe)",
            "(Europe West Europe",
            "west\teurope",
            "west/europe",
            "westeuropé",
            "a\u{1b}b",
        ] {
            assert!(wrong.parse::<Region>().is_err(), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn canonical_text_is_its_own_canonical_form(text in "\\PC{0,24}") {
            let region = Region::new(&text);
            prop_assert_eq!(&Region::new(region.as_str()), &region);
            prop_assert_eq!(&Region::new(region.display_name()), &region);
            prop_assert!(region.abbreviation().chars().count() <= 4);
        }

        #[test]
        fn what_is_accepted_round_trips(text in "[A-Za-z0-9 ]{1,24}") {
            if let Ok(region) = text.parse::<Region>() {
                prop_assert_eq!(region.as_str().parse::<Region>().unwrap(), region);
            }
        }
    }
}
