//! What the operator wants of a list of machines.

use super::commands::open_text;
use super::moves::step;
use super::{asking, copying, windows};
use crate::estate::Scope;
use crate::tui::data::MachinesOf;
use crate::tui::keymap::Command;
use crate::tui::list::List;
use crate::tui::message::Effect;
use crate::tui::overlays;
use crate::tui::state::{Machines, Overlay, Pane, State, Subject};

/// Opens the machines of the selected tenant, or those made from the selected version.
pub(super) fn open(state: &mut State, pane: Pane) {
    let of = match pane {
        Pane::Tenants => state.tenant().map(|row| MachinesOf::Tenant(row.id.clone())),
        _ => state
            .version()
            .map(|row| MachinesOf::Version(row.version.id.clone())),
    };
    if let Some(of) = of {
        let rows = List::default();
        let mut machines = Machines { of, rows };
        overlays::machines::arrange(state, &mut machines);
        state.overlays.push(Overlay::Machines(machines));
    }
}

pub(super) fn command(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    let Some(Overlay::Machines(machines)) = state.overlays.last_mut() else {
        return;
    };
    let selected = machines.rows.selected().cloned();
    match command {
        Command::Back if machines.rows.filter.is_some() => state.narrow(None, None),
        Command::Back => {
            state.overlays.pop();
        }
        Command::Filter => {
            let filter = machines.rows.filter.clone();
            windows::filter_overlay(state, filter.as_ref());
        }
        Command::Help => open_text(state, Subject::Help(state.place())),
        Command::Open => {
            if let Some(id) = selected {
                // Whether it runs is read only of machines that somebody looks at.
                asking::look(state, Scope::Machine(id.clone()), effects);
                open_text(state, Subject::Machine(id));
            }
        }
        Command::Document => {
            if let Some(id) = selected {
                let document = Subject::Document(Box::new(Subject::Machine(id)));
                open_text(state, document);
            }
        }
        Command::Copy => {
            if let Some(id) = selected {
                copying::copy(state, id.to_string(), effects);
            }
        }
        other => {
            if let Some(step) = step(other, machines.rows.page()) {
                machines.rows.step(step);
            }
        }
    }
}
