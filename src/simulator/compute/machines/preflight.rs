//! What Compute says of machines before a deployment begins.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::Value;

use crate::simulator::answer::Refusal;
use crate::simulator::compute::quota::{self, Exceeded};
use crate::simulator::compute::sizes;
use crate::simulator::regions;
use crate::simulator::resource_path::subscription_of;
use crate::simulator::resources::text;
use crate::simulator::world::World;

/// Whether there are sizes, quota and room for the machines, given by id and body. Those that are
/// there already need none. Sizes that a region does not have are found out when a machine is
/// created (azure-quickstart-templates issue 4335).
///
/// # Errors
/// `SkuNotAvailable` and `QuotaExceeded`.
pub(in crate::simulator) fn preflight(
    world: &mut World,
    machines: &[(&str, &Value)],
) -> Result<(), Refusal> {
    let new = machines
        .iter()
        .filter(|(id, _)| world.resources.get(id).is_none());
    let new: Vec<(&str, String, String)> = new
        .map(|(id, body)| {
            let size = text(body, "/properties/hardwareProfile/vmSize");
            (*id, text(body, "/location"), size)
        })
        .collect();
    for (_, region, size) in &new {
        sizes::check_restriction(region, size)?;
    }
    check_quotas(world, &new)?;
    for (id, region, size) in &new {
        if let Some(short) = world.faults.strike_sku(id, region, size) {
            let (code, message) = (short.code, short.message);
            return Err(Refusal::service(StatusCode::CONFLICT, code, message));
        }
    }
    Ok(())
}

/// The machines of a subscription in a region are counted together.
fn check_quotas(world: &World, new: &[(&str, String, String)]) -> Result<(), Refusal> {
    let mut together: BTreeMap<(&str, String), Vec<&str>> = BTreeMap::new();
    for (id, region, size) in new {
        let place = (
            subscription_of(id).unwrap_or_default(),
            regions::normal(region),
        );
        together.entry(place).or_default().push(size);
    }
    for ((subscription, region), sizes) in together {
        quota::check_quota(world, subscription, &region, &sizes).map_err(Exceeded::beforehand)?;
    }
    Ok(())
}
