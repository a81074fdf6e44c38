//! The template of a wave: interfaces and machines, fully expanded, so that what is sent can be
//! read as it is (Microsoft.Resources/deployments 2024-07-01; `ComputeRP` 2024-07-01; Network
//! 2024-05-01).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::image::Reference;
use crate::azure::{ImageDefinition, PurchasePlan, Region, ResourceId, Secret, VmSize};

/// The tag that says which job created a resource.
pub(super) const TAG: &str = "gallerist-job";

const MACHINES: &str = "Microsoft.Compute/virtualMachines";
const INTERFACES: &str = "Microsoft.Network/networkInterfaces";
const MACHINES_VERSION: &str = "2024-07-01";
const INTERFACES_VERSION: &str = "2024-05-01";

/// What all machines of a job have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Model {
    pub(super) region: Region,
    pub(super) size: String,
    pub(super) subnet: ResourceId,
    pub(super) windows: bool,
    /// A specialised image has its accounts already and takes none.
    pub(super) specialized: bool,
    pub(super) admin_user: String,
    /// `TrustedLaunch` or `ConfidentialVM`, as the image wants it.
    pub(super) security_type: Option<String>,
    pub(super) plan: Option<PurchasePlan>,
    pub(super) disk: String,
    pub(super) accelerated_networking: bool,
}

impl Model {
    /// Security profile and purchase plan come from the image, the disk from what the size takes.
    pub(super) fn new(
        definition: &ImageDefinition,
        size: &VmSize,
        region: Region,
        subnet: ResourceId,
        admin_user: String,
    ) -> Self {
        Self {
            region,
            size: size.name.clone(),
            subnet,
            windows: definition.os_type.eq_ignore_ascii_case("Windows"),
            specialized: definition.os_state.eq_ignore_ascii_case("Specialized"),
            admin_user,
            security_type: security_type(definition, size).map(str::to_owned),
            plan: definition.purchase_plan.clone(),
            disk: if size.premium_io {
                "Premium_LRS"
            } else {
                "StandardSSD_LRS"
            }
            .to_owned(),
            accelerated_networking: definition.accelerated_networking
                && size.accelerated_networking,
        }
    }
}

/// What a machine is secured with: what the image demands, and trusted launch where the image only
/// allows it and the size can do it (azure-compute-docs, `trusted-launch.md`).
fn security_type(definition: &ImageDefinition, size: &VmSize) -> Option<&'static str> {
    match definition.security_type.as_deref()? {
        "TrustedLaunch" => Some("TrustedLaunch"),
        "ConfidentialVM" => Some("ConfidentialVM"),
        "TrustedLaunchSupported" | "TrustedLaunchAndConfidentialVmSupported" => {
            size.trusted_launch.then_some("TrustedLaunch")
        }
        _ => None,
    }
}

/// The interface of a machine.
pub(super) fn interface_name(machine: &str) -> String {
    format!("{machine}-nic")
}

/// The deployment of machines with these names, without its password.
pub(super) fn deployment(
    model: &Model,
    image: &Reference,
    group: &ResourceId,
    names: &[String],
    tag: &str,
) -> Value {
    let resources: Vec<Value> = names
        .iter()
        .map(|name| interface(model, name, tag))
        .chain(
            names
                .iter()
                .map(|name| machine(model, image, group, name, tag)),
        )
        .collect();
    let parameters = if model.specialized {
        json!({})
    } else {
        json!({ "adminPassword": { "type": "secureString" } })
    };
    json!({
        "properties": {
            "mode": "Incremental",
            "template": {
                "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
                "contentVersion": "1.0.0.0",
                "parameters": parameters,
                "resources": resources,
            },
        },
    })
}

/// The same with the password, which goes nowhere but into the request.
pub(super) fn with_password(mut deployment: Value, password: Option<&Secret>) -> Value {
    if let Some(password) = password {
        deployment["properties"]["parameters"] =
            json!({ "adminPassword": { "value": password.expose() } });
    }
    deployment
}

fn interface(model: &Model, machine: &str, tag: &str) -> Value {
    json!({
        "type": INTERFACES,
        "apiVersion": INTERFACES_VERSION,
        "name": interface_name(machine),
        "location": model.region,
        "tags": { TAG: tag },
        "properties": {
            "enableAcceleratedNetworking": model.accelerated_networking,
            "ipConfigurations": [{
                "name": "ipconfig1",
                "properties": {
                    "privateIPAllocationMethod": "Dynamic",
                    "subnet": { "id": model.subnet },
                },
            }],
        },
    })
}

fn machine(model: &Model, image: &Reference, group: &ResourceId, name: &str, tag: &str) -> Value {
    let interface = format!("{group}/providers/{INTERFACES}/{}", interface_name(name));
    let mut managed_disk = json!({ "storageAccountType": model.disk });
    if model.security_type.as_deref() == Some("ConfidentialVM") {
        managed_disk["securityProfile"] = json!({ "securityEncryptionType": "VMGuestStateOnly" });
    }
    let mut properties = json!({
        "hardwareProfile": { "vmSize": model.size },
        "storageProfile": {
            "imageReference": image.body(),
            "osDisk": {
                "createOption": "FromImage",
                "caching": "ReadWrite",
                "deleteOption": "Delete",
                "managedDisk": managed_disk,
            },
        },
        "networkProfile": {
            "networkInterfaces": [{
                "id": interface,
                "properties": { "primary": true, "deleteOption": "Delete" },
            }],
        },
    });
    if !model.specialized {
        properties["osProfile"] = os_profile(model, name);
    }
    if let Some(kind) = &model.security_type {
        properties["securityProfile"] = json!({
            "securityType": kind,
            "uefiSettings": { "secureBootEnabled": true, "vTpmEnabled": true },
        });
    }
    let mut machine = json!({
        "type": MACHINES,
        "apiVersion": MACHINES_VERSION,
        "name": name,
        "location": model.region,
        "tags": { TAG: tag },
        "dependsOn": [interface],
        "properties": properties,
    });
    if let Some(plan) = &model.plan {
        machine["plan"] = json!(plan);
    }
    machine
}

fn os_profile(model: &Model, name: &str) -> Value {
    let mut profile = json!({
        "computerName": name,
        "adminUsername": model.admin_user,
        "adminPassword": "[parameters('adminPassword')]",
    });
    let (field, configuration) = if model.windows {
        let configuration = json!({ "provisionVMAgent": true, "enableAutomaticUpdates": true });
        ("windowsConfiguration", configuration)
    } else {
        let configuration = json!({
            "provisionVMAgent": true, "disablePasswordAuthentication": false,
        });
        ("linuxConfiguration", configuration)
    };
    profile[field] = configuration;
    profile
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> Model {
        Model {
            region: Region::new("westeurope"),
            size: "Standard_D4s_v5".to_owned(),
            subnet: "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/r/\
                     providers/Microsoft.Network/virtualNetworks/v/subnets/hosts"
                .parse()
                .unwrap(),
            windows: true,
            specialized: false,
            admin_user: "localadmin".to_owned(),
            security_type: Some("TrustedLaunch".to_owned()),
            plan: None,
            disk: "Premium_LRS".to_owned(),
            accelerated_networking: true,
        }
    }

    fn group() -> ResourceId {
        "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-avd"
            .parse()
            .unwrap()
    }

    fn made(model: &Model, image: &Reference) -> Value {
        deployment(
            model,
            image,
            &group(),
            &["vm-1".to_owned(), "vm-2".to_owned()],
            "job",
        )
    }

    fn shared() -> Reference {
        Reference::Shared("/SharedGalleries/s-G/Images/i/Versions/1.0.0".to_owned())
    }

    #[test]
    fn machines_depend_on_their_interfaces_and_nothing_is_left_to_expand() {
        let body = made(&model(), &shared());
        let resources = body["properties"]["template"]["resources"]
            .as_array()
            .unwrap();
        let names: Vec<&str> = resources
            .iter()
            .filter_map(|r| r["name"].as_str())
            .collect();
        assert_eq!(names, ["vm-1-nic", "vm-2-nic", "vm-1", "vm-2"]);
        assert_eq!(
            resources[2]["dependsOn"][0],
            resources[2]["properties"]["networkProfile"]["networkInterfaces"][0]["id"]
        );
        assert!(
            resources
                .iter()
                .all(|resource| resource["tags"][TAG] == "job")
        );
        let text = body.to_string();
        let expressions = text.matches("\"[").count();
        assert_eq!(
            expressions,
            text.matches("\"[parameters('adminPassword')]\"").count()
        );
        assert!(!text.contains("publicIPAddress"));
    }

    #[test]
    fn the_password_is_a_parameter_that_only_the_request_has() {
        let body = made(&model(), &shared());
        assert_eq!(
            body["properties"]["template"]["parameters"]["adminPassword"]["type"],
            "secureString"
        );
        assert!(body["properties"].get("parameters").is_none());
        let secret = Secret::new("Correct-Horse-1".to_owned());
        let sent = with_password(body, Some(&secret));
        assert_eq!(
            sent["properties"]["parameters"]["adminPassword"]["value"],
            "Correct-Horse-1"
        );
    }

    #[test]
    fn a_specialised_image_gets_no_account() {
        let specialized = Model {
            specialized: true,
            ..model()
        };
        let body = made(&specialized, &shared()).to_string();
        assert!(
            !body.contains("osProfile") && !body.contains("adminPassword"),
            "{body}"
        );
    }

    #[test]
    fn what_was_bought_and_what_secures_it_comes_along() {
        let bought = Model {
            plan: Some(PurchasePlan {
                name: "p".to_owned(),
                publisher: "q".to_owned(),
                product: "r".to_owned(),
            }),
            security_type: Some("ConfidentialVM".to_owned()),
            ..model()
        };
        let body = made(&bought, &Reference::Own(group().child("x", "y").unwrap()));
        let machine = &body["properties"]["template"]["resources"][2];
        assert_eq!(
            machine["plan"],
            json!({"name": "p", "publisher": "q", "product": "r"})
        );
        assert_eq!(
            machine["properties"]["securityProfile"]["securityType"],
            "ConfidentialVM"
        );
        assert_eq!(
            machine["properties"]["storageProfile"]["osDisk"]["managedDisk"]["securityProfile"],
            json!({"securityEncryptionType": "VMGuestStateOnly"})
        );
        assert!(machine["properties"]["storageProfile"]["imageReference"]["id"].is_string());
    }
}
