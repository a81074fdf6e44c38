//! What the operator wants of a job, or of a group of them.

use super::asking;
use crate::actions::Plan;
use crate::engine::Request;
use crate::queue::{JobId, Pause};
use crate::tui::message::{Asked, Effect};
use crate::tui::state::{Pane, Purpose, State};

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

/// Asks what would take back the changes of the selected job.
pub(super) fn undo(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(job) = state.job().map(|job| job.id)
        && asking::ask(state, Asked::Undo(job), Request::Undo(job), effects)
    {
        state.say(format!("what takes {job} back is being planned…"));
    }
}

/// Asks whether the changes of a job shall be taken back so, if it is still looked at.
pub(super) fn undo_planned(
    state: &mut State,
    job: JobId,
    plan: Box<Plan>,
    effects: &mut Vec<Effect>,
) {
    let looks = state.overlays.is_empty() && state.focus == Pane::Queue;
    if !looks || state.job().map(|job| job.id) != Some(job) {
        state.dropped += 1;
        return;
    }
    if plan.is_empty() {
        state.say("there is nothing to take back: it is already so");
    } else if let (true, Some(check)) = (plan.is_refused(), plan.failed_checks().next()) {
        let text = format!("it can't be taken back now: {}", check.text);
        state.complain(text);
    } else {
        asking::submission(state, plan, Some(job), effects);
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
