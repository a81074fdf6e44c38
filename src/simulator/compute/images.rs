//! Image definitions (`GalleryRP 2024-03-03/gallery.json`).

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::provisioning::{self, QUICK};
use super::{gallery_limits, shared_content};
use crate::simulator::answer::{Answer, Outcome, Refusal};
use crate::simulator::arm::Admitted;
use crate::simulator::operations::End;
use crate::simulator::paging::page;
use crate::simulator::resources::text;
use crate::simulator::world::World;
use crate::simulator::writing;

/// The definitions of a gallery.
pub(super) fn list(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    let gallery = text(admitted.find_parent(world, "read")?, "/id");
    let images = world.resources.members(&format!("{gallery}/images"));
    page(world, admitted.request, images.cloned().collect())
}

/// One definition.
pub(super) fn get(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    Ok(Answer::ok(admitted.find(world)?.clone()))
}

/// Creates or updates a definition.
pub(super) fn put(world: &mut World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "write")?;
    let mut body = admitted.request.object()?;
    let gallery = text(admitted.find_parent(world, "write")?, "/id");
    let existing = world.resources.get(&admitted.path.id()).cloned();
    provisioning::refuse_while_busy(world, admitted, existing.as_ref())?;
    let location = writing::location(admitted, &body, existing.as_ref())?;
    let name = admitted.path.name();
    check_name(name)?;
    let id = format!("{gallery}/images/{name}");
    let mut properties = provisioning::properties_of(&mut body, existing.as_ref());
    fill_defaults(&mut properties, admitted.request.api_version());
    check_required(&properties)?;
    shared_content::check_image(world, admitted, &location, &properties)?;
    let old = existing.as_ref().map(|existing| &existing["properties"]);
    check_end_of_life(world, old, &properties)?;
    if let Some(old) = old {
        check_unchanged(old, &properties)?;
    } else {
        refuse_same_identifier(world, &gallery, &properties)?;
        gallery_limits::check(world, admitted, &location)?;
    }
    let mut document = writing::document(
        &id,
        "Microsoft.Compute/galleries/images",
        &location,
        body,
        properties,
    );
    let end = End::Succeed(json!({}));
    Ok(provisioning::accept_put(
        world,
        admitted,
        &mut document,
        existing.is_some(),
        QUICK,
        end,
    ))
}

/// What the service fills in. From 2025-03-03 on it is generation 2 with Trusted Launch (Microsoft's
/// `azure-compute-gallery.md`).
fn fill_defaults(properties: &mut Map<String, Value>, api_version: &str) {
    let modern = api_version >= "2025-03-03";
    let generation = if modern { "V2" } else { "V1" };
    let defaults = [("hyperVGeneration", generation), ("architecture", "x64")];
    for (name, value) in defaults {
        let slot = properties.entry(name).or_insert(Value::Null);
        if slot.is_null() {
            *slot = json!(value);
        }
    }
    if modern && properties["hyperVGeneration"] == "V2" && !properties.contains_key("features") {
        let feature = json!({ "name": "SecurityType", "value": "TrustedLaunchSupported" });
        properties.insert("features".into(), json!([feature]));
    }
    // An empty list of disallowed disks is not answered (vm/gallery_e2e.json of the recordings).
    if properties
        .get("disallowed")
        .is_some_and(|d| *d == json!({}))
    {
        properties.remove("disallowed");
    }
    capitalise_flags(properties);
}

/// `"true"` comes back as `"True"` (`vm/sig_image_definition_default_value.json` of the recordings).
fn capitalise_flags(properties: &mut Map<String, Value>) {
    let features = properties.get_mut("features").and_then(Value::as_array_mut);
    for feature in features.into_iter().flatten() {
        let capital = match feature["value"].as_str() {
            Some("true") => "True",
            Some("false") => "False",
            _ => continue,
        };
        feature["value"] = json!(capital);
    }
}

fn check_required(properties: &Map<String, Value>) -> Result<(), Refusal> {
    let text = |pointer: &str| {
        let mut value = &Value::Null;
        for (depth, name) in pointer.split('.').enumerate() {
            value = match depth {
                0 => properties.get(name).unwrap_or(&Value::Null),
                _ => &value[name],
            };
        }
        value.as_str().unwrap_or_default().to_owned()
    };
    for required in [
        "osType",
        "osState",
        "identifier.publisher",
        "identifier.offer",
        "identifier.sku",
    ] {
        if text(required).is_empty() {
            return Err(Refusal::invalid(
                &format!("galleryImage.properties.{required}"),
                format!(
                    "Required parameter 'galleryImage.properties.{required}' is missing (null)."
                ),
            ));
        }
    }
    let allowed = [
        ("osType", &["Windows", "Linux"]),
        ("osState", &["Generalized", "Specialized"]),
        ("hyperVGeneration", &["V1", "V2"]),
        ("architecture", &["x64", "Arm64"]),
    ];
    for (name, values) in allowed {
        refuse_unless(values.contains(&text(name).as_str()), name)?;
    }
    for (name, longest) in [("publisher", 128), ("offer", 64), ("sku", 64)] {
        let name = format!("identifier.{name}");
        check_identifier(&name, &text(&name), longest)?;
    }
    check_ranges(properties.get("recommended").unwrap_or(&Value::Null))
}

/// The text is Azure's (Microsoft's `troubleshooting-shared-images.md`), as are those that follow.
fn check_name(name: &str) -> Result<(), Refusal> {
    let refusal = format!(
        "The entity name '{name}' is invalid according to its validation rule: \
         ^[^\\_\\W][\\w-.\\_]{{0,79}}(?<![-.])$."
    );
    let inside = |c| matches!(c, '_' | '.' | '-');
    provisioning::check_name(name, "galleryImage.name", &refusal, inside)
}

fn check_identifier(name: &str, value: &str, longest: usize) -> Result<(), Refusal> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if value.len() <= longest && value.chars().all(fits) && !value.ends_with('.') {
        return Ok(());
    }
    let target = format!("galleryImage.properties.{name}");
    let message = format!(
        "Asset name {target} is not valid. It cannot be empty. Allowed characters are uppercase or \
         lowercase letters, digits, hyphen(-), period (.), underscore (_). Names are not allowed to \
         end with period(.). The length of the name cannot exceed {longest} characters."
    );
    Err(Refusal::invalid(&target, message))
}

fn check_ranges(recommended: &Value) -> Result<(), Refusal> {
    for name in ["vCPUs", "memory"] {
        let of = |end: &str| recommended[name][end].as_i64();
        if of("min").zip(of("max")).is_some_and(|(min, max)| min > max) {
            let target = format!("galleryImage.properties.recommended.{name}");
            let message = format!(
                "The minimum value of {target} must not be greater than the maximum value of \
                 {target}."
            );
            return Err(Refusal::invalid(&target, message));
        }
    }
    Ok(())
}

/// A new end of life lies ahead.
fn check_end_of_life(
    world: &World,
    old: Option<&Value>,
    new: &Map<String, Value>,
) -> Result<(), Refusal> {
    let Some(date) = new.get("endOfLifeDate").filter(|date| !date.is_null()) else {
        return Ok(());
    };
    if old.is_some_and(|old| old["endOfLifeDate"] == *date) {
        return Ok(());
    }
    let target = "galleryImage.properties.endOfLifeDate";
    let text = date.as_str().unwrap_or_default();
    let Some(at) = instant(text) else {
        let message = format!(
            "Could not convert string to DateTimeOffset: {text}. Path 'properties.endOfLifeDate'"
        );
        return Err(Refusal::invalid(target, message));
    };
    if at > world.clock.now() {
        return Ok(());
    }
    let message = "EndOfLifeDate must be set to a future date.";
    Err(Refusal::invalid(target, message))
}

/// A date, or a time with or without its offset.
fn instant(text: &str) -> Option<Timestamp> {
    let civil = || text.parse::<jiff::civil::DateTime>().ok();
    let utc = |civil: jiff::civil::DateTime| civil.to_zoned(jiff::tz::TimeZone::UTC).ok();
    let time = text.parse().ok();
    time.or_else(|| civil().and_then(utc).map(|zoned| zoned.timestamp()))
}

fn refuse_unless(fine: bool, property: &str) -> Result<(), Refusal> {
    if fine {
        return Ok(());
    }
    let target = format!("galleryImage.properties.{property}");
    let message = format!("The value of parameter {target} is invalid.");
    Err(Refusal::invalid(&target, message))
}

/// What a definition is for never changes; its features do with `allowUpdateImage`
/// (`GalleryRP 2024-03-03/gallery.json`).
fn check_unchanged(old: &Value, new: &Map<String, Value>) -> Result<(), Refusal> {
    let mut fixed = vec![
        "osType",
        "osState",
        "hyperVGeneration",
        "architecture",
        "identifier",
        "purchasePlan",
    ];
    if new.get("allowUpdateImage") != Some(&json!(true)) {
        fixed.push("features");
    }
    for name in fixed {
        let new = new.get(name).unwrap_or(&Value::Null);
        if old[name] != *new {
            return Err(Refusal::service(
                StatusCode::CONFLICT,
                "PropertyChangeNotAllowed",
                format!("Changing property 'galleryImage.properties.{name}' is not allowed."),
            ));
        }
    }
    Ok(())
}

/// Publisher, offer and SKU together are unique in a gallery (Microsoft's
/// `shared-image-galleries.md`).
fn refuse_same_identifier(
    world: &World,
    gallery: &str,
    properties: &Map<String, Value>,
) -> Result<(), Refusal> {
    let of = |identifier: &Value| {
        ["publisher", "offer", "sku"].map(|name| {
            let text = identifier[name].as_str().unwrap_or_default();
            text.to_lowercase()
        })
    };
    let wanted = of(&properties["identifier"]);
    let images = world.resources.members(&format!("{gallery}/images"));
    let taken = images
        .filter(|image| of(&image["properties"]["identifier"]) == wanted)
        .map(|image| text(image, "/name"))
        .next();
    let told = |name: &str| text(&properties["identifier"], &format!("/{name}"));
    taken.map_or(Ok(()), |other| {
        Err(Refusal::service(
            StatusCode::CONFLICT,
            "Conflict",
            format!(
                "Gallery image: {other} identified by (publisher:{}, offer:{}, sku:{}) already \
                 exists. Choose a different publisher, offer, sku combination.",
                told("publisher"),
                told("offer"),
                told("sku")
            ),
        ))
    })
}

/// Deletes a definition that has no versions.
pub(super) fn delete(world: &mut World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "delete")?;
    provisioning::accept_delete(world, admitted, (QUICK, End::Remove))
}
