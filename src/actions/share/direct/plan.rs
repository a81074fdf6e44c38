//! What one request would change of a gallery's direct shares, and what forbids it.

use super::{Task, operation};
use crate::actions::share::{self, MAX_SUBSCRIPTIONS, MAX_TENANTS, Means, Share, Way};
use crate::actions::site::writable;
use crate::actions::{Change, Check, Failure, JobPlan, Sign, Site, Verdict};
use crate::azure::{
    Error, Feature, FeatureState, Gallery, Permissions, ProvisioningState, SharingGroup,
    SharingGroupKind, SubscriptionId, TenantId,
};

/// The feature that a subscription needs to share directly: its provider and its name.
pub const FEATURE: (&str, &str) = ("Microsoft.Compute", "SIGSharing");

/// Reads the gallery, and computes what one request would change.
pub(in crate::actions::share) async fn plan(
    wish: &Share,
    way: Way,
    whom: (&[TenantId], &[SubscriptionId]),
    site: &Site<'_>,
) -> Result<JobPlan, Failure> {
    let id = &wish.resource;
    let row = site.subscription(&id.subscription())?;
    let session = site.azure.session(row.access.clone());
    let (provider, feature) = FEATURE;
    let subscription = id.subscription();
    let (gallery, feature, subscriptions) = tokio::join!(
        session.gallery(id),
        session.feature(&subscription, provider, feature),
        session.subscriptions(),
    );
    let (gallery, subscriptions) = (gallery?, subscriptions?);
    let owned = subscriptions.iter().find(|one| one.id == subscription);
    let groups = groups(whom);
    let names = Names::of(whom, site);
    let mut checks = vec![at_rest(&gallery)];
    checks.extend(owned.map(|owned| writable(&owned.name, &owned.state)));
    checks.extend(shareable(&gallery, way));
    if way == Way::Share {
        checks.push(registered(feature.as_ref()));
        checks.push(meter(&gallery, &groups));
    }
    let (there, missing): (Vec<_>, Vec<_>) = names
        .0
        .iter()
        .partition(|(kind, id, _)| gallery.is_shared_with(kind, id));
    let (already, due) = match way {
        Way::Share => (there, missing),
        Way::Unshare => (missing, there),
    };
    let already = already.into_iter().map(|(_, _, name)| match way {
        Way::Share => format!("{name} has it already"),
        Way::Unshare => format!("{name} doesn't have it"),
    });
    checks.extend(already.map(|text| Check::new(Verdict::Pass, text)));
    let sign = match way {
        Way::Share => Sign::Add,
        Way::Unshare => Sign::Remove,
    };
    let changes: Vec<Change> = due
        .iter()
        .map(|(_, _, name)| Change {
            sign,
            text: name.clone(),
        })
        .collect();
    Ok(JobPlan {
        title: format!("{} {}  direct", way.verb(), gallery.name),
        target: names
            .0
            .iter()
            .map(|(_, _, name)| name.as_str())
            .collect::<Vec<_>>()
            .join(", "),
        tenant: match whom {
            ([one], []) => Some(one.clone()),
            _ => None,
        },
        lock: id.clone(),
        access: Some(row.access.clone()),
        checks,
        calls: vec![format!("POST {}/share: {}", id.names(), operation(way))],
        warnings: warnings(way, &changes),
        changes,
        action: way.action(Share {
            resource: id.clone(),
            means: Means::Direct {
                tenants: whom.0.to_vec(),
                subscriptions: whom.1.to_vec(),
            },
        }),
        task: Some(crate::actions::Task::Share(share::Task::Direct(Task {
            gallery: id.clone(),
            way,
            changed: changed(&groups, &gallery, way),
            groups,
        }))),
    })
}

fn groups((tenants, subscriptions): (&[TenantId], &[SubscriptionId])) -> Vec<SharingGroup> {
    let group = |kind, ids: Vec<String>| SharingGroup { kind, ids };
    let tenants = tenants.iter().map(ToString::to_string).collect();
    let subscriptions = subscriptions.iter().map(ToString::to_string).collect();
    let mut groups = vec![
        group(SharingGroupKind::Tenants, tenants),
        group(SharingGroupKind::Subscriptions, subscriptions),
    ];
    groups.retain(|group| !group.ids.is_empty());
    groups
}

/// Those that a gallery has otherwise than they are wanted.
pub(super) fn changed(groups: &[SharingGroup], gallery: &Gallery, way: Way) -> Vec<SharingGroup> {
    let wanted = way == Way::Share;
    let changed = |group: &SharingGroup| SharingGroup {
        kind: group.kind.clone(),
        ids: group
            .ids
            .iter()
            .filter(|id| gallery.is_shared_with(&group.kind, id) != wanted)
            .cloned()
            .collect(),
    };
    let mut groups: Vec<SharingGroup> = groups.iter().map(changed).collect();
    groups.retain(|group| !group.ids.is_empty());
    groups
}

/// What those are called whom it is shared with: kind, id and words.
struct Names(Vec<(SharingGroupKind, String, String)>);

impl Names {
    fn of((tenants, subscriptions): (&[TenantId], &[SubscriptionId]), site: &Site<'_>) -> Self {
        let tenants = tenants.iter().map(|id| {
            let name = site.reach.tenant_name(id).to_owned();
            (SharingGroupKind::Tenants, id.to_string(), name)
        });
        let subscriptions = subscriptions.iter().map(|id| {
            let name = site.reach.subscription(id).map_or_else(
                || format!("subscription {id}"),
                |row| format!("subscription {}", row.subscription.name),
            );
            (SharingGroupKind::Subscriptions, id.to_string(), name)
        });
        Self(tenants.chain(subscriptions).collect())
    }
}

fn at_rest(gallery: &Gallery) -> Check {
    match &gallery.provisioning_state {
        ProvisioningState::Succeeded => {
            Check::new(Verdict::Pass, "the gallery is there and at rest")
        }
        ProvisioningState::Updating => Check::new(
            Verdict::Warn,
            "another change of the gallery is under way: the job waits for it",
        ),
        state => Check::new(
            Verdict::Fail,
            format!("the gallery is {state}: it can't be changed now"),
        )
        .advise("wait until it is Succeeded and plan again"),
    }
}

/// How a gallery may be shared is settled when it is created (the same page).
fn shareable(gallery: &Gallery, way: Way) -> Option<Check> {
    match (&gallery.sharing, way) {
        (Permissions::Groups, _) => Some(Check::new(
            Verdict::Pass,
            "the gallery was made for direct shares",
        )),
        (_, Way::Unshare) => None,
        (permissions, Way::Share) => Some(
            Check::new(
                Verdict::Fail,
                format!(
                    "{} is {}: only a gallery that was created with sharing permissions Groups \
                     can be shared directly",
                    gallery.name,
                    permissions.as_str().to_lowercase()
                ),
            )
            .advise("share it by role, or publish to a gallery that is created with Groups"),
        ),
    }
}

/// Whether the subscription of a gallery has [`FEATURE`], as far as Azure says.
#[must_use]
pub fn registered(feature: Result<&Feature, &Error>) -> Check {
    let (provider, name) = FEATURE;
    match feature.map(|feature| &feature.state) {
        Ok(FeatureState::Registered) => Check::new(
            Verdict::Pass,
            format!("the feature {provider}/{name} is registered"),
        ),
        Ok(state) => Check::new(
            Verdict::Fail,
            format!("the feature {provider}/{name} is {state} in the gallery's subscription"),
        )
        .advise("ask for it at aka.ms/directsharedgallery-preview, then register it there"),
        Err(error) => Check::new(
            Verdict::Warn,
            format!("whether direct shares are allowed can't be read: {error}"),
        ),
    }
}

/// How many the gallery would be shared with, of how many it may.
fn meter(gallery: &Gallery, groups: &[SharingGroup]) -> Check {
    let count = |kind: SharingGroupKind| {
        let of_kind = |groups: &[SharingGroup]| -> Vec<String> {
            let groups = groups.iter().filter(|group| group.kind == kind);
            groups
                .flat_map(|group| group.ids.iter().map(|id| id.to_lowercase()))
                .collect()
        };
        let mut ids = of_kind(&gallery.groups);
        ids.extend(of_kind(groups));
        ids.sort();
        ids.dedup();
        ids.len()
    };
    let tenants = count(SharingGroupKind::Tenants);
    let subscriptions = count(SharingGroupKind::Subscriptions);
    let text = format!(
        "{tenants} of {MAX_TENANTS} tenants, {subscriptions} of {MAX_SUBSCRIPTIONS} subscriptions"
    );
    if tenants > MAX_TENANTS || subscriptions > MAX_SUBSCRIPTIONS {
        return Check::new(Verdict::Fail, format!("{text}: more than Azure allows"))
            .advise("take it back from somebody first, or share by role");
    }
    Check::new(Verdict::Pass, text)
}

fn warnings(way: Way, changes: &[Change]) -> Vec<String> {
    if way == Way::Share || changes.is_empty() {
        return Vec::new();
    }
    let text = "scale sets of those it is taken from can't grow or be reimaged any more; machines \
                that run are not touched";
    vec![text.to_owned()]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn gallery(permissions: &str, tenants: &[&str]) -> Gallery {
        Gallery::from_document(json!({
            "id": "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers/\
                   Microsoft.Compute/galleries/acg",
            "name": "acg", "location": "westeurope",
            "properties": {"sharingProfile": {
                "permissions": permissions,
                "groups": [{"type": "AADTenants", "ids": tenants}],
            }},
        }))
        .unwrap()
    }

    fn with(tenants: &[&str]) -> Vec<SharingGroup> {
        let ids = tenants.iter().map(|id| (*id).to_owned()).collect();
        vec![SharingGroup {
            kind: SharingGroupKind::Tenants,
            ids,
        }]
    }

    #[test]
    fn the_meter_counts_everybody_once_and_stops_the_sixth() {
        let shared = gallery("Groups", &["a", "b", "c", "d"]);
        let told = |tenants: &[&str]| meter(&shared, &with(tenants));
        assert_eq!(
            told(&["e", "A"]).text,
            "5 of 5 tenants, 0 of 30 subscriptions"
        );
        assert_eq!(told(&["e"]).verdict, Verdict::Pass);
        let sixth = told(&["e", "f"]);
        assert_eq!(sixth.verdict, Verdict::Fail);
        assert!(sixth.text.starts_with("6 of 5 tenants"), "{}", sixth.text);
    }

    #[test]
    fn only_a_gallery_made_for_it_is_shared_directly() {
        for (permissions, verdict) in [
            ("Groups", Verdict::Pass),
            ("Private", Verdict::Fail),
            ("Community", Verdict::Fail),
        ] {
            let check = shareable(&gallery(permissions, &[]), Way::Share).unwrap();
            assert_eq!(check.verdict, verdict, "{permissions}");
        }
        assert!(shareable(&gallery("Private", &[]), Way::Unshare).is_none());
    }
}
