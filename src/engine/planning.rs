//! Plans: computed by reading, kept for a while, and made into jobs when they are confirmed.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::{Confirmed, Engine, Refusal, Reply};
use crate::actions::{Action, Confirmation, Plan, PlanId, Site, Task};
use crate::azure::ResourceId;
use crate::estate::Reach;
use crate::queue::{JobId, Origin, Terms};

/// How long a plan may be submitted after Azure was read for it.
pub const PLAN_LIFETIME: Duration = Duration::from_secs(15 * 60);

/// Plans that are kept; beyond that the oldest is forgotten.
const PLANS: usize = 64;

/// A plan that may be submitted.
pub(super) struct Kept {
    plan: Plan,
    since: Instant,
}

impl Kept {
    /// How long ago Azure was read for it: the system's clock may have been put back since, and the
    /// other one stands still while the machine sleeps.
    fn age(&self) -> Duration {
        let told = Timestamp::now().duration_since(self.plan.made_at);
        Duration::try_from(told)
            .unwrap_or_default()
            .max(self.since.elapsed())
    }
}

impl Engine {
    /// What an action would do, kept for a while.
    pub(super) async fn plan(&self, action: Action) -> Result<Plan, Refusal> {
        let plan = self.computed(action, None).await?;
        let mut plans = self.plans.lock().await;
        if plans.len() >= PLANS
            && let Some(oldest) = plans.values().min_by_key(|kept| kept.since)
        {
            let oldest = oldest.plan.id;
            plans.remove(&oldest);
        }
        let kept = Kept {
            plan: plan.clone(),
            since: Instant::now(),
        };
        plans.insert(plan.id, kept);
        Ok(plan)
    }

    /// A plan, for a job that there is already where one is planned again.
    pub(super) async fn computed(
        &self,
        action: Action,
        again: Option<JobId>,
    ) -> Result<Plan, Refusal> {
        let action = action.completed(&self.config);
        action.validate().map_err(Refusal::Invalid)?;
        let claimed = self.claimed(&action, again)?;
        let site = Site {
            azure: &self.azure,
            config: &self.config,
            reach: &self.reach(&action).await?,
            claimed: &claimed,
        };
        Ok(action.plan(&site).await?)
    }

    /// How subscriptions are reached; read anew where one that the action needs isn't known.
    async fn reach(&self, action: &Action) -> Result<Reach, Refusal> {
        let needed = action.subscriptions();
        let mut reach = self.loader.reach()?;
        if needed.iter().any(|id| reach.subscription(id).is_none()) {
            self.loader.load_access().await?;
            reach = self.loader.reach()?;
        }
        // Without the image there is nothing to plan. A target that isn't reached fails by itself.
        let image = action.resource().subscription();
        match reach.subscription(&image) {
            Some(_) => Ok(reach),
            None => Err(Refusal::Unreached(image)),
        }
    }

    /// What open jobs are going to create, but for one of them, where the action creates something
    /// too. The others of a long queue are nothing to it.
    fn claimed(&self, action: &Action, but: Option<JobId>) -> Result<Vec<ResourceId>, Refusal> {
        if !action.creates() {
            return Ok(Vec::new());
        }
        let open = self.queue.journal().reader()?.open_jobs_of(action.verb())?;
        let others = open.into_iter().filter(|job| Some(job.id) != but);
        let tasks = others.filter_map(|job| job.task);
        Ok(tasks.flat_map(|task| task.claims()).collect())
    }

    /// Makes jobs of a plan, if it may still be carried out and is confirmed as it has to be.
    pub(super) async fn submit(
        &self,
        id: PlanId,
        confirmed: &Confirmed,
        terms: Terms,
        origin: &Origin,
        note: Option<String>,
    ) -> Result<Reply, Refusal> {
        self.begins()?;
        let mut plans = self.plans.lock().await;
        let kept = plans.get(&id).ok_or(Refusal::NoSuchPlan)?;
        if kept.age() > PLAN_LIFETIME {
            return Err(Refusal::StalePlan);
        }
        let plan = &kept.plan;
        if plan.is_refused() {
            let failed = plan.failed_checks().cloned().collect();
            return Err(Refusal::Checks(failed));
        }
        if plan.is_empty() {
            return Err(Refusal::NothingToDo);
        }
        match (&plan.confirmation, confirmed) {
            (Confirmation::Yes, _) => {}
            (Confirmation::Typed(expected), Confirmed::Typed(typed)) if typed == expected => {}
            (Confirmation::Typed(expected), _) => {
                return Err(Refusal::Unconfirmed(expected.clone()));
            }
        }
        let claimed = self.claimed(&plan.action, None)?;
        let tasks = plan.ready().filter_map(|job| job.task.as_ref());
        if tasks
            .flat_map(Task::claims)
            .any(|claim| claimed.contains(&claim))
        {
            return Err(Refusal::Claimed);
        }
        let group = self.queue.submit(plan, terms, origin, note).await?;
        plans.remove(&id);
        Ok(Reply::Submitted(group))
    }
}
