use std::sync::PoisonError;

use super::*;
use crate::azure::identity::Access;
use crate::azure::witness::{Retry, Witness};

const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";

#[derive(Default)]
struct Notes(Mutex<Vec<Wait>>);

impl Witness for Notes {
    fn retrying(&self, _: &Retry) {}

    fn waiting(&self, wait: &Wait) {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        notes.push(wait.clone());
    }
}

/// Asks for a permit, as one who reads or writes `what` in a subscription.
async fn permit<'a>(
    governor: &'a Governor,
    turn: Turn,
    notes: &Notes,
    method: Method,
    what: &str,
) -> Permit<'a> {
    let access = Access {
        identity: "msp".to_owned(),
        tenant: SUBSCRIPTION.parse().unwrap(),
    };
    let caller = Caller {
        access: &access,
        auxiliary: &[],
        witness: Some(notes),
        priority: turn.priority,
        customer: None,
        doing: "reading".to_owned(),
    };
    let url = format!("https://management.azure.com/subscriptions/{SUBSCRIPTION}/{what}");
    let url = url.parse().unwrap();
    governor.permit(turn, &caller, &method, &url).await
}

async fn read<'a>(governor: &'a Governor, priority: Priority, notes: &Notes) -> Permit<'a> {
    let turn = governor.turn(priority);
    permit(governor, turn, notes, Method::GET, "resourceGroups").await
}

fn headers(name: &'static str, value: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(name, value.parse().unwrap());
    headers
}

const READS: &str = "x-ms-ratelimit-remaining-subscription-reads";

/// Nothing is left of the reads.
async fn exhausted(governor: &Governor) {
    let permit = read(governor, Priority::Work, &Notes::default()).await;
    permit.answered(&headers(READS, "0"));
}

fn refusal(code: &str) -> ArmError {
    ArmError::made(code, "Too many.".to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_wait_is_told_once_and_the_state_is_seen() {
    let governor = Governor::new();
    exhausted(&governor).await;
    let (notes, mut strain) = (Notes::default(), governor.strain());
    let began = tokio::time::Instant::now();
    let waiting = read(&governor, Priority::Work, &notes);
    tokio::pin!(waiting);
    assert!(futures::poll!(&mut waiting).is_pending());
    assert!(strain.borrow_and_update().is_some());
    let throttle = governor.throttle();
    let budget = throttle.budgets.iter().find(|b| b.waiting > 0).unwrap();
    assert_eq!((budget.waiting, budget.remaining), (1, Some(0)));
    assert_eq!(budget.what, "reads");
    assert!(budget.until.is_some());
    waiting.await.answered(&HeaderMap::new());
    let waited = began.elapsed();
    assert!(waited >= Duration::from_secs(1) && waited < Duration::from_secs(2));
    assert!(strain.borrow_and_update().is_none());
    let told = notes.0.lock().unwrap();
    assert_eq!(told.len(), 1);
    assert_eq!(
        told[0].to_string(),
        format!("reading: waiting 2 s for reads of subscription {SUBSCRIPTION}")
    );
}

#[tokio::test(start_paused = true)]
async fn jobs_go_before_the_screen_and_each_in_its_order() {
    let governor = Governor::new();
    exhausted(&governor).await;
    let notes = Notes::default();
    let went = Mutex::new(Vec::new());
    let go = async |name: &'static str, turn: Turn| {
        let permit = permit(&governor, turn, &notes, Method::GET, "resourceGroups").await;
        went.lock().unwrap().push(name);
        permit.answered(&HeaderMap::new());
    };
    let again = governor.turn(Priority::Work);
    let turn = |priority| governor.turn(priority);
    tokio::join!(
        go("screen 1", turn(Priority::Screen)),
        go("screen 2", turn(Priority::Screen)),
        go("work 1", turn(Priority::Work)),
        go("work 2", turn(Priority::Work)),
        // Was refused, and has its place still.
        go("again", again),
    );
    let order = ["again", "work 1", "work 2", "screen 1", "screen 2"];
    assert_eq!(*went.lock().unwrap(), order);
    let of_work = notes.0.lock().unwrap().len();
    assert!(of_work <= 3, "{of_work}: of the screen nothing is noted");
}

#[tokio::test(start_paused = true)]
async fn after_a_refusal_everybody_waits_but_not_for_other_things() {
    let governor = Governor::new();
    let notes = Notes::default();
    let error = refusal("SubscriptionRequestsThrottled");
    let permit_1 = read(&governor, Priority::Work, &notes).await;
    permit_1.refused(&HeaderMap::new(), &error, Some(Duration::from_secs(17)));
    let began = tokio::time::Instant::now();
    let turn = governor.turn(Priority::Work);
    let write = permit(&governor, turn, &notes, Method::PUT, "resourceGroups/rg").await;
    write.answered(&HeaderMap::new());
    assert!(began.elapsed().is_zero(), "writes have their own bucket");
    tokio::join!(
        async { drop(read(&governor, Priority::Work, &notes).await) },
        async { drop(read(&governor, Priority::Screen, &notes).await) },
    );
    assert!(began.elapsed() >= Duration::from_secs(17));
}

#[tokio::test(start_paused = true)]
async fn a_lock_is_no_limit() {
    let governor = Governor::new();
    let notes = Notes::default();
    let error = refusal("RetryableErrorDueToAnotherOperation");
    let refused = read(&governor, Priority::Work, &notes).await;
    refused.refused(&HeaderMap::new(), &error, Some(Duration::from_secs(17)));
    let began = tokio::time::Instant::now();
    drop(read(&governor, Priority::Work, &notes).await);
    assert!(began.elapsed().is_zero());
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_takes_nothing_away() {
    let governor = Governor::new();
    exhausted(&governor).await;
    let notes = Notes::default();
    {
        let gives_up = read(&governor, Priority::Work, &notes);
        tokio::pin!(gives_up);
        assert!(futures::poll!(&mut gives_up).is_pending());
        // Its turn comes, and it does not look any more.
        tokio::time::advance(Duration::from_secs(30)).await;
        governor.dispatch(&mut governor.shared(), now());
    }
    let shared = governor.shared();
    assert_eq!(shared.line.held().count(), 0);
    assert!(
        shared
            .budgets
            .all()
            .all(|(_, budget)| budget.on_the_way() == 0)
    );
}
