"""A master image is captured, and brought to the regions where machines will need it."""

from azure.mgmt.compute.models import (
    GalleryArtifactVersionFullSource,
    GalleryImageVersionSafetyProfile,
    GalleryImageVersionUpdate,
    TargetRegion,
)

import images
from simulator import ADATUM, CONTOSO, ESTATE, GALLERIES, PRODUCTION
from story import Story

GROUP = "rg-images"


def replicas(version):
    """The regions of a version with their replicas."""
    regions = version.publishing_profile.target_regions
    return {region.name: region.regional_replica_count for region in regions}


class Publishing(Story):
    def setUp(self):
        self.compute = self.sign_in(CONTOSO, GALLERIES).compute
        self.versions = self.compute.gallery_image_versions

    def publish(self, gallery, *regions):
        """A version 1.0.0 of the build machine in a new gallery."""
        images.define(self.compute, GROUP, gallery)
        version = images.captured(*regions)
        begun = self.versions.begin_create_or_update(GROUP, gallery, "win11", "1.0.0", version)
        return begun.result()

    def write(self, gallery, version):
        begun = self.versions.begin_create_or_update(GROUP, gallery, "win11", "1.0.0", version)
        return begun.result()

    def test_a_captured_machine_is_in_two_regions(self):
        version = self.publish(
            "acg_capture",
            TargetRegion(name="westeurope", regional_replica_count=2),
            TargetRegion(name="northeurope"),
        )
        self.assertEqual(version.provisioning_state, "Succeeded")
        self.assertEqual(replicas(version), {"West Europe": 2, "North Europe": 1})
        self.assertEqual(version.storage_profile.os_disk_image.size_in_gb, 127)

        definition = self.compute.gallery_images.get(GROUP, "acg_capture", "win11")
        self.assertEqual(definition.architecture, "x64")
        features = {feature.name: feature.value for feature in definition.features}
        self.assertEqual(features["SecurityType"], "TrustedLaunchSupported")

        version = self.versions.get(
            GROUP, "acg_capture", "win11", "1.0.0", expand="ReplicationStatus"
        )
        self.assertEqual(version.replication_status.aggregated_state, "Completed")
        copies = {copy.region: copy.progress for copy in version.replication_status.summary}
        self.assertEqual(copies, {"West Europe": 100, "North Europe": 100})

        listed = self.versions.list_by_gallery_image(GROUP, "acg_capture", "win11")
        self.assertEqual([one.name for one in listed], ["1.0.0"])

    def test_regions_are_a_list_that_is_replaced_whole(self):
        version = self.publish("acg_regions", TargetRegion(name="westeurope"))
        made_from = version.storage_profile.source.virtual_machine_id
        published = version.publishing_profile.published_date

        # More replicas, and another region: the whole list goes back.
        version.publishing_profile.target_regions[0].regional_replica_count = 3
        version.publishing_profile.target_regions.append(
            TargetRegion(name="uksouth", regional_replica_count=2)
        )
        version = self.write("acg_regions", version)
        self.assertEqual(replicas(version), {"West Europe": 3, "UK South": 2})
        self.assertEqual(version.storage_profile.source.virtual_machine_id, made_from)
        self.assertEqual(version.publishing_profile.published_date, published)

        # Taking one out is refused until the version says that it may be.
        self.assertFalse(version.safety_profile.allow_deletion_of_replicated_locations)
        del version.publishing_profile.target_regions[1]
        with self.refused(400, "BadRequest", "Deletion of previously replicated locations"):
            self.write("acg_regions", version)
        version.safety_profile = GalleryImageVersionSafetyProfile(
            allow_deletion_of_replicated_locations=True
        )
        version = self.write("acg_regions", version)
        self.assertEqual(replicas(version), {"West Europe": 3})

        # A PATCH changes what it names.
        begun = self.versions.begin_update(
            GROUP,
            "acg_regions",
            "win11",
            "1.0.0",
            GalleryImageVersionUpdate(tags={"ring": "1"}),
        )
        version = begun.result()
        self.assertEqual((version.tags, replicas(version)), ({"ring": "1"}, {"West Europe": 3}))

    def test_a_region_that_fails_is_named(self):
        fault = {"fault": {"replication_fails": "uksouth", "detail": "No capacity."}}
        self.simulator.control("POST", "faults", [fault])
        text = "'{region:uksouth, detail:No capacity.}'"
        with self.refused(200, "ReplicationJobsNotSuccessful", text):
            self.publish("acg_fails", TargetRegion(name="westeurope"), TargetRegion(name="uksouth"))
        version = self.versions.get(
            GROUP, "acg_fails", "win11", "1.0.0", expand="ReplicationStatus"
        )
        self.assertEqual(version.provisioning_state, "Failed")
        states = {copy.region: copy.state for copy in version.replication_status.summary}
        self.assertEqual(states, {"West Europe": "Completed", "UK South": "Failed"})

    def test_every_page_of_a_list_is_followed(self):
        listed = self.versions.list_by_gallery_image(GROUP, "acg_released", "win11")
        self.assertEqual({one.name for one in listed}, {"1.0.0", "1.1.0", "1.2.0", "1.10.0"})
        path = "/images/win11/versions"
        pages = [one for one in self.simulator.requests() if one["path"].endswith(path)]
        self.assertGreaterEqual(len(pages), 2)

    def test_a_customer_keeps_a_copy_of_its_own(self):
        version = images.captured(TargetRegion(name="northeurope"))
        version.location = "northeurope"
        version.storage_profile.source = GalleryArtifactVersionFullSource(id=images.RELEASED)

        def copy(compute):
            begun = compute.gallery_image_versions.begin_create_or_update(
                "rg-desktops", "acg_copies", "win11", "1.0.0", version
            )
            return begun.result()

        alone = self.sign_in(ADATUM, PRODUCTION).compute
        images.define(alone, "rg-desktops", "acg_copies")
        text = f"the current tenant '{ADATUM.id}' is not authorized to access linked subscription"
        with self.refused(403, "LinkedAuthorizationFailed", text):
            copy(alone)
        copied = copy(self.sign_in(ADATUM, PRODUCTION, along=[CONTOSO]).compute)
        self.assertEqual(replicas(copied), {"North Europe": 1})
        self.assertEqual(copied.storage_profile.source.id, images.RELEASED)


class Busy(Story):
    # Nothing ends until time is moved.
    options = ("--estate", ESTATE, "--pace", "0")

    def test_one_thing_at_a_time_is_done_to_a_version(self):
        versions = self.sign_in(CONTOSO, GALLERIES).compute.gallery_image_versions
        names = (GROUP, "acg_released", "win11", "1.0.0")
        version = versions.get(*names)
        version.publishing_profile.target_regions.append(TargetRegion(name="uksouth"))
        growing = versions.begin_create_or_update(*names, version)
        with self.refused(409, "OperationNotAllowed", "another operation on it is in progress"):
            versions.begin_create_or_update(*names, version)
        status = versions.get(*names, expand="ReplicationStatus").replication_status
        self.assertEqual(status.aggregated_state, "InProgress")
        self.simulator.advance(1500)
        self.assertEqual(growing.result().provisioning_state, "Succeeded")

        going = versions.begin_delete(*names)
        with self.refused(409, "OperationNotAllowed", "since it is marked for deletion"):
            versions.begin_create_or_update(*names, version)
        self.simulator.advance(300)
        going.result()
        with self.refused(404, "ResourceNotFound", "versions/1.0.0"):
            versions.get(*names)
