use jiff::Timestamp;

use super::{Means, Share, Way, direct, role};
use crate::actions::{Action, Confirmation, Failure, JobPlan, Plan, PlanId, Site};
use crate::azure::TenantId;

/// Reads the gallery and who has it already, and computes the plan.
pub(in crate::actions) async fn plan(
    wish: &Share,
    way: Way,
    site: &Site<'_>,
) -> Result<Plan, Failure> {
    let jobs = match &wish.means {
        Means::Direct {
            tenants,
            subscriptions,
        } => vec![direct::plan(wish, way, (tenants, subscriptions), site).await?],
        Means::Role { role, principals } => {
            role::plan(wish, way, role.as_deref(), principals, site).await?
        }
    };
    Ok(Plan {
        id: PlanId::fresh(),
        made_at: Timestamp::now(),
        action: way.action(wish.clone()),
        title: format!("{} {}", way.verb(), wish.resource.names()),
        confirmation: confirmation(wish, way, &jobs, site),
        jobs,
    })
}

/// Taking something away from a protected tenant wants its name.
fn confirmation(wish: &Share, way: Way, jobs: &[JobPlan], site: &Site<'_>) -> Confirmation {
    if way == Way::Share {
        return Confirmation::Yes;
    }
    let of_subscriptions = match &wish.means {
        Means::Direct { subscriptions, .. } => subscriptions.as_slice(),
        Means::Role { .. } => &[],
    };
    let owners = of_subscriptions
        .iter()
        .filter_map(|id| Some(&site.reach.subscription(id)?.subscription.tenant));
    let named: Vec<&TenantId> = match &wish.means {
        Means::Direct { tenants, .. } => tenants.iter().chain(owners).collect(),
        Means::Role { .. } => jobs.iter().filter_map(|job| job.tenant.as_ref()).collect(),
    };
    let protected = named
        .into_iter()
        .find_map(|tenant| site.protected_name(tenant));
    protected.map_or(Confirmation::Yes, Confirmation::Typed)
}

impl Way {
    pub(super) fn verb(self) -> &'static str {
        match self {
            Self::Share => "share",
            Self::Unshare => "unshare",
        }
    }

    pub(super) fn back(self) -> Self {
        match self {
            Self::Share => Self::Unshare,
            Self::Unshare => Self::Share,
        }
    }

    pub(super) fn action(self, share: Share) -> Action {
        match self {
            Self::Share => Action::Share(share),
            Self::Unshare => Action::Unshare(share),
        }
    }
}
