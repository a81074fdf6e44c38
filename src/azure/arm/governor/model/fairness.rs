//! Customers that share a principal's bucket, and windows that belong to what is done.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::*;
use crate::azure::arm::governor::turn::{Line, Priority, Turn};

/// A request: when it is made (in milliseconds), for which party, and what it does.
#[derive(Clone, Copy, Debug)]
struct Asked {
    at: u64,
    party: u8,
    operation: usize,
}

/// Requests of one party that do the same.
type Group = (u8, usize);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Asks(usize),
    Arrives(Turn),
    IsAnswered(Turn),
}

/// A process that sends for several, and Azure.
struct Process<'a> {
    line: Line,
    budgets: Budgets,
    azure: Azure,
    /// A window for each operation.
    windows: Vec<Counted>,
    waiting: BTreeMap<Turn, Asked>,
    sent: BTreeMap<Turn, (Asked, Vec<(Id, Taken)>)>,
    answers: BTreeMap<Turn, Option<Signs>>,
    events: BinaryHeap<Reverse<(Duration, Event)>>,
    ways: &'a [(u64, u64)],
    start: Instant,
    went: Vec<(Duration, Asked)>,
    /// Operations of which the windows are known.
    known: HashSet<usize>,
    fairness: Fairness,
}

/// What others got while the first of each group was waiting.
#[derive(Default)]
struct Fairness {
    since: BTreeMap<Group, HashMap<Group, usize>>,
}

impl Fairness {
    /// As long as a party waits, another gets no more of the same than that party of anything, and
    /// one.
    fn after(&mut self, granted: &[Asked], waiting: &BTreeMap<Turn, Asked>) {
        let groups = waiting
            .values()
            .map(|asked| (asked.party, asked.operation))
            .collect::<BTreeSet<Group>>();
        self.since.retain(|group, _| groups.contains(group));
        for group in groups {
            let since = self.since.entry(group).or_default();
            for asked in granted {
                *since.entry((asked.party, asked.operation)).or_default() += 1;
            }
            let (party, operation) = group;
            let own = since.iter().filter(|((other, _), _)| *other == party);
            let own: usize = own.map(|(_, got)| got).sum();
            for ((other, what), got) in &*since {
                let more = *other != party && *what == operation && *got > own + 1;
                assert!(!more, "{group:?} waits with {own}, {other} got {got}");
            }
            // From here on another of its requests is the first.
            let went = |asked: &Asked| (asked.party, asked.operation) == group;
            if granted.iter().any(went) {
                since.clear();
            }
        }
    }
}

fn demand_for(operation: usize) -> Demand {
    let known = demand();
    let url = format!(
        "https://management.azure.com/subscriptions/00000000-0000-0000-0000-000000000001/kind{operation}"
    );
    Demand::new(&known.access, &Method::GET, &url.parse().unwrap())
}

impl<'a> Process<'a> {
    /// Nothing is left of the bucket, as is known.
    fn new(windows: Vec<Counted>, ways: &'a [(u64, u64)]) -> Self {
        let start = Instant::now();
        let mut budgets = Budgets::default();
        let mut drawn = Drawn::default();
        let demand = demand();
        for left in [249, 0] {
            budgets.draw(&demand, &mut drawn, start);
            let taken = budgets.take(&drawn, start);
            let signs = Signs {
                principal: Some(left),
                everybody: None,
                policies: Vec::new(),
            };
            budgets.answered(&demand, &taken, Some(&signs), start);
        }
        let mut azure = Azure::new(250, 25, Vec::new());
        azure.tokens = 0.0;
        Self {
            line: Line::default(),
            budgets,
            azure,
            windows,
            waiting: BTreeMap::new(),
            sent: BTreeMap::new(),
            answers: BTreeMap::new(),
            events: BinaryHeap::new(),
            ways,
            start,
            went: Vec::new(),
            known: HashSet::new(),
            fairness: Fairness::default(),
        }
    }

    /// Sends all of these; says which went when.
    fn send(mut self, all: &[Asked]) -> (Vec<(Duration, Asked)>, Azure) {
        for (number, asked) in all.iter().enumerate() {
            let at = Duration::from_millis(asked.at);
            self.events.push(Reverse((at, Event::Asks(number))));
        }
        let mut now = Duration::ZERO;
        loop {
            self.let_go(now);
            let held = self.line.held().filter_map(|(ready, _)| match ready {
                Ready::At(at) => Some(at.duration_since(self.start)),
                Ready::AfterAnAnswer => None,
            });
            let event = self.events.peek().map(|Reverse((at, _))| *at);
            let Some(at) = held.chain(event).min() else {
                assert!(self.waiting.is_empty(), "nothing leads on");
                return (self.went, self.azure);
            };
            now = at;
            while self
                .events
                .peek()
                .is_some_and(|Reverse((at, _))| *at <= now)
            {
                let Reverse((_, event)) = self.events.pop().unwrap();
                self.happens(event, all, now);
            }
        }
    }

    fn happens(&mut self, event: Event, all: &[Asked], now: Duration) {
        match event {
            Event::Asks(number) => {
                let asked = all[number];
                let turn = self.line.turn(Priority::Work);
                let id = format!("10000000-0000-0000-0000-{:012}", asked.party);
                let customer = id.parse().unwrap();
                let demand = Arc::new(demand_for(asked.operation));
                self.line.enter(turn, Some(&customer), demand);
                self.waiting.insert(turn, asked);
            }
            Event::Arrives(turn) => {
                let asked = self.sent[&turn].0;
                let window = &mut self.windows[asked.operation];
                self.azure.windows.push(window.clone());
                let answer = self.azure.count(now);
                *window = self.azure.windows.remove(0);
                self.answers.insert(turn, answer);
                let back = now + self.way(asked).1;
                self.events.push(Reverse((back, Event::IsAnswered(turn))));
            }
            Event::IsAnswered(turn) => {
                let (asked, taken) = self.sent.remove(&turn).unwrap();
                let signs = self.answers.remove(&turn).unwrap();
                let demand = demand_for(asked.operation);
                let at = self.start + now;
                self.budgets.answered(&demand, &taken, signs.as_ref(), at);
                // What is learnt changes what everybody waits for.
                if self.known.insert(asked.operation) {
                    self.fairness = Fairness::default();
                }
            }
        }
    }

    fn let_go(&mut self, now: Duration) {
        self.line.advance(&mut self.budgets, self.start + now);
        let mut granted = Vec::new();
        let turns: Vec<Turn> = self.waiting.keys().copied().collect();
        for turn in turns {
            let waiter = self.line.get_mut(turn).unwrap();
            let Some(taken) = waiter.granted.take() else {
                continue;
            };
            self.line.leave(turn);
            let asked = self.waiting.remove(&turn).unwrap();
            granted.push(asked);
            self.sent.insert(turn, (asked, taken));
            let there = now + self.way(asked).0;
            self.events.push(Reverse((there, Event::Arrives(turn))));
        }
        self.fairness.after(&granted, &self.waiting);
        self.went
            .extend(granted.into_iter().map(|asked| (now, asked)));
    }

    /// How long it takes there and back.
    fn way(&self, asked: Asked) -> (Duration, Duration) {
        let (there, back) = self.ways[usize::try_from(asked.at).unwrap() % self.ways.len()];
        (Duration::from_millis(there), Duration::from_millis(back))
    }
}

fn asked(parties: u8) -> impl Strategy<Value = Vec<Asked>> {
    let asked = (0_u64..4_000, 0..parties, 0_usize..2);
    let asked = asked.prop_map(|(at, party, operation)| Asked {
        at,
        party,
        operation,
    });
    // One wants more than all others together.
    let many = (0_u64..1_000, 0_usize..2).prop_map(|(at, operation)| Asked {
        at,
        party: 0,
        operation,
    });
    let all = (
        prop::collection::vec(asked, 1..40),
        prop::collection::vec(many, 1..80),
    );
    all.prop_map(|(few, many)| [few, many].concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn parties_take_turns_within_the_limits_and_all_are_served(
        all in (2_u8..7).prop_flat_map(asked),
        limits in (10_u32..200, 10_u32..200),
        slides in any::<bool>(),
        ways in prop::collection::vec((1_u64..150, 1_u64..150), 1..40),
    ) {
        let windows = vec![
            counted("Microsoft.Compute/Get3Min", limits.0, 180, slides),
            counted("Microsoft.Compute/List3Min", limits.1, 180, slides),
        ];
        let (went, azure) = Process::new(windows, &ways).send(&all);
        prop_assert_eq!(azure.refused, 0);
        prop_assert_eq!(went.len(), all.len());
    }
}

#[test]
fn what_a_party_gets_of_one_budget_keeps_it_from_no_other() {
    let windows = vec![
        counted("Microsoft.Compute/Get3Min", 100_000, 180, true),
        counted("Microsoft.Compute/List3Min", 20, 10, true),
    ];
    let asked = |at, party, operation| Asked {
        at,
        party,
        operation,
    };
    // One gets as much of the bucket as it can. Two others always wait for a window, of which it
    // wants something later on.
    let late = 15_000;
    let all: Vec<Asked> = (0..60)
        .flat_map(|_| [asked(0, 1, 1), asked(0, 2, 1)])
        .chain((0..1_000).map(|number| asked(30 * number, 0, 0)))
        .chain([asked(late, 0, 1)])
        .collect();
    let (went, azure) = Process::new(windows, &[(20, 20)]).send(&all);
    assert_eq!(azure.refused, 0);
    let listed = || went.iter().filter(|(_, asked)| asked.operation == 1);
    let until = Duration::from_millis(late);
    let before = listed().filter(|(at, _)| *at < until).count();
    let place = listed().position(|(_, asked)| asked.party == 0).unwrap();
    assert!(before < 60 && place <= before + 2, "{before}, {place}");
}
