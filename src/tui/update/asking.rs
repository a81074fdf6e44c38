//! Questions to the engine.

use super::{ARM, ASKED};
use crate::actions::{Confirmation, Plan};
use crate::engine::{Confirmed, Request};
use crate::estate::Scope;
use crate::queue::JobId;
use crate::tui::message::{Asked, Effect, Later};
use crate::tui::state::{Confirm, Instructions, Link, Overlay, Purpose, State};
use tui_input::Input;

/// Asks the engine, if it can be asked and isn't too busy.
pub(super) fn ask(
    state: &mut State,
    asked: Asked,
    request: Request,
    effects: &mut Vec<Effect>,
) -> bool {
    match &state.link {
        Link::Starting => state.complain("the engine is still starting: try again in a moment"),
        Link::Down(_) => state.complain("not connected: nothing can be asked"),
        Link::OtherVersion(_) => {
            let why = state.reads_only().unwrap_or_default();
            state.complain(why);
        }
        Link::Up(_) | Link::Stopped(_) if state.asked >= ASKED => {
            state.complain("busy: the engine hasn't answered what was asked before");
        }
        Link::Up(_) | Link::Stopped(_) => {
            state.asked += 1;
            effects.push(Effect::Ask(asked, request));
            return true;
        }
    }
    false
}

/// Has a part of the estate read again that is looked at now, where that is to be had.
pub(super) fn look(state: &mut State, scope: Scope, effects: &mut Vec<Effect>) {
    let ours = matches!(&state.link, Link::Up(engine) if engine.owner.is_none());
    if ours && state.asked < ASKED {
        ask(state, Asked::Refresh, Request::Refresh(scope), effects);
    }
}

/// Opens a question, which takes keys only after a moment.
pub(super) fn confirm(
    state: &mut State,
    purpose: Purpose,
    name: Option<String>,
    effects: &mut Vec<Effect>,
) {
    let generation = state.next_generation();
    let typed = name.map(|name| (name, Input::default()));
    let confirm = Confirm {
        purpose,
        typed,
        armed: false,
        generation,
        asking: false,
    };
    state.overlays.push(Overlay::Confirm(Box::new(confirm)));
    effects.push(Effect::After(ARM, Later::Arm(generation)));
}

/// Asks whether a plan shall be carried out: a form's, or one that takes back what a job has changed.
/// What was said of the same before, and not submitted, still holds.
pub(super) fn submission(
    state: &mut State,
    plan: Box<Plan>,
    undoes: Option<JobId>,
    effects: &mut Vec<Effect>,
) {
    if state.instructions.undoes != undoes {
        state.instructions = Instructions {
            undoes,
            ..Instructions::default()
        };
    }
    let name = match &plan.confirmation {
        Confirmation::Yes => None,
        Confirmation::Typed(name) => Some(name.clone()),
    };
    confirm(state, Purpose::Submit(plan), name, effects);
}

/// Asks for the end of jobs, one after the other: there may be more than the engine takes at once.
fn end_all(state: &mut State, jobs: Vec<JobId>, effects: &mut Vec<Effect>) {
    state.ending.extend(jobs);
    end_next(state, effects);
}

/// Asks for the end of the next job whose end is wanted.
pub(super) fn end_next(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(job) = state.ending.first().copied()
        && ask(state, Asked::Cancel(job), Request::Cancel(job), effects)
    {
        state.ending.remove(0);
    } else {
        state.ending.clear();
    }
}

/// Yes to the question on top.
pub(super) fn yes(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Overlay::Confirm(confirm)) = state.overlays.last() else {
        return;
    };
    if !confirm.armed || confirm.asking {
        return;
    }
    let said = match &confirm.typed {
        None => Confirmed::Yes,
        Some((name, input)) if input.value() == name => Confirmed::Typed(name.clone()),
        Some((name, _)) => {
            let text = format!("that isn't {name}");
            state.complain(text);
            return;
        }
    };
    let generation = confirm.generation;
    match &confirm.purpose {
        Purpose::Quit => effects.push(Effect::Quit),
        Purpose::ReplaceAgent => {
            state.overlays.pop();
            state.say("the agent ends when its jobs are done, and another one starts");
            effects.push(Effect::ReplaceAgent);
        }
        Purpose::Cancel(job) => {
            let job = *job;
            state.overlays.pop();
            end_all(state, vec![job], effects);
        }
        Purpose::CancelGroup(group) => {
            let jobs = state.jobs_of(*group);
            let open = jobs
                .into_iter()
                .filter(|job| !job.state.is_final() && !job.cancel);
            let open = open.map(|job| job.id).collect();
            state.overlays.pop();
            end_all(state, open, effects);
        }
        Purpose::Submit(plan) => {
            let request = Request::Submit {
                plan: plan.id,
                confirmation: said,
                terms: state.instructions.terms.clone(),
                note: state.instructions.note.clone(),
            };
            if ask(state, Asked::Submit(generation), request, effects)
                && let Some(Overlay::Confirm(confirm)) = state.overlays.last_mut()
            {
                confirm.asking = true;
            }
        }
    }
}
