//! With whom something may be shared, from what is known of the estate.

use std::collections::HashMap;

use super::{Grantee, Held, Role, Whom};
use crate::actions::share::SERVING;
use crate::azure::{
    BuiltInRole, Gallery, ResourceId, RoleAssignment, SharingGroupKind, Subscription, TenantId,
};
use crate::tui::data::Estate;
use crate::tui::roles;
use crate::tui::state::State;

/// The marked tenants with their subscriptions, or else all, and then whoever else has it.
#[must_use]
pub fn grantees(state: &State, resource: &ResourceId, gallery: &Gallery) -> Vec<Grantee> {
    let Some(estate) = state.estate.known() else {
        return Vec::new();
    };
    let known = Known {
        state,
        estate,
        resource,
        gallery,
    };
    let mut subscriptions: HashMap<&TenantId, Vec<&Subscription>> = HashMap::new();
    for row in &estate.subscriptions {
        let of = subscriptions.entry(&row.subscription.tenant).or_default();
        of.push(&row.subscription);
    }
    let owner = estate.owner(resource).map(|tenant| &tenant.id);
    let others = estate.tenants.iter();
    let others = others.filter(|tenant| Some(&tenant.id) != owner);
    let mut all: Vec<Vec<Grantee>> = others
        .map(|tenant| {
            let mut whole = Grantee::new(Whom::Tenant(tenant.id.clone()), &tenant.name);
            whole.target = state.marked.contains(&tenant.id);
            whole.direct = known.directly(&SharingGroupKind::Tenants, tenant.id.as_str());
            let customer = state.customer(&tenant.id);
            whole.usual = customer.and_then(|customer| customer.principal.clone());
            whole.role = known.role(whole.usual.as_deref());
            let own = subscriptions.remove(&tenant.id).unwrap_or_default();
            let own = own.into_iter().map(|subscription| {
                let whom = Whom::Subscription(subscription.id.clone());
                let mut part = Grantee::new(whom, &subscription.name);
                let id = subscription.id.as_str();
                part.direct = known.directly(&SharingGroupKind::Subscriptions, id);
                part
            });
            std::iter::once(whole).chain(own).collect()
        })
        .collect();
    // Those that are marked are what the operator has in mind; the others matter where they have it.
    if !state.marked.is_empty() {
        let target = |group: &Vec<Grantee>| group.iter().any(|grantee| grantee.target);
        all.retain(|group| target(group) || group.iter().any(has));
        all.sort_by_key(|group| !target(group));
    }
    let mut grantees: Vec<Grantee> = all.into_iter().flatten().collect();
    grantees.extend(known.strangers(&grantees));
    grantees.extend(known.principals(&grantees));
    grantees
}

fn has(grantee: &Grantee) -> bool {
    grantee.direct || matches!(grantee.role, Role::Held(_))
}

struct Known<'a> {
    state: &'a State,
    estate: &'a Estate,
    resource: &'a ResourceId,
    gallery: &'a Gallery,
}

impl Known<'_> {
    fn directly(&self, kind: &SharingGroupKind, id: &str) -> bool {
        *self.resource == self.gallery.id && self.gallery.is_shared_with(kind, id)
    }

    /// The role assignments at the gallery, where they were read.
    fn assignments(&self) -> Option<&[RoleAssignment]> {
        let (of, access) = self.state.access.known()?;
        let access = access.as_ref().filter(|_| *of == self.gallery.id)?;
        access.read_at.map(|_| access.assignments.as_slice())
    }

    /// The role of a principal that serves, nearest first. What is assigned below the gallery is
    /// not known.
    fn role(&self, principal: Option<&str>) -> Role {
        let (Some(assignments), Some(principal)) = (self.assignments(), principal) else {
            return Role::Unknown;
        };
        let serves = |assignment: &&RoleAssignment| {
            let own = assignment
                .principal
                .as_str()
                .eq_ignore_ascii_case(principal);
            own && SERVING.iter().any(|role| role.id() == assignment.role)
        };
        let held = assignments.iter().filter(serves).map(|assignment| Held {
            role: roles::name(&assignment.role),
            from: self.source(assignment),
        });
        match held.min_by_key(|held| held.from.is_some()) {
            Some(held) => Role::Held(held),
            None if *self.resource == self.gallery.id => Role::Nothing,
            None => Role::Unknown,
        }
    }

    fn source(&self, assignment: &RoleAssignment) -> Option<String> {
        let from = roles::source(assignment, &self.gallery.id, self.estate);
        let below = *self.resource != self.gallery.id;
        from.or_else(|| below.then(|| "the gallery".to_owned()))
    }

    /// Those that the gallery is shared with and nobody here knows.
    fn strangers(&self, known: &[Grantee]) -> Vec<Grantee> {
        let mut strangers = Vec::new();
        for group in &self.gallery.groups {
            for id in group.ids.iter().filter(|id| self.directly(&group.kind, id)) {
                let (whom, word) = match group.kind {
                    SharingGroupKind::Tenants => (id.parse().ok().map(Whom::Tenant), "a tenant"),
                    SharingGroupKind::Subscriptions => {
                        (id.parse().ok().map(Whom::Subscription), "a subscription")
                    }
                    SharingGroupKind::Other(_) => (None, ""),
                };
                let Some(whom) = whom else { continue };
                if known.iter().all(|grantee| grantee.whom != whom) {
                    let mut stranger = Grantee::new(whom, format!("{word} not reached"));
                    (stranger.stranger, stranger.direct) = (true, true);
                    strangers.push(stranger);
                }
            }
        }
        strangers
    }

    /// Principals that may use the gallery's images, by a role that is for nothing else, and that
    /// no customer is known to have.
    fn principals(&self, known: &[Grantee]) -> Vec<Grantee> {
        let reader = BuiltInRole::GALLERY_IMAGE_READER.id();
        let assignments = self.assignments().unwrap_or_default().iter();
        let own = assignments.filter(|one| one.role == reader && self.source(one).is_none());
        let mut others: Vec<Grantee> = Vec::new();
        for assignment in own {
            let id = assignment.principal.as_str();
            let of = |grantee: &Grantee| {
                grantee
                    .principal()
                    .is_some_and(|other| other.eq_ignore_ascii_case(id))
            };
            if !known.iter().chain(&others).any(of) {
                let whom = Whom::Principal(id.to_owned());
                let mut other = Grantee::new(whom, "another principal");
                other.role = self.role(Some(id));
                others.push(other);
            }
        }
        others
    }
}
