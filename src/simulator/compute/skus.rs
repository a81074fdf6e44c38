//! What a subscription is offered of Compute (`Skus 2021-07-01/skus.json`): sizes of machines.

use serde_json::{Value, json};

use super::sizes::{SIZES, Security, Size};
use crate::simulator::answer::Outcome;
use crate::simulator::arm::Admitted;
use crate::simulator::filter;
use crate::simulator::paging::page;
use crate::simulator::regions::{self, Region};
use crate::simulator::world::World;

/// `GET …/skus`, of all regions or with `$filter=location eq 'westeurope'`. Each size is an entry
/// of its own in each region.
pub(super) fn list(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    let conditions = filter::conditions(admitted.request)?;
    let wanted = conditions.iter().find(|(name, _)| name == "location");
    let regions: Vec<Region> = match wanted {
        Some((_, location)) => regions::find(location).into_iter().collect(),
        None => regions::names()
            .into_iter()
            .filter_map(regions::find)
            .collect(),
    };
    let skus = regions.iter().flat_map(|region| {
        let offered = SIZES.iter().filter(|size| size.is_offered(region.name));
        offered.map(|size| sku(size, *region))
    });
    page(world, admitted.request, skus.collect())
}

fn sku(size: &Size, region: Region) -> Value {
    let here = [region.name];
    let zones: &[&str] = if region.has_zones {
        &["1", "2", "3"]
    } else {
        &[]
    };
    let mut restrictions = Vec::new();
    if size.is_restricted(region.name) {
        restrictions.push(json!({
            "type": "Location",
            "values": here,
            "restrictionInfo": { "locations": here },
            "reasonCode": "NotAvailableForSubscription",
        }));
    }
    json!({
        "resourceType": "virtualMachines",
        "name": size.name,
        "tier": "Standard",
        "size": size.name.trim_start_matches("Standard_"),
        "family": size.family,
        "locations": here,
        "locationInfo": [{ "location": region.name, "zones": zones, "zoneDetails": [] }],
        "capabilities": capabilities(size),
        "restrictions": restrictions,
    })
}

/// The capabilities are named as in the examples of the specification, the last three as Microsoft's
/// `trusted-launch-faq.md` and clients read them.
fn capabilities(size: &Size) -> Vec<Value> {
    let yes = |is: bool| if is { "True" } else { "False" }.to_owned();
    let mut all = vec![
        (
            "MaxResourceVolumeMB",
            (size.temporary_disk * 1024).to_string(),
        ),
        ("OSVhdSizeMB", "1047552".to_owned()),
        ("vCPUs", size.vcpus.to_string()),
        ("HyperVGenerations", size.generations.join(",")),
        ("MemoryGB", size.memory.to_string()),
        ("MaxDataDiskCount", size.data_disks.to_string()),
        ("LowPriorityCapable", yes(true)),
        ("PremiumIO", yes(size.premium_io)),
        ("vCPUsAvailable", size.vcpus.to_string()),
        (
            "AcceleratedNetworkingEnabled",
            yes(size.accelerated_networking),
        ),
        ("RdmaEnabled", yes(false)),
        ("MaxNetworkInterfaces", size.interfaces.to_string()),
        ("CpuArchitectureType", size.architecture.to_owned()),
    ];
    if size.security != Security::TrustedLaunch {
        all.push(("TrustedLaunchDisabled", yes(true)));
    }
    if size.security == Security::Confidential {
        all.push(("ConfidentialComputingType", "SNP".to_owned()));
    }
    let named = |(name, value): (&str, String)| json!({ "name": name, "value": value });
    all.into_iter().map(named).collect()
}
