//! Whom a gallery is shared with, and galleries by the names that others know them by.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::simulator::regions;
use crate::simulator::resources::text;
use crate::simulator::world::World;
use crate::simulator::writing::remove;

const GALLERY: &str = "Microsoft.Compute/galleries";

/// The kinds of groups of a sharing profile.
pub(in crate::simulator) const SUBSCRIPTIONS: &str = "Subscriptions";
pub(in crate::simulator) const TENANTS: &str = "AADTenants";

/// `sharingProfile.permissions`; a gallery without a profile is Private.
pub(super) fn permissions(gallery: &Value) -> String {
    match text(gallery, "/properties/sharingProfile/permissions").as_str() {
        "" => "Private".to_owned(),
        permissions => permissions.to_owned(),
    }
}

/// The ids of a kind that a gallery is shared with directly.
pub(super) fn shared_with(gallery: &Value, kind: &str) -> Vec<String> {
    let groups = gallery["properties"]["sharingProfile"]["groups"].as_array();
    let groups = groups.into_iter().flatten();
    groups
        .filter(|group| group["type"] == kind)
        .filter_map(|group| group["ids"].as_array())
        .flatten()
        .filter_map(|id| id.as_str().map(str::to_owned))
        .collect()
}

/// Every gallery there is.
pub(super) fn all(world: &World) -> impl Iterator<Item = &Value> {
    world.resources.of_type("", GALLERY)
}

/// Whether a gallery is shared directly with a subscription itself.
pub(super) fn with_subscription(gallery: &Value, subscription: &str) -> bool {
    permissions(gallery) == "Groups"
        && shared_with(gallery, SUBSCRIPTIONS)
            .iter()
            .any(|id| id.eq_ignore_ascii_case(subscription))
}

/// Whether a gallery is shared directly with the tenant that a subscription is of.
pub(super) fn with_tenant_of(world: &World, gallery: &Value, subscription: &str) -> bool {
    let tenant = world.tenant_of(subscription).unwrap_or_default();
    permissions(gallery) == "Groups"
        && shared_with(gallery, TENANTS)
            .iter()
            .any(|id| id.eq_ignore_ascii_case(tenant))
}

/// The gallery that a subscription knows by a unique name, `{subscription}-{NAME}`. None where it
/// is shared with neither the subscription nor its tenant.
pub(super) fn shared_gallery<'w>(
    world: &'w World,
    unique_name: &str,
    subscription: &str,
) -> Option<&'w Value> {
    let owner = unique_name.get(..36)?;
    let owner = format!("/subscriptions/{owner}");
    let mut galleries = world.resources.of_type(&owner, GALLERY);
    let gallery = galleries.find(|gallery| {
        text(gallery, "/properties/identifier/uniqueName").eq_ignore_ascii_case(unique_name)
    })?;
    let shared =
        with_subscription(gallery, subscription) || with_tenant_of(world, gallery, subscription);
    shared.then_some(gallery)
}

/// The community gallery that everyone knows by a public name. None until it is enabled.
pub(super) fn community_gallery<'w>(world: &'w World, public_name: &str) -> Option<&'w Value> {
    all(world).find(|gallery| {
        let info = &gallery["properties"]["sharingProfile"]["communityGalleryInfo"];
        let names = info["publicNames"].as_array();
        let is_it = |name: &Value| {
            let name = name.as_str().unwrap_or_default();
            name.eq_ignore_ascii_case(public_name)
        };
        permissions(gallery) == "Community"
            && info["communityGalleryEnabled"] == json!(true)
            && names.into_iter().flatten().any(is_it)
    })
}

/// `sharingStatus` of a gallery whose every region is in `state`: its own region, and those that its
/// versions are replicated to.
pub(in crate::simulator) fn status(world: &World, gallery: &Value, state: &str) -> Value {
    let kind = "Microsoft.Compute/galleries/images/versions";
    let versions = world.resources.of_type(&text(gallery, "/id"), kind);
    let mut names = BTreeSet::from([regions::normal(&text(gallery, "/location"))]);
    for version in versions {
        let targets = version["properties"]["publishingProfile"]["targetRegions"].as_array();
        let targets = targets.into_iter().flatten();
        names.extend(
            targets
                .filter_map(|target| target["name"].as_str())
                .map(regions::normal),
        );
    }
    let region = |name: &String| json!({ "region": name, "state": state, "details": "" });
    let summary: Vec<Value> = names.iter().map(region).collect();
    json!({ "aggregatedState": state, "summary": summary })
}

/// A gallery as an api-version tells it: `sharingStatus` is in no answer to the older ones
/// (`extensions/shared_gallery_community.json` of the recordings), since when is unverified.
pub(super) fn told(gallery: &Value, api_version: &str) -> Value {
    let mut gallery = gallery.clone();
    if api_version < "2022-03-03" {
        remove(&mut gallery["properties"], "sharingStatus");
    }
    gallery
}
