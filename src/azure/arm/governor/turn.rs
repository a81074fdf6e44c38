use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::Notify;

use super::budget::{Ready, Taken};
use super::budgets::{Budgets, Drawn, Id};
use super::demand::Demand;
use super::shares::{Party, Shares};
use crate::azure::guid::TenantId;

/// Who goes first where not all can.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Priority {
    /// Jobs, plans, and whatever somebody waits for.
    #[default]
    Work,
    /// What is read for the screen.
    Screen,
}

/// A place in the line. A request that has to be sent again keeps its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Turn {
    pub(super) priority: Priority,
    number: u64,
}

/// Those who want to send, and whose turn it is.
#[derive(Default)]
pub(super) struct Line {
    waiting: BTreeMap<Turn, Waiter>,
    shares: Shares,
    last: u64,
}

pub(super) struct Waiter {
    pub(super) demand: Arc<Demand>,
    pub(super) wake: Arc<Notify>,
    pub(super) granted: Option<Vec<(Id, Taken)>>,
    /// When it may go at last, and which budget it waits for.
    pub(super) ready: Option<(Ready, Id)>,
    drawn: Drawn,
    party: Party,
}

impl Line {
    /// A place behind all that are there with this priority.
    pub(super) fn turn(&mut self, priority: Priority) -> Turn {
        self.last += 1;
        let number = self.last;
        Turn { priority, number }
    }

    /// Somebody wants to send, for a customer or for nobody in particular.
    pub(super) fn enter(
        &mut self,
        turn: Turn,
        customer: Option<&TenantId>,
        demand: Arc<Demand>,
    ) -> Arc<Notify> {
        let wake = Arc::new(Notify::new());
        let waiter = Waiter {
            demand,
            wake: wake.clone(),
            granted: None,
            ready: None,
            drawn: Drawn::default(),
            party: self.shares.party(customer),
        };
        self.waiting.insert(turn, waiter);
        wake
    }

    pub(super) fn get_mut(&mut self, turn: Turn) -> Option<&mut Waiter> {
        self.waiting.get_mut(&turn)
    }

    pub(super) fn leave(&mut self, turn: Turn) -> Option<Waiter> {
        self.waiting.remove(&turn)
    }

    /// Those who may not go yet: when they may, and what each waits for.
    pub(super) fn held(&self) -> impl Iterator<Item = (Ready, Id)> {
        let held = self.waiting.values();
        let held = held.filter(|waiter| waiter.granted.is_none());
        held.filter_map(|waiter| waiter.ready)
    }

    /// Lets go whoever may.
    pub(super) fn advance(&mut self, budgets: &mut Budgets, now: Instant) {
        self.shares.form();
        let mut lanes = self.lanes(budgets, now);
        let mut ahead: HashMap<Id, u32> = HashMap::new();
        while let Some((turn, short)) = lanes.next(&self.shares) {
            let Some(waiter) = self.waiting.get_mut(&turn) else {
                continue;
            };
            let ready = budgets.ready_at(&waiter.drawn, &ahead, now);
            let Some((until, id)) = ready.filter(|(ready, _)| *ready > Ready::At(now)) else {
                waiter.granted = Some(budgets.take(&waiter.drawn, now));
                waiter.wake.notify_one();
                self.shares.has(waiter.party, &waiter.drawn.ids);
                continue;
            };
            // It stands before others where it would have to wait longer if one more went first.
            for &id in short {
                let ahead = ahead.entry(id).or_default();
                let at = |ahead| budgets.one_ready_at(id, ahead, now);
                if at(*ahead) >= Some(until) || at(*ahead + 1) > Some(until) {
                    *ahead += 1;
                    self.shares.will_have(waiter.party, id);
                }
            }
            if waiter.ready.is_some_and(|(before, _)| before > until) {
                waiter.wake.notify_one();
            }
            waiter.ready = Some((until, id));
        }
    }

    /// Those who wait, by what they compete for.
    fn lanes(&mut self, budgets: &mut Budgets, now: Instant) -> Lanes {
        let held = self.waiting.iter_mut();
        let held = held.filter(|(_, waiter)| waiter.granted.is_none());
        let mut turns = Vec::new();
        let mut wanted: HashMap<Id, u32> = HashMap::new();
        for (turn, waiter) in held {
            budgets.draw(&waiter.demand, &mut waiter.drawn, now);
            for &id in &waiter.drawn.ids {
                *wanted.entry(id).or_default() += 1;
            }
            turns.push((*turn, &*waiter));
        }
        let short = |(id, wanted): (Id, u32)| {
            let last = budgets.one_ready_at(id, wanted - 1, now);
            (last > Some(Ready::At(now))).then_some(id)
        };
        let short: HashSet<Id> = wanted.into_iter().filter_map(short).collect();
        let mut lanes: BTreeMap<_, VecDeque<Turn>> = BTreeMap::new();
        for (turn, waiter) in turns {
            let ids = waiter.drawn.ids.iter().copied();
            let short: Vec<Id> = ids.filter(|id| short.contains(id)).collect();
            let lane = (turn.priority, waiter.party, short);
            lanes.entry(lane).or_default().push_back(turn);
        }
        let lanes = lanes.into_iter().map(|((_, party, short), turns)| Lane {
            party,
            short,
            turns,
        });
        Lanes::of(lanes.collect(), &self.shares)
    }
}

/// Requests for one party that compete for the same budgets: those that don't suffice for all who
/// want them now. First come, first served.
struct Lane {
    party: Party,
    short: Vec<Id>,
    turns: VecDeque<Turn>,
}

/// The first of a lane: the less its party has had lately, the earlier it comes.
type Head = (Priority, u64, Turn);

struct Lanes {
    all: Vec<Lane>,
    /// The first of each and where the lane is. Parties only ever move back.
    heads: BinaryHeap<Reverse<(Head, usize)>>,
}

impl Lanes {
    fn of(all: Vec<Lane>, shares: &Shares) -> Self {
        let heads = all.iter().enumerate();
        let heads = heads.filter_map(|(at, lane)| Some(Reverse((lane.head(shares)?, at))));
        Self {
            heads: heads.collect(),
            all,
        }
    }

    /// Whose turn it is, and what it competes for.
    fn next(&mut self, shares: &Shares) -> Option<(Turn, &[Id])> {
        loop {
            let Reverse((stood, at)) = self.heads.pop()?;
            let lane = self.all.get(at)?;
            match lane.head(shares) {
                Some(stands) if stands > stood => self.heads.push(Reverse((stands, at))),
                Some(_) => return self.first_of(at, shares),
                None => {}
            }
        }
    }

    fn first_of(&mut self, at: usize, shares: &Shares) -> Option<(Turn, &[Id])> {
        let lane = self.all.get_mut(at)?;
        let turn = lane.turns.pop_front()?;
        if let Some(head) = lane.head(shares) {
            self.heads.push(Reverse((head, at)));
        }
        Some((turn, &lane.short))
    }
}

impl Lane {
    fn head(&self, shares: &Shares) -> Option<Head> {
        let turn = *self.turns.front()?;
        Some((turn.priority, shares.last(self.party, &self.short), turn))
    }
}

#[cfg(test)]
mod tests;
