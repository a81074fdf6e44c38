//! How many requests Azure takes in a time, and what it tells of that.
//!
//! Azure Resource Manager counts for each principal in a subscription, and for all of them together
//! ([`resource_manager`]); Compute counts by policy beneath that ([`compute`]), and Resource Graph
//! the queries of each principal ([`resource_graph`]). What a deployment writes is not counted:
//! whether Azure does is not known.
//!
//! All of it goes by the wall clock, whatever the pace, since that is the clock that a client waits
//! by: to it, a demonstration at sixty times the speed behaves as Azure does. At a pace of zero time
//! stands still here too, and only the control moves it.

mod bucket;
mod compute;
mod resource_graph;
mod resource_manager;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use axum::http::Method;

use super::answer::{Outcome, Refusal};
use super::request::Request;
use super::token::Caller;
use super::world::World;
use bucket::{Bucket, Size};

pub(super) use compute::{admit, policies};

/// Whether the simulator throttles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Limits {
    /// As Azure documents it, or as the estate file says
    #[default]
    Documented,
    /// Not at all: what is left is always all there is
    Off,
}

/// The sizes that an estate file sets.
#[derive(Clone, Debug, Default)]
pub(super) struct Sizes {
    /// Of a principal in a subscription, or in a tenant: at once, and more each second
    pub(super) reads: Option<(u64, u64)>,
    pub(super) writes: Option<(u64, u64)>,
    pub(super) deletes: Option<(u64, u64)>,
    /// Queries of Resource Graph in five seconds
    pub(super) resource_graph: Option<u64>,
    /// Both numbers of a policy of Compute, such as `PostShareGallery`
    pub(super) compute: BTreeMap<String, (u64, u64)>,
}

/// What has been used up of every limit, by whose it is.
pub(super) struct Throttling {
    limits: Limits,
    sizes: Sizes,
    buckets: HashMap<String, Bucket>,
}

impl Throttling {
    pub(super) fn new(limits: Limits, sizes: Sizes) -> Self {
        Self {
            limits,
            sizes,
            buckets: HashMap::new(),
        }
    }

    /// How many requests are left in a bucket; how long to wait where there is none.
    fn look(&mut self, key: &str, size: Size, now: Duration) -> Result<u64, Duration> {
        if self.limits == Limits::Off {
            return Ok(size.most);
        }
        let Some(bucket) = self.buckets.get_mut(key) else {
            return Ok(size.most);
        };
        match bucket.left(size, now) {
            0 => Err(bucket.wait(size, now)),
            left => Ok(left),
        }
    }

    /// Takes a request out of a bucket and says how many are left.
    fn take(&mut self, key: String, size: Size, now: Duration) -> u64 {
        if self.limits == Limits::Off {
            return size.most.saturating_sub(1);
        }
        let full = || Bucket::full(size, now);
        let bucket = self.buckets.entry(key).or_insert_with(full);
        bucket.take();
        bucket.left(size, now)
    }
}

/// What Azure Resource Manager counts apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Read,
    Write,
    Delete,
}

impl Verb {
    fn of(method: &Method) -> Self {
        match *method {
            Method::GET | Method::HEAD => Self::Read,
            Method::DELETE => Self::Delete,
            _ => Self::Write,
        }
    }

    /// As texts have it.
    fn singular(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Delete => "delete",
        }
    }

    /// As headers have it.
    fn plural(self) -> &'static str {
        match self {
            Self::Read => "reads",
            Self::Write => "writes",
            Self::Delete => "deletes",
        }
    }
}

/// Answers a request of `caller` with `answer`, unless there have been too many of them; either
/// way the answer tells how many are left.
pub(super) fn throttle(
    world: &mut World,
    request: &Request,
    caller: &Caller,
    answer: impl FnOnce(&mut World) -> Outcome,
) -> Outcome {
    let counted = if resource_graph::is_query(request) {
        resource_graph::count(world, request, caller)
    } else {
        resource_manager::count(world, request, caller)
    };
    let (left, outcome) = match counted {
        Ok(left) => (left, answer(world)),
        Err(none_left) => (none_left.0, Err(none_left.1)),
    };
    match outcome {
        Ok(mut answer) => {
            for (name, value) in left {
                answer.set_header(&name, value);
            }
            Ok(answer)
        }
        Err(mut refusal) => {
            for (name, value) in left {
                refusal = refusal.header(&name, value);
            }
            Err(refusal)
        }
    }
}

/// Headers that tell what is left.
type Left = Vec<(String, String)>;

/// What a count comes to: what is left, and the refusal where that was nothing.
type Counted = Result<Left, Box<(Left, Refusal)>>;

/// The whole seconds of a wait, at least one.
fn seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}
