//! The limits of Compute: by policy, subscription and region, some by resource too. Policies and
//! their sizes are those of the recordings (`x-ms-ratelimit-remaining-resource`).

use std::time::Duration;

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::json;

use super::bucket::Size;
use super::{Sizes, seconds};
use crate::simulator::answer::{Outcome, Refusal};
use crate::simulator::arm::Admitted;
use crate::simulator::clock::{compute_time, later};
use crate::simulator::regions;
use crate::simulator::resources::text;
use crate::simulator::world::World;

/// A policy and its two numbers.
struct Policy {
    /// As headers have it, but that the one for disks is called as the one for machines there
    name: &'static str,
    counting: Counting,
    sizes: (u64, u64),
}

/// How a policy counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counting {
    /// So many in three minutes and so many in thirty
    Windows,
    /// So many of a subscription and so many of a resource, each filled by the minute
    Resource,
    /// So many of a subscription, filled by the minute; the second number says nothing
    Subscription,
}

use Counting::{Resource, Subscription, Windows};

const POLICIES: &[Policy] = &[
    policy("GetGallery", Windows, 350, 2500),
    policy("ListGallery", Windows, 150, 1000),
    policy("ListGalleryInResourceGroup", Windows, 100, 1000),
    policy("CreateUpdateGallery", Windows, 50, 300),
    policy("DeleteGallery", Windows, 50, 300),
    policy("PostShareGallery", Windows, 10, 60),
    policy("GetGalleryImage", Windows, 600, 3000),
    policy("ListGalleryImagesInGallery", Windows, 1500, 10_000),
    policy("CreateUpdateGalleryImage", Windows, 150, 750),
    policy("DeleteGalleryImage", Windows, 50, 300),
    policy("GetGalleryImageVersion", Windows, 2000, 10_000),
    policy(
        "ListGalleryImageVersionsInGalleryImage",
        Windows,
        1500,
        10_000,
    ),
    policy("CreateUpdateGalleryImageVersion", Windows, 375, 1200),
    policy("DeleteGalleryImageVersion", Windows, 150, 1000),
    policy("GetOperationStatus", Windows, 5000, 15_000),
    policy("GetGalleryArtifact", Windows, 600, 3000),
    policy("ListGalleryArtifact", Windows, 200, 200),
    policy("GetGalleryArtifactVersion", Windows, 2000, 10_000),
    policy("ListGalleryArtifactVersion", Windows, 800, 4000),
    policy("LowCostGet/disks", Windows, 15_000, 120_000),
    policy("LowCostGet", Resource, 24_000, 36),
    policy("PutVM", Resource, 1500, 12),
    policy("UpdateVM", Resource, 1500, 12),
    policy("DeleteVM", Resource, 1500, 12),
    policy("GetOperation", Resource, 15_000, 45),
    policy("GetSubscriptionInfo", Subscription, 360, 0),
];

const fn policy(name: &'static str, counting: Counting, first: u64, second: u64) -> Policy {
    Policy {
        name,
        counting,
        sizes: (first, second),
    }
}

/// The names of all policies.
pub(in crate::simulator) fn policies() -> impl Iterator<Item = &'static str> {
    POLICIES.iter().map(|policy| policy.name)
}

/// The policy of an operation. How lists of machines and of sizes, and soft-deleted versions, are
/// counted is in no recording.
fn policy_of(admitted: &Admitted) -> Option<&'static Policy> {
    let method = admitted.request.method.as_str();
    let collection = admitted.path.is_collection();
    let kind = admitted.kind.name.trim_start_matches("Microsoft.Compute/");
    let name = match (kind, method, collection) {
        ("galleries", "GET", true) if admitted.path.group.is_some() => "ListGalleryInResourceGroup",
        ("galleries" | "locations/sharedGalleries", "GET", true) => "ListGallery",
        (
            "galleries" | "locations/sharedGalleries" | "locations/communityGalleries",
            "GET",
            false,
        ) => "GetGallery",
        ("galleries", "PUT" | "PATCH", _) => "CreateUpdateGallery",
        ("galleries", "DELETE", _) => "DeleteGallery",
        ("galleries/share", "POST", _) => "PostShareGallery",
        ("galleries/images", "GET", true) => "ListGalleryImagesInGallery",
        ("galleries/images", "GET", false) => "GetGalleryImage",
        ("galleries/images", "PUT" | "PATCH", _) => "CreateUpdateGalleryImage",
        ("galleries/images", "DELETE", _) => "DeleteGalleryImage",
        ("galleries/images/versions", "GET", true) => "ListGalleryImageVersionsInGalleryImage",
        ("galleries/images/versions", "GET", false) => "GetGalleryImageVersion",
        ("galleries/images/versions", "PUT" | "PATCH", _) => "CreateUpdateGalleryImageVersion",
        ("galleries/images/versions", "DELETE", _) => "DeleteGalleryImageVersion",
        (
            "locations/sharedGalleries/images" | "locations/communityGalleries/images",
            "GET",
            true,
        ) => "ListGalleryArtifact",
        (
            "locations/sharedGalleries/images" | "locations/communityGalleries/images",
            "GET",
            false,
        ) => "GetGalleryArtifact",
        (
            "locations/sharedGalleries/images/versions"
            | "locations/communityGalleries/images/versions",
            "GET",
            true,
        ) => "ListGalleryArtifactVersion",
        (
            "locations/sharedGalleries/images/versions"
            | "locations/communityGalleries/images/versions",
            "GET",
            false,
        ) => "GetGalleryArtifactVersion",
        ("locations/capsOperations", "GET", _) => "GetOperationStatus",
        ("locations/operations", "GET", _) => "GetOperation",
        ("locations/usages", "GET", _) => "GetSubscriptionInfo",
        ("disks", "GET", _) => "LowCostGet/disks",
        ("virtualMachines", "GET", false)
        | ("virtualMachines/instanceView" | "virtualMachines/extensions", "GET", _) => "LowCostGet",
        ("virtualMachines", "PUT", _) => "PutVM",
        ("virtualMachines", "DELETE", _) | ("virtualMachines/deallocate", "POST", _) => "DeleteVM",
        ("virtualMachines", "PATCH", _)
        | ("virtualMachines/extensions", "PUT" | "PATCH" | "DELETE", _)
        | (
            "virtualMachines/start" | "virtualMachines/restart" | "virtualMachines/powerOff",
            "POST",
            _,
        ) => "UpdateVM",
        _ => return None,
    };
    POLICIES.iter().find(|policy| policy.name == name)
}

/// A bucket of a policy.
struct Counter {
    key: String,
    size: Size,
    /// `PostShareGallery3Min`
    name: String,
}

impl Policy {
    /// Its two buckets, in the order of the header.
    fn counters(&self, sizes: &Sizes, place: &str, resource: &str) -> Vec<Counter> {
        let set = sizes.compute.get(self.name).copied();
        let (first, second) = set.unwrap_or(self.sizes);
        let subscription = Size::by_the_minute(first);
        let name = self.name.trim_end_matches("/disks");
        let counted = match self.counting {
            Windows => vec![
                ("3Min", place, Size::in_seconds(first, 180)),
                ("30Min", place, Size::in_seconds(second, 1800)),
            ],
            Resource => vec![
                ("SubscriptionMaximum", place, subscription),
                ("Resource", resource, Size::by_the_minute(second)),
            ],
            Subscription => vec![("SubscriptionMaximum", place, subscription)],
        };
        let counted = counted.into_iter();
        let counters = counted.map(|(suffix, whose, size)| Counter {
            key: format!("{whose} {name}{suffix}"),
            size,
            name: format!("{name}{suffix}"),
        });
        counters.collect()
    }
}

/// Answers a request with `answer`, unless there have been too many of its policy. What Azure
/// Resource Manager refuses by itself never reaches Compute and is not counted.
pub(in crate::simulator) fn admit(
    world: &mut World,
    admitted: &Admitted,
    answer: impl FnOnce(&mut World, &Admitted) -> Outcome,
) -> Outcome {
    let Some(policy) = policy_of(admitted) else {
        return answer(world, admitted);
    };
    let subscription = admitted.path.subscription.as_deref().unwrap_or_default();
    let place = format!("{subscription} {}", region(world, admitted)).to_lowercase();
    let resource = subject(admitted).to_lowercase();
    let counters = policy.counters(&world.throttling.sizes, &place, &resource);
    let now = world.clock.waited();
    for counter in &counters {
        if let Err(wait) = world.throttling.look(&counter.key, counter.size, now) {
            return Err(refusal(counter, world.clock.token_now(), wait));
        }
    }
    let outcome = answer(world, admitted);
    if outcome.as_ref().is_err_and(Refusal::is_of_the_gateway) {
        return outcome;
    }
    let left = counters.into_iter().map(|counter| {
        let left = world.throttling.take(counter.key, counter.size, now);
        format!("Microsoft.Compute/{};{left}", counter.name)
    });
    let left = left.collect::<Vec<_>>().join(",");
    let header = "x-ms-ratelimit-remaining-resource";
    outcome
        .map(|answer| answer.header(header, left.clone()))
        .map_err(|refusal| refusal.header(header, left))
}

/// The resource that a request is about, that of the machine for what is on a machine.
fn subject(admitted: &Admitted) -> String {
    let path = &admitted.path;
    match (path.types.first(), path.names.first()) {
        (Some(kind), Some(name)) if kind.eq_ignore_ascii_case("virtualMachines") => {
            format!("{}/virtualMachines/{name}", path.home())
        }
        _ => path.id(),
    }
}

/// Where a request goes: to the location in its path, or to that of what it is about, down to its
/// resource group. A list of all regions goes to none.
fn region(world: &World, admitted: &Admitted) -> String {
    let path = &admitted.path;
    if let (Some(kind), Some(name)) = (path.types.first(), path.names.first())
        && kind.eq_ignore_ascii_case("locations")
    {
        return regions::normal(name);
    }
    let mut above = Some(path.clone());
    while let Some(here) = above {
        if let Some(document) = world.resources.get(&here.id()) {
            return text(document, "/location");
        }
        above = here.parent();
    }
    let group = world.resources.get(&path.home());
    group.map_or_else(String::new, |group| text(group, "/location"))
}

/// Code and texts: Microsoft's `troubleshooting-throttling-errors.md`.
fn refusal(counter: &Counter, now: Timestamp, wait: Duration) -> Refusal {
    let ends = later(now, wait);
    let started = ends.checked_sub(counter.size.every).unwrap_or(now);
    let allowed = counter.size.most;
    let detail = json!({
        "operationGroup": counter.name,
        "startTime": compute_time(started),
        "endTime": compute_time(ends),
        "allowedRequestCount": allowed,
        "measuredRequestCount": allowed + 1,
    });
    Refusal::service(
        StatusCode::TOO_MANY_REQUESTS,
        "OperationNotAllowed",
        "The server rejected the request because too many requests have been received for this \
         subscription.",
    )
    .because_of(vec![json!({
        "code": "TooManyRequests",
        "target": counter.name,
        "message": detail.to_string(),
    })])
    .inside("TooManyRequestsReceived")
    .header("retry-after", seconds(wait).to_string())
    .header(
        "x-ms-ratelimit-remaining-resource",
        format!("Microsoft.Compute/{};0", counter.name),
    )
}
