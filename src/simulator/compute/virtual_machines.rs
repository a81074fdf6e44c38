//! Virtual machines, for reading (`ComputeRP 2024-07-01/virtualMachine.json`).

use serde_json::Value;

use crate::simulator::answer::{Answer, Outcome};
use crate::simulator::arm::Admitted;
use crate::simulator::paging::page;
use crate::simulator::world::World;
use crate::simulator::writing::remove;

/// The machines of a subscription or a resource group.
pub(super) fn list(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    let machines = world
        .resources
        .of_type(&admitted.path.scope(), "Microsoft.Compute/virtualMachines");
    let machines = machines.map(|machine| described(machine, admitted));
    page(world, admitted.request, machines.collect())
}

/// One machine.
pub(super) fn get(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    Ok(Answer::ok(described(admitted.find(world)?, admitted)))
}

/// Its instance view is told only with `$expand=instanceView`.
fn described(machine: &Value, admitted: &Admitted) -> Value {
    let mut machine = machine.clone();
    let expand = admitted.request.query("$expand").unwrap_or_default();
    if !expand.eq_ignore_ascii_case("instanceView") {
        remove(&mut machine["properties"], "instanceView");
    }
    machine
}
