//! Share: who may use a gallery, an image or a version, by which means, above the plan.
//!
//! What is shared already is seen as such, and can be taken back. A request either shares or takes
//! back; marks for the one are refused as long as there are marks for the other.

mod draw;
mod grantee;
mod known;
mod sheet;

use std::collections::{BTreeSet, HashMap};

pub use grantee::{Grantee, Held, Role, Whom};
pub use known::grantees;

use crate::actions::Action;
use crate::actions::share::{Means, Principal, Share, Way};
use crate::azure::{Gallery, Permissions, ResourceId};
use crate::tui::list::List;

/// By which means something is shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The gallery names tenants and subscriptions.
    Direct,
    /// A role is assigned.
    Role,
}

/// What is shared, and with whom.
#[derive(Debug)]
pub struct Sharing {
    /// A gallery, an image definition or a version.
    pub resource: ResourceId,
    /// Its gallery.
    pub gallery: ResourceId,
    /// How its gallery may be shared.
    pub permissions: Permissions,
    /// By which means.
    pub by: By,
    /// The role, where it isn't the least one that serves.
    pub role: Option<String>,
    /// All that it may be shared with, each tenant before its subscriptions.
    pub grantees: Vec<Grantee>,
    /// The rows as they are seen.
    pub list: List<usize>,
    /// Tenants whose subscriptions are seen.
    unfolded: BTreeSet<usize>,
}

impl Sharing {
    /// The sharing of something in a gallery with these. Those of them that are marked as targets
    /// and don't have it get it, unless the operator says otherwise.
    #[must_use]
    pub fn new(resource: ResourceId, gallery: &Gallery, grantees: Vec<Grantee>) -> Self {
        let whole = resource == gallery.id;
        let direct = whole && gallery.sharing == Permissions::Groups;
        let mut sharing = Self {
            resource,
            gallery: gallery.id.clone(),
            permissions: gallery.sharing.clone(),
            by: if direct { By::Direct } else { By::Role },
            role: None,
            grantees,
            list: List::default(),
            unfolded: BTreeSet::new(),
        };
        let by = sharing.by;
        for grantee in &mut sharing.grantees {
            if grantee.target && !grantee.has(by) {
                grantee.edit = Some(Way::Share);
            }
        }
        sharing.arrange();
        sharing
    }

    /// Takes in what is known anew of who has it. Marks stay: the plan says what is so already.
    pub fn learn(&mut self, known: Vec<Grantee>) {
        let places = self.grantees.iter().enumerate();
        let places: HashMap<Whom, usize> = places
            .map(|(at, grantee)| (grantee.whom.clone(), at))
            .collect();
        for mut fresh in known {
            // It isn't known who has another role than those that serve.
            if self.role.is_some() {
                fresh.role = Role::Unknown;
            }
            match places.get(&fresh.whom) {
                Some(at) => self.grantees[*at].learn(fresh),
                None if fresh.direct || fresh.has(By::Role) => self.grantees.push(fresh),
                None => {}
            }
        }
        self.arrange();
    }

    fn arrange(&mut self) {
        let filter = self.list.filter.clone();
        let keeps = |name: &str| filter.as_ref().is_none_or(|filter| filter.keeps(name));
        let mut rows = Vec::new();
        let targeted = self.grantees.iter().any(|grantee| grantee.target);
        let mut open = false;
        for (at, grantee) in self.grantees.iter().enumerate() {
            let seen = match (&grantee.whom, self.by) {
                (Whom::Tenant(_), by) => {
                    open = self.unfolded.contains(&at);
                    grantee.may(by) && (!targeted || self.matters(at)) && keeps(&grantee.name)
                }
                // A subscription that differs from its tenant is seen, folded or not.
                (Whom::Subscription(_), By::Direct) => {
                    let own = grantee.edit.is_some() || grantee.direct;
                    (open || own || filter.is_some()) && keeps(&grantee.name)
                }
                (Whom::Principal(_), By::Role) => keeps(&grantee.name),
                _ => false,
            };
            if seen {
                rows.push((at, at));
            }
        }
        self.list.show(rows);
    }

    /// Whether a tenant is one of those that are marked, or has it by this means.
    fn matters(&self, at: usize) -> bool {
        let is_tenant = |grantee: &&Grantee| matches!(grantee.whom, Whom::Tenant(_));
        let parts = self.grantees.iter().skip(at + 1);
        let mut parts = parts.take_while(|grantee| !is_tenant(grantee));
        let own = |grantee: &Grantee| grantee.edit.is_some() || grantee.has(self.by);
        let tenant = &self.grantees[at];
        tenant.target || own(tenant) || parts.any(|part| part.may(self.by) && own(part))
    }

    fn selected(&self) -> Option<&Grantee> {
        self.grantees.get(self.list.selected_index()?)
    }

    fn selected_mut(&mut self) -> Option<&mut Grantee> {
        self.grantees.get_mut(self.list.selected_index()?)
    }

    /// What the marks ask for: to share, or to take back.
    #[must_use]
    pub fn way(&self) -> Option<Way> {
        self.wanted().find_map(|grantee| grantee.edit)
    }

    fn wanted(&self) -> impl Iterator<Item = &Grantee> {
        let counts = |grantee: &&Grantee| grantee.edit.is_some() && grantee.may(self.by);
        self.grantees.iter().filter(counts)
    }

    /// Marks the selected one for being shared with or taken back from, or takes the mark away.
    fn mark(&mut self, take_back: bool) -> Result<bool, String> {
        let by = self.by;
        let Some(grantee) = self.selected() else {
            return Err("nobody is selected".to_owned());
        };
        let wanted = if take_back || grantee.has(by) {
            Way::Unshare
        } else {
            Way::Share
        };
        let unmark = grantee.edit == Some(wanted) || grantee.edit.is_some() && !take_back;
        if let (false, Way::Unshare, Some(from)) = (unmark, wanted, grantee.inherited(by)) {
            return Err(format!("the role comes from {from}: take it back there"));
        }
        let others = self.wanted().filter(|other| other.whom != grantee.whom);
        let other = others
            .filter_map(|other| other.edit)
            .find(|way| *way != wanted);
        if let (false, Some(other)) = (unmark, other) {
            return Err(other_way(other));
        }
        if let Some(grantee) = self.selected_mut() {
            grantee.edit = (!unmark).then_some(wanted);
        }
        self.arrange();
        Ok(true)
    }

    /// Turns from the one means to the other. Marks stay, but for those that are so already.
    fn turn(&mut self) {
        self.by = match self.by {
            By::Direct => By::Role,
            By::Role => By::Direct,
        };
        self.settle_edits();
        self.arrange();
    }

    fn settle_edits(&mut self) {
        let by = self.by;
        for grantee in &mut self.grantees {
            let moot = match grantee.edit {
                Some(Way::Share) => grantee.has(by),
                // Of some it isn't known whether they have it.
                Some(Way::Unshare) => !grantee.has(by) && grantee.is_known(by),
                None => false,
            };
            if moot {
                grantee.edit = None;
            }
        }
    }

    /// Why the means can't be used here at all.
    fn obstacle(&self) -> Option<String> {
        let kind = self.resource.kind();
        if self.by == By::Role {
            None
        } else if !kind.eq_ignore_ascii_case("Microsoft.Compute/galleries") {
            Some(
                "a direct share is of a whole gallery, never of one image\n→ m shares by role, or \
                 share the gallery"
                    .to_owned(),
            )
        } else if self.permissions == Permissions::Groups {
            None
        } else {
            let (name, word) = (
                self.resource.name(),
                self.permissions.as_str().to_lowercase(),
            );
            Some(format!(
                "{name} is {word}: only a gallery that was created with sharing permissions Groups \
                 can be shared directly\n→ m shares by role; or publish to a gallery that is \
                 created with Groups"
            ))
        }
    }

    /// How many tenants and subscriptions have it directly when this is done.
    fn meter(&self) -> (usize, usize) {
        let has = |grantee: &&Grantee| match grantee.edit {
            Some(way) => way == Way::Share,
            None => grantee.direct,
        };
        let mut counts = (0, 0);
        for grantee in self.grantees.iter().filter(has) {
            match grantee.whom {
                Whom::Tenant(_) => counts.0 += 1,
                Whom::Subscription(_) => counts.1 += 1,
                Whom::Principal(_) => {}
            }
        }
        counts
    }

    fn asked_for(&self) -> Result<Option<Action>, String> {
        if let Some(obstacle) = self.obstacle() {
            return Err(obstacle);
        }
        let Some(way) = self.way() else {
            return Ok(None);
        };
        let share = Share {
            resource: self.resource.clone(),
            means: match self.by {
                By::Direct => self.directly(),
                By::Role => self.by_role(),
            },
        };
        Ok(Some(match way {
            Way::Share => Action::Share(share),
            Way::Unshare => Action::Unshare(share),
        }))
    }

    fn directly(&self) -> Means {
        let (mut tenants, mut subscriptions) = (Vec::new(), Vec::new());
        for grantee in self.wanted() {
            match &grantee.whom {
                Whom::Tenant(id) => tenants.push(id.clone()),
                Whom::Subscription(id) => subscriptions.push(id.clone()),
                Whom::Principal(_) => {}
            }
        }
        Means::Direct {
            tenants,
            subscriptions,
        }
    }

    fn by_role(&self) -> Means {
        let principals = self.wanted().map(|grantee| Principal {
            id: grantee.own_principal(),
            tenant: match &grantee.whom {
                Whom::Tenant(id) => Some(id.clone()),
                _ => None,
            },
        });
        Means::Role {
            role: self.role.clone(),
            principals: principals.collect(),
        }
    }
}

fn other_way(way: Way) -> String {
    match way {
        Way::Share => "taking back is a request of its own: submit what is marked +, or unmark it",
        Way::Unshare => "sharing is a request of its own: submit what is marked -, or unmark it",
    }
    .to_owned()
}
