//! Text that is typed or pasted, where text is wanted.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use tui_input::backend::crossterm::EventHandler as _;
use tui_input::{Input, InputRequest};

use super::form;
use crate::tui::filter::Filter;
use crate::tui::message::Effect;
use crate::tui::overlays::jump;
use crate::tui::state::{Overlay, State};

/// The longest line that is taken.
const LONGEST: usize = 400;

/// A key that means nothing but itself.
pub(super) fn key(state: &mut State, key: &KeyEvent, effects: &mut Vec<Effect>) {
    state.interrupted = false;
    match state.overlays.last_mut() {
        Some(Overlay::Form(form)) => {
            let edited = !form.reading_plan && form.sheet_mut().typed(key);
            if edited {
                form::changed(state, effects);
            }
        }
        Some(Overlay::Confirm(confirm)) => {
            if let Some((_, input)) = &mut confirm.typed
                && !confirm.asking
            {
                edit(input, key);
            }
        }
        Some(Overlay::Jump(jump)) => {
            edit(&mut jump.input, key);
            jump::narrow(jump);
        }
        Some(Overlay::Edit(line)) => {
            line.wrong = None;
            edit(&mut line.input, key);
        }
        Some(Overlay::Terms(sheet)) => edit(sheet.typing(), key),
        Some(Overlay::Filter(line)) => {
            edit(&mut line.input, key);
            filter_typed(state);
        }
        _ => {}
    }
}

/// Pasted text goes where one types, without its line breaks: a paste never presses enter.
pub(super) fn pasted(state: &mut State, text: &str, effects: &mut Vec<Effect>) {
    for character in text
        .chars()
        .filter(|character| !character.is_control())
        .take(LONGEST)
    {
        let typed = KeyEvent::new(KeyCode::Char(character), KeyModifiers::NONE);
        if !matches!(state.overlays.last(), Some(Overlay::Form(_))) {
            key(state, &typed, effects);
        }
    }
}

fn edit(input: &mut Input, key: &KeyEvent) {
    if let KeyCode::Char(character) = key.code
        && !key
            .modifiers
            .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
    {
        if input.value().len() < LONGEST {
            input.handle(InputRequest::InsertChar(character));
        }
    } else {
        input.handle_event(&Event::Key(*key));
    }
}

/// What is typed becomes the filter at once, unless it isn't one.
fn filter_typed(state: &mut State) {
    let Some(Overlay::Filter(line)) = state.overlays.last_mut() else {
        return;
    };
    let (pane, parsed) = (line.pane, Filter::parse(line.input.value()));
    match parsed {
        Ok(filter) => {
            line.wrong = None;
            state.narrow(pane, filter);
        }
        Err(wrong) => line.wrong = Some(wrong),
    }
}
