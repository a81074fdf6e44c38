//! Virtual networks, and the machines in them.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::Place;
use crate::simulator::clock::compute_time;
use crate::simulator::compute::{Power, disk, generalize, instance_view, vm_id};
use crate::simulator::estate_file::{Image, Machines, Network, OsType, Version};
use crate::simulator::network::{Prefix, attach};
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
                    "ipamPoolPrefixAllocations": [],
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
                "addressSpace": {
                    "addressPrefixes": [network.address],
                    "ipamPoolPrefixAllocations": [],
                },
                "privateEndpointVNetPolicies": "Disabled",
                "subnets": subnets,
                "virtualNetworkPeerings": [],
                "enableDdosProtection": false,
            },
        }));
    }

    /// Machines that were deployed from a version (`ComputeRP 2024-07-01/virtualMachine.json`), each
    /// with its disk and its interface. `given` counts the addresses given in each subnet.
    pub(super) fn start(
        &self,
        world: &mut World,
        machines: &Machines,
        given: &mut BTreeMap<String, usize>,
    ) {
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
        let subnet = self.subnet(&machines.resource_group, &machines.subnet);
        let generation = image.generation.name();
        let names = names(machines);
        let running = names.len().saturating_sub(machines.deallocated as usize);
        for (at, name) in names.iter().enumerate() {
            let id = self.machine(machines, name);
            let power = if machines.generalized || at >= running {
                Power::Deallocated
            } else {
                Power::Running
            };
            let mut machine = self.document(world, machines, &id, image, version);
            machine["properties"]["storageProfile"]["imageReference"] = reference.clone();
            let view = instance_view(&machine, generation, power, machines.created, None);
            machine["properties"]["instanceView"] = view;
            if machines.generalized {
                generalize(&mut machine);
            }
            let system = &machine["properties"]["storageProfile"]["osDisk"];
            let disk = disk(world, &machine, system, generation, machines.created);
            let address = subnet.prefix.and_then(|prefix| {
                let count = given.entry(subnet.id.clone()).or_default();
                *count += 1;
                prefix.addresses().nth(*count - 1)
            });
            self.connect(world, machines, &id, &subnet.id, address);
            world.resources.put(disk);
            world.resources.put(machine);
        }
    }

    fn machine(&self, machines: &Machines, name: &str) -> String {
        format!(
            "{}/providers/Microsoft.Compute/virtualMachines/{name}",
            self.group(&machines.resource_group)
        )
    }

    fn document(
        &self,
        world: &World,
        machines: &Machines,
        id: &str,
        image: &Image,
        version: &Version,
    ) -> Value {
        let name = name_of(id);
        let disk = format!("{name}_OsDisk");
        let disk_id = format!(
            "{}/providers/Microsoft.Compute/disks/{disk}",
            self.group(&machines.resource_group)
        );
        let mut machine = json!({
            "name": name,
            "id": id,
            "type": "Microsoft.Compute/virtualMachines",
            "location": machines.location.as_str(),
            "tags": {},
            "etag": "\"2\"",
            "properties": {
                "hardwareProfile": { "vmSize": machines.size },
                "provisioningState": "Succeeded",
                "vmId": vm_id(world, id, 0),
                "storageProfile": {
                    "osDisk": {
                        "osType": image.os,
                        "name": disk,
                        "createOption": "FromImage",
                        "caching": "ReadWrite",
                        "managedDisk": { "storageAccountType": "Premium_LRS", "id": disk_id },
                        "deleteOption": "Delete",
                        "diskSizeGB": version.size,
                    },
                    "dataDisks": [],
                    "diskControllerType": "SCSI",
                },
                "osProfile": os_profile(name, image.os),
                "networkProfile": {
                    "networkInterfaces": [{
                        "id": self.interface(machines, id),
                        "properties": { "deleteOption": "Delete" },
                    }],
                },
                "timeCreated": compute_time(machines.created),
            },
        });
        let security = image.features.get("SecurityType");
        if security.is_some_and(|value| value.starts_with("TrustedLaunch")) {
            machine["properties"]["securityProfile"] = json!({
                "securityType": "TrustedLaunch",
                "uefiSettings": { "secureBootEnabled": true, "vTpmEnabled": true },
            });
        }
        machine
    }

    fn interface(&self, machines: &Machines, machine: &str) -> String {
        format!(
            "{}/providers/Microsoft.Network/networkInterfaces/{}-nic",
            self.group(&machines.resource_group),
            name_of(machine)
        )
    }

    /// What `network/subnet` in a group means.
    fn subnet(&self, group: &str, path: &str) -> Subnet {
        let (network, subnet) = path.split_once('/').unwrap_or_default();
        let id = format!(
            "{}/providers/Microsoft.Network/virtualNetworks/{network}/subnets/{subnet}",
            self.group(group)
        );
        let mut networks = self.subscription.networks.iter();
        let network = networks.find(|n| n.name == network && n.resource_group == group);
        let prefix = network.and_then(|network| network.subnets.get(subnet));
        Subnet {
            id,
            prefix: prefix.and_then(|prefix| prefix.parse().ok()),
        }
    }

    /// The network interface of a machine, so that its subnet is known.
    fn connect(
        &self,
        world: &mut World,
        machines: &Machines,
        machine: &str,
        subnet: &str,
        address: Option<Ipv4Addr>,
    ) {
        let id = self.interface(machines, machine);
        let etag = format!("W/\"{}\"", world.chance.id(&format!("etag {id}")));
        let mut configuration = json!({
            "name": "ipconfig1",
            "id": format!("{id}/ipConfigurations/ipconfig1"),
            "etag": etag,
            "type": "Microsoft.Network/networkInterfaces/ipConfigurations",
            "properties": {
                "provisioningState": "Succeeded",
                "privateIPAllocationMethod": "Dynamic",
                "privateIPAddressVersion": "IPv4",
                "primary": true,
                "subnet": { "id": subnet },
            },
        });
        if let Some(address) = address {
            configuration["properties"]["privateIPAddress"] = json!(address);
        }
        world.resources.put(json!({
            "name": name_of(&id),
            "id": id,
            "type": "Microsoft.Network/networkInterfaces",
            "location": machines.location.as_str(),
            "etag": etag,
            "tags": {},
            "kind": "Regular",
            "properties": {
                "provisioningState": "Succeeded",
                "resourceGuid": world.chance.id(&format!("guid {id}")),
                "ipConfigurations": [configuration],
                "enableIPForwarding": false,
                "nicType": "Standard",
                "hostedWorkloads": [],
                "tapConfigurations": [],
            },
        }));
        attach(world, &id, machine, true);
    }
}

/// What machines are called.
fn names(machines: &Machines) -> Vec<String> {
    let prefix = &machines.prefix;
    match machines.count {
        None => vec![prefix.clone()],
        Some(count) => (1..=count).map(|n| format!("{prefix}-{n:03}")).collect(),
    }
}

/// A subnet that machines are in.
struct Subnet {
    id: String,
    /// None where the estate file has no such subnet
    prefix: Option<Prefix>,
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
