use serde_json::Value;

use crate::azure::document::{Reader, keeps_document};
use crate::azure::error::Error;
use crate::azure::guid::SubscriptionId;
use crate::azure::region::Region;
use crate::azure::session::Session;

/// How much a subscription has of something in a region, and how much it may have
/// (`computeRPCommon.json`, `ComputeRP` 2024-07-01).
#[derive(Clone, Debug, PartialEq)]
pub struct Usage {
    /// What: `cores`, `virtualMachines` or a family of sizes, `standardDSv5Family`.
    pub name: String,
    /// The same for people.
    pub localized: String,
    /// How much there is.
    pub current: u64,
    /// How much there may be.
    pub limit: u64,
    document: Value,
}
keeps_document!(Usage);

impl Usage {
    /// Reads ARM's document.
    ///
    /// # Errors
    /// [`Error::Malformed`] when it does not say how much of what.
    pub fn from_document(document: Value) -> Result<Self, Error> {
        let read = Reader::new("a usage", &document);
        let name = read.required("/name/value")?;
        let count = |field| {
            let number = read.value(field).and_then(Value::as_u64);
            number.ok_or_else(|| read.malformed(format!("{field} of {name} is no count")))
        };
        Ok(Self {
            name: name.to_owned(),
            localized: read.text("/name/localizedValue").unwrap_or(name).to_owned(),
            current: count("/currentValue")?,
            limit: count("/limit")?,
            document,
        })
    }

    /// How much more there may be.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.limit.saturating_sub(self.current)
    }
}

impl Session {
    /// What a subscription has and may have of machines and processors in a region.
    ///
    /// # Errors
    /// Any [`Error`] of a read.
    pub async fn usages(
        &self,
        subscription: &SubscriptionId,
        region: &Region,
    ) -> Result<Vec<Usage>, Error> {
        self.list(
            "Microsoft.Compute/locations/usages",
            &format!("/subscriptions/{subscription}/providers/Microsoft.Compute/locations/{region}/usages"),
            "",
            &format!("the quotas of subscription {subscription} in {region}"),
        )
        .await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn more_than_allowed_leaves_nothing() {
        let usage = |current: i64| {
            Usage::from_document(json!({
                "unit": "Count", "currentValue": current, "limit": 10,
                "name": {"value": "cores", "localizedValue": "Total Regional vCPUs"},
            }))
        };
        assert_eq!(usage(4).unwrap().left(), 6);
        assert_eq!(usage(12).unwrap().left(), 0);
        let refusal = usage(-1).unwrap_err().to_string();
        assert!(refusal.contains("/currentValue of cores"), "{refusal}");
    }
}
