//! How a machine is answered: its extensions, and its instance view.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::simulator::clock::compute_time;
use crate::simulator::operations::Failure;
use crate::simulator::resources::text;
use crate::simulator::world::World;
use crate::simulator::writing::remove;

/// `PowerState/…`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::simulator) enum Power {
    Running,
    Stopped,
    Deallocated,
}

impl Power {
    /// As instance views tell it.
    pub(in crate::simulator) fn status(self) -> Value {
        let word = match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Deallocated => "deallocated",
        };
        json!({
            "code": format!("PowerState/{word}"),
            "level": "Info",
            "displayStatus": format!("VM {word}"),
        })
    }

    /// That of a machine.
    pub(in crate::simulator) fn of(machine: &Value) -> Option<Self> {
        let statuses = machine["properties"]["instanceView"]["statuses"].as_array()?;
        let all = [Self::Running, Self::Stopped, Self::Deallocated];
        all.into_iter().find(|power| {
            let code = &power.status()["code"];
            statuses.iter().any(|status| status["code"] == *code)
        })
    }
}

/// A machine as it is answered. Its instance view is told only if it is `expanded`.
pub(super) fn described(world: &World, machine: &Value, expanded: bool) -> Value {
    let mut machine = machine.clone();
    let extensions = format!("{}/extensions", text(&machine, "/id"));
    let extensions: Vec<Value> = world.resources.members(&extensions).cloned().collect();
    if expanded {
        let views: Vec<Value> = extensions.iter().map(extension_view).collect();
        if !views.is_empty() {
            machine["properties"]["instanceView"]["extensions"] = json!(views);
        }
    } else {
        remove(&mut machine["properties"], "instanceView");
    }
    if !extensions.is_empty() {
        machine["resources"] = json!(extensions);
    }
    machine
}

/// The instance view of an extension (`vm/vm_extension.json` of the recordings).
pub(in crate::simulator::compute) fn extension_view(extension: &Value) -> Value {
    let properties = &extension["properties"];
    let (code, display) = match properties["provisioningState"].as_str() {
        Some("Creating" | "Updating") => ("transitioning", "Transitioning"),
        Some("Failed") => ("failed", "Provisioning failed"),
        _ => ("succeeded", "Provisioning succeeded"),
    };
    json!({
        "name": extension["name"],
        "type": format!("{}.{}", text(properties, "/publisher"), text(properties, "/type")),
        "typeHandlerVersion": properties["typeHandlerVersion"],
        "statuses": [{
            "code": format!("ProvisioningState/{code}"),
            "level": if code == "failed" { "Error" } else { "Info" },
            "displayStatus": display,
        }],
    })
}

/// The instance view of a machine that has been created, or whose creation failed.
pub(in crate::simulator) fn instance_view(
    machine: &Value,
    generation: &str,
    power: Power,
    time: Timestamp,
    failure: Option<&Failure>,
) -> Value {
    let time = compute_time(time);
    let provisioning = match failure {
        None => json!({
            "code": "ProvisioningState/succeeded",
            "level": "Info",
            "displayStatus": "Provisioning succeeded",
            "time": time,
        }),
        Some(failure) => json!({
            "code": format!("ProvisioningState/failed/{}", failure.code),
            "level": "Error",
            "displayStatus": "Provisioning failed",
            "message": failure.message,
            "time": time,
        }),
    };
    let mut view = json!({
        "hyperVGeneration": generation,
        "disks": [{
            "name": machine["properties"]["storageProfile"]["osDisk"]["name"],
            "statuses": [{
                "code": "ProvisioningState/succeeded",
                "level": "Info",
                "displayStatus": "Provisioning succeeded",
                "time": machine["properties"]["timeCreated"],
            }],
        }],
        "statuses": [provisioning],
    });
    if failure.is_some() {
        return view;
    }
    if power == Power::Running {
        view["vmAgent"] = json!({
            "vmAgentVersion": "2.7.41491.1172",
            "statuses": [{
                "code": "ProvisioningState/succeeded",
                "level": "Info",
                "displayStatus": "Ready",
                "message": "GuestAgent is running and processing the extensions.",
                "time": time,
            }],
            "extensionHandlers": [],
        });
        if let Some(name) = machine["properties"]["osProfile"]["computerName"].as_str() {
            view["computerName"] = json!(name);
        }
    }
    set_power(&mut view, power);
    view
}

/// The instance view of a machine that is being created
/// (`vm/vm_create_no_wait.json` of the recordings, the thirteenth request).
pub(super) fn creating(machine: &Value, generation: &str) -> Value {
    let name = &machine["properties"]["storageProfile"]["osDisk"]["name"];
    let status = json!({
        "code": "ProvisioningState/creating",
        "level": "Info",
        "displayStatus": "Creating",
    });
    json!({
        "hyperVGeneration": generation,
        "disks": [{ "name": name, "statuses": [] }],
        "statuses": [status, Power::Running.status()],
    })
}

/// Notes that a machine has been generalized.
pub(in crate::simulator) fn generalize(machine: &mut Value) {
    let statuses = machine.pointer_mut("/properties/instanceView/statuses");
    if let Some(statuses) = statuses.and_then(Value::as_array_mut) {
        let generalized = json!({
            "code": GENERALIZED,
            "level": "Info",
            "displayStatus": "VM generalized",
        });
        statuses.insert(0, generalized);
    }
}

/// Whether a machine has been generalized; None where it has no instance view.
pub(in crate::simulator::compute) fn is_generalized(machine: &Value) -> Option<bool> {
    let statuses = machine["properties"]["instanceView"]["statuses"].as_array()?;
    Some(statuses.iter().any(|status| status["code"] == GENERALIZED))
}

/// Of the machines that are not, recordings have `OSState/specialized`.
const GENERALIZED: &str = "OSState/generalized";

/// Puts another power state into an instance view.
pub(super) fn set_power(view: &mut Value, power: Power) {
    let statuses = view["statuses"].as_array().cloned().unwrap_or_default();
    let is_power = |status: &Value| text(status, "/code").starts_with("PowerState/");
    let mut kept: Vec<Value> = statuses.into_iter().filter(|s| !is_power(s)).collect();
    kept.push(power.status());
    view["statuses"] = json!(kept);
}
