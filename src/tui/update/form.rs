//! The form: edits, and the plan that follows the last of them.

use super::{PLAN, asking};
use crate::actions::Confirmation;
use crate::engine::Request;
use crate::estate::VersionRow;
use crate::tui::forms::replicate::{Form, PlanState};
use crate::tui::keymap::Command;
use crate::tui::message::{Asked, Effect, Generation, Later};
use crate::tui::state::{Link, Overlay, Purpose, State};

/// Opens the form for a version.
pub(super) fn open(state: &mut State, version: &VersionRow) {
    let generation = state.next_generation();
    let mut form = Form::new(&version.version, generation);
    let subscription = form.version.subscription();
    if let Some((of, regions)) = &state.regions
        && *of == subscription
    {
        form.offer(regions);
    } else {
        state.regions = None;
    }
    state.overlays.push(Overlay::Replicate(Box::new(form)));
}

fn top(state: &mut State) -> Option<&mut Form> {
    match state.overlays.last_mut() {
        Some(Overlay::Replicate(form)) => Some(form),
        _ => None,
    }
}

/// A key that means something in the form.
pub(super) fn command(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    let Some(form) = top(state) else { return };
    let leaving = std::mem::take(&mut form.leaving);
    let edited = match command {
        Command::Mark => form.toggle(),
        Command::Storage => form.next_storage(),
        Command::Switch => {
            form.reading_plan = !form.reading_plan;
            return;
        }
        Command::Open => return submit(state, effects),
        Command::Back if form.list.filter.is_some() => return form.narrow(None),
        Command::Back if form.is_edited() && !leaving => {
            form.leaving = true;
            return state.complain("esc again drops what you changed");
        }
        Command::Back => {
            state.overlays.pop();
            return;
        }
        other => {
            scroll(form, other);
            return;
        }
    };
    match edited {
        Ok(()) => changed(state, effects),
        Err(why) => state.complain(why),
    }
}

fn scroll(form: &mut Form, command: Command) {
    let page = if form.reading_plan {
        form.plan_page
    } else {
        form.list.page()
    };
    let Some(step) = super::moves::step(command, page) else {
        return;
    };
    if form.reading_plan {
        form.plan_top = form.plan_top.saturating_add_signed(step);
    } else {
        form.list.step(step);
        form.moved();
    }
}

/// The form was edited: its plan is asked for when nothing more is typed.
pub(super) fn changed(state: &mut State, effects: &mut Vec<Effect>) {
    let generation = state.next_generation();
    let Some(form) = top(state) else { return };
    form.generation = generation;
    form.plan = match form.wish() {
        Err(wrong) => PlanState::Wrong(wrong),
        Ok(None) => PlanState::Unchanged,
        Ok(Some(_)) => {
            effects.push(Effect::After(PLAN, Later::Plan(generation)));
            PlanState::Planning
        }
    };
    form.plan_top = 0;
}

/// Asks for the plan of the form, if it still stands as it stood.
pub(super) fn plan_now(state: &mut State, generation: Generation, effects: &mut Vec<Effect>) {
    let form = state.overlays.iter().find_map(Overlay::form);
    let Some(form) = form.filter(|form| form.generation == generation) else {
        return;
    };
    let Ok(Some(action)) = form.wish() else {
        return;
    };
    let asked = match &state.link {
        // It is asked for as soon as there is somebody to ask.
        Link::Starting => return,
        Link::Down(why) => Err(why.clone()),
        Link::Up(_) => Ok(()),
    };
    let refused = match asked {
        Ok(())
            if asking::ask(
                state,
                Asked::Plan(generation),
                Request::Plan(action),
                effects,
            ) =>
        {
            None
        }
        Ok(()) => Some("the engine is busy: edit the form again in a moment".to_owned()),
        Err(why) => Some(why),
    };
    if let Some(why) = refused {
        for overlay in &mut state.overlays {
            if let Overlay::Replicate(form) = overlay {
                form.plan = PlanState::Refused(why.clone());
            }
        }
    }
}

/// There is an engine now: what a form waited to ask is asked.
pub(super) fn link_changed(state: &mut State, effects: &mut Vec<Effect>) {
    let form = state.overlays.iter().find_map(Overlay::form);
    let waiting = form.filter(|form| matches!(form.plan, PlanState::Planning));
    if let Some(generation) = waiting.map(|form| form.generation) {
        plan_now(state, generation, effects);
    }
}

fn submit(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(why) = state.reads_only() {
        state.complain(format!("nothing can be submitted: {why}"));
        return;
    }
    let Some(form) = top(state) else { return };
    match form.submittable() {
        Err(why) => state.complain(why),
        Ok(plan) => {
            let plan = Box::new(plan.clone());
            let name = match &plan.confirmation {
                Confirmation::Yes => None,
                Confirmation::Typed(name) => Some(name.clone()),
            };
            asking::confirm(state, Purpose::Submit(plan), name, effects);
        }
    }
}
