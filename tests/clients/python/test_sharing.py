"""A gallery is shared with a customer: directly, by a role, and with everyone."""

import uuid

from azure.mgmt.authorization.models import RoleAssignmentCreateParameters
from azure.mgmt.compute.models import (
    CommunityGalleryInfo,
    Gallery,
    SharingProfile,
    SharingProfileGroup,
    SharingUpdate,
    TargetRegion,
)

import images
from simulator import ADATUM, BUILDS, CONTOSO, FABRIKAM, GALLERIES, PRODUCTION, WORKS
from story import Story

GROUP = "rg-images"
IMAGE_READER = "cf7c76d2-98a3-4358-a134-615aa78bf44d"


def share(clients, operation, group=GROUP, gallery="acg_released", **ids):
    """Adds subscriptions and tenants to those a gallery is shared with, or takes them away."""
    kinds = {"subscriptions": "Subscriptions", "tenants": "AADTenants"}
    groups = [SharingProfileGroup(type=kinds[kind], ids=some) for kind, some in ids.items()]
    update = SharingUpdate(operation_type=operation, groups=groups or None)
    return clients.compute.gallery_sharing_profile.begin_update(group, gallery, update).result()


class Sharing(Story):
    # Azure takes ten shares in three minutes of a subscription; all of these are nine.

    def setUp(self):
        self.contoso = self.sign_in(CONTOSO, GALLERIES)

    def test_a_customer_finds_what_is_shared_with_it(self):
        fabrikam = self.sign_in(FABRIKAM, WORKS).compute
        unique = f"{GALLERIES}-ACG_RELEASED"
        self.assertEqual(list(fabrikam.shared_galleries.list("westeurope")), [])
        with self.refused(404, "ResourceNotFound", unique):
            fabrikam.shared_galleries.get("westeurope", unique)

        share(self.contoso, "Add", subscriptions=[WORKS])
        shared = list(fabrikam.shared_galleries.list("westeurope"))
        self.assertEqual([one.unique_id for one in shared], [f"/SharedGalleries/{unique}"])
        image = fabrikam.shared_gallery_images.get("westeurope", unique, "win11")
        self.assertEqual(image.properties.os_type, "Windows")
        self.assertEqual(image.properties.identifier.publisher, "Contoso")
        versions = fabrikam.shared_gallery_image_versions
        listed = {one.name for one in versions.list("westeurope", unique, "win11")}
        self.assertEqual(listed, {"1.0.0", "1.1.0", "1.2.0", "1.10.0"})
        version = versions.get("westeurope", unique, "win11", "1.10.0")
        self.assertEqual(version.properties.storage_profile.os_disk_image.disk_size_gb, 127)

        # Where a version is not replicated to, nobody finds it.
        listed = [one.name for one in versions.list("uksouth", unique, "win11")]
        self.assertEqual(listed, ["1.10.0"])

        # Only who asks is told whom it is shared with.
        gallery = self.contoso.compute.galleries.get(GROUP, "acg_released", select="Permissions")
        groups = {group.type: group.ids for group in gallery.sharing_profile.groups}
        self.assertEqual(groups, {"Subscriptions": [WORKS]})
        gallery = self.contoso.compute.galleries.get(GROUP, "acg_released")
        self.assertIsNone(gallery.sharing_profile.groups)

        share(self.contoso, "Remove", subscriptions=[WORKS])
        self.assertEqual(list(fabrikam.shared_galleries.list("westeurope")), [])

    def test_a_whole_tenant_finds_what_is_shared_with_it(self):
        adatum = self.sign_in(ADATUM, PRODUCTION).compute
        share(self.contoso, "Add", tenants=[ADATUM.id])
        self.assertEqual(list(adatum.shared_galleries.list("westeurope")), [])
        shared = list(adatum.shared_galleries.list("westeurope", shared_to="tenant"))
        self.assertEqual([one.name for one in shared], [f"{GALLERIES}-ACG_RELEASED"])
        share(self.contoso, "Remove", tenants=[ADATUM.id])

    def test_a_gallery_is_shared_with_five_tenants_and_no_more(self):
        tenants = [str(uuid.uuid4()) for _ in range(6)]
        share(self.contoso, "Add", tenants=tenants[:5])
        with self.refused(400, "InvalidParameter", "at most 5 groups of type 'AADTenants'"):
            share(self.contoso, "Add", tenants=tenants[5:])
        share(self.contoso, "Remove", tenants=tenants[:5])
        subscriptions = [str(uuid.uuid4()) for _ in range(31)]
        with self.refused(400, "InvalidParameter", "at most 30 groups of type 'Subscriptions'"):
            share(self.contoso, "Add", subscriptions=subscriptions)

    def test_a_contributor_may_not_share(self):
        builds = self.sign_in(CONTOSO, BUILDS)
        action = "perform action 'Microsoft.Compute/galleries/share/action'"
        with self.refused(403, "AuthorizationFailed", action):
            share(builds, "Add", group="rg-builds", gallery="acg_builds", tenants=[ADATUM.id])

    def test_a_subscription_has_to_be_registered_for_sharing(self):
        adatum = self.sign_in(ADATUM, PRODUCTION).compute
        gallery = Gallery(
            location="westeurope", sharing_profile=SharingProfile(permissions="Groups")
        )
        text = "'Microsoft.Compute/SIGSharing' feature is not enabled for this subscription"
        with self.refused(400, "InvalidParameter", text):
            adatum.galleries.begin_create_or_update("rg-desktops", "acg_theirs", gallery)

    def test_a_role_is_assigned_once(self):
        scope = (
            f"/subscriptions/{GALLERIES}/resourceGroups/{GROUP}/providers/Microsoft.Compute"
            "/galleries/acg_released"
        )
        definition = (
            f"/subscriptions/{GALLERIES}/providers/Microsoft.Authorization"
            f"/roleDefinitions/{IMAGE_READER}"
        )
        assignment = RoleAssignmentCreateParameters(
            role_definition_id=definition,
            principal_id=CONTOSO.principal,
            principal_type="ServicePrincipal",
        )
        roles = self.contoso.roles.role_assignments
        made = roles.create(scope, str(uuid.uuid4()), assignment)
        self.assertEqual(made.scope, scope)
        listed = roles.list_for_scope(scope, filter="atScope()")
        self.assertIn(made.id, [one.id for one in listed])
        with self.refused(409, "RoleAssignmentExists", "The role assignment already exists."):
            roles.create(scope, str(uuid.uuid4()), assignment)

        # A customer's own object id is nobody in the provider's tenant.
        stranger = RoleAssignmentCreateParameters(
            role_definition_id=definition,
            principal_id=ADATUM.principal,
            principal_type="ServicePrincipal",
        )
        with self.refused(400, "PrincipalNotFound", "does not exist in the directory"):
            roles.create(scope, str(uuid.uuid4()), stranger)
        roles.delete_by_id(made.id)

    def test_a_community_gallery_is_found_by_its_public_name(self):
        community = CommunityGalleryInfo(
            publisher_uri="https://contoso.example",
            publisher_contact="images@contoso.example",
            eula="https://contoso.example/eula",
            public_name_prefix="contoso",
        )
        sharing = SharingProfile(permissions="Community", community_gallery_info=community)
        images.define(self.contoso.compute, GROUP, "acg_public", sharing)
        version = images.captured(TargetRegion(name="westeurope"))
        self.contoso.compute.gallery_image_versions.begin_create_or_update(
            GROUP, "acg_public", "win11", "1.0.0", version
        ).result()
        gallery = self.contoso.compute.galleries.get(GROUP, "acg_public")
        (name,) = gallery.sharing_profile.community_gallery_info.public_names
        self.assertTrue(name.startswith("contoso-"))

        fabrikam = self.sign_in(FABRIKAM, WORKS).compute
        with self.refused(404, "ResourceNotFound", name):
            fabrikam.community_galleries.get("westeurope", name)
        share(self.contoso, "EnableCommunity", gallery="acg_public")
        found = fabrikam.community_galleries.get("westeurope", name)
        self.assertEqual(found.unique_id, f"/CommunityGalleries/{name}")
        versions = fabrikam.community_gallery_image_versions.list("westeurope", name, "win11")
        self.assertEqual([one.name for one in versions], ["1.0.0"])
