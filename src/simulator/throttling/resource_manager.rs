//! The limits of Azure Resource Manager itself (Microsoft's `request-limits-and-throttling.md`).

use std::time::Duration;

use axum::http::StatusCode;

use super::bucket::Size;
use super::{Counted, Left, Sizes, Verb, seconds};
use crate::simulator::answer::Refusal;
use crate::simulator::request::Request;
use crate::simulator::resource_path::subscription_of;
use crate::simulator::token::Caller;
use crate::simulator::world::World;

/// All principals together may do so many times as much as one.
const ALL: u64 = 15;

/// A bucket that a request is taken from, with the header that tells what is left in it.
struct Counter {
    key: String,
    size: Size,
    header: String,
}

/// Counts a request of `caller`: for it and for all in a subscription, or for it in its tenant.
pub(super) fn count(world: &mut World, request: &Request, caller: &Caller) -> Counted {
    let verb = Verb::of(&request.method);
    let subscription = subscription_of(&request.path).map(str::to_lowercase);
    let counters = counters(
        &world.throttling.sizes,
        verb,
        subscription.as_deref(),
        caller,
    );
    let now = world.clock.waited();
    let mut wait = None;
    for counter in &counters {
        let found = world.throttling.look(&counter.key, counter.size, now);
        wait = wait.max(found.err());
    }
    if let Some(wait) = wait {
        let left = counters.into_iter().map(|counter| {
            let found = world.throttling.look(&counter.key, counter.size, now);
            (counter.header, found.unwrap_or(0).to_string())
        });
        let left: Left = left.collect();
        let refusal = refusal(verb, subscription.as_deref(), caller, wait);
        return Err(Box::new((left, refusal)));
    }
    let left = counters.into_iter().map(|counter| {
        let left = world.throttling.take(counter.key, counter.size, now);
        (counter.header, left.to_string())
    });
    Ok(left.collect())
}

fn counters(
    sizes: &Sizes,
    verb: Verb,
    subscription: Option<&str>,
    caller: &Caller,
) -> Vec<Counter> {
    let (most, refill) = match verb {
        Verb::Read => sizes.reads.unwrap_or((250, 25)),
        Verb::Write => sizes.writes.unwrap_or((200, 10)),
        Verb::Delete => sizes.deletes.unwrap_or((200, 10)),
    };
    let verb = verb.plural();
    let actor = &caller.object_id;
    let Some(subscription) = subscription else {
        return vec![Counter {
            key: format!("{} {actor} {verb}", caller.tenant),
            size: Size::a_second(most, refill),
            header: format!("x-ms-ratelimit-remaining-tenant-{verb}"),
        }];
    };
    vec![
        Counter {
            key: format!("{subscription} {actor} {verb}"),
            size: Size::a_second(most, refill),
            header: format!("x-ms-ratelimit-remaining-subscription-{verb}"),
        },
        Counter {
            key: format!("{subscription} {verb}"),
            size: Size::a_second(most * ALL, refill * ALL),
            header: format!("x-ms-ratelimit-remaining-subscription-global-{verb}"),
        },
    ]
}

/// The text for a tenant is unverified.
fn refusal(verb: Verb, subscription: Option<&str>, caller: &Caller, wait: Duration) -> Refusal {
    let (code, place) = match subscription {
        Some(subscription) => (
            "SubscriptionRequestsThrottled",
            format!("subscription '{subscription}'"),
        ),
        None => (
            "TenantRequestsThrottled",
            format!("tenant '{}'", caller.tenant),
        ),
    };
    let seconds = seconds(wait);
    Refusal::gateway(
        StatusCode::TOO_MANY_REQUESTS,
        code,
        format!(
            "Number of '{}' requests for {place} actor '{}' exceeded. Please try again after \
             '{seconds}' seconds.",
            verb.singular(),
            caller.object_id
        ),
    )
    .header("retry-after", seconds.to_string())
}
