//! Machines, and how far they are behind.

use gallerist::azure::VirtualMachine;
use gallerist::estate::{Behind, MachineRow};
use serde_json::json;

use super::{definition_id, subscription_guid, tenant_guid, time};

/// Some machines of Contoso.
pub(crate) fn machines() -> Vec<MachineRow> {
    (1..=64)
        .map(|number| match number {
            1..=40 => machine(number, Some("2026.11.2"), Behind::Versions(1)),
            41..=58 => machine(number, Some("2026.9.1"), Behind::Versions(3)),
            59..=62 => machine(number, Some("2026.11.3"), Behind::Current),
            _ => machine(number, None, Behind::Unknown),
        })
        .collect()
}

/// A machine of Contoso, made from a version of ours unless it has none.
fn machine(number: usize, version: Option<&str>, behind: Behind) -> MachineRow {
    let name = format!("vm-avd-{number:04}");
    let subscription = subscription_guid(3, 0);
    let image = version.map_or(
        json!({"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer",
               "sku": "2022-datacenter", "version": "latest"}),
        |version| json!({"id": definition_id("win11-avd"), "exactVersion": version}),
    );
    let document = json!({
        "id": format!("/subscriptions/{subscription}/resourceGroups/avd-weu-rg/providers/\
                       Microsoft.Compute/virtualMachines/{name}"),
        "name": name, "location": "westeurope", "tags": {"pool": "hp-office"},
        "properties": {
            "provisioningState": "Succeeded", "timeCreated": "2026-11-20T09:00:00Z",
            "hardwareProfile": {"vmSize": "Standard_D4s_v5"},
            "securityProfile": {"securityType": "TrustedLaunch"},
            "storageProfile": {"imageReference": image, "osDisk": {"osType": "Windows"}},
            "networkProfile": {"networkInterfaces": [{"id": format!(
                "/subscriptions/{subscription}/resourceGroups/avd-weu-rg/providers/\
                 Microsoft.Network/networkInterfaces/{name}-nic"
            )}]},
        },
    });
    MachineRow {
        machine: VirtualMachine::from_document(document).unwrap(),
        tenant: tenant_guid(3).parse().unwrap(),
        subscription: subscription.parse().unwrap(),
        image: version.map(|_| definition_id("win11-avd")),
        version: version.map(|version| version.parse().unwrap()),
        behind,
        read_at: time("14:01:00"),
    }
}
