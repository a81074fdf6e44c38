//! The limit of Azure Resource Graph: so many queries of a principal in five seconds
//! (`extensions/paged_query.json` of the recordings; Microsoft's
//! `guidance-for-throttled-requests.md`).

use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde_json::json;

use super::bucket::Size;
use super::{Counted, Left, seconds};
use crate::simulator::answer::Refusal;
use crate::simulator::request::Request;
use crate::simulator::resource_graph;
use crate::simulator::token::Caller;
use crate::simulator::world::World;

const QUERIES: u64 = 15;
const IN_SECONDS: u64 = 5;

/// Whether a request is a query; Azure Resource Manager does not count these as writes.
pub(super) fn is_query(request: &Request) -> bool {
    request.method == Method::POST && resource_graph::is_query(&request.path)
}

/// Counts a query.
pub(super) fn count(world: &mut World, request: &Request, caller: &Caller) -> Counted {
    let most = world.throttling.sizes.resource_graph.unwrap_or(QUERIES);
    let size = Size::in_seconds(most, IN_SECONDS);
    let key = format!("{} {} queries", caller.tenant, caller.object_id);
    let now = world.clock.waited();
    if let Err(wait) = world.throttling.look(&key, size, now) {
        return Err(Box::new((left(0, wait), refusal(world, request, wait))));
    }
    let remaining = world.throttling.take(key.clone(), size, now);
    let bucket = world.throttling.buckets.get(&key);
    let resets = bucket.map_or(size.every, |bucket| bucket.wait(size, now));
    Ok(left(remaining, resets))
}

fn left(remaining: u64, resets: Duration) -> Left {
    let seconds = seconds(resets);
    let clock = format!(
        "{:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    );
    let remaining = remaining.to_string();
    vec![
        (
            "x-ms-ratelimit-remaining-tenant-resource-requests".to_owned(),
            remaining.clone(),
        ),
        ("x-ms-user-quota-remaining".to_owned(), remaining),
        ("x-ms-user-quota-resets-after".to_owned(), clock),
    ]
}

/// Code and texts: azure-cli-extensions issue 3325. That there is a `Retry-After` is unverified.
fn refusal(world: &World, request: &Request, wait: Duration) -> Refusal {
    let message = resource_graph::support_message(world, request);
    Refusal::service(StatusCode::TOO_MANY_REQUESTS, "RateLimiting", message)
        .because_of(vec![json!({
            "code": "RateLimiting",
            "message": "Client application has been throttled and should not attempt to repeat \
                        the request until an amount of time has elapsed. Please see \
                        https://aka.ms/resourcegraph-throttling for help.",
        })])
        .header("retry-after", seconds(wait).to_string())
}
