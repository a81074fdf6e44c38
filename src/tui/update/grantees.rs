//! With whom something may be shared, from what is known of the estate.

use crate::azure::{Gallery, ResourceId, SharingGroupKind};
use crate::tui::forms::share::{Grantee, Whom};
use crate::tui::state::State;

/// The marked tenants with their subscriptions, or else all, and then whoever else has it.
pub(super) fn of(state: &State, resource: &ResourceId, gallery: &Gallery) -> Vec<Grantee> {
    let Some(estate) = state.estate.known() else {
        return Vec::new();
    };
    let owner = estate.owner(resource).map(|tenant| &tenant.id);
    let shared = |kind: &SharingGroupKind, id: &str| {
        resource == &gallery.id && gallery.is_shared_with(kind, id)
    };
    let mut grantees = Vec::new();
    for tenant in estate
        .tenants
        .iter()
        .filter(|tenant| Some(&tenant.id) != owner)
    {
        let mut whole = Grantee::new(Whom::Tenant(tenant.id.clone()), &tenant.name);
        whole.target = state.marked.contains(&tenant.id);
        whole.direct = shared(&SharingGroupKind::Tenants, tenant.id.as_str());
        let customer = state.customer(&tenant.id);
        whole.usual = customer.and_then(|customer| customer.principal.clone());
        let of_tenant = estate
            .subscriptions
            .iter()
            .map(|row| &row.subscription)
            .filter(|subscription| subscription.tenant == tenant.id);
        let subscriptions: Vec<Grantee> = of_tenant
            .map(|subscription| {
                let whom = Whom::Subscription(subscription.id.clone());
                let mut part = Grantee::new(whom, &subscription.name);
                part.direct = shared(&SharingGroupKind::Subscriptions, subscription.id.as_str());
                part
            })
            .collect();
        let has = whole.direct || subscriptions.iter().any(|part| part.direct);
        if state.marked.is_empty() || whole.target || has {
            grantees.push(whole);
            grantees.extend(subscriptions);
        }
    }
    // Those that are marked are what the operator has in mind.
    let targets = grantees.iter().any(|grantee| grantee.target);
    if targets {
        grantees = targets_first(grantees);
    }
    grantees.extend(strangers(resource, gallery, &grantees));
    grantees
}

/// The same, the marked tenants with their subscriptions first.
fn targets_first(grantees: Vec<Grantee>) -> Vec<Grantee> {
    let mut targeted = false;
    let (mut first, rest): (Vec<_>, Vec<_>) = grantees.into_iter().partition(|grantee| {
        if let Whom::Tenant(_) = grantee.whom {
            targeted = grantee.target;
        }
        targeted
    });
    first.extend(rest);
    first
}

/// Those that the gallery is shared with and nobody here knows.
fn strangers(resource: &ResourceId, gallery: &Gallery, known: &[Grantee]) -> Vec<Grantee> {
    if *resource != gallery.id {
        return Vec::new();
    }
    let mut strangers = Vec::new();
    for group in &gallery.groups {
        for id in &group.ids {
            let whom = match group.kind {
                SharingGroupKind::Tenants => id.parse().ok().map(Whom::Tenant),
                SharingGroupKind::Subscriptions => id.parse().ok().map(Whom::Subscription),
                SharingGroupKind::Other(_) => None,
            };
            let Some(whom) = whom else { continue };
            if !known.iter().any(|grantee| grantee.whom == whom) {
                let word = match whom {
                    Whom::Tenant(_) => "a tenant",
                    _ => "a subscription",
                };
                let mut stranger = Grantee::new(whom, format!("{word} not reached"));
                (stranger.stranger, stranger.direct) = (true, true);
                strangers.push(stranger);
            }
        }
    }
    strangers
}
