//! Azure as it counts, and a client that asks the budgets before it sends: what they promise holds
//! whatever the limits, however long answers take and in whichever order they come.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use reqwest::Method;

use super::budget::{Ready, Taken};
use super::budgets::{Budgets, Drawn, Id};
use super::demand::Demand;
use super::signs::{Policy, Refused, Signs};
use crate::azure::identity::Access;

/// Azure's side: a bucket, and windows that either slide or begin anew at fixed times.
#[derive(Clone, Debug)]
struct Azure {
    size: f64,
    rate: f64,
    tokens: f64,
    /// What other programs take of the rate.
    others: f64,
    /// Whether tokens come back once a second.
    steps: bool,
    at: Duration,
    windows: Vec<Counted>,
    refused: u32,
}

#[derive(Clone, Debug)]
struct Counted {
    name: String,
    limit: u32,
    length: Duration,
    slides: bool,
    spent: Vec<Duration>,
}

impl Azure {
    fn new(size: u32, rate: u32, windows: Vec<Counted>) -> Self {
        Self {
            size: f64::from(size),
            rate: f64::from(rate),
            tokens: f64::from(size),
            others: 0.0,
            steps: false,
            at: Duration::ZERO,
            windows,
            refused: 0,
        }
    }

    /// What is left after a request that comes now, or that it is refused.
    fn count(&mut self, now: Duration) -> Option<Signs> {
        let until = if self.steps {
            Duration::from_secs(now.as_secs())
        } else {
            now
        };
        let passed = until.saturating_sub(self.at).as_secs_f64();
        self.tokens = (self.tokens + passed * (self.rate - self.others)).min(self.size);
        self.at = until;
        let full = |window: &Counted| window.spent(now) >= window.limit;
        if self.tokens < 1.0 || self.windows.iter().any(full) {
            self.refused += 1;
            return None;
        }
        self.tokens -= 1.0;
        let policies = self.windows.iter_mut().map(|window| {
            window.spent.push(now);
            Policy {
                name: window.name.clone(),
                length: window.length,
                of_user: false,
                remaining: window.limit - window.spent(now),
            }
        });
        let policies = policies.collect();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is small and positive"
        )]
        Some(Signs {
            principal: Some(self.tokens as u32),
            everybody: None,
            policies,
        })
    }

    /// The shortest time in which so many requests can be answered at all, each as soon as the one
    /// that it has to wait for counts no more.
    fn floor(&self, requests: usize) -> Duration {
        let beyond = f64::from(u32::try_from(requests).unwrap()) - self.size;
        let bucket = Duration::from_secs_f64(beyond.max(0.0) / self.rate);
        let mut sent: Vec<Duration> = Vec::new();
        for number in 0..requests {
            let held = self.windows.iter().filter_map(|window| {
                let before = number.checked_sub(window.limit as usize)?;
                Some(sent[before] + window.length)
            });
            let last = sent.last().copied().unwrap_or_default();
            sent.push(held.fold(last, Duration::max));
        }
        sent.last().copied().unwrap_or_default().max(bucket)
    }
}

impl Counted {
    fn spent(&self, now: Duration) -> u32 {
        let begun = now.as_millis() / self.length.as_millis();
        let counts = |at: &&Duration| {
            if self.slides {
                **at + self.length > now
            } else {
                at.as_millis() / self.length.as_millis() == begun
            }
        };
        u32::try_from(self.spent.iter().filter(counts).count()).unwrap()
    }
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrives(usize),
    IsAnswered(usize),
}

/// Sends so many requests, each with its times there and back in milliseconds, and says how long
/// it took.
fn send(azure: &mut Azure, requests: usize, at_once: usize, ways: &[(u64, u64)]) -> Duration {
    let start = Instant::now();
    let demand = demand();
    let mut budgets = Budgets::default();
    let mut drawn = Drawn::default();
    let mut sent: HashMap<usize, Vec<(Id, Taken)>> = HashMap::new();
    let mut answers: HashMap<usize, Option<Signs>> = HashMap::new();
    let mut events = BinaryHeap::new();
    let (mut next, mut waiting, mut on_the_way, mut now) = (0, requests, 0, Duration::ZERO);
    loop {
        let mut ready = None;
        while waiting > 0 && on_the_way < at_once {
            budgets.draw(&demand, &mut drawn, start + now);
            let found = budgets.ready_at(&drawn, &HashMap::new(), start + now);
            let (at, _) = found.unwrap();
            if at > Ready::At(start + now) {
                ready = Some(at);
                break;
            }
            sent.insert(next, budgets.take(&drawn, start + now));
            let there = Duration::from_millis(ways[next % ways.len()].0);
            events.push(Reverse((now + there, Event::Arrives(next))));
            (next, waiting, on_the_way) = (next + 1, waiting - 1, on_the_way + 1);
        }
        let by_event = events.peek().map(|Reverse((at, _))| *at);
        let by_clock = match ready {
            Some(Ready::At(at)) => Some(at.duration_since(start)),
            _ => None,
        };
        let Some(at) = by_event.into_iter().chain(by_clock).min() else {
            assert_eq!(waiting, 0, "nothing leads on");
            return now;
        };
        now = at;
        if by_event != Some(at) {
            continue;
        }
        match events.pop().unwrap().0.1 {
            Event::Arrives(number) => {
                answers.insert(number, azure.count(now));
                let back = Duration::from_millis(ways[number % ways.len()].1);
                events.push(Reverse((now + back, Event::IsAnswered(number))));
            }
            Event::IsAnswered(number) => {
                on_the_way -= 1;
                let taken = sent.remove(&number).unwrap();
                let signs = answers.remove(&number).unwrap();
                budgets.answered(&demand, &taken, signs.as_ref(), start + now);
                if signs.is_none() {
                    let wait = Duration::from_secs(10);
                    budgets.refused(&demand, &Refused::Bucket, wait, start + now);
                    waiting += 1;
                }
            }
        }
    }
}

fn demand() -> Demand {
    let id = "00000000-0000-0000-0000-000000000001";
    let access = Access {
        identity: "msp".to_owned(),
        tenant: id.parse().unwrap(),
    };
    let url = format!("https://management.azure.com/subscriptions/{id}/resourceGroups");
    Demand::new(&access, &Method::GET, &url.parse().unwrap())
}

fn counted(name: &str, limit: u32, length: u64, slides: bool) -> Counted {
    Counted {
        name: name.to_owned(),
        limit,
        length: Duration::from_secs(length),
        slides,
        spent: Vec::new(),
    }
}

/// What starting carefully, answers on their way and rounding may cost besides the tenth. Of as many
/// as are on their way at once it isn't known which were counted before another: they may have to be
/// waited for at the rate that is believed in at first.
fn bearable(floor: Duration, slowest: u64, at_once: usize) -> Duration {
    let unknown = Duration::from_secs(u64::try_from(at_once).unwrap()) / 25;
    floor.mul_f64(1.1) + Duration::from_millis(4 * slowest) + Duration::from_secs(2) + unknown
}

/// Fails unless so many requests are let go without a refusal, and in time.
fn bucket_holds(
    (size, rate, steps): (u32, u32, bool),
    (requests, at_once): (usize, usize),
    ways: &[(u64, u64)],
) {
    let mut azure = Azure::new(size, rate, Vec::new());
    azure.steps = steps;
    let floor = azure.floor(requests);
    let took = send(&mut azure, requests, at_once, ways);
    assert_eq!(azure.refused, 0);
    // One after the other takes as long as the answers do.
    let slowest = ways.iter().map(|(there, back)| there + back).max().unwrap();
    let rounds = u64::try_from(requests.div_ceil(at_once)).unwrap();
    let answers = Duration::from_millis(slowest * rounds);
    let most = bearable(floor.max(answers), slowest, at_once.min(requests));
    assert!(took <= most, "{took:?}, {floor:?}");
}

#[test]
fn the_last_of_many_waits_for_the_next_step_of_a_bucket() {
    bucket_holds((250, 38, true), (251, 43), &[(1, 76), (1, 1)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_bucket_as_documented_or_larger_is_never_overdrawn_and_never_wasted(
        size in 250_u32..1_800,
        rate in 25_u32..120,
        requests in 1_usize..2_500,
        at_once in 1_usize..300,
        steps in any::<bool>(),
        ways in prop::collection::vec((1_u64..150, 1_u64..150), 1..40),
    ) {
        bucket_holds((size, rate, steps), (requests, at_once), &ways);
    }

    #[test]
    fn windows_are_never_overdrawn_and_never_wasted(
        short in 5_u32..400,
        long in 20_u32..2_000,
        slides in any::<bool>(),
        requests in 1_usize..1_500,
        ways in prop::collection::vec((1_u64..150, 1_u64..150), 1..40),
    ) {
        let shorter = counted("Microsoft.Compute/Get3Min", short, 180, slides);
        let longer = counted("Microsoft.Compute/Get30Min", long, 1_800, slides);
        let mut azure = Azure::new(250, 25, vec![shorter.clone(), longer]);
        let floor = azure.floor(requests);
        let shorter_decides = Azure::new(250, 25, vec![shorter]).floor(requests) == floor;
        let took = send(&mut azure, requests, 24, &ways);
        prop_assert_eq!(azure.refused, 0);
        // Not all of a window is relied on, so that the last few may fall into one stretch more of
        // the one that decides; one that begins at a fixed time may be given up when it has hardly
        // begun.
        let stretch = if slides && shorter_decides { 180 } else { 1_800 };
        let most = bearable(floor, 300, 24) + Duration::from_secs(stretch);
        prop_assert!(took <= most, "{:?}, {:?}", took, floor);
    }
}

#[test]
fn others_may_draw_on_the_same_bucket() {
    for others in [5.0, 15.0, 24.0] {
        let mut azure = Azure::new(250, 25, Vec::new());
        azure.others = others;
        let took = send(&mut azure, 1_000, 24, &[(20, 20), (35, 10), (5, 60)]);
        assert!(azure.refused <= 1, "{others}: {}", azure.refused);
        let floor = (1_000.0 - 250.0) / (25.0 - others);
        assert!(took.as_secs_f64() < floor * 1.1 + 2.0, "{others}: {took:?}");
    }
}

#[test]
fn a_bucket_that_holds_less_than_documented_is_learnt() {
    for (size, requests) in [(200, 400), (5, 205)] {
        let mut azure = Azure::new(size, 2, Vec::new());
        azure.steps = true;
        let took = send(&mut azure, requests, 24, &[(20, 20), (35, 10), (5, 60)]);
        assert!(azure.refused <= 4, "{size}: {}", azure.refused);
        assert!(took.as_secs_f64() < 100.0 * 1.3, "{size}: {took:?}");
    }
}

mod fairness;
