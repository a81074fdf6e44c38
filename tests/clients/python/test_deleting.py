"""What was made is taken away again: from the inside out, or not at all."""

import datetime

from azure.mgmt.compute.models import (
    GalleryImageVersion,
    GalleryImageVersionSafetyProfile,
    SharingProfile,
    SoftDeletePolicy,
    TargetRegion,
)

import images
from simulator import ADATUM, CONTOSO, GALLERIES
from story import Story
from test_sharing import share

GROUP = "rg-images"
NESTED = "Can not delete resource before nested resources are deleted."


class Deleting(Story):
    def setUp(self):
        self.contoso = self.sign_in(CONTOSO, GALLERIES)
        self.compute = self.contoso.compute

    def publish(self, gallery, version):
        begun = self.compute.gallery_image_versions.begin_create_or_update(
            GROUP, gallery, "win11", "1.0.0", version
        )
        return begun.result()

    def delete_version(self, gallery):
        versions = self.compute.gallery_image_versions
        versions.begin_delete(GROUP, gallery, "win11", "1.0.0").result()

    def delete_definition(self, gallery):
        self.compute.gallery_images.begin_delete(GROUP, gallery, "win11").result()

    def delete_gallery(self, gallery):
        self.compute.galleries.begin_delete(GROUP, gallery).result()

    def test_from_the_inside_out(self):
        images.define(self.compute, GROUP, "acg_away", SharingProfile(permissions="Groups"))
        self.publish("acg_away", images.captured(TargetRegion(name="westeurope")))
        share(self.contoso, "Add", gallery="acg_away", tenants=[ADATUM.id])

        with self.refused(409, "CannotDeleteResource", NESTED):
            self.delete_definition("acg_away")
        self.delete_version("acg_away")
        with self.refused(404, "ResourceNotFound", "acg_away/images/win11/versions/1.0.0"):
            self.compute.gallery_image_versions.get(GROUP, "acg_away", "win11", "1.0.0")

        with self.refused(409, "OperationNotAllowed", "Please reset its sharing profile first."):
            self.delete_gallery("acg_away")
        share(self.contoso, "Reset", gallery="acg_away")
        with self.refused(409, "CannotDeleteResource", NESTED):
            self.delete_gallery("acg_away")
        self.delete_definition("acg_away")
        self.delete_gallery("acg_away")
        with self.refused(404, "ResourceNotFound", "acg_away"):
            self.compute.galleries.get(GROUP, "acg_away")
        names = [one.name for one in self.compute.galleries.list_by_resource_group(GROUP)]
        self.assertNotIn("acg_away", names)

    def test_a_version_is_kept_until_the_end_of_its_life(self):
        images.define(self.compute, GROUP, "acg_kept")
        protected = images.captured(
            TargetRegion(name="westeurope"),
            safety_profile=GalleryImageVersionSafetyProfile(block_deletion_before_end_of_life=True),
        )
        now = datetime.datetime.now(datetime.timezone.utc)
        end = now + datetime.timedelta(days=365)
        protected.publishing_profile.end_of_life_date = end
        version = self.publish("acg_kept", protected)
        self.assertEqual(version.publishing_profile.end_of_life_date, end)
        code = "DeleteGalleryImageVersionBlockedBeforeEndOfLife"
        with self.refused(409, code, "cannot be deleted before its end of life"):
            self.delete_version("acg_kept")

        version.safety_profile.block_deletion_before_end_of_life = False
        self.publish("acg_kept", version)
        self.delete_version("acg_kept")

    def test_what_is_deleted_softly_can_be_had_back(self):
        images.define(self.compute, GROUP, "acg_soft")
        self.publish("acg_soft", images.captured(TargetRegion(name="westeurope")))
        gallery = self.compute.galleries.get(GROUP, "acg_soft")
        gallery.soft_delete_policy = SoftDeletePolicy(is_soft_delete_enabled=True)
        gallery = self.compute.galleries.begin_create_or_update(GROUP, "acg_soft", gallery)
        self.assertTrue(gallery.result().soft_delete_policy.is_soft_delete_enabled)

        self.delete_version("acg_soft")
        self.assertEqual(self.soft_deleted("acg_soft"), ["1.0.0"])
        with self.refused(404, "ResourceNotFound", "versions/1.0.0"):
            self.compute.gallery_image_versions.get(GROUP, "acg_soft", "win11", "1.0.0")
        with self.refused(409, "CannotDeleteResource", NESTED):
            self.delete_definition("acg_soft")

        restored = self.publish(
            "acg_soft", GalleryImageVersion(location="westeurope", restore=True)
        )
        self.assertEqual(restored.provisioning_state, "Succeeded")
        self.assertEqual(restored.storage_profile.source.virtual_machine_id, images.MACHINE)
        self.assertEqual(self.soft_deleted("acg_soft"), [])

        # After seven days nothing is left of it.
        self.delete_version("acg_soft")
        self.simulator.advance(8 * 24 * 3600)
        self.contoso = self.sign_in(CONTOSO, GALLERIES)
        self.compute = self.contoso.compute
        self.assertEqual(self.soft_deleted("acg_soft"), [])
        self.delete_definition("acg_soft")

    def soft_deleted(self, gallery):
        """The versions that can be had back."""
        listed = self.compute.soft_deleted_resource.list_by_artifact_name(
            GROUP, gallery, "Images", "win11"
        )
        return [one.name for one in listed]
