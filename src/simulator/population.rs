//! The world that an estate file describes, at rest.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::chance::Chance;
use super::clock::{Clock, compute_time};
use super::estate_file::{
    Delegation, EstateFile, Extra, Gallery, Grant, Image, Machines, Network, OsType, Permissions,
    Subscription, Target, Tenant, Version,
};
use super::faults::Faults;
use super::world::{self, ServicePrincipal, World};

/// When everything that the file does not date was made: long enough ago to be in force.
const LONG_AGO: &str = "2024-01-15T09:00:00.0000000Z";

/// Makes a world of an estate file, to be served at `origin`.
pub(super) fn populate(file: &EstateFile, pace: f64, seed: u64, origin: String) -> World {
    let mut world = World {
        clock: Clock::starting_now(pace),
        chance: Chance::seeded(seed),
        origin,
        page_size: file.page_size,
        tenants: BTreeMap::new(),
        principals: Vec::new(),
        resources: super::resources::Resources::default(),
        operations: super::compute::Operations::default(),
        copies: super::compute::Copies::default(),
        faults: Faults::default(),
        requests: super::requests::Requests::default(),
        answers: 0,
    };
    for failing in &file.replication_fails {
        let region = failing.region.as_str();
        world
            .faults
            .fail_copies(region, failing.detail.clone(), failing.times);
    }
    for tenant in &file.tenants {
        settle_tenant(&mut world, file, tenant);
    }
    world
}

fn settle_tenant(world: &mut World, file: &EstateFile, tenant: &Tenant) {
    world.tenants.insert(
        tenant.id.as_str().to_owned(),
        world::Tenant {
            name: tenant.name.clone(),
            domain: tenant.domain.clone(),
            country: tenant.country.clone(),
        },
    );
    if let Some(object_id) = &tenant.application {
        world.principals.push(ServicePrincipal {
            tenant: tenant.id.as_str().to_owned(),
            client_id: file.application.client_id.as_str().to_owned(),
            object_id: object_id.as_str().to_owned(),
            secret: file.application.client_secret.clone(),
            groups: tenant
                .groups
                .iter()
                .map(|g| g.as_str().to_owned())
                .collect(),
            sign_in: tenant.sign_in.clone(),
        });
    }
    for subscription in &tenant.subscriptions {
        let place = Place {
            file,
            tenant,
            subscription,
            scope: format!("/subscriptions/{}", subscription.id.as_str()),
        };
        place.fill(world);
    }
}

/// A subscription that is being filled.
struct Place<'f> {
    file: &'f EstateFile,
    tenant: &'f Tenant,
    subscription: &'f Subscription,
    scope: String,
}

impl Place<'_> {
    fn fill(&self, world: &mut World) {
        let subscription = self.subscription;
        world.resources.put(json!({
            "id": self.scope,
            "subscriptionId": subscription.id.as_str(),
            "tenantId": self.tenant.id.as_str(),
            "displayName": subscription.name,
            "state": subscription.state,
            "subscriptionPolicies": {
                "locationPlacementId": "Public_2014-09-01",
                "quotaId": "EnterpriseAgreement_2014-09-01",
                "spendingLimit": "Off",
            },
        }));
        for group in &subscription.resource_groups {
            world.resources.put(json!({
                "id": self.group(&group.name),
                "name": group.name,
                "type": "Microsoft.Resources/resourceGroups",
                "location": group.location.as_str(),
                "tags": group.tags,
                "properties": { "provisioningState": "Succeeded" },
            }));
        }
        for grant in &subscription.roles {
            self.assign(world, grant);
        }
        for delegation in &subscription.delegations {
            self.delegate(world, delegation);
        }
        for network in &subscription.networks {
            self.lay(world, network);
        }
        for gallery in &subscription.galleries {
            self.open(world, gallery);
        }
        for machines in &subscription.machines {
            self.start(world, machines);
        }
        for document in &subscription.resources {
            world.resources.put(Value::Object(document.clone()));
        }
    }

    fn group(&self, name: &str) -> String {
        format!("{}/resourceGroups/{name}", self.scope)
    }

    fn role_definition(&self, role: &str) -> String {
        format!(
            "{}/providers/Microsoft.Authorization/roleDefinitions/{role}",
            self.scope
        )
    }

    /// A role assignment (`authorization-RoleAssignmentsCalls.json 2022-04-01`).
    fn assign(&self, world: &mut World, grant: &Grant) {
        let principal = grant
            .principal
            .as_ref()
            .or(self.tenant.application.as_ref());
        let principal = principal.map_or("", |principal| principal.as_str());
        let scope = match grant.scope.trim_matches('/') {
            "" => self.scope.clone(),
            below => format!("{}/{below}", self.scope),
        };
        let role = grant.role.id();
        let name = world
            .chance
            .id(&format!("assignment {scope} {role} {principal}"));
        world.resources.put(json!({
            "id": format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"),
            "name": name,
            "type": "Microsoft.Authorization/roleAssignments",
            "properties": {
                "roleDefinitionId": self.role_definition(role),
                "principalId": principal,
                "principalType": "ServicePrincipal",
                "scope": scope,
                "createdOn": LONG_AGO,
                "updatedOn": LONG_AGO,
            },
        }));
    }

    /// A Lighthouse delegation: what is granted, and the assignment of it to this scope
    /// (managedservices 2022-10-01).
    fn delegate(&self, world: &mut World, delegation: &Delegation) {
        let (scope, group) = match &delegation.resource_group {
            Some(group) => (self.group(group), group.as_str()),
            None => (self.scope.clone(), ""),
        };
        let to = delegation.to.as_str();
        let definition = world.chance.id(&format!("definition {scope} {to}"));
        let assignment = world.chance.id(&format!("delegation {scope} {to}"));
        let home = &self.file.tenants;
        let manager = home.iter().find(|tenant| tenant.id == delegation.to);
        let manager = manager.map_or("", |tenant| tenant.name.as_str());
        let definition_id = format!(
            "{}/providers/Microsoft.ManagedServices/registrationDefinitions/{definition}",
            self.scope
        );
        let authorizations: Vec<Value> = delegation
            .roles
            .iter()
            .map(|role| {
                json!({
                    "principalId": delegation.principal.as_str(),
                    "principalIdDisplayName": format!("{manager} operators"),
                    "roleDefinitionId": role.id(),
                })
            })
            .collect();
        world.resources.put(json!({
            "id": definition_id,
            "name": definition,
            "type": "Microsoft.ManagedServices/registrationDefinitions",
            "properties": {
                "registrationDefinitionName": format!("{manager} {group}").trim_end(),
                "description": "",
                "managedByTenantId": to,
                "managedByTenantName": manager,
                "manageeTenantId": self.tenant.id.as_str(),
                "manageeTenantName": self.tenant.name,
                "authorizations": authorizations,
                "provisioningState": "Succeeded",
            },
        }));
        world.resources.put(json!({
            "id": format!(
                "{scope}/providers/Microsoft.ManagedServices/registrationAssignments/{assignment}"
            ),
            "name": assignment,
            "type": "Microsoft.ManagedServices/registrationAssignments",
            "properties": {
                "registrationDefinitionId": definition_id,
                "provisioningState": "Succeeded",
            },
        }));
    }

    /// A virtual network (network 2024-05-01; `network/network_vnet.json` of the recordings).
    fn lay(&self, world: &mut World, network: &Network) {
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

    fn gallery_id(&self, gallery: &Gallery) -> String {
        format!(
            "{}/providers/Microsoft.Compute/galleries/{}",
            self.group(&gallery.resource_group),
            gallery.name
        )
    }

    fn open(&self, world: &mut World, gallery: &Gallery) {
        let id = self.gallery_id(gallery);
        let mut properties = json!({
            "identifier": {
                "uniqueName": format!(
                    "{}-{}",
                    self.subscription.id.as_str(),
                    gallery.name.to_uppercase()
                ),
            },
            "provisioningState": "Succeeded",
        });
        if let Some(description) = &gallery.description {
            properties["description"] = json!(description);
        }
        if gallery.permissions != Permissions::Private {
            properties["sharingProfile"] = json!({ "permissions": gallery.permissions });
        }
        if let Some(community) = &gallery.community {
            let public_name = super::compute::public_name(world, &id, &community.prefix);
            properties["sharingProfile"]["communityGalleryInfo"] = json!({
                "communityGalleryEnabled": community.enabled,
                "publisherUri": community.publisher,
                "publisherContact": community.contact,
                "eula": community.eula,
                "publicNamePrefix": community.prefix,
                "publicNames": [public_name],
            });
        }
        let document = json!({
            "name": gallery.name,
            "id": id,
            "type": "Microsoft.Compute/galleries",
            "location": gallery.location.as_str(),
            "tags": gallery.tags,
            "properties": properties,
        });
        world.resources.put(with_extra(document, &gallery.extra));
        for image in &gallery.images {
            define(world, &id, gallery, image);
        }
    }

    /// Machines that were deployed from a version (`ComputeRP 2024-07-01/virtualMachine.json`).
    fn start(&self, world: &mut World, machines: &Machines) {
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
            "name": super::resource_path::name_of(id),
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

fn define(world: &mut World, gallery_id: &str, gallery: &Gallery, image: &Image) {
    let id = format!("{gallery_id}/images/{}", image.name);
    let feature = |(name, value): (&String, &String)| json!({ "name": name, "value": value });
    let features: Vec<Value> = image.features.iter().map(feature).collect();
    let mut properties = json!({
        "hyperVGeneration": image.generation,
        "architecture": "x64",
        "osType": image.os,
        "osState": image.state,
        "identifier": { "publisher": image.publisher, "offer": image.offer, "sku": image.sku },
        "provisioningState": "Succeeded",
    });
    if !features.is_empty() {
        properties["features"] = json!(features);
    }
    if let Some(description) = &image.description {
        properties["description"] = json!(description);
    }
    if let Some(end) = image.end_of_life {
        properties["endOfLifeDate"] = json!(compute_time(end));
    }
    let document = json!({
        "name": image.name,
        "id": id,
        "type": "Microsoft.Compute/galleries/images",
        "location": gallery.location.as_str(),
        "tags": image.tags,
        "properties": properties,
    });
    world.resources.put(with_extra(document, &image.extra));
    for version in &image.versions {
        publish(world, &id, gallery, image, version);
    }
}

fn publish(world: &mut World, image_id: &str, gallery: &Gallery, image: &Image, version: &Version) {
    let targets = version.regions.iter().map(|(region, target)| match target {
        Target::Replicas(replicas) => json!({
            "name": region.display_name(),
            "regionalReplicaCount": replicas,
            "storageAccountType": "Standard_LRS",
        }),
        Target::Region(target) => {
            let mut document = json!({
                "name": region.display_name(),
                "regionalReplicaCount": target.replicas,
                "storageAccountType": target.storage,
            });
            if target.exclude_from_latest {
                document["excludeFromLatest"] = json!(true);
            }
            document
        }
    });
    let mut publishing = json!({
        "targetRegions": targets.collect::<Vec<_>>(),
        "replicaCount": 1,
        "excludeFromLatest": version.exclude_from_latest,
        "publishedDate": compute_time(version.published),
        "storageAccountType": "Standard_LRS",
    });
    if let Some(end) = version.end_of_life {
        publishing["endOfLifeDate"] = json!(compute_time(end));
    }
    let builder = image_id.split("/providers/").next().unwrap_or_default();
    let document = json!({
        "name": version.name,
        "id": format!("{image_id}/versions/{}", version.name),
        "type": "Microsoft.Compute/galleries/images/versions",
        "location": gallery.location.as_str(),
        "tags": version.tags,
        "properties": {
            "publishingProfile": publishing,
            "storageProfile": {
                "source": {
                    "virtualMachineId": format!(
                        "{builder}/providers/Microsoft.Compute/virtualMachines/build-{}",
                        image.name
                    ),
                },
                "osDiskImage": {
                    "sizeInGB": version.size,
                    "hostCaching": "ReadWrite",
                    "source": {},
                },
            },
            "safetyProfile": {
                "reportedForPolicyViolation": false,
                "allowDeletionOfReplicatedLocations":
                    version.allow_deletion_of_replicated_locations,
            },
            "provisioningState": "Succeeded",
        },
    });
    world.resources.put(with_extra(document, &version.extra));
}

/// Puts in what no specification knows.
fn with_extra(mut document: Value, extra: &Extra) -> Value {
    let copy = |into: &mut Value, from: &Map<String, Value>| {
        for (name, value) in from {
            into[name] = value.clone();
        }
    };
    copy(&mut document, &extra.document);
    copy(&mut document["properties"], &extra.properties);
    document
}
