//! Text that is typed or pasted, where text is wanted.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use tui_input::backend::crossterm::EventHandler as _;
use tui_input::{Input, InputRequest};

use super::form;
use crate::tui::filter::Filter;
use crate::tui::message::Effect;
use crate::tui::overlays::jump;
use crate::tui::state::{Overlay, Pane, State};

/// The longest line that is taken.
const LONGEST: usize = 400;

/// A key that means nothing but itself.
pub(super) fn key(state: &mut State, key: &KeyEvent, effects: &mut Vec<Effect>) {
    state.interrupted = false;
    match state.overlays.last_mut() {
        Some(Overlay::Replicate(form)) => {
            if !form.reading_plan && form.typed(key) {
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
        if !matches!(state.overlays.last(), Some(Overlay::Replicate(_))) {
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
pub(super) fn filter_typed(state: &mut State) {
    let Some(Overlay::Filter(line)) = state.overlays.last_mut() else {
        return;
    };
    let (pane, parsed) = (line.pane, Filter::parse(line.input.value()));
    match parsed {
        Ok(filter) => {
            line.wrong = None;
            narrow(state, pane, filter);
        }
        Err(wrong) => line.wrong = Some(wrong),
    }
}

/// Narrows a pane, or the form.
pub(super) fn narrow(state: &mut State, pane: Option<Pane>, filter: Option<Filter>) {
    let pattern = filter.clone();
    match pane {
        Some(Pane::Tenants) => {
            state.tenants.pattern = pattern.or(state.tenants.pattern.take());
            state.tenants.filter = filter;
            state.arrange_estate();
        }
        Some(Pane::Galleries) => {
            state.galleries.pattern = pattern.or(state.galleries.pattern.take());
            state.galleries.filter = filter;
            state.arrange_estate();
        }
        Some(Pane::Versions) => {
            state.versions.pattern = pattern.or(state.versions.pattern.take());
            state.versions.filter = filter;
            state.arrange_versions();
        }
        Some(Pane::Queue) => {
            state.jobs.pattern = pattern.or(state.jobs.pattern.take());
            state.jobs.filter = filter;
            state.arrange_jobs();
        }
        Some(Pane::Log) => {
            state.log.pattern = pattern.or(state.log.pattern.take());
            state.log.filter = filter;
            state.log.narrowed();
        }
        None => {
            for overlay in &mut state.overlays {
                if let Overlay::Replicate(form) = overlay {
                    form.narrow(filter.clone());
                }
            }
        }
    }
}
