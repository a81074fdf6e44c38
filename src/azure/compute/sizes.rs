use serde_json::Value;

use crate::azure::document::{Reader, keeps_document};
use crate::azure::error::Error;
use crate::azure::guid::SubscriptionId;
use crate::azure::region::Region;
use crate::azure::session::Session;

/// A size of virtual machines as a subscription has it in a region (Microsoft.Compute/skus
/// 2021-07-01; what the capabilities are called: azure-compute-docs, trusted-launch-faq.md, and the
/// examples of that specification).
#[derive(Clone, Debug, PartialEq)]
pub struct VmSize {
    /// Its name, `Standard_D4s_v5`.
    pub name: String,
    /// What its processors count against, the name of a [`Usage`](super::Usage).
    pub family: String,
    /// Virtual processors.
    pub vcpus: u64,
    /// Hyper-V generations it can run, `V1` and `V2`.
    pub generations: Vec<String>,
    /// `x64` or `Arm64`.
    pub architecture: String,
    /// Whether it takes premium disks.
    pub premium_io: bool,
    /// Whether its interfaces can be accelerated.
    pub accelerated_networking: bool,
    /// Whether it can run trusted launch.
    pub trusted_launch: bool,
    /// Why the subscription cannot have it in the region: `NotAvailableForSubscription` or
    /// `QuotaId`.
    pub restricted: Option<String>,
    document: Value,
}
keeps_document!(VmSize);

impl VmSize {
    /// Reads ARM's document.
    ///
    /// # Errors
    /// [`Error::Malformed`] when it has no name.
    pub fn from_document(document: Value) -> Result<Self, Error> {
        let read = Reader::new("a size", &document);
        let is = |capability| {
            text(&read, capability).is_some_and(|value| value.eq_ignore_ascii_case("true"))
        };
        let generations = text(&read, "HyperVGenerations").unwrap_or("V1");
        let generations: Vec<String> = generations
            .split(',')
            .map(|generation| generation.trim().to_owned())
            .collect();
        Ok(Self {
            name: read.required("/name")?.to_owned(),
            family: read.text("/family").unwrap_or_default().to_owned(),
            vcpus: text(&read, "vCPUs")
                .and_then(|count| count.parse().ok())
                .unwrap_or_default(),
            architecture: text(&read, "CpuArchitectureType")
                .unwrap_or("x64")
                .to_owned(),
            premium_io: is("PremiumIO"),
            accelerated_networking: is("AcceleratedNetworkingEnabled"),
            trusted_launch: generations.iter().any(|generation| generation == "V2")
                && !is("TrustedLaunchDisabled"),
            generations,
            restricted: restriction(&read),
            document,
        })
    }

    fn is_machine(&self) -> bool {
        self.document["resourceType"]
            .as_str()
            .is_some_and(|kind| kind.eq_ignore_ascii_case("virtualMachines"))
    }
}

/// The value of a capability.
fn text<'a>(read: &Reader<'a>, capability: &str) -> Option<&'a str> {
    let name = |entry: &Value| entry.get("name").and_then(Value::as_str) == Some(capability);
    let mut capabilities = read.items("/capabilities");
    let found = capabilities.find(|entry| name(entry))?;
    found.get("value")?.as_str()
}

/// What keeps the size from the whole region; a zone more or less is not that.
fn restriction(read: &Reader<'_>) -> Option<String> {
    let found = read
        .items("/restrictions")
        .find(|restriction| restriction["type"] == "Location")?;
    let reason = found.get("reasonCode").and_then(Value::as_str);
    Some(reason.unwrap_or("NotAvailableForSubscription").to_owned())
}

impl Session {
    /// The sizes of virtual machines that a region has, those too that the subscription is
    /// refused.
    ///
    /// # Errors
    /// Any [`Error`] of a read.
    pub async fn sizes(
        &self,
        subscription: &SubscriptionId,
        region: &Region,
    ) -> Result<Vec<VmSize>, Error> {
        let mut skus: Vec<VmSize> = self
            .list(
                "Microsoft.Compute/skus",
                &format!("/subscriptions/{subscription}/providers/Microsoft.Compute/skus"),
                &format!("&$filter=location eq '{region}'"),
                &format!("the sizes that subscription {subscription} may have in {region}"),
            )
            .await?;
        skus.retain(VmSize::is_machine);
        Ok(skus)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn size(capabilities: &[(&str, &str)], restrictions: &Value) -> VmSize {
        let capabilities: Vec<Value> = capabilities
            .iter()
            .map(|(name, value)| json!({"name": name, "value": value}))
            .collect();
        VmSize::from_document(json!({
            "resourceType": "virtualMachines",
            "name": "Standard_D4s_v5",
            "family": "standardDSv5Family",
            "capabilities": capabilities,
            "restrictions": restrictions,
        }))
        .unwrap()
    }

    #[test]
    fn capabilities_are_told() {
        let both = size(
            &[
                ("vCPUs", "4"),
                ("HyperVGenerations", "V1,V2"),
                ("PremiumIO", "True"),
                ("AcceleratedNetworkingEnabled", "False"),
                ("CpuArchitectureType", "x64"),
            ],
            &json!([]),
        );
        assert_eq!(
            (both.vcpus, both.generations),
            (4, vec!["V1".to_owned(), "V2".to_owned()])
        );
        assert!(both.premium_io && both.trusted_launch && !both.accelerated_networking);
        let without = [
            ("HyperVGenerations", "V2"),
            ("TrustedLaunchDisabled", "True"),
        ];
        assert!(!size(&without, &json!([])).trusted_launch);
        let old = size(&[("HyperVGenerations", "V1")], &json!([]));
        assert!(!old.trusted_launch && old.architecture == "x64");
    }

    #[test]
    fn only_a_restriction_of_the_whole_region_counts() {
        let zone = json!({"type": "Zone", "values": ["westeurope"], "reasonCode": "NotAvailableForSubscription"});
        let region = json!({"type": "Location", "values": ["westeurope"], "reasonCode": "QuotaId"});
        assert_eq!(size(&[], &json!([zone])).restricted, None);
        assert_eq!(
            size(&[], &json!([zone, region])).restricted.as_deref(),
            Some("QuotaId")
        );
    }
}
