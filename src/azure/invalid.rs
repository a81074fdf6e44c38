use std::fmt;

/// Text that is not what it was given for: not a GUID, not a resource id, not a region.
///
/// Displays as one sentence with the text escaped, so that it can go to a terminal as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    what: &'static str,
    given: String,
    why: &'static str,
}

impl Invalid {
    pub(crate) fn new(what: &'static str, given: &str, why: &'static str) -> Self {
        Self {
            what,
            given: given.to_owned(),
            why,
        }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "\"{}\" is not {}: {}",
            self.given.escape_debug(),
            self.what,
            self.why
        )
    }
}

impl std::error::Error for Invalid {}

/// Serialises a type as its text and reads it back through `FromStr`.
macro_rules! serde_as_text {
    ($name:ty) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text =
                    <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use serde_as_text;
