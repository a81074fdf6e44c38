//! Extensions of virtual machines (`ComputeRP 2024-07-01/virtualMachine.json`;
//! `vm/vm_extension.json` of the recordings).

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::machines::{self, Power, begin, extension_view};
use crate::simulator::answer::{Answer, Outcome, Refusal};
use crate::simulator::arm::Admitted;
use crate::simulator::operations::End;
use crate::simulator::resources::text;
use crate::simulator::world::World;
use crate::simulator::writing;

const KIND: &str = "Microsoft.Compute/virtualMachines/extensions";

/// Shortest and longest installation, in simulated seconds.
const INSTALLATION_SECONDS: (f64, f64) = (20.0, 90.0);
/// Shortest and longest removal.
const REMOVAL_SECONDS: (f64, f64) = (10.0, 20.0);

/// The extensions of a machine, all on one page.
pub(super) fn list(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    let machine = text(admitted.find_subject(world)?, "/id");
    let extensions = world.resources.members(&format!("{machine}/extensions"));
    let extensions: Vec<Value> = extensions.map(|e| described(e, admitted)).collect();
    Ok(Answer::ok(json!({ "value": extensions })))
}

/// One extension.
pub(super) fn get(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    Ok(Answer::ok(described(admitted.find(world)?, admitted)))
}

/// Its instance view is told only with `$expand=instanceView`.
fn described(extension: &Value, admitted: &Admitted) -> Value {
    let mut extension = extension.clone();
    let expand = admitted.request.query("$expand").unwrap_or_default();
    if expand.eq_ignore_ascii_case("instanceView") {
        extension["properties"]["instanceView"] = extension_view(&extension);
    }
    extension
}

/// Installs an extension on a machine that runs, or changes its settings. Protected settings are
/// never answered.
pub(super) fn put(world: &mut World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "write")?;
    let mut body = admitted.request.object()?;
    let machine = admitted.find_parent(world, "write")?.clone();
    let existing = world.resources.get(&admitted.path.id()).cloned();
    let location = writing::location(admitted, &body, existing.as_ref().or(Some(&machine)))?;
    machines::refuse_while_busy(world, &machine, "put")?;
    check_machine(&machine)?;
    let given = body.remove("properties").unwrap_or(Value::Null);
    let mut properties = given.as_object().cloned().unwrap_or_default();
    for required in ["publisher", "type", "typeHandlerVersion"] {
        if properties.get(required).is_none_or(Value::is_null) {
            let message = format!("Required parameter '{required}' is missing (null).");
            return Err(Refusal::invalid(required, message));
        }
    }
    for hidden in [
        "protectedSettings",
        "protectedSettingsFromKeyVault",
        "instanceView",
    ] {
        properties.remove(hidden);
    }
    properties
        .entry("autoUpgradeMinorVersion")
        .or_insert(json!(false));
    let id = format!(
        "{}/extensions/{}",
        text(&machine, "/id"),
        admitted.path.name()
    );
    let mut extension = writing::document(&id, KIND, &location, body, properties);
    let (status, state) = match existing {
        None => (StatusCode::CREATED, "Creating"),
        Some(_) => (StatusCode::OK, "Updating"),
    };
    extension["properties"]["provisioningState"] = json!(state);
    world.resources.put(extension.clone());
    let (least, most) = INSTALLATION_SECONDS;
    let what = format!("install {}", id.to_lowercase());
    let takes = world.chance.seconds(&what, least, most);
    let answer = Answer::with(status, extension.clone());
    let end = End::Succeed(json!({}));
    Ok(begin(world, admitted, answer, &extension, (takes, end)))
}

/// Both texts are Azure's.
fn check_machine(machine: &Value) -> Result<(), Refusal> {
    let refuse = |what: &str| {
        let code = "OperationNotAllowed";
        Err(Refusal::service(StatusCode::CONFLICT, code, what))
    };
    if machine["properties"]["osProfile"]["allowExtensionOperations"] == false {
        return refuse(
            "This operation cannot be performed when extension operations are disallowed. To allow, please ensure VM Agent is installed on the VM and the osProfile.allowExtensionOperations property is true.",
        );
    }
    if Power::of(machine).is_some_and(|power| power != Power::Running) {
        return refuse("Cannot modify extensions in the VM when the VM is not running.");
    }
    Ok(())
}

/// Removes an extension.
pub(super) fn delete(world: &mut World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "delete")?;
    let Some(mut extension) = world.resources.get(&admitted.path.id()).cloned() else {
        return Ok(Answer::empty(StatusCode::NO_CONTENT));
    };
    let machine = admitted.find_parent(world, "delete")?.clone();
    machines::refuse_while_busy(world, &machine, "delete")?;
    extension["properties"]["provisioningState"] = json!("Deleting");
    world.resources.put(extension.clone());
    let (least, most) = REMOVAL_SECONDS;
    let what = format!("remove {}", admitted.path.id().to_lowercase());
    let takes = world.chance.seconds(&what, least, most);
    let answer = Answer::empty(StatusCode::ACCEPTED);
    Ok(begin(
        world,
        admitted,
        answer,
        &extension,
        (takes, End::Remove),
    ))
}
