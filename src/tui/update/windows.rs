//! What the operator wants of an overlay.

use super::commands::{in_pane, open_text};
use super::moves::step;
use super::{copying, form, journeys};
use crate::tui::filter::Filter;
use crate::tui::keymap::Command;
use crate::tui::message::Effect;
use crate::tui::overlays;
use crate::tui::state::{FilterLine, Overlay, Pane, State, Subject};
use crate::tui::theme::Theme;
use crate::tui::widgets::words::Words;

pub(super) fn in_text(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    let Some(Overlay::Text(view)) = state.overlays.last_mut() else {
        return;
    };
    match command {
        Command::Back => {
            state.overlays.pop();
        }
        Command::Copy => {
            let subject = view.subject.clone();
            let (_, lines) = overlays::text::lines(state, &subject, &Theme::full());
            let text: Vec<String> = lines.iter().map(Words::text).collect();
            copying::copy(state, text.join("\n"), effects);
        }
        other => {
            if let Some(step) = step(other, view.page) {
                view.top = view.top.saturating_add_signed(step);
            }
        }
    }
}

/// Opens the keys of the overlay on top.
pub(super) fn open_help(state: &mut State) {
    open_text(state, Subject::Help(state.place()));
}

pub(super) fn in_menu(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    let Some(Overlay::Menu(menu)) = state.overlays.last_mut() else {
        return;
    };
    match command {
        Command::Back => {
            state.overlays.pop();
        }
        Command::Open => {
            let chosen = menu.rows.selected_index();
            let chosen = chosen.and_then(|index| Some(menu.actions.get(index)?.1.command));
            state.overlays.pop();
            if let Some(chosen) = chosen {
                in_pane(state, state.focus, chosen, effects);
            }
        }
        other => {
            if let Some(step) = step(other, menu.rows.page()) {
                menu.rows.step(step);
            }
        }
    }
}

pub(super) fn in_jump(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    let Some(Overlay::Jump(jump)) = state.overlays.last_mut() else {
        return;
    };
    match command {
        Command::Back => {
            state.overlays.pop();
        }
        Command::Open => {
            let chosen = jump.rows.selected_index();
            let chosen = chosen.and_then(|index| jump.candidates.get(index));
            let subject = chosen.map(|(_, subject)| subject.clone());
            state.overlays.pop();
            if let Some(subject) = subject {
                journeys::to(state, &subject, effects);
            }
        }
        other => {
            if let Some(step) = step(other, jump.rows.page()) {
                jump.rows.step(step);
            }
        }
    }
}

pub(super) fn in_filter(state: &mut State, command: Command) {
    let Some(Overlay::Filter(line)) = state.overlays.last() else {
        return;
    };
    let (pane, wrong) = (line.pane, line.wrong.clone());
    match (command, wrong) {
        (Command::Open, None) => {
            state.overlays.pop();
        }
        (Command::Open, Some(wrong)) => state.complain(wrong),
        _ => {
            state.overlays.pop();
            state.narrow(pane, None);
        }
    }
}

pub(super) fn in_edit(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    match command {
        Command::Open => form::keep(state, effects),
        _ => {
            state.overlays.pop();
        }
    }
}

pub(super) fn in_form(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    match command {
        Command::Help => open_help(state),
        Command::Filter => {
            let form = state.overlays.iter().find_map(Overlay::form);
            let filter = form.and_then(|form| form.sheet().list().filter.clone());
            filter_overlay(state, filter.as_ref());
        }
        other => form::command(state, other, effects),
    }
}

/// Opens the line that narrows the overlay on top, which is narrowed to this now.
pub(super) fn filter_overlay(state: &mut State, filter: Option<&Filter>) {
    let typed = filter.map(Filter::typed).unwrap_or_default();
    let line = FilterLine {
        pane: None,
        input: typed.into(),
        wrong: None,
    };
    state.overlays.push(Overlay::Filter(line));
}

pub(super) fn open_filter(state: &mut State, pane: Pane) {
    let typed = state
        .filter(pane)
        .map(|filter| filter.typed().to_owned())
        .unwrap_or_default();
    let line = FilterLine {
        pane: Some(pane),
        input: typed.into(),
        wrong: None,
    };
    state.overlays.push(Overlay::Filter(line));
}
