//! Virtual machines (`ComputeRP 2024-07-01/virtualMachine.json`; `vm/specialized_image.json` and
//! `vm/vm_add_application.json` of the recordings).

mod changing;
mod creation;
mod creations;
mod image_rules;
mod interfaces;
mod os_profile;
mod parts;
mod power;
mod preflight;
mod view;

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::simulator::answer::{Answer, Outcome, Refusal};
use crate::simulator::arm::Admitted;
use crate::simulator::operations::{self, End, Style, Work};
use crate::simulator::paging::page;
use crate::simulator::resources::text;
use crate::simulator::world::World;
use crate::simulator::writing::merge;

pub(in crate::simulator) use creations::Creations;
pub(super) use image_rules::{security_type, security_types};
pub(in crate::simulator) use interfaces::let_go;
pub(in crate::simulator) use parts::{disk, vm_id};
pub(super) use power::act;
pub(in crate::simulator) use preflight::preflight;
pub(in crate::simulator) use view::{Power, generalize, instance_view};
pub(super) use view::{extension_view, is_generalized};

pub(super) const KIND: &str = "Microsoft.Compute/virtualMachines";

/// The machines of a subscription or a resource group.
pub(super) fn list(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    let machines = world.resources.of_type(&admitted.path.scope(), KIND);
    let machines = machines.map(|machine| view::described(world, machine, false));
    page(world, admitted.request, machines.collect())
}

/// One machine; its instance view is told only with `$expand=instanceView`.
pub(super) fn get(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    let expand = admitted.request.query("$expand").unwrap_or_default();
    let expanded = expand.eq_ignore_ascii_case("instanceView");
    let machine = view::described(world, admitted.find(world)?, expanded);
    Ok(answered(StatusCode::OK, machine))
}

/// The version of a document is in its header too.
fn answered(status: StatusCode, machine: Value) -> Answer {
    match machine["etag"].as_str().map(str::to_owned) {
        Some(etag) => Answer::with(status, machine).header("etag", etag),
        None => Answer::with(status, machine),
    }
}

/// `GET …/virtualMachines/{name}/instanceView`.
pub(super) fn view(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    let machine = admitted.find_subject(world)?;
    let machine = view::described(world, machine, true);
    Ok(Answer::ok(machine["properties"]["instanceView"].clone()))
}

/// Creates a machine, or changes one that is there.
pub(super) fn put(world: &mut World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "write")?;
    let body = admitted.request.object()?;
    match world.resources.get(&admitted.path.id()).cloned() {
        None => creation::create(world, admitted, body),
        Some(machine) => changing::change(world, admitted, &machine, body),
    }
}

/// Changes what the body names, and keeps all else.
pub(super) fn patch(world: &mut World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "write")?;
    let changes = admitted.request.object()?;
    let machine = admitted.find(world)?.clone();
    let mut body = machine.as_object().cloned().unwrap_or_default();
    merge(&mut body, changes);
    changing::change(world, admitted, &machine, body)
}

/// Shortest and longest deletion of a machine, in simulated seconds.
const DELETION_SECONDS: (f64, f64) = (20.0, 60.0);

/// Deletes a machine; disks and interfaces with `deleteOption` Delete go with it. A machine that is
/// still being created, or changed, is deleted nevertheless.
pub(super) fn delete(world: &mut World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "delete")?;
    let Some(mut machine) = world.resources.get(&admitted.path.id()).cloned() else {
        return Ok(Answer::empty(StatusCode::NO_CONTENT));
    };
    let id = text(&machine, "/id");
    if let Some(running) = world.operations.busy(&id) {
        if running.removes() {
            return Err(marked_for_deletion("delete", &machine));
        }
        let now = world.clock.now();
        world.operations.preempt(&id, now);
        world.creations.end(&id);
    }
    machine["properties"]["provisioningState"] = json!("Deleting");
    world.resources.put(machine.clone());
    let (least, most) = DELETION_SECONDS;
    let what = format!("delete {}", id.to_lowercase());
    let takes = world.chance.seconds(&what, least, most);
    let answer = Answer::empty(StatusCode::ACCEPTED);
    Ok(begin(
        world,
        admitted,
        answer,
        &machine,
        (takes, End::Remove),
    ))
}

/// Begins an operation on a machine or on one of its extensions. All but PUT and PATCH have a
/// `Location` too (`vm/vm_extension.json` of the recordings).
pub(super) fn begin(
    world: &mut World,
    admitted: &Admitted,
    answer: Answer,
    resource: &Value,
    (takes, end): (Duration, End),
) -> Answer {
    let method = admitted.request.method.as_str();
    let work = Work {
        style: Style::Machines,
        monitored: !matches!(method, "PUT" | "PATCH"),
        api_version: admitted.request.api_version(),
        resource,
        takes,
        end,
    };
    operations::begin(world, answer, work)
}

/// That nothing else is being done to a machine. Both texts are Azure's.
pub(super) fn refuse_while_busy(world: &World, machine: &Value, verb: &str) -> Result<(), Refusal> {
    let Some(running) = world.operations.busy(&text(machine, "/id")) else {
        return Ok(());
    };
    if running.removes() {
        return Err(marked_for_deletion(verb, machine));
    }
    Err(Refusal::service(
        StatusCode::CONFLICT,
        "Conflict",
        "The request failed due to conflict with a concurrent request. To resolve it, please refer \
         to https://aka.ms/activitylog to get more details on the conflicting requests.",
    ))
}

fn marked_for_deletion(verb: &str, machine: &Value) -> Refusal {
    Refusal::service(
        StatusCode::CONFLICT,
        "OperationNotAllowed",
        format!(
            "Operation '{verb}' is not allowed on VM '{}' since the VM is marked for deletion. You \
             can only retry the Delete operation (or wait for an ongoing one to complete).",
            text(machine, "/name")
        ),
    )
}

/// A parameter that has to be given.
fn required(parameter: &str) -> Refusal {
    Refusal::invalid(
        parameter,
        format!("Required parameter '{parameter}' is missing (null)."),
    )
}

/// A property of a machine that never changes.
fn unchangeable(property: &str) -> Refusal {
    Refusal::service(
        StatusCode::CONFLICT,
        "PropertyChangeNotAllowed",
        format!("Changing property '{property}' is not allowed."),
    )
    .target(property)
}
