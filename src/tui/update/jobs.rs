//! What the operator wants of a job, or of a group of them.

use super::asking;
use crate::engine::Request;
use crate::queue::Pause;
use crate::tui::message::{Asked, Effect};
use crate::tui::state::{Purpose, State};

/// Asks whether the selected job shall end, or all jobs of the selected group.
pub(super) fn cancel(state: &mut State, effects: &mut Vec<Effect>) {
    let purpose = match (state.job(), state.group()) {
        (Some(job), _) => Purpose::Cancel(job.id),
        (None, Some(group)) => Purpose::CancelGroup(group.id),
        (None, None) => return,
    };
    asking::confirm(state, purpose, None, effects);
}

/// Has the selected job tried again.
pub(super) fn retry(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(job) = state.job().map(|job| job.id) {
        asking::ask(state, Asked::Retry(job), Request::Retry(job), effects);
    }
}

/// Has those jobs of the group tried again that failed or are held.
pub(super) fn retry_failed(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(id) = state.group().map(|group| group.id) {
        let request = Request::RetryFailed(id);
        asking::ask(state, Asked::RetryFailed(id), request, effects);
    }
}

/// Pauses this, or resumes it.
pub(super) fn pause(state: &mut State, what: Option<Pause>, effects: &mut Vec<Effect>) {
    let Some(what) = what else { return };
    let request = if state.is_paused(&what) {
        Request::Resume(what)
    } else {
        Request::Pause(what)
    };
    asking::ask(state, Asked::Order, request, effects);
}

/// Has the selected job begin earlier or later, by so many priorities.
pub(super) fn prioritise(state: &mut State, by: i32, effects: &mut Vec<Effect>) {
    if let Some(job) = state.job() {
        let request = Request::Prioritise(job.id, job.priority.saturating_add(by));
        asking::ask(state, Asked::Order, request, effects);
    }
}

/// Unfolds the selected group, or folds it.
pub(super) fn turn(state: &mut State) {
    if let Some(group) = state.group().map(|group| group.id) {
        let unfolded = state.unfolded.contains(&group);
        state.fold(group, unfolded);
    }
}
