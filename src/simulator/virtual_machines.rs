//! Virtual machines, for reading (ComputeRP 2024-07-01/virtualMachine.json).

use serde_json::{Value, json};

use super::answer::{Answer, Outcome};
use super::arm::Admitted;
use super::paging::page;
use super::world::World;

/// A property of the stored document, that says how the machine is; it is never answered.
pub(super) const POWER_STATE: &str = "$powerState";

/// The machines of a subscription or a resource group.
pub(super) fn list(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    let machines = world
        .resources
        .of_type(&admitted.path.scope(), "Microsoft.Compute/virtualMachines");
    let expand = admitted.request.query("$expand");
    let machines = machines.map(|machine| described(machine, expand)).collect();
    page(world, admitted.request, machines)
}

/// One machine.
pub(super) fn get(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    let expand = admitted.request.query("$expand");
    Ok(Answer::ok(described(admitted.find(world)?, expand)))
}

fn described(machine: &Value, expand: Option<&str>) -> Value {
    let mut machine = machine.clone();
    let power = machine
        .as_object_mut()
        .and_then(|members| members.remove(POWER_STATE));
    if expand.is_some_and(|expand| expand.eq_ignore_ascii_case("instanceView")) {
        let power = power.as_ref().and_then(Value::as_str).unwrap_or("running");
        machine["properties"]["instanceView"] = json!({
            "statuses": [
                {
                    "code": "ProvisioningState/succeeded",
                    "level": "Info",
                    "displayStatus": "Provisioning succeeded",
                    "time": machine["properties"]["timeCreated"],
                },
                {
                    "code": format!("PowerState/{power}"),
                    "level": "Info",
                    "displayStatus": format!("VM {power}"),
                },
            ],
        });
    }
    machine
}
