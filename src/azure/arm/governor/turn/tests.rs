use std::time::Duration;

use reqwest::Method;

use super::*;
use crate::azure::arm::governor::signs::{Refused, Signs};
use crate::azure::identity::Access;

const HERE: &str = "00000000-0000-0000-0000-000000000001";
const ELSEWHERE: &str = "00000000-0000-0000-0000-000000000002";

/// Reads that draw on the bucket of a subscription, and what Azure limits by itself besides.
const GROUPS: &str = "resourceGroups";
const LOCATIONS: &str = "locations";

/// A line before an empty bucket, into which something comes back every 40 milliseconds.
struct Queue {
    line: Line,
    budgets: Budgets,
    now: Instant,
    waiting: Vec<(&'static str, Turn)>,
}

fn demand(subscription: &str, what: &str) -> Demand {
    let access = Access {
        identity: "msp".to_owned(),
        tenant: HERE.parse().unwrap(),
    };
    let url = format!("https://management.azure.com/subscriptions/{subscription}/{what}");
    Demand::new(&access, &Method::GET, &url.parse().unwrap())
}

impl Queue {
    fn new() -> Self {
        let mut queue = Self {
            line: Line::default(),
            budgets: Budgets::default(),
            now: Instant::now(),
            waiting: Vec::new(),
        };
        for (what, left) in [(LOCATIONS, 249), (GROUPS, 0)] {
            let demand = demand(HERE, what);
            let mut drawn = Drawn::default();
            queue.budgets.draw(&demand, &mut drawn, queue.now);
            let taken = queue.budgets.take(&drawn, queue.now);
            let signs = Signs {
                principal: Some(left),
                everybody: None,
                policies: Vec::new(),
            };
            let (budgets, now) = (&mut queue.budgets, queue.now);
            budgets.answered(&demand, &taken, Some(&signs), now);
        }
        // One more, and the next will be there in 40 milliseconds.
        queue.ask("first", None, GROUPS);
        assert_eq!(queue.go(1), ["first"]);
        queue
    }

    /// For a customer by number, or for nobody.
    fn ask(&mut self, name: &'static str, customer: Option<u8>, what: &str) {
        self.ask_in(HERE, name, customer, what);
    }

    fn ask_in(&mut self, subscription: &str, name: &'static str, customer: Option<u8>, what: &str) {
        let turn = self.line.turn(Priority::Work);
        let customer = customer.map(|number| {
            let id = format!("10000000-0000-0000-0000-{number:012}");
            id.parse().unwrap()
        });
        let demand = Arc::new(demand(subscription, what));
        self.line.enter(turn, customer.as_ref(), demand);
        self.waiting.push((name, turn));
    }

    /// Azure wants nothing of this for so long.
    fn close(&mut self, what: &str, wait: Duration) {
        let demand = demand(HERE, what);
        self.budgets
            .refused(&demand, &Refused::Something, wait, self.now);
    }

    /// Lets time pass until so many have gone, and says in which order.
    fn go(&mut self, requests: usize) -> Vec<&'static str> {
        let mut went = Vec::new();
        let end = self.now + Duration::from_secs(60);
        while went.len() < requests {
            assert!(self.now < end, "{went:?}");
            self.line.advance(&mut self.budgets, self.now);
            self.waiting.retain(|(name, turn)| {
                let Some(taken) = self.line.get_mut(*turn).unwrap().granted.take() else {
                    return true;
                };
                let waiter = self.line.leave(*turn).unwrap();
                self.budgets
                    .answered(&waiter.demand, &taken, None, self.now);
                went.push(*name);
                false
            });
            self.now += Duration::from_millis(10);
        }
        went
    }
}

#[test]
fn customers_take_turns_and_nobody_is_one_more() {
    let mut queue = Queue::new();
    for name in ["a1", "a2", "a3", "a4"] {
        queue.ask(name, Some(1), GROUPS);
    }
    queue.ask("b1", Some(2), GROUPS);
    queue.ask("b2", Some(2), GROUPS);
    queue.ask("nobody's", None, GROUPS);
    // What came first was nobody's.
    let order = ["a1", "b1", "nobody's", "a2", "b2", "a3", "a4"];
    assert_eq!(queue.go(7), order);
}

#[test]
fn one_of_another_customer_comes_before_five_hundred_that_wait() {
    let mut queue = Queue::new();
    (0..500).for_each(|_| queue.ask("a", Some(1), GROUPS));
    assert_eq!(queue.go(2), ["a", "a"]);
    queue.ask("b", Some(2), GROUPS);
    assert_eq!(queue.go(2), ["b", "a"]);
}

#[test]
fn what_a_customer_gets_elsewhere_is_another_matter() {
    let mut queue = Queue::new();
    queue.ask("a1", Some(1), GROUPS);
    queue.ask("b1", Some(2), GROUPS);
    assert_eq!(queue.go(2), ["a1", "b1"]);
    queue.ask_in(ELSEWHERE, "elsewhere", Some(1), GROUPS);
    assert_eq!(queue.go(1), ["elsewhere"]);
    queue.ask("b2", Some(2), GROUPS);
    queue.ask("a2", Some(1), GROUPS);
    assert_eq!(queue.go(2), ["a2", "b2"]);
}

#[test]
fn who_waits_long_for_something_else_keeps_nobody() {
    let mut queue = Queue::new();
    queue.close(LOCATIONS, Duration::from_secs(10));
    queue.ask("closed", Some(1), LOCATIONS);
    for name in ["a1", "a2"] {
        queue.ask(name, Some(1), GROUPS);
    }
    queue.ask("b1", Some(2), GROUPS);
    assert_eq!(queue.go(4), ["a1", "b1", "a2", "closed"]);
}

#[test]
fn who_would_have_to_wait_longer_is_not_overtaken() {
    let mut queue = Queue::new();
    // Something comes back a little earlier, and the next too late.
    queue.close(LOCATIONS, Duration::from_millis(65));
    queue.ask("needs both", Some(1), LOCATIONS);
    queue.ask("needs one", Some(2), GROUPS);
    assert_eq!(queue.go(2), ["needs both", "needs one"]);
}

#[test]
fn the_screen_waits_for_all_customers() {
    let mut queue = Queue::new();
    let screen = queue.line.turn(Priority::Screen);
    let demand = Arc::new(demand(HERE, GROUPS));
    queue.line.enter(screen, None, demand);
    queue.waiting.push(("screen", screen));
    for name in ["a1", "a2"] {
        queue.ask(name, Some(1), GROUPS);
    }
    assert_eq!(queue.go(3), ["a1", "a2", "screen"]);
}
