//! When the terminal's bell rings: a request has come to rest while somebody may be looking
//! elsewhere.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::queue::{GroupId, Job};
use crate::tui::data::Jobs;
use crate::tui::message::Effect;
use crate::tui::state::{Link, State};

/// Between two rings, however much ends.
const PAUSE: Duration = Duration::from_secs(1);

/// Rings if what was read of the queue says that a group has come to rest since the last time.
pub(super) fn heard(state: &mut State, jobs: &Jobs, effects: &mut Vec<Effect>) {
    let wanted = matches!(&state.link, Link::Up(engine) if engine.bell);
    let Some(before) = state.queue.known().filter(|_| wanted) else {
        return;
    };
    if !came_to_rest(&before.rows, &jobs.rows) {
        return;
    }
    let rang = state.rang.map(|rang| jobs.as_of.duration_since(rang));
    if rang.is_none_or(|ago| ago.unsigned_abs() >= PAUSE) {
        state.rang = Some(jobs.as_of);
        effects.push(Effect::Ring);
    }
}

/// Whether a group that was open, or wasn't there yet, is at rest now.
fn came_to_rest(before: &[Arc<Job>], now: &[Arc<Job>]) -> bool {
    let newest = before.iter().map(|job| job.group).max();
    let was_open = open(before);
    let is_open = open(now);
    let mut groups = now.iter().map(|job| job.group);
    groups.any(|group| {
        (was_open.contains(&group) || Some(group) > newest) && !is_open.contains(&group)
    })
}

/// The groups of which something goes on by itself.
fn open(jobs: &[Arc<Job>]) -> BTreeSet<GroupId> {
    let open = jobs.iter().filter(|job| !job.state.is_at_rest());
    open.map(|job| job.group).collect()
}
