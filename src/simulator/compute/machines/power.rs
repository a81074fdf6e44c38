//! Starting and stopping machines.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::view::{Power, is_generalized, set_power};
use super::{begin, refuse_while_busy};
use crate::simulator::answer::{Answer, Outcome, Refusal};
use crate::simulator::arm::Admitted;
use crate::simulator::operations::End;
use crate::simulator::resources::text;
use crate::simulator::world::World;

/// `POST …/virtualMachines/{name}/start`, `restart`, `powerOff` and `deallocate`: 202 with
/// `Azure-AsyncOperation` and `Location` (`vm/vm_generalize.json` of the recordings).
pub(in crate::simulator::compute) fn act(world: &mut World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "action")?;
    let machine = admitted.find_subject(world)?.clone();
    let action = admitted.kind.name.rsplit('/').next().unwrap_or_default();
    refuse_while_busy(world, &machine, action)?;
    let starts = matches!(action, "start" | "restart");
    if starts && is_generalized(&machine) == Some(true) {
        return Err(generalized(action, &machine));
    }
    let (power, seconds) = match action {
        "deallocate" => (Power::Deallocated, 40),
        "powerOff" => (Power::Stopped, 25),
        _ => (Power::Running, 30),
    };
    let mut view = machine["properties"]["instanceView"].clone();
    set_power(&mut view, power);
    let mut changed = machine;
    changed["properties"]["provisioningState"] = json!("Updating");
    world.resources.put(changed.clone());
    let answer = Answer::empty(StatusCode::ACCEPTED);
    let end = End::Succeed(json!({ "instanceView": view }));
    let takes = Duration::from_secs(seconds);
    Ok(begin(world, admitted, answer, &changed, (takes, end)))
}

/// A generalized machine never runs again. The text is Azure's, as for other machines.
fn generalized(action: &str, machine: &Value) -> Refusal {
    Refusal::service(
        StatusCode::CONFLICT,
        "OperationNotAllowed",
        format!(
            "Operation '{action}' is not allowed on VM '{}' since the VM is generalized.",
            text(machine, "/name")
        ),
    )
}
