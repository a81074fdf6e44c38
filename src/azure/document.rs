use std::collections::BTreeMap;

use serde_json::Value;

use super::error::Error;
use super::guid::TenantId;
use super::region::Region;
use super::resource_id::ResourceId;
use super::timestamp;

/// Looks into a document of ARM and says what is wrong with it in words.
///
/// Everything that is not needed to know which thing this is may be missing or odd: one strange
/// field must not hide a whole list.
pub(crate) struct Reader<'a> {
    what: &'static str,
    document: &'a Value,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(what: &'static str, document: &'a Value) -> Self {
        Self { what, document }
    }

    /// The value at a JSON pointer; null counts as absent.
    pub(crate) fn value(&self, pointer: &str) -> Option<&'a Value> {
        self.document.pointer(pointer).filter(|v| !v.is_null())
    }

    pub(crate) fn text(&self, pointer: &str) -> Option<&'a str> {
        self.value(pointer)?.as_str()
    }

    pub(crate) fn owned(&self, pointer: &str) -> Option<String> {
        self.text(pointer).map(str::to_owned)
    }

    pub(crate) fn flag(&self, pointer: &str) -> bool {
        self.value(pointer)
            .and_then(Value::as_bool)
            .unwrap_or(false)
    }

    pub(crate) fn count(&self, pointer: &str) -> Option<u32> {
        u32::try_from(self.value(pointer)?.as_u64()?).ok()
    }

    /// A whole number that is not negative, even where it is written `2.0`.
    pub(crate) fn amount(&self, pointer: &str) -> Option<u64> {
        let value = self.value(pointer)?;
        let written = || format!("{:.0}", value.as_f64()?).parse().ok();
        value.as_u64().or_else(written)
    }

    pub(crate) fn time(&self, pointer: &str) -> Option<jiff::Timestamp> {
        timestamp::lenient(self.text(pointer)?)
    }

    pub(crate) fn items(&self, pointer: &str) -> std::slice::Iter<'a, Value> {
        let items = self.value(pointer).and_then(Value::as_array);
        items.map_or_else(Default::default, |items| items.iter())
    }

    /// The tags of a resource: all that are text.
    pub(crate) fn tags(&self) -> BTreeMap<String, String> {
        let tags = self.value("/tags").and_then(Value::as_object);
        let tags = tags.into_iter().flatten();
        tags.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
            .collect()
    }

    /// The ids at a pointer in each item of a list; what is no id is left out.
    pub(crate) fn ids(&self, list: &str, pointer: &str) -> Vec<ResourceId> {
        let ids = self.items(list).filter_map(|item| item.pointer(pointer));
        ids.filter_map(|id| id.as_str()?.parse().ok()).collect()
    }

    pub(crate) fn required(&self, pointer: &str) -> Result<&'a str, Error> {
        self.text(pointer)
            .ok_or_else(|| self.malformed(format!("{pointer} is missing or not text")))
    }

    pub(crate) fn id(&self) -> Result<ResourceId, Error> {
        self.required("/id")?
            .parse()
            .map_err(|e| self.malformed(format!("/id: {e}")))
    }

    pub(crate) fn tenant(&self, pointer: &str) -> Result<TenantId, Error> {
        self.required(pointer)?
            .parse()
            .map_err(|e| self.malformed(format!("{pointer}: {e}")))
    }

    pub(crate) fn location(&self) -> Result<Region, Error> {
        self.required("/location").map(Region::new)
    }

    pub(crate) fn malformed(&self, cause: String) -> Error {
        Error::Malformed {
            doing: format!("reading the document of {}", self.what),
            cause,
        }
    }
}

/// Gives a parsed document its raw form back: `document()` and `into_document()`.
macro_rules! keeps_document {
    ($name:ty) => {
        impl $name {
            /// The document exactly as ARM sent it.
            #[must_use]
            pub fn document(&self) -> &serde_json::Value {
                &self.document
            }

            /// The document exactly as ARM sent it, without a copy.
            #[must_use]
            pub fn into_document(self) -> serde_json::Value {
                self.document
            }
        }

        impl crate::azure::document::Document for $name {
            fn read(document: serde_json::Value) -> Result<Self, crate::azure::Error> {
                Self::from_document(document)
            }
        }
    };
}
pub(crate) use keeps_document;

/// What an item of a list or a single answer is turned into.
pub(crate) trait Document: Sized {
    fn read(document: Value) -> Result<Self, Error>;
}
