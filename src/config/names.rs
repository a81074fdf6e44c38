//! Names of machines: a pattern with the digits of a number, and the next free numbers.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// The longest name that a Windows machine may have, which is its computer name too
/// (azure-docs, `resource-name-rules.md`, Microsoft.Compute/virtualMachines).
pub const LONGEST_WINDOWS: usize = 15;

/// The longest name of any other machine (the same page).
pub const LONGEST: usize = 64;

/// How machines are named: `vm-avd-####` has a `#` for each digit of the number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamePattern {
    before: String,
    digits: usize,
    after: String,
}

impl FromStr for NamePattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = |why: &str| {
            format!("{text:?} {why}: a name such as vm-avd-#### is wanted, with a # for each digit")
        };
        let start = text.find('#').ok_or_else(|| wanted("has no #"))?;
        let digits = text[start..].chars().take_while(|c| *c == '#').count();
        let (before, after) = (&text[..start], &text[start + digits..]);
        if after.contains('#') {
            return Err(wanted("has # in two places"));
        }
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if !before.chars().chain(after.chars()).all(fits) {
            return Err(wanted(
                "holds something else than letters, digits and hyphens",
            ));
        }
        if !before.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(wanted("doesn't begin with a letter"));
        }
        if after.ends_with('-') {
            return Err(wanted("ends with a hyphen"));
        }
        if text.len() > LONGEST || digits > 6 {
            return Err(wanted("is too long"));
        }
        Ok(Self {
            before: before.to_owned(),
            digits,
            after: after.to_owned(),
        })
    }
}

impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}{}{}",
            self.before,
            "#".repeat(self.digits),
            self.after
        )
    }
}

impl NamePattern {
    /// How long its names are.
    #[must_use]
    pub fn length(&self) -> usize {
        self.before.len() + self.digits + self.after.len()
    }

    fn name(&self, number: u32) -> String {
        format!(
            "{}{number:0digits$}{}",
            self.before,
            self.after,
            digits = self.digits
        )
    }

    fn number(&self, name: &str) -> Option<u32> {
        let name = name.to_ascii_lowercase();
        let rest = name.strip_prefix(&self.before.to_ascii_lowercase())?;
        let digits = rest.strip_suffix(&self.after.to_ascii_lowercase())?;
        let plain = digits.len() == self.digits && digits.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| digits.parse().ok()).flatten()
    }

    /// The next `count` names after all those that are taken: a number that was used once isn't
    /// used again as long as a later one is there.
    ///
    /// # Errors
    /// The digits don't suffice.
    pub fn next(&self, taken: &BTreeSet<String>, count: u32) -> Result<Vec<String>, String> {
        let last = taken.iter().filter_map(|name| self.number(name)).max();
        let first = last.map_or(1, |last| last + 1);
        let most = 10u32.pow(u32::try_from(self.digits).unwrap_or(6)) - 1;
        if first.saturating_add(count) - 1 > most {
            return Err(format!(
                "{self} has room for numbers up to {most}, and {count} from {first} on are wanted"
            ));
        }
        Ok((first..first + count)
            .map(|number| self.name(number))
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pattern(text: &str) -> NamePattern {
        text.parse().unwrap()
    }

    fn taken(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn numbers_go_on_after_the_highest() {
        let names = taken(&[
            "vm-avd-0003",
            "VM-AVD-0042",
            "vm-avd-042",
            "vm-avd-x",
            "other-0099",
        ]);
        assert_eq!(
            pattern("vm-avd-####").next(&names, 2).unwrap(),
            ["vm-avd-0043", "vm-avd-0044"]
        );
        assert_eq!(pattern("a##b").next(&taken(&[]), 1).unwrap(), ["a01b"]);
    }

    #[test]
    fn digits_may_not_suffice() {
        let full = pattern("vm-#").next(&taken(&["vm-7"]), 3).unwrap_err();
        assert!(
            full.contains("up to 9") && full.contains("from 8"),
            "{full}"
        );
        assert_eq!(pattern("vm-#").next(&taken(&["vm-7"]), 2).unwrap().len(), 2);
    }

    #[test]
    fn odd_patterns_are_refused_with_what_would_do() {
        for text in [
            "vm",
            "vm-#-#",
            "1vm-##",
            "vm_##",
            "##",
            "vm-##-",
            "",
            "vm-#######",
        ] {
            let refusal = text.parse::<NamePattern>().unwrap_err();
            assert!(refusal.contains("vm-avd-####"), "{text}: {refusal}");
        }
    }

    proptest! {
        #[test]
        fn new_names_are_new_and_of_the_pattern(
            numbers in prop::collection::btree_set(1u32..500, 0..20),
            count in 1u32..50,
        ) {
            let pattern = pattern("vm-###x");
            let taken: BTreeSet<String> = numbers.iter().map(|n| pattern.name(*n)).collect();
            let names = pattern.next(&taken, count).unwrap();
            prop_assert_eq!(names.len(), count as usize);
            for name in names {
                prop_assert!(!taken.contains(&name));
                prop_assert!(pattern.number(&name).is_some() && name.len() == pattern.length());
            }
        }
    }
}
