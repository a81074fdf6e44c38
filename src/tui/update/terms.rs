//! The sheet of terms, over the question that submits something.

use super::ARM;
use crate::tui::keymap::Command;
use crate::tui::message::{Effect, Later};
use crate::tui::state::{Confirm, Field, Overlay, State, TermsSheet};

/// Opens the sheet over the question on top, unless that is answered already.
pub(super) fn open(state: &mut State) {
    if let Some(Overlay::Confirm(confirm)) = state.overlays.last()
        && !confirm.asking
    {
        push(state, TermsSheet::of(&state.instructions, &state.zone));
    }
}

fn push(state: &mut State, sheet: TermsSheet) {
    state.overlays.push(Overlay::Terms(Box::new(sheet)));
}

/// A key that means something in the sheet.
pub(super) fn command(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    let now = state.here_and_now();
    let Some(Overlay::Terms(sheet)) = state.overlays.last_mut() else {
        return;
    };
    match command {
        Command::Down => sheet.turn(1),
        Command::Up => sheet.turn(-1),
        Command::Open => {
            if let Some((terms, note)) = sheet.read(&now) {
                state.instructions.terms = terms;
                state.instructions.note = note;
                back(state, effects);
            }
        }
        _ => back(state, effects),
    }
}

/// Back to the question, which takes keys only after a moment: a second enter is no answer to it.
fn back(state: &mut State, effects: &mut Vec<Effect>) {
    state.overlays.pop();
    let generation = state.next_generation();
    if let Some(confirm) = state.overlays.iter_mut().rev().find_map(question) {
        confirm.armed = false;
        confirm.generation = generation;
        effects.push(Effect::After(ARM, Later::Arm(generation)));
    }
}

/// There is no such job for the others to come after: the question waits, and the sheet says so.
pub(super) fn refused(state: &mut State, asked: usize, why: String) {
    if let Some(confirm) = state.overlays.get_mut(asked).and_then(question) {
        confirm.asking = false;
    }
    let mut sheet = TermsSheet::of(&state.instructions, &state.zone);
    sheet.refuse(Field::After, why);
    push(state, sheet);
}

fn question(overlay: &mut Overlay) -> Option<&mut Confirm> {
    match overlay {
        Overlay::Confirm(confirm) => Some(confirm),
        _ => None,
    }
}
