//! How much a subscription has of machines and cores in a region, and how much it may have
//! (`ComputeRP 2024-07-01/computeRPCommon.json`; `vm/vm_usage.json` of the recordings).

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{machines, sizes};
use crate::simulator::answer::{Outcome, Refusal};
use crate::simulator::arm::Admitted;
use crate::simulator::paging::page;
use crate::simulator::regions;
use crate::simulator::resources::text;
use crate::simulator::world::World;

/// Cores of all sizes in a region.
const CORES: &str = "cores";
/// Machines in a region.
const MACHINES: &str = "virtualMachines";

/// Limits that are not the usual ones, by subscription. They are the same in every region.
#[derive(Default)]
pub(in crate::simulator) struct Quotas(BTreeMap<String, BTreeMap<String, u64>>);

impl Quotas {
    /// Gives a subscription limits of its own.
    pub(in crate::simulator) fn grant(
        &mut self,
        subscription: &str,
        limits: BTreeMap<String, u64>,
    ) {
        self.0.insert(subscription.to_lowercase(), limits);
    }

    /// Those of Azure are by agreement; 350 cores of a family are an enterprise's.
    fn limit(&self, subscription: &str, name: &str) -> u64 {
        let own = self.0.get(&subscription.to_lowercase());
        let usual = match name {
            CORES => 1000,
            MACHINES => 25_000,
            _ => 350,
        };
        own.and_then(|own| own.get(name)).copied().unwrap_or(usual)
    }
}

/// Everything that has a limit.
pub(in crate::simulator) fn names() -> impl Iterator<Item = &'static str> {
    [CORES, MACHINES].into_iter().chain(sizes::families())
}

/// Machines and their cores, by the name of what they count against.
#[derive(Default)]
struct Tally(BTreeMap<&'static str, u64>);

impl Tally {
    /// Machines that are in a region, allocated or not (Microsoft's `quotas.md`).
    fn of(world: &World, subscription: &str, region: &str) -> Self {
        let scope = format!("/subscriptions/{subscription}");
        let region = regions::normal(region);
        let mut tally = Self::default();
        for machine in world.resources.of_type(&scope, machines::KIND) {
            if regions::normal(&text(machine, "/location")) == region {
                tally.add(&text(machine, "/properties/hardwareProfile/vmSize"));
            }
        }
        tally
    }

    fn add(&mut self, size: &str) {
        *self.0.entry(MACHINES).or_default() += 1;
        if let Some(size) = sizes::find(size) {
            for name in [CORES, size.family] {
                *self.0.entry(name).or_default() += u64::from(size.vcpus);
            }
        }
    }

    fn get(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or_default()
    }
}

/// Why machines cannot be made: Azure's text.
#[derive(Debug)]
pub(super) struct Exceeded(String);

impl Exceeded {
    /// As a machine's own PUT is refused (neonKUBE issue 1671).
    pub(super) fn at_creation(self) -> Refusal {
        Refusal::service(StatusCode::CONFLICT, "OperationNotAllowed", self.0)
    }

    /// As it stands in the details of a deployment's refusal (purviewlab issue 77).
    pub(super) fn beforehand(self) -> Refusal {
        Refusal::service(StatusCode::CONFLICT, "QuotaExceeded", self.0)
    }
}

/// Whether a subscription may have machines of these sizes, one a machine, besides those that it
/// has.
///
/// # Errors
/// The first limit that they would pass.
pub(super) fn check_quota(
    world: &World,
    subscription: &str,
    region: &str,
    sizes: &[&str],
) -> Result<(), Exceeded> {
    let used = Tally::of(world, subscription, region);
    let mut wanted = Tally::default();
    for size in sizes {
        wanted.add(size);
    }
    for name in names() {
        let limit = world.quotas.limit(subscription, name);
        let (used, more) = (used.get(name), wanted.get(name));
        if more > 0 && used + more > limit {
            return Err(exceeded(subscription, region, name, [limit, used, more]));
        }
    }
    Ok(())
}

/// The text is Azure's for cores; for the number of machines it is unverified, and which limit is
/// told first where two are passed.
fn exceeded(subscription: &str, region: &str, name: &str, counts: [u64; 3]) -> Exceeded {
    let [limit, used, more] = counts;
    let needed = used + more;
    let region = regions::normal(region);
    let (what, article) = match name {
        CORES => ("Total Regional Cores".to_owned(), "regional-quota-requests"),
        MACHINES => ("Virtual Machines".to_owned(), "regional-quota-requests"),
        family => (format!("{family} Cores"), "per-vm-quota-requests"),
    };
    Exceeded(format!(
        "Operation could not be completed as it results in exceeding approved {what} quota. \
         Additional details - Deployment Model: Resource Manager, Location: {region}, Current \
         Limit: {limit}, Current Usage: {used}, Additional Required: {more}, (Minimum) New Limit \
         Required: {needed}. Setup Alerts when Quota reaches threshold. Learn more at \
         https://aka.ms/quotamonitoringalerting . Submit a request for Quota increase at \
         https://aka.ms/ProdportalCRP/#blade/Microsoft_Azure_Capacity/UsageAndQuota.ReactView/\
         Parameters/%7B%22subscriptionId%22:%22{subscription}%22,%22command%22:\
         %22openQuotaApprovalBlade%22,%22quotas%22:[%7B%22location%22:%22{region}%22,\
         %22providerId%22:%22Microsoft.Compute%22,%22resourceName%22:%22{name}%22,\
         %22quotaRequest%22:%7B%22properties%22:%7B%22limit%22:{needed},%22unit%22:%22Count%22,\
         %22name%22:%7B%22value%22:%22{name}%22%7D%7D%7D%7D]%7D by specifying parameters listed in \
         the ‘Details’ section for deployment to succeed. Please read more about quota limits at \
         https://docs.microsoft.com/en-us/azure/azure-supportability/{article}"
    ))
}

/// `GET …/locations/{location}/usages`.
pub(super) fn usages(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    let location = admitted.path.name();
    let Some(region) = regions::find(location) else {
        let version = admitted.request.api_version();
        return Err(admitted.kind.unregistered(location, version));
    };
    let subscription = admitted.path.subscription.as_deref().unwrap_or_default();
    let used = Tally::of(world, subscription, region.name);
    let usage = |name: &'static str| {
        json!({
            "limit": world.quotas.limit(subscription, name),
            "unit": "Count",
            "currentValue": used.get(name),
            "name": { "value": name, "localizedValue": localized(name) },
        })
    };
    let usages: Vec<Value> = names().map(usage).collect();
    page(world, admitted.request, usages)
}

/// `Standard DSv5 Family vCPUs` for `standardDSv5Family`.
fn localized(name: &str) -> String {
    match name {
        CORES => "Total Regional vCPUs".to_owned(),
        MACHINES => "Virtual Machines".to_owned(),
        family => {
            let series = family.trim_start_matches("standard");
            let series = series.trim_end_matches("Family");
            format!("Standard {series} Family vCPUs")
        }
    }
}
