//! Whose turn it is: which of the jobs that don't run may begin, and what the others wait for.
//!
//! All of it is computed from values, so that the rules can be tested without a queue. Higher
//! priorities come first; among equals the tenant of which least is running, so that a customer
//! with five hundred machines doesn't keep fifty with one; among a tenant's jobs the order in which
//! they stand.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet, VecDeque};
use std::hash::Hash;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::journal::Move;
use super::{After, GroupId, JobId, JobState, Pause, Terms};
use crate::actions::{Level, Part, PartState};
use crate::azure::{ResourceId, SubscriptionId, TenantId};
use crate::config::Limits;

/// What the order of a job depends on.
#[derive(Debug, Clone)]
pub(super) struct Queued {
    pub(super) id: JobId,
    pub(super) group: GroupId,
    pub(super) tenant: Option<TenantId>,
    pub(super) priority: i32,
    pub(super) state: JobState,
    pub(super) reason: Option<String>,
    /// Whether it has begun, by this process or another, or somebody asked for its end.
    pub(super) begun: bool,
    /// The resource that it writes.
    pub(super) lock: ResourceId,
    pub(super) verb: String,
    /// The gallery, image or version that it is about.
    pub(super) image: Option<ResourceId>,
}

/// What the journal says at the moment.
#[derive(Debug)]
pub(super) struct Standing {
    /// All jobs that have not ended, in their order.
    pub(super) open: Vec<Queued>,
    /// On which terms those of each group may begin, and how many of it have failed.
    pub(super) groups: HashMap<GroupId, (Terms, u32)>,
    /// How those stand that open ones come after, and their parts.
    pub(super) earlier: HashMap<JobId, (JobState, Vec<Part>)>,
    /// What is paused.
    pub(super) pauses: HashSet<Pause>,
}

/// What becomes of a job that doesn't run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Turn {
    /// It begins.
    Begins,
    /// It waits for others that run, and comes before younger ones.
    Queues(String),
    /// It waits for this, and keeps nobody.
    Waits(String),
    /// It is paused, with this.
    Paused(Pause),
    /// It isn't to begin, for this reason.
    Held(String),
}

impl Standing {
    fn pause_of(&self, job: &Queued) -> Option<&Pause> {
        let all = Pause::all_of(job.tenant.as_ref(), job.group, job.id);
        all.iter().find_map(|pause| self.pauses.get(pause))
    }

    /// The turn of every open job that doesn't run and isn't held.
    pub(super) fn turns(
        &self,
        running: &HashSet<JobId>,
        limits: &Limits,
        now: Timestamp,
    ) -> Vec<(&Queued, Turn)> {
        let mut taken = Taken::default();
        let mut waiting: BTreeMap<Reverse<i32>, Vec<&Queued>> = BTreeMap::new();
        for job in &self.open {
            if running.contains(&job.id) {
                taken.take(job);
            } else if job.state != JobState::Held {
                waiting.entry(Reverse(job.priority)).or_default().push(job);
            }
        }
        let mut turns = Vec::new();
        for jobs in waiting.into_values() {
            let mut line = Line::of(jobs, &taken);
            while let Some(job) = line.next(&taken) {
                let turn = self.turn(job, &taken, limits, now);
                match turn {
                    Turn::Begins => taken.take(job),
                    // An older job comes before a younger one for the same resource.
                    Turn::Queues(_) => {
                        taken.locks.entry(job.lock.key()).or_insert(job.id);
                    }
                    Turn::Waits(_) | Turn::Paused(_) | Turn::Held(_) => {}
                }
                turns.push((job, turn));
            }
        }
        turns
    }

    fn turn(&self, job: &Queued, taken: &Taken, limits: &Limits, now: Timestamp) -> Turn {
        // What has begun goes on, if only to watch what Azure has accepted.
        let mut limit = None;
        if !job.begun {
            if let Some(pause) = self.pause_of(job) {
                return Turn::Paused(pause.clone());
            }
            match self.terms(job, taken, now) {
                Ok(None) => limit = taken.limited(job, limits),
                Ok(Some(what)) => return Turn::Waits(what),
                Err(reason) => return Turn::Held(reason),
            }
        }
        match limit.or_else(|| taken.in_the_way(job, limits)) {
            Some(what) => Turn::Queues(what),
            None => Turn::Begins,
        }
    }

    /// What its terms have the job wait for, or why they have it held.
    fn terms(&self, job: &Queued, taken: &Taken, now: Timestamp) -> Result<Option<String>, String> {
        let Some((terms, failed)) = self.groups.get(&job.group) else {
            return Ok(None);
        };
        if terms.hold_after.is_some_and(|most| *failed >= most.max(1)) {
            let jobs = if *failed == 1 { "job" } else { "jobs" };
            return Err(format!("{failed} {jobs} of its group failed"));
        }
        for after in &terms.after {
            match self.reached(after) {
                Ok(true) => {}
                Ok(false) => return Ok(Some(format!("{after}, which it comes after"))),
                Err(is) => return Err(format!("it comes after {after}, which is {is}")),
            }
        }
        if let Some(at) = terms.not_before.filter(|at| *at > now) {
            return Ok(Some(at_clock(at)));
        }
        let running = count(&taken.groups, &job.group);
        Ok(terms
            .at_once
            .filter(|most| running >= (*most).max(1))
            .map(|most| format!("one of {most} jobs of its group that run at once")))
    }

    /// Whether what others come after is done, or what it is instead and stays.
    fn reached(&self, after: &After) -> Result<bool, String> {
        let Some((state, parts)) = self.earlier.get(&after.job) else {
            return Err("not there any more".to_owned());
        };
        let part = after.part_of(parts).map(|part| part.state);
        match (part, state) {
            (_, JobState::Done) | (Some(PartState::Done), _) => Ok(true),
            (_, JobState::Failed | JobState::Cancelled) => Err(state.to_string()),
            (Some(PartState::Failed), _) => Err(JobState::Failed.to_string()),
            _ => Ok(false),
        }
    }

    /// The parts of jobs that somebody waits for.
    pub(super) fn awaited(&self) -> HashSet<After> {
        let groups = self.open.iter().map(|job| job.group);
        let terms = groups.filter_map(|group| self.groups.get(&group));
        let after = terms.flat_map(|(terms, _)| &terms.after);
        let awaited =
            after.filter(|after| after.part.is_some() && self.reached(after) == Ok(false));
        awaited.cloned().collect()
    }

    /// The move that a turn comes to, where the journal doesn't say so already.
    pub(super) fn moved(job: &Queued, turn: Turn) -> Option<Move> {
        let (to, reason, text) = match turn {
            Turn::Begins => return None,
            Turn::Queues(what) | Turn::Waits(what) => {
                let text = format!("waits for {what}");
                (JobState::Waiting, Some(what), text)
            }
            Turn::Paused(pause) => {
                let reason = pause.reason();
                let text = reason.as_ref().map(|reason| format!("paused: {reason}"));
                (
                    JobState::Paused,
                    reason,
                    text.unwrap_or_else(|| "paused".to_owned()),
                )
            }
            Turn::Held(reason) => {
                let text = format!("held: {reason}");
                (JobState::Held, Some(reason), text)
            }
        };
        let is_so = job.state == to && job.reason == reason;
        let level = match to {
            JobState::Held => Level::Warn,
            _ => Level::Info,
        };
        (!is_so).then_some(Move {
            job: job.id,
            to,
            reason,
            told: (level, text),
        })
    }

    /// When something may begin that only waits for the clock.
    pub(super) fn next(&self, now: Timestamp) -> Option<Timestamp> {
        let groups = self.open.iter().map(|job| job.group);
        groups
            .filter_map(|group| self.groups.get(&group)?.0.not_before)
            .filter(|at| *at > now)
            .min()
    }
}

fn at_clock(at: Timestamp) -> String {
    let at = at.to_zoned(TimeZone::system());
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

/// What running jobs take.
#[derive(Default)]
struct Taken {
    total: u32,
    locks: HashMap<String, JobId>,
    groups: HashMap<GroupId, u32>,
    tenants: HashMap<Option<TenantId>, u32>,
    subscriptions: HashMap<SubscriptionId, u32>,
    galleries: HashMap<String, u32>,
    verbs: HashMap<String, u32>,
}

impl Taken {
    fn take(&mut self, job: &Queued) {
        self.total += 1;
        self.locks.insert(job.lock.key(), job.id);
        *self.groups.entry(job.group).or_default() += 1;
        *self.tenants.entry(job.tenant.clone()).or_default() += 1;
        let subscription = job.lock.subscription();
        *self.subscriptions.entry(subscription).or_default() += 1;
        if let Some(gallery) = gallery(job) {
            *self.galleries.entry(gallery.key()).or_default() += 1;
        }
        *self.verbs.entry(job.verb.clone()).or_default() += 1;
    }

    /// What the configuration's limits have a job wait for.
    fn limited(&self, job: &Queued, limits: &Limits) -> Option<String> {
        let reached = |most: Option<u32>, running: u32| most.filter(|most| running >= *most);
        if job.tenant.is_some()
            && let Some(most) = reached(limits.per_tenant, count(&self.tenants, &job.tenant))
        {
            return Some(format!(
                "one of {most} jobs that run at once for its tenant"
            ));
        }
        let subscription = job.lock.subscription();
        let running = count(&self.subscriptions, &subscription);
        if let Some(most) = reached(limits.per_subscription, running) {
            return Some(format!(
                "one of {most} jobs that run at once in its subscription"
            ));
        }
        if let Some(gallery) = gallery(job)
            && let Some(most) = reached(limits.per_gallery, count(&self.galleries, &gallery.key()))
        {
            return Some(format!(
                "one of {most} jobs that run at once on gallery {}",
                gallery.name()
            ));
        }
        let verb = &job.verb;
        reached(limits.of_verb(verb), count(&self.verbs, verb))
            .map(|most| format!("one of {most} {verb} jobs that run at once"))
    }

    /// What is in the way of any job, also of one that has begun.
    fn in_the_way(&self, job: &Queued, limits: &Limits) -> Option<String> {
        match self.locks.get(&job.lock.key()) {
            Some(other) => Some(format!("{other}, which writes the same resource")),
            None if self.total >= limits.at_once => {
                Some(format!("one of {} running jobs", limits.at_once))
            }
            None => None,
        }
    }
}

/// The jobs of one priority as they come up: of the tenant first of which least is running.
struct Line<'a> {
    tenants: HashMap<Option<&'a TenantId>, VecDeque<&'a Queued>>,
    /// How many run for a tenant, where its first job stands, and the tenant.
    heads: BinaryHeap<Reverse<(u32, usize, Option<&'a TenantId>)>>,
    places: HashMap<JobId, usize>,
}

impl<'a> Line<'a> {
    fn of(jobs: Vec<&'a Queued>, taken: &Taken) -> Self {
        let places = (0..).zip(&jobs).map(|(place, job)| (job.id, place));
        let mut line = Self {
            places: places.collect(),
            tenants: HashMap::new(),
            heads: BinaryHeap::new(),
        };
        for job in jobs {
            line.tenants
                .entry(job.tenant.as_ref())
                .or_default()
                .push_back(job);
        }
        let tenants: Vec<_> = line.tenants.keys().copied().collect();
        for tenant in tenants {
            line.enter(tenant, taken);
        }
        line
    }

    /// Has a tenant wait for its turn, if it has jobs left.
    fn enter(&mut self, tenant: Option<&'a TenantId>, taken: &Taken) {
        let first = self.tenants.get(&tenant).and_then(VecDeque::front);
        if let Some(place) = first.and_then(|job| self.places.get(&job.id)) {
            let running = running_for(tenant, taken);
            self.heads.push(Reverse((running, *place, tenant)));
        }
    }

    /// The next one; `taken` counts what was begun before.
    fn next(&mut self, taken: &Taken) -> Option<&'a Queued> {
        loop {
            let Reverse((running, _, tenant)) = self.heads.pop()?;
            if running_for(tenant, taken) != running {
                self.enter(tenant, taken);
                continue;
            }
            let job = self.tenants.get_mut(&tenant).and_then(VecDeque::pop_front);
            self.enter(tenant, taken);
            return job;
        }
    }
}

/// How much runs for a tenant. What is for none is nobody's share.
fn running_for(tenant: Option<&TenantId>, taken: &Taken) -> u32 {
    tenant.map_or(0, |_| count(&taken.tenants, &tenant.cloned()))
}

fn count<K: Eq + Hash>(counts: &HashMap<K, u32>, key: &K) -> u32 {
    counts.get(key).copied().unwrap_or_default()
}

/// The gallery that a job's image is in.
fn gallery(job: &Queued) -> Option<ResourceId> {
    let mut id = job.image.clone()?;
    loop {
        let kind = id.kind();
        if kind.eq_ignore_ascii_case("Microsoft.Compute/galleries") {
            return Some(id);
        }
        id = id.parent()?;
    }
}

#[cfg(test)]
mod tests;
