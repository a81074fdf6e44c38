"""What Azure does not take, and how it says so."""

from azure.mgmt.compute.models import (
    Gallery,
    GalleryArtifactVersionFullSource,
    SharingProfile,
    TargetRegion,
)

import images
from simulator import CONTOSO, GALLERIES, VAULT
from story import Story
from test_deploying import VAULTED

GROUP = "rg-images"


class Refusals(Story):
    def setUp(self):
        self.compute = self.sign_in(CONTOSO, GALLERIES).compute

    def publish(self, *regions, name="2.0.0", **changes):
        """A version in the gallery there is."""
        version = images.captured(*regions)
        for key, value in changes.items():
            setattr(version, key, value)
        begun = self.compute.gallery_image_versions.begin_create_or_update(
            GROUP, "acg_released", "win11", name, version
        )
        return begun.result()

    def put_gallery(self, name, **properties):
        gallery = Gallery(location="westeurope", **properties)
        return self.compute.galleries.begin_create_or_update(GROUP, name, gallery).result()

    def put_definition(self, name, definition):
        begun = self.compute.gallery_images.begin_create_or_update(
            GROUP, "acg_released", name, definition
        )
        return begun.result()

    def test_names(self):
        for name in ("acg-dashed", "_acg", "acg."):
            with self.subTest(name):
                with self.refused(400, "InvalidParameter", "Gallery name is invalid. Allowed"):
                    self.put_gallery(name)
        for name in ("win 11", "-win11", "win11."):
            text = f"The entity name '{name}' is invalid according to its validation rule"
            with self.subTest(name):
                with self.refused(400, "InvalidParameter", text):
                    self.put_definition(name, images.windows("names"))
        for name in ("1.0", "1.0.0.0", "1.0.x", "1.0.2147483648"):
            text = "should follow Major(int).Minor(int).Patch(int) format"
            with self.subTest(name):
                with self.refused(400, "InvalidParameter", text):
                    self.publish(TargetRegion(name="westeurope"), name=name)

    def test_a_gallerys_name_is_taken_once_in_a_subscription(self):
        groups = self.sign_in(CONTOSO, GALLERIES).groups.resource_groups
        groups.create_or_update("rg-second", {"location": "westeurope"})
        gallery = Gallery(location="westeurope")
        with self.refused(409, "Conflict", "'ACG_released' is not unique within the subscription"):
            self.compute.galleries.begin_create_or_update("rg-second", "ACG_released", gallery)

    def test_a_definition_says_once_what_it_is_for(self):
        definition = self.compute.gallery_images.get(GROUP, "acg_released", "win11")
        definition.os_state = "Specialized"
        text = "Changing property 'galleryImage.properties.osState' is not allowed."
        with self.refused(409, "PropertyChangeNotAllowed", text):
            self.put_definition("win11", definition)
        same = images.windows("win11-24h2")
        same.identifier.offer = "windows-11"
        with self.refused(409, "Conflict", "(publisher:Contoso, offer:windows-11, sku:win11-24h2)"):
            self.put_definition("win11-again", same)

    def test_regions(self):
        home, other = TargetRegion(name="westeurope"), TargetRegion(name="northeurope")
        duplicate = "Duplicate regions are not allowed in target publishing regions."
        with self.refused(400, "InvalidParameter", duplicate):
            self.publish(home, other, TargetRegion(name="North Europe"))
        text = (
            "Gallery image version publishing profile regions 'North Europe' must contain the "
            "location of image version 'westeurope'."
        )
        with self.refused(400, "InvalidParameter", text):
            self.publish(other)
        with self.refused(400, "InvalidParameter", "'atlantis' is not a valid region"):
            self.publish(home, TargetRegion(name="atlantis"))
        many = TargetRegion(name="westeurope", regional_replica_count=100)
        with self.refused(400, "InvalidParameter", "'101' exceeds the maximum of 100"):
            self.publish(many, other)

    def test_what_a_version_was_made_from_never_changes(self):
        versions = self.compute.gallery_image_versions
        version = versions.get(GROUP, "acg_released", "win11", "1.10.0")
        version.storage_profile.source = GalleryArtifactVersionFullSource(
            virtual_machine_id=images.MACHINE + "-other"
        )
        text = (
            "Changing property 'galleryImageVersion.properties.storageProfile.source.id' is not "
            "allowed."
        )
        with self.refused(409, "PropertyChangeNotAllowed", text):
            versions.begin_create_or_update(GROUP, "acg_released", "win11", "1.10.0", version)

    def test_the_storage_of_a_region_never_changes(self):
        versions = self.compute.gallery_image_versions
        version = versions.get(GROUP, "acg_released", "win11", "1.1.0")
        version.publishing_profile.target_regions[0].storage_account_type = "Premium_LRS"
        text = "Global storage account type does not match the storage account type in the existing"
        with self.refused(409, "PropertyChangeNotAllowed", text):
            versions.begin_create_or_update(GROUP, "acg_released", "win11", "1.1.0", version)

    def test_how_a_gallery_is_shared_is_settled_at_its_creation(self):
        self.put_gallery("acg_private")
        text = "'gallery.properties.sharingProfile.permissions' is not allowed."
        with self.refused(409, "PropertyChangeNotAllowed", text):
            self.put_gallery("acg_private", sharing_profile=SharingProfile(permissions="Groups"))

    def test_a_source_that_may_not_be_read(self):
        source = GalleryArtifactVersionFullSource(id=VAULTED)
        version = images.captured(TargetRegion(name="westeurope"))
        version.storage_profile.source = source
        text = "does not have permission to perform action 'read' on the linked scope(s)"
        with self.refused(403, "LinkedAuthorizationFailed", text):
            self.compute.gallery_image_versions.begin_create_or_update(
                GROUP, "acg_released", "win11", "3.0.0", version
            )

    def test_what_is_not_there(self):
        with self.refused(404, "ResourceGroupNotFound", "'rg-nowhere' could not be found."):
            self.compute.galleries.get("rg-nowhere", "acg_released")
        text = "The Resource 'Microsoft.Compute/galleries/acg_none' under resource group"
        with self.refused(404, "ResourceNotFound", text):
            self.compute.galleries.get(GROUP, "acg_none")

    def test_without_a_role(self):
        vault = self.sign_in(CONTOSO, VAULT).compute
        text = f"The client '{self.simulator.ready['client_id']}' with object id '"
        with self.refused(403, "AuthorizationFailed", text + CONTOSO.principal):
            list(vault.galleries.list())
