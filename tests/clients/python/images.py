"""Galleries, definitions and versions as the stories make them."""

from azure.mgmt.compute.models import (
    Gallery,
    GalleryArtifactVersionFullSource,
    GalleryImage,
    GalleryImageIdentifier,
    GalleryImageVersion,
    GalleryImageVersionPublishingProfile,
    GalleryImageVersionStorageProfile,
)

from simulator import GALLERIES

MACHINE = (
    f"/subscriptions/{GALLERIES}/resourceGroups/rg-images/providers/Microsoft.Compute"
    "/virtualMachines/build-win11"
)

RELEASED = (
    f"/subscriptions/{GALLERIES}/resourceGroups/rg-images/providers/Microsoft.Compute"
    "/galleries/acg_released/images/win11/versions/1.10.0"
)


def define(compute, group, gallery, sharing=None):
    """A gallery, with the definition win11 in it."""
    made = Gallery(location="westeurope", description="Masters", sharing_profile=sharing)
    compute.galleries.begin_create_or_update(group, gallery, made).result()
    definition = windows(gallery)
    return compute.gallery_images.begin_create_or_update(
        group, gallery, "win11", definition
    ).result()


def windows(sku):
    """A definition for a generalized Windows."""
    return GalleryImage(
        location="westeurope",
        os_type="Windows",
        os_state="Generalized",
        identifier=GalleryImageIdentifier(publisher="Contoso", offer="windows", sku=sku),
    )


def captured(*regions, **more):
    """A version of the build machine, in these regions."""
    source = GalleryArtifactVersionFullSource(virtual_machine_id=MACHINE)
    return GalleryImageVersion(
        location="westeurope",
        publishing_profile=GalleryImageVersionPublishingProfile(target_regions=list(regions)),
        storage_profile=GalleryImageVersionStorageProfile(source=source),
        **more,
    )
