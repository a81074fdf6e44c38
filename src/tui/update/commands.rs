//! What the operator wants of a pane.

use super::{
    asking, copying, form, jobs, journeys, legality, log, machines, marks, moves, sign_in, terms,
    windows,
};
use crate::actions::Level;
use crate::engine::Request;
use crate::estate::Scope;
use crate::queue::Pause;
use crate::tui::keymap::Command;
use crate::tui::message::{Asked, Effect};
use crate::tui::overlays;
use crate::tui::state::{Overlay, Pane, Place, Purpose, State, Subject, TextView};

/// Carries a command out.
pub(super) fn carry_out(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    if command == Command::Interrupt {
        return interrupt(state, effects);
    }
    state.interrupted = false;
    match command {
        Command::Redraw => effects.push(Effect::Redraw),
        Command::Suspend => effects.push(Effect::Suspend),
        _ => match state.place() {
            Place::Pane(pane) => in_pane(state, pane, command, effects),
            Place::Text => windows::in_text(state, command, effects),
            Place::Menu => windows::in_menu(state, command, effects),
            Place::Machines => machines::command(state, command, effects),
            Place::SignIn => sign_in::command(state, command, effects),
            Place::Jump => windows::in_jump(state, command, effects),
            Place::Filter => windows::in_filter(state, command),
            Place::Form(_) => windows::in_form(state, command, effects),
            Place::Edit => windows::in_edit(state, command, effects),
            Place::Question | Place::Submission | Place::TypedQuestion => match command {
                Command::Yes => asking::yes(state, effects),
                Command::Terms => terms::open(state),
                Command::Help => windows::open_help(state),
                _ => {
                    state.overlays.pop();
                }
            },
            Place::Terms => terms::command(state, command, effects),
        },
    }
}

/// ctrl-c closes what is open; a second one ends the program.
fn interrupt(state: &mut State, effects: &mut Vec<Effect>) {
    if state.interrupted {
        effects.push(Effect::Quit);
    } else if state.overlays.pop().is_none() {
        state.say("ctrl-c once more quits");
    }
    state.interrupted = true;
}

pub(super) fn in_pane(state: &mut State, pane: Pane, command: Command, effects: &mut Vec<Effect>) {
    if let Some(why) = legality::refusal(state, command) {
        state.complain(why);
        return;
    }
    match command {
        Command::NextPane => journeys::focus(state, pane.turned(1)),
        Command::PreviousPane => journeys::focus(state, pane.turned(Pane::ALL.len() - 1)),
        Command::Focus(pane) => journeys::focus(state, pane),
        Command::Left | Command::Right => moves::sideways(state, pane, command == Command::Right),
        Command::Zoom => state.zoomed = !state.zoomed,
        Command::Back => back(state, pane),
        Command::Help => open_text(state, Subject::Help(Place::Pane(pane))),
        Command::Open if pane == Pane::Queue && state.is_group() => jobs::turn(state),
        Command::Open if pane == Pane::Tenants && sign_in::is_offered(state) => {
            sign_in::open(state, effects);
        }
        Command::Open => open(state, pane, effects),
        Command::Document => {
            if let Some(subject) = selected(state, pane) {
                let document = Subject::Document(Box::new(subject.clone()));
                let is_line = matches!(subject, Subject::Line(_));
                open_text(state, if is_line { subject } else { document });
            }
        }
        Command::Copy => copying::copy_id(state, pane, effects),
        Command::Filter => windows::open_filter(state, pane),
        Command::NextMatch => moves::match_again(state, pane, true, effects),
        Command::PreviousMatch => moves::match_again(state, pane, false, effects),
        Command::Jump => {
            let jump = overlays::jump::of(state);
            state.overlays.push(Overlay::Jump(jump));
        }
        Command::Actions => {
            let menu = overlays::menu::of(state);
            state.overlays.push(Overlay::Menu(menu));
        }
        Command::Refresh => refresh(state, pane, effects),
        Command::RefreshAll => {
            if asking::ask(state, Asked::Refresh, Request::Refresh(Scope::All), effects) {
                state.say("everything is read again");
            }
        }
        Command::Machines => machines::open(state, pane),
        Command::SignIn => sign_in::open(state, effects),
        Command::Share => {
            if let Some(Subject::Gallery(id) | Subject::Definition(id) | Subject::Version(id)) =
                selected(state, pane)
            {
                form::share(state, id, effects);
            }
        }
        Command::Replicate | Command::Deploy => {
            let version = match pane {
                Pane::Galleries => state.version_rows().first().cloned(),
                _ => state.version().cloned(),
            };
            match version {
                Some(version) if command == Command::Deploy => form::deploy(state, &version),
                Some(version) => form::replicate(state, &version),
                None => {}
            }
        }
        Command::CancelJob => jobs::cancel(state, effects),
        Command::RetryJob if !state.is_group() => jobs::retry(state, effects),
        Command::Undo => jobs::undo(state, effects),
        Command::Pause => {
            let what = state.pause();
            jobs::pause(state, what, effects);
        }
        Command::PauseAll => jobs::pause(state, Some(Pause::Everything), effects),
        Command::Earlier => jobs::prioritise(state, 1, effects),
        Command::Later => jobs::prioritise(state, -1, effects),
        Command::RetryJob | Command::RetryFailed => jobs::retry_failed(state, effects),
        Command::ReplaceAgent => {
            asking::confirm(state, Purpose::ReplaceAgent, None, effects);
        }
        Command::Quit => {
            if state.works() {
                asking::confirm(state, Purpose::Quit, None, effects);
            } else {
                effects.push(Effect::Quit);
            }
        }
        Command::Mark | Command::Range | Command::Invert | Command::MarkAll => {
            marks::mark(state, command);
        }
        Command::Follow | Command::Level | Command::Wrap | Command::Scope => {
            log::switch(state, command);
        }
        Command::PreviousError | Command::NextError => {
            state.log.look_for(
                command == Command::NextError,
                Level::Error,
                state.log.filter.clone(),
            );
        }
        other => moves::travel(state, pane, other, effects),
    }
}

/// esc lifts one thing at a time, and never ends the program.
fn back(state: &mut State, pane: Pane) {
    if state.range.take().is_some() {
    } else if state.filter(pane).is_some() {
        state.narrow(Some(pane), None);
    } else if pane == Pane::Tenants && !state.marked.is_empty() {
        state.marked.clear();
    } else if state.zoomed {
        state.zoomed = false;
    }
}

/// What is selected in a pane.
pub(super) fn selected(state: &State, pane: Pane) -> Option<Subject> {
    Some(match pane {
        Pane::Tenants => Subject::Tenant(state.tenant()?.id.clone()),
        Pane::Galleries => match state.definition() {
            Some(row) => Subject::Definition(row.definition.id.clone()),
            None => Subject::Gallery(state.gallery()?.gallery.id.clone()),
        },
        Pane::Versions => Subject::Version(state.version()?.version.id.clone()),
        Pane::Queue => Subject::Job(state.job()?.id),
        Pane::Log => Subject::Line(state.log.selected()?.id),
    })
}

/// Shows what is selected in full.
fn open(state: &mut State, pane: Pane, effects: &mut Vec<Effect>) {
    let Some(subject) = selected(state, pane) else {
        return;
    };
    // Who has access is read only for galleries that somebody looks at.
    if let Subject::Gallery(id) = &subject {
        asking::look(state, Scope::Gallery(id.clone()), effects);
    }
    open_text(state, subject);
}

pub(super) fn open_text(state: &mut State, subject: Subject) {
    state.overlays.push(Overlay::Text(TextView::new(subject)));
}

fn refresh(state: &mut State, pane: Pane, effects: &mut Vec<Effect>) {
    let scope = match selected(state, pane) {
        Some(Subject::Tenant(id)) => Scope::Tenant(id),
        Some(Subject::Gallery(id)) => Scope::Gallery(id),
        Some(Subject::Definition(id)) => Scope::Definition(id),
        Some(Subject::Version(id)) => Scope::Version(id),
        _ => return,
    };
    if asking::ask(state, Asked::Refresh, Request::Refresh(scope), effects) {
        state.say("it is read again");
    }
}
