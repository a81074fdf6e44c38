/// An enumeration of Azure that may grow: what is not known is kept as the text Azure wrote.
///
/// Known values are recognised whatever their case and written in Azure's spelling.
macro_rules! open_enum {
    ($(#[$doc:meta])* $visibility:vis enum $name:ident { $($(#[$case:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        $visibility enum $name {
            $($(#[$case])* $variant,)+
            /// A value not known here, as Azure wrote it.
            Other(String),
        }

        impl $name {
            /// Azure's spelling.
            #[must_use]
            $visibility fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                $(if text.eq_ignore_ascii_case($text) {
                    return Self::$variant;
                })+
                Self::Other(text.to_owned())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                Ok(Self::from(text.as_ref()))
            }
        }
    };
}
pub(crate) use open_enum;

#[cfg(test)]
mod tests {
    open_enum! {
        /// For the tests.
        enum Light {
            /// Go.
            Green = "Green",
            /// Stop.
            Red = "Red",
        }
    }

    #[test]
    fn what_is_not_known_is_kept() {
        assert_eq!(Light::from("green"), Light::Green);
        let odd = Light::from("Ultraviolet");
        assert_eq!(odd.as_str(), "Ultraviolet");
        let json = serde_json::to_string(&[Light::Red, odd.clone()]).unwrap();
        assert_eq!(json, r#"["Red","Ultraviolet"]"#);
        assert_eq!(
            serde_json::from_str::<Vec<Light>>(&json).unwrap(),
            [Light::Red, odd]
        );
    }
}
