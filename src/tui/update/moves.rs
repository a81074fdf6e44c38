//! Moves: within a pane, from pane to pane, from match to match.

use super::{journeys, marks, moved};
use crate::tui::keymap::Command;
use crate::tui::message::Effect;
use crate::tui::state::{Entry, Line, Pane, State};

/// How many rows down, or up, a move goes; the ends are very far.
pub(super) fn step(command: Command, page: usize) -> Option<isize> {
    let page = isize::try_from(page).unwrap_or(isize::MAX);
    Some(match command {
        Command::Down => 1,
        Command::Up => -1,
        Command::HalfDown => (page / 2).max(1),
        Command::HalfUp => -(page / 2).max(1),
        Command::PageDown => page,
        Command::PageUp => -page,
        Command::First => isize::MIN,
        Command::Last => isize::MAX,
        _ => return None,
    })
}

/// Moves the selection of a pane.
pub(super) fn travel(state: &mut State, pane: Pane, command: Command, effects: &mut Vec<Effect>) {
    if pane == Pane::Log {
        match command {
            Command::Last => state.log.follow(),
            Command::First => state.log.first(),
            other => {
                if let Some(step) = step(other, state.log.height) {
                    state.log.step(step);
                }
            }
        }
        return;
    }
    let before = row(state, pane);
    let seen = match pane {
        Pane::Tenants => state.tenants.page(),
        Pane::Galleries => state.galleries.page(),
        Pane::Versions => state.versions.page(),
        _ => state.jobs.page(),
    };
    let Some(step) = step(command, seen) else {
        return;
    };
    match pane {
        Pane::Tenants => state.tenants.step(step),
        Pane::Galleries => state.galleries.step(step),
        Pane::Versions => state.versions.step(step),
        _ => state.jobs.step(step),
    }
    if pane == Pane::Tenants {
        marks::passed(state, before);
    }
    if row(state, pane) != before {
        moved(state, effects);
    }
}

fn row(state: &State, pane: Pane) -> usize {
    match pane {
        Pane::Tenants => state.tenants.at(),
        Pane::Galleries => state.galleries.at(),
        Pane::Versions => state.versions.at(),
        Pane::Queue => state.jobs.at(),
        Pane::Log => state.log.at,
    }
}

/// Left and right: through the tree in Galleries, else from pane to pane.
pub(super) fn sideways(state: &mut State, pane: Pane, right: bool) {
    if pane == Pane::Galleries
        && let Some(node) = state.node().copied()
        && let Some(gallery) = state.gallery().map(|row| row.gallery.id.clone())
    {
        let folded = state.folded.contains(&gallery);
        match (right, node.definition) {
            (true, None) if folded => {
                state.folded.remove(&gallery);
                state.arrange_estate();
                return;
            }
            (false, None) if !folded => {
                state.folded.insert(gallery);
                state.arrange_estate();
                return;
            }
            (false, Some(_)) => {
                state.galleries.select(&gallery);
                return;
            }
            _ => {}
        }
    }
    if pane == Pane::Queue
        && let Some(group) = state.group().map(|group| group.id)
    {
        let folded = !state.unfolded.contains(&group);
        match (right, state.is_group()) {
            (true, true) if folded => return state.fold(group, false),
            (false, true) if !folded => return state.fold(group, true),
            (false, false) => {
                state.jobs.select(&Entry::Group(group));
                return;
            }
            _ => {}
        }
    }
    let step = if right { 1 } else { Pane::ALL.len() - 1 };
    journeys::focus(state, pane.turned(step));
}

/// Goes to the next row that the last filter keeps.
pub(super) fn match_again(state: &mut State, pane: Pane, forward: bool, effects: &mut Vec<Effect>) {
    let Some(pattern) = state.pattern(pane).cloned() else {
        state.complain("there was no filter yet: / makes one");
        return;
    };
    if pane == Pane::Log {
        state.log.look_for(forward, state.log.level, Some(pattern));
        return;
    }
    let (estate, queue) = (state.estate.known(), state.queue.known());
    let versions = state.shown.as_ref().and_then(|shown| shown.rows.as_deref());
    let keeps = |name: Option<&str>| name.is_some_and(|name| pattern.keeps(name));
    let found = match pane {
        Pane::Tenants => state.tenants.seek(forward, |index| {
            keeps(
                estate
                    .and_then(|estate| estate.tenants.get(index))
                    .map(|row| row.name.as_str()),
            )
        }),
        Pane::Galleries => {
            let name = |index: usize| {
                let (node, estate) = (state.tree.get(index)?, estate?);
                match node.definition {
                    Some(index) => Some(estate.definitions.get(index)?.definition.name.as_str()),
                    None => Some(estate.galleries.get(node.gallery)?.gallery.name.as_str()),
                }
            };
            state.galleries.seek(forward, |index| keeps(name(index)))
        }
        Pane::Versions => state.versions.seek(forward, |index| {
            keeps(
                versions
                    .and_then(|rows| rows.get(index))
                    .map(|row| row.version.name.as_str()),
            )
        }),
        _ => state.jobs.seek(forward, |index| {
            let name = match (state.lines.get(index), queue) {
                (Some(Line::Group(at)), Some(jobs)) => jobs.groups.get(*at).map(|g| &g.title),
                (Some(Line::Job(at, _)), Some(jobs)) => jobs.rows.get(*at).map(|job| &job.title),
                _ => None,
            };
            keeps(name.map(String::as_str))
        }),
    };
    if found {
        moved(state, effects);
    } else {
        state.say(format!("no row matches {}", pattern.typed()));
    }
}
