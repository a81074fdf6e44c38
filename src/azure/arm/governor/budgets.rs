use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::bucket::Bucket;
use super::budget::{Budget, Ready, Supply, Taken};
use super::demand::{Demand, Kind, Operation, Scope};
use super::signs::{Refused, Signs};
use super::window::Window;
use crate::azure::identity::Access;

/// All limits of Azure that this process has met.
#[derive(Debug, Default)]
pub(super) struct Budgets {
    all: Vec<(Key, Budget)>,
    known: HashMap<Key, Id>,
    /// The windows that an operation draws on, as its last answer named them.
    policies: HashMap<Operation, Vec<Known>>,
    revision: u64,
}

/// Which budget: it stays, so that it can be referred to by number.
pub(super) type Id = usize;

/// Whose limit, on what.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// A principal's bucket.
    Principal(Access, Scope, Kind),
    /// That of all principals.
    Everybody(Scope, Kind),
    /// What Azure refuses without saying for what.
    Operation(Access, Scope, Operation),
    /// A window of a resource provider, in a subscription or for a user.
    Policy(Result<Scope, Access>, String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    name: String,
    length: Duration,
    of_user: bool,
}

/// The budgets of a request, as far as is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Drawn {
    pub(super) ids: Vec<Id>,
    revision: u64,
}

/// A bucket of all principals is so many times one's own (Microsoft,
/// request-limits-and-throttling).
const EVERYBODY: u32 = 15;

/// The documented size and rate of a principal's bucket (likewise).
fn documented(kind: Kind) -> (u32, u32) {
    match kind {
        Kind::Reads => (250, 25),
        Kind::Writes | Kind::Deletes => (200, 10),
    }
}

impl Budgets {
    pub(super) fn all(&self) -> impl Iterator<Item = (&Key, &Budget)> {
        self.all.iter().map(|(key, budget)| (key, budget))
    }

    pub(super) fn key(&self, id: Id) -> Option<&Key> {
        self.all.get(id).map(|(key, _)| key)
    }

    /// Looks again at what a request draws on, where something new has been learnt.
    pub(super) fn draw(&mut self, demand: &Demand, drawn: &mut Drawn, now: Instant) {
        if !drawn.ids.is_empty() && drawn.revision == self.revision {
            return;
        }
        let (access, scope) = (&demand.access, &demand.scope);
        let mut keys = vec![
            Key::Principal(access.clone(), scope.clone(), demand.kind),
            Key::Operation(access.clone(), scope.clone(), demand.operation.clone()),
        ];
        if let Scope::Subscription(_) = scope {
            keys.push(Key::Everybody(scope.clone(), demand.kind));
        }
        let mut ids: Vec<Id> = keys.into_iter().map(|key| self.id(key, now)).collect();
        let policies = self.policies.get(&demand.operation).cloned();
        for policy in policies.into_iter().flatten() {
            ids.push(self.policy(demand, &policy));
        }
        let revision = self.revision;
        *drawn = Drawn { ids, revision };
    }

    /// When a request may be sent that so many others go before at each budget, and the budget
    /// that lets it wait the longest.
    pub(super) fn ready_at(
        &self,
        drawn: &Drawn,
        ahead: &HashMap<Id, u32>,
        now: Instant,
    ) -> Option<(Ready, Id)> {
        let ready = |&id: &Id| {
            let ahead = ahead.get(&id).copied().unwrap_or(0);
            Some((self.one_ready_at(id, ahead, now)?, id))
        };
        drawn.ids.iter().filter_map(ready).max()
    }

    /// The same of one budget.
    pub(super) fn one_ready_at(&self, id: Id, ahead: u32, now: Instant) -> Option<Ready> {
        let (_, budget) = self.all.get(id)?;
        Some(budget.ready_at(ahead, now))
    }

    /// A request is about to be sent.
    pub(super) fn take(&mut self, drawn: &Drawn, now: Instant) -> Vec<(Id, Taken)> {
        let take = |&id: &Id| Some((id, self.all.get_mut(id)?.1.take(now)));
        drawn.ids.iter().filter_map(take).collect()
    }

    /// It has not been sent.
    pub(super) fn put_back(&mut self, taken: &[(Id, Taken)]) {
        for (id, _) in taken {
            if let Some((_, budget)) = self.all.get_mut(*id) {
                budget.put_back();
            }
        }
    }

    /// It has ended: with these signs, or without an answer.
    pub(super) fn answered(
        &mut self,
        demand: &Demand,
        taken: &[(Id, Taken)],
        signs: Option<&Signs>,
        now: Instant,
    ) {
        for &(id, sent) in taken {
            let Some((key, budget)) = self.all.get_mut(id) else {
                continue;
            };
            let remaining = signs.and_then(|signs| match key {
                Key::Principal(..) => signs.principal,
                Key::Everybody(..) => signs.everybody,
                Key::Operation(..) => None,
                Key::Policy(_, name) => {
                    let policy = signs.policies.iter().find(|policy| policy.name == *name);
                    policy.map(|policy| policy.remaining)
                }
            });
            budget.answered(sent, remaining, now);
        }
        if let Some(signs) = signs {
            self.learn(demand, taken, signs, now);
        }
    }

    /// It was refused, for longer than this moment.
    pub(super) fn refused(
        &mut self,
        demand: &Demand,
        refused: &Refused,
        wait: Duration,
        now: Instant,
    ) {
        let (access, scope) = (&demand.access, &demand.scope);
        let operation = || Key::Operation(access.clone(), scope.clone(), demand.operation.clone());
        let id = match refused {
            Refused::Bucket => self.id(
                Key::Principal(access.clone(), scope.clone(), demand.kind),
                now,
            ),
            Refused::Policy(group) => {
                let named = |policy: &&Known| policy.name.rsplit('/').next() == Some(group);
                let policies = self.policies.get(&demand.operation);
                match policies.into_iter().flatten().find(named).cloned() {
                    Some(policy) => self.policy(demand, &policy),
                    None => self.id(operation(), now),
                }
            }
            Refused::Something => {
                // What has one window only means that.
                match self.policies.get(&demand.operation).map(Vec::as_slice) {
                    Some([policy]) => {
                        let policy = policy.clone();
                        self.policy(demand, &policy)
                    }
                    _ => self.id(operation(), now),
                }
            }
        };
        if let Some((_, budget)) = self.all.get_mut(id) {
            budget.refused(wait, now);
        }
    }

    /// Windows that an answer names and that were not known to be drawn on.
    fn learn(&mut self, demand: &Demand, taken: &[(Id, Taken)], signs: &Signs, now: Instant) {
        if signs.policies.is_empty() {
            return;
        }
        let named = signs.policies.iter().map(|policy| Known {
            name: policy.name.clone(),
            length: policy.length,
            of_user: policy.of_user,
        });
        let named: Vec<Known> = named.collect();
        let operation = taken.iter().filter_map(|(id, _)| self.all.get(*id));
        let mut operation = operation.filter(|(key, _)| matches!(key, Key::Operation(..)));
        let others = operation
            .next()
            .map_or(0, |(_, budget)| budget.on_the_way());
        for (policy, sign) in named.iter().zip(&signs.policies) {
            let id = self.policy(demand, policy);
            if taken.iter().any(|(known, _)| *known == id) {
                continue;
            }
            if let Some((_, budget)) = self.all.get_mut(id) {
                if budget.is_new() {
                    budget.met(sign.remaining, others, now);
                } else {
                    budget.stranger_answered();
                }
            }
        }
        let known = self.policies.get(&demand.operation);
        let same = known.is_some_and(|known| {
            let pairs = known.iter().zip(&named);
            known.len() == named.len() && pairs.clone().all(|(a, b)| a.name == b.name)
        });
        if !same {
            self.policies.insert(demand.operation.clone(), named);
            self.revision += 1;
        }
    }

    fn policy(&mut self, demand: &Demand, policy: &Known) -> Id {
        let holder = if policy.of_user {
            Err(demand.access.clone())
        } else {
            Ok(demand.scope.clone())
        };
        let window = Supply::Window(Window::new(policy.length));
        self.insert(Key::Policy(holder, policy.name.clone()), || window)
    }

    fn id(&mut self, key: Key, now: Instant) -> Id {
        let supply = match &key {
            Key::Principal(_, _, kind) => {
                let (size, refill) = documented(*kind);
                Supply::Bucket(Bucket::new(size, refill, now))
            }
            Key::Everybody(_, kind) => {
                let (size, refill) = documented(*kind);
                Supply::Bucket(Bucket::new(EVERYBODY * size, EVERYBODY * refill, now))
            }
            Key::Operation(..) | Key::Policy(..) => Supply::Endless,
        };
        self.insert(key, || supply)
    }

    fn insert(&mut self, key: Key, supply: impl FnOnce() -> Supply) -> Id {
        if let Some(id) = self.known.get(&key) {
            return *id;
        }
        let id = self.all.len();
        self.known.insert(key.clone(), id);
        self.all.push((key, Budget::new(supply())));
        id
    }
}
