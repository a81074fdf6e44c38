//! Virtual networks, and the machines in them.

use serde_json::{Value, json};

use super::Place;
use crate::simulator::clock::compute_time;
use crate::simulator::estate_file::{Machines, Network, OsType};
use crate::simulator::resource_path::name_of;
use crate::simulator::world::World;

impl Place<'_> {
    /// A virtual network (network 2024-05-01; `network/network_vnet.json` of the recordings).
    pub(super) fn lay(&self, world: &mut World, network: &Network) {
        let id = format!(
            "{}/providers/Microsoft.Network/virtualNetworks/{}",
            self.group(&network.resource_group),
            network.name
        );
        let etag = format!("W/\"{}\"", world.chance.id(&format!("etag {id}")));
        let subnet = |(name, prefix): (&String, &String)| {
            json!({
                "id": format!("{id}/subnets/{name}"),
                "name": name,
                "type": "Microsoft.Network/virtualNetworks/subnets",
                "etag": etag,
                "properties": {
                    "provisioningState": "Succeeded",
                    "addressPrefix": prefix,
                    "delegations": [],
                    "privateEndpointNetworkPolicies": "Disabled",
                    "privateLinkServiceNetworkPolicies": "Enabled",
                },
            })
        };
        let subnets: Vec<Value> = network.subnets.iter().map(subnet).collect();
        world.resources.put(json!({
            "id": id,
            "name": network.name,
            "type": "Microsoft.Network/virtualNetworks",
            "location": network.location.as_str(),
            "etag": etag,
            "properties": {
                "provisioningState": "Succeeded",
                "resourceGuid": world.chance.id(&format!("guid {id}")),
                "addressSpace": { "addressPrefixes": [network.address] },
                "subnets": subnets,
                "virtualNetworkPeerings": [],
                "enableDdosProtection": false,
            },
        }));
    }

    /// Machines that were deployed from a version (`ComputeRP 2024-07-01/virtualMachine.json`).
    pub(super) fn start(&self, world: &mut World, machines: &Machines) {
        let path = machines.image.get_ref();
        let Some((owner, gallery, image, version)) = self.file.find_version(path) else {
            return;
        };
        let definition = format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Compute/galleries/{}/images/{}",
            owner.id.as_str(),
            gallery.resource_group,
            gallery.name,
            image.name
        );
        let reference = if machines.latest {
            json!({ "id": definition, "exactVersion": version.name })
        } else {
            let id = format!("{definition}/versions/{}", version.name);
            json!({ "id": id, "exactVersion": version.name })
        };
        let group = self.group(&machines.resource_group);
        for number in 1..=machines.count {
            let name = format!("{}-{number:03}", machines.prefix);
            let id = format!("{group}/providers/Microsoft.Compute/virtualMachines/{name}");
            let interface =
                format!("{group}/providers/Microsoft.Network/networkInterfaces/{name}-nic");
            let disk = format!("{name}_OsDisk");
            let power = if number > machines.count - machines.deallocated.min(machines.count) {
                "deallocated"
            } else {
                "running"
            };
            world.resources.put(json!({
                "name": name,
                "id": id,
                "type": "Microsoft.Compute/virtualMachines",
                "location": machines.location.as_str(),
                "tags": {},
                "properties": {
                    "hardwareProfile": { "vmSize": machines.size },
                    "provisioningState": "Succeeded",
                    "vmId": world.chance.id(&format!("vm {id}")),
                    "storageProfile": {
                        "imageReference": reference,
                        "osDisk": {
                            "osType": image.os,
                            "name": disk,
                            "createOption": "FromImage",
                            "caching": "ReadWrite",
                            "managedDisk": {
                                "storageAccountType": "Premium_LRS",
                                "id": format!("{group}/providers/Microsoft.Compute/disks/{disk}"),
                            },
                            "deleteOption": "Delete",
                            "diskSizeGB": version.size,
                        },
                        "dataDisks": [],
                    },
                    "osProfile": os_profile(&name, image.os),
                    "networkProfile": { "networkInterfaces": [{ "id": interface }] },
                    "timeCreated": compute_time(machines.created),
                    "instanceView": instance_view(machines, power),
                },
            }));
            self.connect(world, machines, &interface, number);
        }
    }

    /// The network interface of a machine, so that its subnet is known.
    fn connect(&self, world: &mut World, machines: &Machines, id: &str, number: u32) {
        let (network, subnet) = machines.subnet.split_once('/').unwrap_or_default();
        let group = self.group(&machines.resource_group);
        let machine = format!(
            "{group}/providers/Microsoft.Compute/virtualMachines/{}-{number:03}",
            machines.prefix
        );
        world.resources.put(json!({
            "name": name_of(id),
            "id": id,
            "type": "Microsoft.Network/networkInterfaces",
            "location": machines.location.as_str(),
            "properties": {
                "provisioningState": "Succeeded",
                "ipConfigurations": [{
                    "name": "ipconfig1",
                    "id": format!("{id}/ipConfigurations/ipconfig1"),
                    "properties": {
                        "provisioningState": "Succeeded",
                        "privateIPAllocationMethod": "Dynamic",
                        "primary": true,
                        "subnet": {
                            "id": format!(
                                "{group}/providers/Microsoft.Network/virtualNetworks/{network}/subnets/{subnet}"
                            ),
                        },
                    },
                }],
                "virtualMachine": { "id": machine },
            },
        }));
    }
}

fn instance_view(machines: &Machines, power: &str) -> Value {
    json!({
        "statuses": [
            {
                "code": "ProvisioningState/succeeded",
                "level": "Info",
                "displayStatus": "Provisioning succeeded",
                "time": compute_time(machines.created),
            },
            {
                "code": format!("PowerState/{power}"),
                "level": "Info",
                "displayStatus": format!("VM {power}"),
            },
        ],
    })
}

fn os_profile(name: &str, os: OsType) -> Value {
    let mut profile = json!({
        "computerName": name,
        "adminUsername": "localadmin",
        "secrets": [],
        "allowExtensionOperations": true,
        "requireGuestProvisionSignal": true,
    });
    match os {
        OsType::Windows => {
            profile["windowsConfiguration"] =
                json!({ "provisionVMAgent": true, "enableAutomaticUpdates": true });
        }
        OsType::Linux => {
            profile["linuxConfiguration"] =
                json!({ "provisionVMAgent": true, "disablePasswordAuthentication": false });
        }
    }
    profile
}
