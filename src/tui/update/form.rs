//! The form: edits, and the plan that follows the last of them.

use super::{PLAN, asking};
use crate::azure::ResourceId;
use crate::engine::Request;
use crate::estate::{Scope, VersionRow};
use crate::tui::forms::deploy::{Machines, TargetRow};
use crate::tui::forms::plan::PlanState;
use crate::tui::forms::replicate::Regions;
use crate::tui::forms::share::{Sharing, grantees};
use crate::tui::forms::{Form, Kind};
use crate::tui::keymap::Command;
use crate::tui::message::{Asked, Effect, Generation, Later};
use crate::tui::state::{EditLine, Instructions, Link, Overlay, State};

/// Opens the form that replicates a version.
pub(super) fn replicate(state: &mut State, version: &VersionRow) {
    let mut regions = Regions::new(&version.version);
    let subscription = regions.version.subscription();
    if let Some((of, known)) = &state.regions
        && *of == subscription
    {
        regions.offer(known);
    } else {
        state.regions = None;
    }
    open(state, Kind::Replicate(regions));
}

/// Opens the form that shares a gallery, an image or a version.
pub(super) fn share(state: &mut State, resource: ResourceId, effects: &mut Vec<Effect>) {
    let gallery = state.gallery_of(&resource);
    let Some(gallery) = gallery.map(|row| row.gallery.clone()) else {
        return;
    };
    let grantees = grantees(state, &resource, &gallery);
    let sharing = Sharing::new(resource, &gallery, grantees);
    open(state, Kind::Share(sharing));
    asking::look(state, Scope::Gallery(gallery.id), effects);
    plan_soon(state, effects);
}

/// Opens the form that deploys a version to the marked tenants, or else to the selected one.
pub(super) fn deploy(state: &mut State, version: &VersionRow) {
    let targets = state.targets().into_iter().map(|tenant| {
        let customer = state.customer(&tenant.id);
        let usual = customer.and_then(|customer| customer.deploy.clone());
        TargetRow::new(tenant.id.clone(), &tenant.name, usual.unwrap_or_default())
    });
    let machines = Machines::new(&version.version, targets.collect());
    open(state, Kind::Deploy(machines));
}

fn open(state: &mut State, kind: Kind) {
    let form = Form::new(kind, state.next_generation());
    state.instructions = Instructions::default();
    state.overlays.push(Overlay::Form(Box::new(form)));
}

fn top(state: &mut State) -> Option<&mut Form> {
    state.overlays.last_mut().and_then(Overlay::form_mut)
}

/// A key that means something in the form.
pub(super) fn command(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    let Some(form) = top(state) else { return };
    let leaving = std::mem::take(&mut form.leaving);
    match command {
        Command::Switch => form.reading_plan = !form.reading_plan,
        Command::Open => submit(state, effects),
        Command::Back if form.sheet().list().filter.is_some() => form.sheet_mut().narrow(None),
        Command::Back if form.is_edited() && !leaving => {
            form.leaving = true;
            state.complain("esc again drops what you changed");
        }
        Command::Back => {
            state.overlays.pop();
        }
        other if super::moves::step(other, 1).is_some() => {
            scroll(form, other);
            super::moved(state, effects);
        }
        _ if form.reading_plan => state.complain("tab leads back to what is edited"),
        Command::Edit | Command::Role => edit(state, command),
        other => {
            let done = form.sheet_mut().carry_out(other);
            edited(state, done, effects);
            super::moved(state, effects);
        }
    }
}

/// Something of the form was edited, or can't be.
fn edited(state: &mut State, done: Result<bool, String>, effects: &mut Vec<Effect>) {
    match done {
        Ok(true) => changed(state, effects),
        Ok(false) => {}
        Err(why) => state.complain(why),
    }
}

fn scroll(form: &mut Form, command: Command) {
    let page = if form.reading_plan {
        form.plan.page
    } else {
        form.sheet().list().page()
    };
    let Some(step) = super::moves::step(command, page) else {
        return;
    };
    if form.reading_plan {
        form.plan.top = form.plan.top.saturating_add_signed(step);
    } else {
        form.sheet_mut().list_mut().step(step);
        form.sheet_mut().moved();
    }
}

/// Opens the line in which the selected part of the form is edited as text.
fn edit(state: &mut State, command: Command) {
    let Some(form) = top(state) else { return };
    match form.sheet().part(command) {
        Ok(part) => state.overlays.push(Overlay::Edit(EditLine {
            prompt: part.prompt,
            input: part.value.into(),
            hint: part.hint,
            wrong: None,
            command,
        })),
        Err(why) => state.complain(why),
    }
}

/// Keeps what was typed for a part of the form, or says what is wrong with it.
pub(super) fn keep(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Overlay::Edit(line)) = state.overlays.last() else {
        return;
    };
    let (typed, command) = (line.input.value().trim().to_owned(), line.command);
    let form = state.overlays.iter_mut().find_map(Overlay::form_mut);
    let Some(kept) = form.map(|form| form.sheet_mut().set_part(command, &typed)) else {
        return;
    };
    match kept {
        Ok(()) => {
            state.overlays.pop();
            changed(state, effects);
        }
        Err(wrong) => {
            if let Some(Overlay::Edit(line)) = state.overlays.last_mut() {
                line.wrong = Some(wrong);
            }
        }
    }
}

/// The form was edited: its plan is asked for when nothing more is typed.
pub(super) fn changed(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(form) = top(state) {
        form.touched = true;
    }
    plan_soon(state, effects);
}

/// The plan of the form as it stands is asked for when nothing more is typed.
fn plan_soon(state: &mut State, effects: &mut Vec<Effect>) {
    let generation = state.next_generation();
    let Some(form) = top(state) else { return };
    form.generation = generation;
    let plan = match form.sheet().wish() {
        Err(wrong) => PlanState::Wrong(wrong),
        Ok(None) => PlanState::Unchanged,
        Ok(Some(_)) => {
            effects.push(Effect::After(PLAN, Later::Plan(generation)));
            PlanState::Planning
        }
    };
    form.plan.show(plan);
}

/// Asks for the plan of the form, if it still stands as it stood.
pub(super) fn plan_now(state: &mut State, generation: Generation, effects: &mut Vec<Effect>) {
    let form = state.overlays.iter().find_map(Overlay::form);
    let Some(form) = form.filter(|form| form.generation == generation) else {
        return;
    };
    let Ok(Some(action)) = form.sheet().wish() else {
        return;
    };
    let asked = match &state.link {
        // It is asked for as soon as there is somebody to ask.
        Link::Starting => return,
        Link::Down(why) => Err(why.clone()),
        Link::OtherVersion(_) => Err(state.reads_only().unwrap_or_default()),
        Link::Up(_) | Link::Stopped(_) => Ok(()),
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
    if let Some(why) = refused
        && let Some(form) = state.overlays.iter_mut().find_map(Overlay::form_mut)
    {
        form.plan.show(PlanState::Refused(why));
    }
}

/// There is an engine now: what a form waited to ask is asked.
pub(super) fn link_changed(state: &mut State, effects: &mut Vec<Effect>) {
    let form = state.overlays.iter().find_map(Overlay::form);
    let waiting = form.filter(|form| matches!(form.plan.state, PlanState::Planning));
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
    match form.plan.submittable() {
        Err(why) => state.complain(why),
        Ok(plan) => {
            let plan = Box::new(plan.clone());
            asking::submission(state, plan, None, effects);
        }
    }
}
