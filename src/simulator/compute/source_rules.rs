//! What a version's source has to be for its definition (Microsoft's
//! `troubleshooting-shared-images.md`, whose texts these are).

use axum::http::StatusCode;
use serde_json::Value;

use super::machines::{is_generalized, security_type, security_types};
use crate::simulator::answer::Refusal;
use crate::simulator::regions;
use crate::simulator::resource_path::ResourcePath;
use crate::simulator::resources::text;
use crate::simulator::world::World;

/// What has to be allowed on a source: machines, disks and snapshots have to be writable, the keys of
/// a VHD's storage account to be listed (Microsoft's `shared-image-galleries.md`).
pub(super) fn verb(source: &str) -> &'static str {
    let kind = ResourcePath::parse(source).map(|path| path.kind());
    match kind.as_deref() {
        Some(
            "microsoft.compute/virtualmachines"
            | "microsoft.compute/disks"
            | "microsoft.compute/snapshots",
        ) => "write",
        Some("microsoft.storage/storageaccounts") => "listKeys/action",
        _ => "read",
    }
}

/// That a whole machine or image, or a disk, is asked for where it can be.
pub(super) fn check_kinds(profile: &Value) -> Result<(), Refusal> {
    let kind = |id: &str| ResourcePath::parse(id).map(|path| path.kind());
    if let Some(id) = profile["source"]["id"].as_str() {
        let whole = [
            "microsoft.compute/images",
            "microsoft.compute/virtualmachines",
            "microsoft.compute/galleries/images/versions",
        ];
        if !kind(id).is_some_and(|kind| whole.contains(&kind.as_str())) {
            return Err(Refusal::invalid(
                "source.id",
                format!(
                    "The source id: {id} must either be a managed image, virtual machine or \
                     another gallery image version"
                ),
            ));
        }
    }
    let disks = profile["dataDiskImages"].as_array().into_iter().flatten();
    for disk in disks.chain([&profile["osDiskImage"]]) {
        let Some(id) = disk["source"]["id"].as_str() else {
            continue;
        };
        // A storage account comes with the `uri` of a VHD in it (vm/gallery_image_version_vhd.json of
        // the recordings).
        let single = [
            "microsoft.compute/disks",
            "microsoft.compute/snapshots",
            "microsoft.storage/storageaccounts",
        ];
        if !kind(id).is_some_and(|kind| single.contains(&kind.as_str())) {
            return Err(Refusal::invalid(
                "source.id",
                format!("The source id: {id} must be a managed disk or snapshot."),
            ));
        }
    }
    Ok(())
}

/// What is known of a source; what it does not tell is not checked.
#[derive(Default)]
struct Source {
    os: Option<String>,
    state: Option<String>,
    generation: Option<String>,
    security: Option<String>,
}

impl Source {
    fn of(world: &World, source: &Value) -> Self {
        let told = |pointer: &str| {
            let found = source.pointer(pointer).and_then(Value::as_str);
            found.map(str::to_owned)
        };
        match source["type"].as_str().map(str::to_lowercase).as_deref() {
            Some("microsoft.compute/virtualmachines") => Self {
                os: told("/properties/storageProfile/osDisk/osType"),
                state: is_generalized(source).map(|is| {
                    let state = if is { "Generalized" } else { "Specialized" };
                    state.to_owned()
                }),
                generation: told("/properties/instanceView/hyperVGeneration"),
                security: Some(
                    security_type(&source["properties"])
                        .unwrap_or("Standard")
                        .to_owned(),
                ),
            },
            Some("microsoft.compute/images") => Self {
                os: told("/properties/storageProfile/osDisk/osType"),
                state: told("/properties/storageProfile/osDisk/osState"),
                generation: told("/properties/hyperVGeneration"),
                security: None,
            },
            Some("microsoft.compute/galleries/images/versions") => {
                let image =
                    ResourcePath::parse(&text(source, "/id")).and_then(|path| path.parent());
                let image = image.and_then(|image| world.resources.get(&image.id()));
                let image = &image.unwrap_or(&Value::Null)["properties"];
                let told = |name: &str| image[name].as_str().map(str::to_owned);
                Self {
                    os: told("osType"),
                    state: told("osState"),
                    generation: told("hyperVGeneration"),
                    security: None,
                }
            }
            _ => Self {
                os: told("/properties/osType"),
                generation: told("/properties/hyperVGeneration"),
                ..Self::default()
            },
        }
    }
}

/// That a source, which is there, fits a definition and the region of a version.
pub(super) fn check(
    world: &World,
    source: &Value,
    image: &Value,
    location: &str,
) -> Result<(), Refusal> {
    let id = text(source, "/id");
    let wanted = |name: &str| text(image, &format!("/properties/{name}"));
    check_region(source, location)?;
    let source = Source::of(world, source);
    let state = wanted("osState");
    if let Some(other) = source.state.filter(|other| *other != state) {
        return Err(refuse(format!(
            "Cannot create Gallery Image Version from: {id} since the OS State in the parent \
             gallery image ('{state}') is not '{other}'."
        )));
    }
    let differs = |what: &str, of: Option<String>, wanted: &str, whose: &str| match of {
        Some(other) if other != wanted => Err(refuse(format!(
            "The resource with id '{id}' has a different {what} ['{other}'] than the parent \
             gallery image {whose} ['{wanted}']"
        ))),
        _ => Ok(()),
    };
    let generation = "Hypervisor generation";
    differs(
        generation,
        source.generation,
        &wanted("hyperVGeneration"),
        generation,
    )?;
    differs(
        "OS type",
        source.os,
        &wanted("osType"),
        "OS type generation",
    )?;
    check_security(&id, source.security.as_deref(), image)
}

/// The security type of a machine is one that the definition allows, and the one that it demands
/// (Microsoft's `trusted-launch-portal.md`). The text is unverified, made as the others are.
fn check_security(id: &str, security: Option<&str>, image: &Value) -> Result<(), Refusal> {
    let Some(security) = security else {
        return Ok(());
    };
    let (allowed, demanded) = security_types(image);
    let fits = match demanded {
        Some(demanded) => security == demanded,
        None => security == "Standard" || allowed.contains(&security),
    };
    if fits {
        return Ok(());
    }
    let wanted = demanded.or(allowed.first().copied()).unwrap_or("Standard");
    Err(refuse(format!(
        "The resource with id '{id}' has a different Security type ['{security}'] than the parent \
         gallery image Security type ['{wanted}']"
    )))
}

/// A source is in the region of the version, or has a replica there.
fn check_region(source: &Value, location: &str) -> Result<(), Refusal> {
    let targets = source["properties"]["publishingProfile"]["targetRegions"].as_array();
    let mut regions: Vec<String> = targets
        .into_iter()
        .flatten()
        .filter_map(|target| target["name"].as_str().map(regions::normal))
        .collect();
    if targets.is_none() {
        regions.extend(source["location"].as_str().map(regions::normal));
    }
    if regions.is_empty() || regions.iter().any(|region| region == location) {
        return Ok(());
    }
    Err(refuse(format!(
        "Source {} is not found. Please check source exists, and is in the same region as gallery \
         image version being created.",
        text(source, "/id")
    )))
}

/// Azure's code is unverified.
fn refuse(message: String) -> Refusal {
    Refusal::service(StatusCode::CONFLICT, "Conflict", message)
}
