use gallerist::azure::{
    Deployment, DeploymentOperation, ImageReference, NetworkInterface, ResourceGroup, ResourceId,
    SubnetUsage, Usage, VirtualMachine, VirtualNetwork, VmSize,
};
use serde_json::{Value, json};

use super::{list, state};

pub(crate) fn resource_group(got: &ResourceGroup, said: &Value, place: &str) {
    assert_eq!(said["id"], got.id.as_str(), "{place}");
    assert_eq!(
        got.id.kind(),
        "Microsoft.Resources/resourceGroups",
        "{place}"
    );
    assert_eq!(said["name"], got.name.as_str(), "{place}");
    super::region(&got.location, said, place);
    tags(&json!(got.tags), said, place);
    assert_eq!(got.document(), said, "{place}");
}

pub(crate) fn deployment(got: &Deployment, said: &Value, place: &str) {
    assert_eq!(said["id"], got.id.as_str(), "{place}");
    assert_eq!(said["name"], got.name.as_str(), "{place}");
    let properties = &said["properties"];
    state(&got.provisioning_state, properties, place);
    assert_eq!(
        properties["correlationId"].as_str(),
        got.correlation_id.as_deref(),
        "{place}"
    );
    assert!(got.timestamp.is_some(), "{place}");
    assert_eq!(
        properties["error"].is_null(),
        got.error.is_none(),
        "{place}"
    );
    assert_eq!(got.document(), said, "{place}");
}

pub(crate) fn deployment_operation(got: &DeploymentOperation, said: &Value, place: &str) {
    assert_eq!(said["operationId"], got.id.as_str(), "{place}");
    let properties = &said["properties"];
    assert_eq!(
        properties["provisioningOperation"],
        got.operation.as_str(),
        "{place}"
    );
    state(&got.state, properties, place);
    let target = &properties["targetResource"];
    let id = got.target.as_ref().map(ResourceId::as_str);
    assert_eq!(target["id"].as_str(), id, "{place}");
    assert_eq!(
        target["resourceType"].as_str(),
        got.target_type.as_deref(),
        "{place}"
    );
    assert!(got.timestamp.is_some() && got.error.is_none(), "{place}");
    assert_eq!(got.document(), said, "{place}");
}

pub(crate) fn virtual_machine(got: &VirtualMachine, said: &Value, place: &str) {
    assert_eq!(said["id"], got.id.as_str(), "{place}");
    assert_eq!(said["name"], got.name.as_str(), "{place}");
    super::region(&got.location, said, place);
    tags(&json!(got.tags), said, place);
    let properties = &said["properties"];
    state(&got.provisioning_state, properties, place);
    let size = &properties["hardwareProfile"]["vmSize"];
    assert_eq!(size.as_str(), got.size.as_deref(), "{place}");
    let os = &properties["storageProfile"]["osDisk"]["osType"];
    assert_eq!(os.as_str(), got.os_type.as_deref(), "{place}");
    assert_eq!(
        properties["licenseType"].as_str(),
        got.license_type.as_deref(),
        "{place}"
    );
    let security = &properties["securityProfile"]["securityType"];
    assert_eq!(security.as_str(), got.security_type.as_deref(), "{place}");
    assert_eq!(
        properties["timeCreated"].is_string(),
        got.created.is_some(),
        "{place}"
    );
    let interfaces = list(&properties["networkProfile"]["networkInterfaces"]).iter();
    let interfaces: Vec<&str> = interfaces.map(|n| n["id"].as_str().unwrap()).collect();
    let ours = got.network_interfaces.iter().map(ResourceId::as_str);
    assert_eq!(interfaces, ours.collect::<Vec<_>>(), "{place}");
    image(got, &properties["storageProfile"]["imageReference"], place);
    let running = list(&properties["instanceView"]["statuses"])
        .iter()
        .find_map(|status| status["code"].as_str()?.strip_prefix("PowerState/"));
    let power = got.power.as_ref().map(ToString::to_string);
    assert_eq!(running, power.as_deref(), "{place}");
    assert_eq!(got.document(), said, "{place}");
}

fn image(got: &VirtualMachine, said: &Value, place: &str) {
    let exact = got.exact_version.map(|number| number.to_string());
    let numbered = match got.image.as_ref() {
        Some(ImageReference::Gallery(id)) => {
            assert_eq!(said["id"], id.as_str(), "{place}");
            true
        }
        Some(ImageReference::Community(id)) => {
            assert_eq!(said["communityGalleryImageId"], id.as_str(), "{place}");
            true
        }
        Some(ImageReference::Shared(id)) => {
            assert_eq!(said["sharedGalleryImageId"], id.as_str(), "{place}");
            true
        }
        Some(ImageReference::Marketplace { sku, version, .. }) => {
            assert_eq!(said["sku"], sku.as_str(), "{place}");
            let exact = said.get("exactVersion").unwrap_or(&said["version"]);
            assert_eq!(*exact, version.as_str(), "{place}");
            false
        }
        Some(ImageReference::Other) => {
            let id = said["id"].as_str().unwrap();
            assert!(id.contains("/Microsoft.Compute/images/"), "{place}: {id}");
            false
        }
        other => {
            assert!(said.is_null(), "{place}: {other:?} of {said}");
            false
        }
    };
    let said = said["exactVersion"].as_str().filter(|_| numbered);
    // What is no number is not told as one.
    let said = said.filter(|version| version.contains('.'));
    assert_eq!(said, exact.as_deref(), "{place}");
}

pub(crate) fn network_interface(got: &NetworkInterface, said: &Value, place: &str) {
    assert_eq!(said["id"], got.id.as_str(), "{place}");
    assert_eq!(said["name"], got.name.as_str(), "{place}");
    tags(&json!(got.tags), said, place);
    let machine = &said["properties"]["virtualMachine"]["id"];
    let ours = got.virtual_machine.as_ref().map(ResourceId::as_str);
    assert_eq!(machine.as_str(), ours, "{place}");
    assert_eq!(got.document(), said, "{place}");
}

pub(crate) fn virtual_network(got: &VirtualNetwork, said: &Value, place: &str) {
    assert_eq!(said["id"], got.id.as_str(), "{place}");
    super::region(&got.location, said, place);
    let subnets = list(&said["properties"]["subnets"]);
    assert_eq!(subnets.len(), got.subnets.len(), "{place}");
    for (said, got) in subnets.iter().zip(&got.subnets) {
        assert_eq!(said["id"], got.id.as_str(), "{place}");
        assert_eq!(said["name"], got.name.as_str(), "{place}");
        let properties = &said["properties"];
        let prefixes = match &properties["addressPrefixes"] {
            Value::Null => json!([properties["addressPrefix"]]),
            several => several.clone(),
        };
        assert_eq!(prefixes, json!(got.prefixes), "{place}");
    }
    assert_eq!(got.document(), said, "{place}");
}

pub(crate) fn subnet_usage(got: &SubnetUsage, said: &Value, place: &str) {
    assert_eq!(said["id"], got.subnet.as_str(), "{place}");
    for (name, ours) in [("currentValue", got.used), ("limit", got.limit)] {
        let counted = said[name].as_f64().filter(|number| *number >= 0.0);
        let counted = counted.map(|number| number.to_string());
        assert_eq!(counted, ours.map(|n| n.to_string()), "{place}: {name}");
    }
}

pub(crate) fn usage(got: &Usage, said: &Value, place: &str) {
    assert_eq!(said["name"]["value"], got.name.as_str(), "{place}");
    assert_eq!(
        said["name"]["localizedValue"],
        got.localized.as_str(),
        "{place}"
    );
    assert_eq!(said["currentValue"], got.current, "{place}");
    assert_eq!(said["limit"], got.limit, "{place}");
    assert_eq!(got.document(), said, "{place}");
}

pub(crate) fn size(got: &VmSize, said: &Value, place: &str) {
    assert_eq!(said["name"], got.name.as_str(), "{place}");
    assert_eq!(said["family"], got.family.as_str(), "{place}");
    let capability = |name: &str| {
        let found = list(&said["capabilities"]).iter();
        let mut found = found.filter(|c| c["name"] == name);
        found.next().and_then(|c| c["value"].as_str())
    };
    let number = got.vcpus.to_string();
    assert_eq!(capability("vCPUs"), Some(number.as_str()), "{place}");
    let generations = got.generations.join(",");
    assert_eq!(
        capability("HyperVGenerations"),
        Some(generations.as_str()),
        "{place}"
    );
    for (name, ours) in [
        ("PremiumIO", got.premium_io),
        ("AcceleratedNetworkingEnabled", got.accelerated_networking),
    ] {
        assert_eq!(capability(name) == Some("True"), ours, "{place}: {name}");
    }
    let mut restrictions = list(&said["restrictions"]).iter();
    let everywhere = restrictions.find(|restriction| restriction["type"] == "Location");
    let reason = everywhere.map(|restriction| restriction["reasonCode"].as_str().unwrap());
    assert_eq!(reason, got.restricted.as_deref(), "{place}");
    assert_eq!(got.document(), said, "{place}");
}

fn tags(got: &Value, said: &Value, place: &str) {
    let said = &said["tags"];
    if said.is_null() {
        assert_eq!(*got, json!({}), "{place}");
    } else {
        assert_eq!(got, said, "{place}");
    }
}
