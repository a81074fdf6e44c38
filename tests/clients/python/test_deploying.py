"""Machines of a provider's image are deployed in a customer's subscription."""

from azure.mgmt.resource.deployments.models import Deployment, DeploymentProperties

import images
from simulator import (
    ADATUM,
    CONTOSO,
    FABRIKAM,
    GALLERIES,
    LITWARE,
    OFFICES,
    PRODUCTION,
    VAULT,
    WORKS,
)
from story import Story
from test_sharing import share

VAULTED = (
    f"/subscriptions/{VAULT}/resourceGroups/rg-vault/providers/Microsoft.Compute"
    "/galleries/acg_vault/images/win11/versions/1.0.0"
)
SHARED = f"/SharedGalleries/{GALLERIES}-ACG_RELEASED/Images/win11/Versions/latest"


def template(group, location, name, image):
    """A machine of an image, with an interface in the subnet for hosts of the group's network."""
    network = f"{group}/providers/Microsoft.Network"
    vnet = f"{network}/virtualNetworks/{group.rpartition('/')[2].replace('rg-', 'vnet-')}"
    interface = {
        "type": "Microsoft.Network/networkInterfaces",
        "apiVersion": "2024-05-01",
        "name": f"{name}-nic",
        "location": location,
        "properties": {
            "ipConfigurations": [
                {
                    "name": "ipconfig",
                    "properties": {"subnet": {"id": f"{vnet}/subnets/hosts"}},
                }
            ]
        },
    }
    interface_id = f"{network}/networkInterfaces/{name}-nic"
    machine = {
        "type": "Microsoft.Compute/virtualMachines",
        "apiVersion": "2024-07-01",
        "name": name,
        "location": location,
        "dependsOn": [interface_id],
        "properties": {
            "hardwareProfile": {"vmSize": "Standard_D4s_v5"},
            "securityProfile": {
                "securityType": "TrustedLaunch",
                "uefiSettings": {"secureBootEnabled": True, "vTpmEnabled": True},
            },
            "storageProfile": {
                "imageReference": image,
                "osDisk": {"createOption": "FromImage", "deleteOption": "Delete"},
            },
            "osProfile": {
                "computerName": name,
                "adminUsername": "localadmin",
                "adminPassword": "[parameters('password')]",
            },
            "networkProfile": {"networkInterfaces": [{"id": interface_id}]},
        },
    }
    return {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01"
        "/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {"password": {"type": "secureString"}},
        "resources": [interface, machine],
    }


class Deploying(Story):
    def deploy(self, clients, name, image, group="rg-desktops", location="westeurope"):
        """Deploys one machine, and waits for it."""
        group_id = clients.groups.resource_groups.get(group).id
        properties = DeploymentProperties(
            mode="Incremental",
            template=template(group_id, location, name, image),
            parameters={"password": {"value": "A-secret-7-of-ours"}},
        )
        begun = clients.deployments.deployments.begin_create_or_update(
            group, f"deploy-{name}", Deployment(properties=properties)
        )
        return begun.result()

    def test_a_machine_of_another_tenants_image(self):
        adatum = self.sign_in(ADATUM, PRODUCTION, along=[CONTOSO])
        done = self.deploy(adatum, "vm-role", {"id": images.RELEASED})
        self.assertEqual(done.properties.provisioning_state, "Succeeded")
        made = {resource.id.rsplit("/", 1)[1] for resource in done.properties.output_resources}
        self.assertEqual(made, {"vm-role", "vm-role-nic"})

        machine = adatum.compute.virtual_machines.get("rg-desktops", "vm-role")
        reference = machine.storage_profile.image_reference
        self.assertEqual((reference.id, reference.exact_version), (images.RELEASED, "1.10.0"))
        self.assertEqual(machine.provisioning_state, "Succeeded")
        view = adatum.compute.virtual_machines.instance_view("rg-desktops", "vm-role")
        self.assertIn("PowerState/running", [status.code for status in view.statuses])

        # The token of the other tenant went with each request.
        requests = self.simulator.requests()
        put = [r for r in requests if r["method"] == "PUT" and "/deploy-vm-role" in r["path"]]
        self.assertEqual([r["auxiliary"] for r in put], [[CONTOSO.id]])
        self.assertNotIn("A-secret-7-of-ours", str(requests))

    def test_without_the_other_tenants_token_it_is_not_authorized(self):
        adatum = self.sign_in(ADATUM, PRODUCTION)
        text = f"the current tenant '{ADATUM.id}' is not authorized to access linked subscription"
        self.fails(adatum, "vm-alone", {"id": images.RELEASED}, "LinkedAuthorizationFailed", text)

    def test_without_a_role_on_the_image_it_is_not_permitted(self):
        adatum = self.sign_in(ADATUM, PRODUCTION, along=[CONTOSO])
        text = "does not have permission to perform action 'read' on the linked scope(s)"
        self.fails(adatum, "vm-vault", {"id": VAULTED}, "LinkedAuthorizationFailed", text)

    def test_a_directly_shared_image_needs_no_token(self):
        fabrikam = self.sign_in(FABRIKAM, WORKS)
        where = {"group": "rg-works", "location": "northeurope"}
        image = {"sharedGalleryImageId": SHARED}
        self.fails(fabrikam, "vm-early", image, "GalleryImageNotFound", "", **where)
        share(self.sign_in(CONTOSO, GALLERIES), "Add", subscriptions=[WORKS])
        self.deploy(fabrikam, "vm-shared", image, **where)
        machine = fabrikam.compute.virtual_machines.get("rg-works", "vm-shared")
        reference = machine.storage_profile.image_reference
        self.assertEqual(reference.shared_gallery_image_id, SHARED)
        self.assertEqual(reference.exact_version, "1.10.0")

    def test_a_delegated_subscription_needs_no_other_token(self):
        contoso = self.sign_in(CONTOSO, OFFICES)
        self.deploy(contoso, "vm-office", {"id": images.RELEASED}, group="rg-offices")
        machine = contoso.compute.virtual_machines.get("rg-offices", "vm-office")
        self.assertEqual(machine.storage_profile.image_reference.exact_version, "1.10.0")

        listed = contoso.subscriptions.subscriptions.get(OFFICES)
        self.assertEqual(listed.tenant_id, LITWARE.id)
        self.assertEqual([one.tenant_id for one in listed.managed_by_tenants], [CONTOSO.id])

        # A Contributor by delegation shares nothing.
        action = "perform action 'Microsoft.Compute/galleries/share/action'"
        with self.refused(403, "AuthorizationFailed", action):
            share(contoso, "Add", "rg-offices", "acg_offices", tenants=[ADATUM.id])

    def test_a_definition_without_versions(self):
        contoso = self.sign_in(CONTOSO, GALLERIES)
        definition = images.define(contoso.compute, "rg-images", "acg_empty")
        adatum = self.sign_in(ADATUM, PRODUCTION, along=[CONTOSO])
        text = "There is no latest image version exists for"
        self.fails(adatum, "vm-none", {"id": definition.id}, "GalleryImageNotFound", text)

    def test_a_region_without_the_image(self):
        fabrikam = self.sign_in(FABRIKAM, WORKS, along=[CONTOSO])
        text = "is not available in northeurope region. Please contact image owner"
        image = {"id": images.RELEASED.replace("1.10.0", "1.0.0")}
        where = {"group": "rg-works", "location": "northeurope"}
        self.fails(fabrikam, "vm-far", image, "GalleryImageNotFound", text, **where)

    def fails(self, clients, name, image, code, text, **where):
        """That a machine is not made, for this reason among the details of the deployment."""
        with self.refused(200, "DeploymentFailed", "At least one resource deployment"):
            self.deploy(clients, name, image, **where)
        group = where.get("group", "rg-desktops")
        failed = clients.deployments.deployments.get(group, f"deploy-{name}")
        self.assertEqual(failed.properties.provisioning_state, "Failed")
        reasons = {detail.code: detail.message for detail in failed.properties.error.details}
        self.assertIn(code, reasons)
        self.assertIn(text, reasons[code])
        operations = clients.deployments.deployment_operations.list(group, f"deploy-{name}")
        states = {one.properties.provisioning_state for one in operations}
        self.assertIn("Failed", states)
