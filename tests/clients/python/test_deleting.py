"""What was made is taken away again: from the inside out, or not at all."""

import datetime

from azure.mgmt.compute.models import (
    GalleryImageVersionSafetyProfile,
    SharingProfile,
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
