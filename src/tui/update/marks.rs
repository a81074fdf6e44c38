//! Marks: the tenants that verbs are for.

use crate::azure::TenantId;
use crate::tui::keymap::Command;
use crate::tui::state::State;

pub(super) fn mark(state: &mut State, command: Command) {
    let shown: Vec<TenantId> = state.tenants.keys().cloned().collect();
    let Some(selected) = state.tenants.selected().cloned() else {
        return;
    };
    match command {
        Command::Mark => {
            if !state.marked.remove(&selected) {
                state.marked.insert(selected);
            }
        }
        Command::MarkAll => state.marked.extend(shown),
        Command::Invert => {
            for id in shown {
                if !state.marked.remove(&id) {
                    state.marked.insert(id);
                }
            }
        }
        _ => {
            if state.range.take().is_none() {
                state.marked.insert(selected.clone());
                state.range = Some(selected);
            }
        }
    }
}

/// While a range is open, every row that is passed is marked.
pub(super) fn passed(state: &mut State, before: usize) {
    if state.range.is_none() {
        return;
    }
    let at = state.tenants.at();
    let (first, last) = (before.min(at), before.max(at));
    let passed: Vec<TenantId> = state
        .tenants
        .keys()
        .skip(first)
        .take(last - first + 1)
        .cloned()
        .collect();
    state.marked.extend(passed);
}
