//! What Compute says of machines before a deployment begins.

use axum::http::StatusCode;
use serde_json::Value;

use crate::simulator::answer::Refusal;
use crate::simulator::resources::text;
use crate::simulator::world::World;

/// Whether there are sizes and room for the machines, given by id and body. Those that are there
/// already need none.
///
/// # Errors
/// `SkuNotAvailable`.
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
    for (id, region, size) in &new {
        if let Some(short) = world.faults.strike_sku(id, region, size) {
            let (code, message) = (short.code, short.message);
            return Err(Refusal::service(StatusCode::CONFLICT, code, message));
        }
    }
    Ok(())
}
