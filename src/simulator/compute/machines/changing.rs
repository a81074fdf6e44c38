//! A machine that is there and is written again.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::{begin, creation, image_rules, interfaces, refuse_while_busy, unchangeable, view};
use crate::simulator::access;
use crate::simulator::answer::{Answer, Outcome, Refusal};
use crate::simulator::arm::Admitted;
use crate::simulator::compute::sizes;
use crate::simulator::operations::End;
use crate::simulator::resources::text;
use crate::simulator::world::World;
use crate::simulator::writing::{self, merge};

/// Shortest and longest change, in simulated seconds.
const CHANGE_SECONDS: (f64, f64) = (5.0, 20.0);

/// Changes a machine. What the body does not name stays (`vm/vm_create_no_wait.json` of the
/// recordings, the twentieth request); what it was created from never changes.
pub(super) fn change(
    world: &mut World,
    admitted: &Admitted,
    machine: &Value,
    mut body: Map<String, Value>,
) -> Outcome {
    writing::location(admitted, &body, Some(machine))?;
    may_link(world, admitted, machine)?;
    let given = body.remove("properties").unwrap_or(Value::Null);
    let tags = body.remove("tags");
    check_unchanged(&machine["properties"], &given)?;
    check_size(machine, &given)?;
    let mut changed = machine.clone();
    let mut properties = machine["properties"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    merge(&mut properties, without_secrets(&given));
    if given["networkProfile"].is_object() {
        let id = text(machine, "/id");
        let location = text(machine, "/location");
        let network =
            interfaces::checked(world, admitted, &given["networkProfile"], &id, &location)?;
        properties.insert("networkProfile".into(), network);
    }
    changed["properties"] = Value::Object(properties);
    for (name, value) in body {
        let own = matches!(
            name.as_str(),
            "name" | "id" | "type" | "location" | "etag" | "resources"
        );
        if !own && !value.is_null() {
            changed[name] = value;
        }
    }
    let failed = machine["properties"]["provisioningState"] == "Failed";
    let only_tags = changed == *machine && !failed;
    if let Some(tags) = tags.filter(|tags| !tags.is_null()) {
        changed["tags"] = tags;
    }
    changed["etag"] = json!(next_etag(machine));
    if only_tags {
        // Done at once, whatever else is under way.
        world.resources.put(changed.clone());
        let answered = view::described(world, &changed, false);
        return Ok(super::answered(StatusCode::OK, answered));
    }
    refuse_while_busy(world, machine, "put")?;
    if failed {
        return creation::again(world, admitted, changed);
    }
    changed["properties"]["provisioningState"] = json!("Updating");
    world.resources.put(changed.clone());
    let (least, most) = CHANGE_SECONDS;
    let what = format!(
        "change {} {}",
        text(machine, "/id").to_lowercase(),
        changed["etag"]
    );
    let takes = world.chance.seconds(&what, least, most);
    let answered = view::described(world, &changed, false);
    let answer: Answer = super::answered(StatusCode::OK, answered);
    let end = End::Succeed(json!({}));
    Ok(begin(world, admitted, answer, &changed, (takes, end)))
}

/// A size that the machine changes to is one that its region offers and its disks can start on.
fn check_size(machine: &Value, given: &Value) -> Result<(), Refusal> {
    let kept = &machine["properties"];
    let size = given["hardwareProfile"]["vmSize"].as_str();
    let Some(size) = size.filter(|size| kept["hardwareProfile"]["vmSize"] != *size) else {
        return Ok(());
    };
    let of_image = json!({ "properties": {
        "hyperVGeneration": kept["instanceView"]["hyperVGeneration"],
    } });
    let region = text(machine, "/location");
    let security = image_rules::security_type(kept);
    sizes::check_size(&region, size, &of_image, security).map(|_| ())
}

/// An image of another tenant has to be reached again at every write (azure-cli issue 15753).
fn may_link(world: &World, admitted: &Admitted, machine: &Value) -> Result<(), Refusal> {
    let image = machine["properties"]["storageProfile"]["imageReference"]["id"].as_str();
    let Some(image) = image.filter(|id| id.starts_with("/subscriptions/")) else {
        return Ok(());
    };
    let action = admitted.kind.action("write");
    access::authorize_link(
        world,
        admitted.caller,
        &action,
        &text(machine, "/id"),
        ("read", image),
    )
}

fn without_secrets(given: &Value) -> Map<String, Value> {
    let mut given = given.as_object().cloned().unwrap_or_default();
    for service_only in ["instanceView", "provisioningState", "vmId", "timeCreated"] {
        given.remove(service_only);
    }
    if let Some(profile) = given.get_mut("osProfile") {
        for secret in ["adminPassword", "customData"] {
            writing::remove(profile, secret);
        }
    }
    // Answered, and never asked for.
    if let Some(reference) = given
        .get_mut("storageProfile")
        .and_then(Value::as_object_mut)
    {
        reference.remove("imageReference");
    }
    drop_nulls(&mut given);
    given
}

/// In a PUT, null names nothing.
fn drop_nulls(members: &mut Map<String, Value>) {
    members.retain(|_, value| !value.is_null());
    for value in members.values_mut() {
        if let Some(inner) = value.as_object_mut() {
            drop_nulls(inner);
        }
    }
}

/// Properties that are settled when a machine is created.
const SETTLED: [(&str, &str); 8] = [
    ("/osProfile/computerName", "osProfile.computerName"),
    ("/osProfile/adminUsername", "osProfile.adminUsername"),
    ("/storageProfile/osDisk/name", "osDisk.name"),
    ("/storageProfile/osDisk/osType", "osDisk.osType"),
    ("/storageProfile/osDisk/createOption", "osDisk.createOption"),
    (
        "/storageProfile/osDisk/managedDisk/id",
        "osDisk.managedDisk.id",
    ),
    (
        "/securityProfile/securityType",
        "securityProfile.securityType",
    ),
    ("/priority", "priority"),
];

fn check_unchanged(old: &Value, new: &Value) -> Result<(), Refusal> {
    check_image(old, new)?;
    for (pointer, name) in SETTLED {
        let given = new.pointer(pointer).filter(|given| !given.is_null());
        let Some(given) = given else {
            continue;
        };
        let kept = old.pointer(pointer).unwrap_or(&Value::Null);
        let same = match (kept.as_str(), given.as_str()) {
            (Some(kept), Some(given)) => kept.eq_ignore_ascii_case(given),
            _ => kept == given,
        };
        if !same {
            return Err(unchangeable(name));
        }
    }
    Ok(())
}

/// The text is Azure's (AKS' `changing-property-imagereference-not-allowed.md`).
fn check_image(old: &Value, new: &Value) -> Result<(), Refusal> {
    let reference = &new["storageProfile"]["imageReference"];
    if !reference.is_object() {
        return Ok(());
    }
    let old = &old["storageProfile"]["imageReference"];
    for form in ["id", "sharedGalleryImageId", "communityGalleryImageId"] {
        let pair = (old[form].as_str(), reference[form].as_str());
        let same = match pair {
            (None, None) => true,
            (Some(old), Some(new)) => old.eq_ignore_ascii_case(new),
            _ => false,
        };
        if !same {
            return Err(unchangeable("imageReference"));
        }
    }
    Ok(())
}

/// `"2"` after `"1"`.
fn next_etag(machine: &Value) -> String {
    let before = text(machine, "/etag");
    let number: u64 = before.trim_matches('"').parse().unwrap_or(0);
    format!("\"{}\"", number + 1)
}
