//! Going from one place to another.

use crate::azure::ResourceId;
use crate::tui::message::Effect;
use crate::tui::state::{Entry, Pane, State, Subject};

/// Gives a pane the keys.
pub(super) fn focus(state: &mut State, pane: Pane) {
    state.focus = pane;
    state.range = None;
    if matches!(pane, Pane::Tenants | Pane::Galleries) {
        state.left = pane;
    }
    // What is seen from here on is what the other pane's selection says now.
    state.settle();
}

/// Goes to something, wherever it is: its pane, without a filter that would hide it.
pub(super) fn to(state: &mut State, subject: &Subject, effects: &mut Vec<Effect>) {
    match subject {
        Subject::Tenant(id) => {
            state.tenants.filter = None;
            state.arrange_estate();
            state.tenants.select(id);
            focus(state, Pane::Tenants);
        }
        Subject::Gallery(id) => to_gallery(state, id, None),
        Subject::Definition(id) => {
            if let Some(gallery) = id.parent() {
                to_gallery(state, &gallery, Some(id));
            }
        }
        Subject::Job(id) => {
            state.jobs.filter = None;
            let group = state.job_of(*id).map(|job| job.group);
            if let Some(group) = group {
                state.fold(group, false);
            }
            state.jobs.select(&Entry::Job(*id));
            focus(state, Pane::Queue);
        }
        _ => {}
    }
    super::moved(state, effects);
}

fn to_gallery(state: &mut State, gallery: &ResourceId, definition: Option<&ResourceId>) {
    state.galleries.filter = None;
    if definition.is_some() {
        state.folded.remove(gallery);
    }
    state.arrange_estate();
    state.galleries.select(definition.unwrap_or(gallery));
    focus(state, Pane::Galleries);
}
