use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::invalid::{Invalid, serde_as_text};

macro_rules! guid {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        ///
        /// Kept as lower-case GUID text; parsing refuses anything but the 36-character form.
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The GUID in lower case.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = Invalid;

            fn from_str(text: &str) -> Result<Self, Invalid> {
                canonical(text).map(Self).ok_or_else(|| {
                    Invalid::new($what, text, "a GUID such as 11111111-2222-3333-4444-555555555555 is wanted")
                })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        serde_as_text!($name);
    };
}

guid!(
    /// A Microsoft Entra tenant (directory).
    TenantId,
    "a tenant id"
);
guid!(
    /// An Azure subscription.
    SubscriptionId,
    "a subscription id"
);
guid!(
    /// An object of Microsoft Entra that roles are assigned to: a user, a group, a service
    /// principal.
    PrincipalId,
    "an object id"
);
guid!(
    /// The name of a role definition, the same in every scope.
    RoleId,
    "a role's id"
);

impl RoleId {
    /// The id of a built-in role, written here in lower case.
    pub(crate) fn built_in(id: &'static str) -> Self {
        Self(id.into())
    }
}

/// The lower-cased text if it is a hyphenated GUID, the only form that ARM uses in paths.
fn canonical(text: &str) -> Option<Arc<str>> {
    let hyphenated = text.len() == 36 && uuid::Uuid::try_parse(text).is_ok();
    hyphenated.then(|| text.to_ascii_lowercase().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_folded_and_other_forms_are_refused() {
        let id: TenantId = "ABCDEF01-2222-3333-4444-555555555555".parse().unwrap();
        assert_eq!(id.to_string(), "abcdef01-2222-3333-4444-555555555555");
        for wrong in [
            "",
            "adatum",
            "abcdef01222233334444555555555555",
            "{abcdef01-2222-3333-4444-555555555555}",
            "abcdef01-2222-3333-4444-55555555555g",
            "abcdef01-2222-3333-4444-555555555555 ",
        ] {
            assert!(wrong.parse::<SubscriptionId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn json_is_the_plain_text() {
        let id: SubscriptionId = "00000000-0000-0000-0000-00000000000a".parse().unwrap();
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, "\"00000000-0000-0000-0000-00000000000a\"");
        assert_eq!(serde_json::from_str::<SubscriptionId>(&json).unwrap(), id);
        assert!(serde_json::from_str::<SubscriptionId>("\"x\"").is_err());
    }

    #[test]
    fn the_refusal_escapes_what_it_quotes() {
        let refusal = "\u{1b}[2J".parse::<TenantId>().unwrap_err().to_string();
        assert!(
            refusal.starts_with("\"\\u{1b}[2J\" is not a tenant id"),
            "{refusal}"
        );
    }
}
