//! A machine that is new.

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::creations::Source;
use super::view::{self, Power, instance_view};
use super::{KIND, begin, image_rules, interfaces, os_profile, parts, required};
use crate::simulator::access;
use crate::simulator::answer::{Answer, Outcome, Refusal};
use crate::simulator::arm::Admitted;
use crate::simulator::clock::{compute_time, later};
use crate::simulator::compute::image_reference::{Image, image_behind};
use crate::simulator::compute::quota::{self, Exceeded};
use crate::simulator::compute::sizes::{self, Size};
use crate::simulator::operations::{End, Failure};
use crate::simulator::regions;
use crate::simulator::resource_path::subscription_of;
use crate::simulator::resources::text;
use crate::simulator::world::World;
use crate::simulator::writing;

/// Shortest and longest creation, in simulated seconds. Small Linux machines took half a minute to
/// one and a half (`vm/specialized_image.json` of the recordings); Windows takes longer.
const CREATION_SECONDS: (f64, f64) = (90.0, 240.0);
/// Shortest and longest time until a creation fails.
const FAILURE_SECONDS: (f64, f64) = (20.0, 60.0);

/// Creates the machine that the path names: all that can be known is checked, then it is created
/// for some minutes, and may still fail.
pub(super) fn create(world: &mut World, admitted: &Admitted, body: Map<String, Value>) -> Outcome {
    let location = writing::location(admitted, &body, None)?;
    check_name(admitted.path.name())?;
    let new = New {
        id: admitted.id(world),
        location,
        now: world.clock.now(),
    };
    let (machine, image) = new.checked(world, admitted, body)?;
    new.check_quota(world, &machine)?;
    if let Some(sku) = new.capacity_refusal(world, &machine) {
        return Err(sku);
    }
    new.furnish(world, &machine, &image);
    Ok(new.start(world, admitted, StatusCode::CREATED, &machine, &image))
}

/// Creates a machine again whose creation failed.
pub(super) fn again(world: &mut World, admitted: &Admitted, mut machine: Value) -> Outcome {
    let new = New {
        id: text(&machine, "/id"),
        location: text(&machine, "/location"),
        now: world.clock.now(),
    };
    let reference = &machine["properties"]["storageProfile"]["imageReference"];
    let image = image_behind(world, admitted.caller, &new.id, &new.location, reference)?;
    if let Some(sku) = new.capacity_refusal(world, &machine) {
        return Err(sku);
    }
    machine["properties"]["provisioningState"] = json!("Updating");
    machine["properties"]["instanceView"] = view::creating(&machine, generation(&image));
    Ok(new.start(world, admitted, StatusCode::OK, &machine, &image))
}

/// 1 to 64 characters, without those that a host cannot be called with (Microsoft's
/// `resource-name-rules.md`). The text is unverified.
fn check_name(name: &str) -> Result<(), Refusal> {
    let well = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let starts = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if starts && name.len() <= 64 && name.chars().all(well) && !name.ends_with(['.', '-']) {
        return Ok(());
    }
    Err(Refusal::invalid(
        "vmName",
        format!(
            "The entity name '{name}' is invalid according to its validation rule: \
             ^[^_\\W][\\w-._]{{0,63}}(?<![-.])$."
        ),
    ))
}

/// A machine that is being written for the first time.
struct New {
    id: String,
    location: String,
    now: Timestamp,
}

impl New {
    /// The machine's document, and the image that it is made from.
    fn checked(
        &self,
        world: &World,
        admitted: &Admitted,
        mut body: Map<String, Value>,
    ) -> Result<(Value, Image), Refusal> {
        let given = body.remove("properties").unwrap_or(Value::Null);
        let size = given["hardwareProfile"]["vmSize"].as_str();
        let size = size.ok_or_else(|| required("vmSize"))?;
        let reference = &given["storageProfile"]["imageReference"];
        if !reference.is_object() {
            return Err(required("imageReference"));
        }
        let image = image_behind(world, admitted.caller, &self.id, &self.location, reference)?;
        let security = image_rules::security_type(&given);
        let size = sizes::check_size(&self.location, size, &image.definition, security)?;
        self.may_write_disks(world, admitted)?;
        let network = interfaces::checked(
            world,
            admitted,
            &given["networkProfile"],
            &self.id,
            &self.location,
        )?;
        let definition = &image.definition;
        image_rules::check_security(definition, security)?;
        image_rules::check_plan(definition, body.get("plan"), &self.id)?;
        let os = os_profile::checked(given.get("osProfile"), definition)?;
        let storage = self.storage(world, &given["storageProfile"], &image, size)?;

        let mut properties = given.as_object().cloned().unwrap_or_default();
        for service_only in ["instanceView", "osProfile"] {
            properties.remove(service_only);
        }
        properties.insert("storageProfile".into(), storage);
        properties.insert("networkProfile".into(), network);
        properties.extend(os.map(|os| ("osProfile".to_owned(), os)));
        let vm_id = parts::vm_id(world, &self.id, world.creations.next_birth(&self.id));
        properties.insert("vmId".into(), json!(vm_id));
        properties.insert("timeCreated".into(), json!(compute_time(self.now)));
        properties.insert("provisioningState".into(), json!("Creating"));
        let mut machine = writing::document(&self.id, KIND, &self.location, body, properties);
        machine["etag"] = json!("\"1\"");
        self.give_identity(world, &mut machine);
        machine["properties"]["instanceView"] = view::creating(&machine, generation(&image));
        Ok((machine, image))
    }

    /// Whoever creates a machine creates its disk.
    fn may_write_disks(&self, world: &World, admitted: &Admitted) -> Result<(), Refusal> {
        access::authorize_linked_action(
            world,
            admitted.caller,
            &admitted.kind.action("write"),
            &self.id,
            "Microsoft.Compute/disks/write",
            self.group(),
        )
    }

    fn group(&self) -> &str {
        self.id.split("/providers/").next().unwrap_or_default()
    }

    /// `storageProfile` with what the image gives: sizes, the operating system, data disks.
    fn storage(
        &self,
        world: &World,
        given: &Value,
        image: &Image,
        size: &Size,
    ) -> Result<Value, Refusal> {
        let option = given["osDisk"]["createOption"].as_str();
        let option = option.ok_or_else(|| required("osDisk.createOption"))?;
        if !option.eq_ignore_ascii_case("FromImage") {
            return Err(Refusal::invalid(
                "osDisk.createOption",
                format!("createOption '{option}' is not simulated: machines are made from images."),
            ));
        }
        let of_image = &image.version["properties"]["storageProfile"];
        let image_size = of_image["osDiskImage"]["sizeInGB"].as_i64().unwrap_or(127);
        let wanted = given["osDisk"]["diskSizeGB"].as_i64();
        image_rules::check_disk_size(wanted, image_size)?;
        let mut system = given["osDisk"].clone();
        system["osType"] = image.definition["properties"]["osType"].clone();
        system["diskSizeGB"] = json!(wanted.unwrap_or(image_size));
        self.complete(world, &mut system, "OsDisk", size);
        let of_data = of_image["dataDiskImages"].as_array();
        let mut data = data_disks(of_data, given["dataDisks"].as_array());
        for disk in &mut data {
            let what = format!("lun_{}", disk["lun"]);
            self.complete(world, disk, &what, size);
            disk["toBeDetached"] = json!(false);
        }
        let mut reference = given["imageReference"].clone();
        reference["exactVersion"] = json!(image.exact_version);
        let mut storage = json!({
            "imageReference": reference,
            "osDisk": system,
            "dataDisks": data,
        });
        if generation(image) == "V2" {
            storage["diskControllerType"] = json!("SCSI");
        }
        Ok(storage)
    }

    /// What the service fills in for a disk.
    fn complete(&self, world: &World, disk: &mut Value, what: &str, size: &Size) {
        let from_image = text(disk, "/createOption").eq_ignore_ascii_case("FromImage");
        if from_image {
            disk["createOption"] = json!("FromImage");
        }
        let caching = if what == "OsDisk" {
            "ReadWrite"
        } else {
            "None"
        };
        let defaults = [
            (
                "name",
                json!(parts::disk_name(
                    world,
                    &self.id,
                    world.creations.next_birth(&self.id),
                    what
                )),
            ),
            ("caching", json!(caching)),
            ("deleteOption", json!("Detach")),
        ];
        for (name, value) in defaults {
            if disk[name].is_null() {
                disk[name] = value;
            }
        }
        let id = format!(
            "{}/providers/Microsoft.Compute/disks/{}",
            self.group(),
            text(disk, "/name")
        );
        let managed = &mut disk["managedDisk"];
        managed["id"] = json!(id);
        if managed["storageAccountType"].is_null() {
            let sku = if size.premium_io {
                "Premium_LRS"
            } else {
                "Standard_LRS"
            };
            managed["storageAccountType"] = json!(sku);
        }
    }

    fn give_identity(&self, world: &World, machine: &mut Value) {
        let kind = text(machine, "/identity/type");
        if !kind.contains("SystemAssigned") {
            return;
        }
        let subscription = subscription_of(&self.id).unwrap_or_default();
        let principal = world
            .chance
            .id(&format!("identity {}", self.id.to_lowercase()));
        machine["identity"]["principalId"] = json!(principal);
        machine["identity"]["tenantId"] = json!(world.tenant_of(subscription));
    }

    /// That the subscription may have one machine more of this size.
    fn check_quota(&self, world: &World, machine: &Value) -> Result<(), Refusal> {
        let subscription = subscription_of(&self.id).unwrap_or_default();
        let size = text(machine, "/properties/hardwareProfile/vmSize");
        quota::check_quota(world, subscription, &self.location, &[&size])
            .map_err(Exceeded::at_creation)
    }

    /// A capacity fault that is told at once (`SkuNotAvailable`).
    fn capacity_refusal(&self, world: &mut World, machine: &Value) -> Option<Refusal> {
        let size = text(machine, "/properties/hardwareProfile/vmSize");
        let short = world.faults.strike_sku(&self.id, &self.location, &size)?;
        Some(Refusal::service(
            StatusCode::CONFLICT,
            short.code,
            short.message,
        ))
    }

    /// Attaches the machine's interfaces, and makes its disks.
    fn furnish(&self, world: &mut World, machine: &Value, image: &Image) {
        interfaces::attach(world, machine);
        let storage = &machine["properties"]["storageProfile"];
        let data = storage["dataDisks"].as_array().into_iter().flatten();
        for entry in data.chain([&storage["osDisk"]]) {
            let disk = parts::disk(world, machine, entry, generation(image), self.now);
            world.resources.put(disk);
        }
    }

    /// Stores the machine, and begins to create it.
    fn start(
        &self,
        world: &mut World,
        admitted: &Admitted,
        status: StatusCode,
        machine: &Value,
        image: &Image,
    ) -> Answer {
        world.resources.put(machine.clone());
        let failure = self.failure(world, machine, image);
        let (what, (least, most)) = match failure {
            None => ("create", CREATION_SECONDS),
            Some(_) => ("fail", FAILURE_SECONDS),
        };
        let what = format!("{what} {}", self.id.to_lowercase());
        let takes = world.chance.seconds(&what, least, most);
        let ended = later(self.now, takes);
        let view = instance_view(
            machine,
            generation(image),
            Power::Running,
            ended,
            failure.as_ref(),
        );
        let filled = json!({ "instanceView": view });
        let end = match failure {
            None => End::Succeed(filled),
            Some(failure) => End::Fail(failure.leaving(filled)),
        };
        let answered = view::described(world, machine, false);
        let answer = super::answered(status, answered);
        begin(world, admitted, answer, machine, (takes, end))
    }

    /// Why the creation will fail: capacity that a fault takes away, or too many machines at once.
    fn failure(&self, world: &mut World, machine: &Value, image: &Image) -> Option<Failure> {
        let source = Source::new(&image.version, &self.location);
        let replicas = replicas(&image.version, &self.location);
        let throttled = world.creations.begin(&self.id, source, replicas);
        let size = text(machine, "/properties/hardwareProfile/vmSize");
        let short = world
            .faults
            .strike_allocation(&self.id, &self.location, &size);
        short.or(throttled)
    }
}

/// The data disks of a machine: those of the image, and those that are asked for. A disk of the image
/// may be asked for, to change it.
fn data_disks(image: Option<&Vec<Value>>, given: Option<&Vec<Value>>) -> Vec<Value> {
    let mut disks = given.cloned().unwrap_or_default();
    for image in image.into_iter().flatten() {
        let asked = disks.iter_mut().find(|disk| disk["lun"] == image["lun"]);
        match asked {
            Some(disk) if disk["diskSizeGB"].is_null() => {
                disk["diskSizeGB"] = image["sizeInGB"].clone();
            }
            Some(_) => {}
            None => disks.push(json!({
                "lun": image["lun"],
                "createOption": "FromImage",
                "caching": image["hostCaching"],
                "diskSizeGB": image["sizeInGB"],
            })),
        }
    }
    disks.sort_by_key(|disk| disk["lun"].as_i64());
    disks
}

/// `V1` or `V2`.
fn generation(image: &Image) -> &str {
    let generation = image.definition["properties"]["hyperVGeneration"].as_str();
    generation.unwrap_or("V1")
}

/// How many replicas of a version there are in a region.
fn replicas(version: &Value, region: &str) -> usize {
    let targets = version["properties"]["publishingProfile"]["targetRegions"].as_array();
    let wanted = regions::normal(region);
    let mut targets = targets.into_iter().flatten();
    let target = targets.find(|target| regions::normal(&text(target, "/name")) == wanted);
    let count = target.and_then(|target| target["regionalReplicaCount"].as_u64());
    count
        .and_then(|count| usize::try_from(count).ok())
        .unwrap_or(1)
}
