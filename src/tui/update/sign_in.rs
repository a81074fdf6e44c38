//! A person's sign-in at a tenant, from the pane to the end.

use super::{asking, copying, legality, windows};
use crate::azure::{DeviceCode, Remedy, TenantId};
use crate::engine::Request;
use crate::estate::Scope;
use crate::tui::keymap::Command;
use crate::tui::message::{Asked, Effect, Generation};
use crate::tui::state::{Overlay, Phase, SignIn, State};

/// Whether enter on the selected tenant leads to its sign-in.
pub(super) fn is_offered(state: &State) -> bool {
    legality::refusal(state, Command::SignIn).is_none()
}

/// Opens the sign-in of the selected tenant.
pub(super) fn open(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(tenant) = state.tenant() else {
        return;
    };
    let trouble = tenant.trouble.as_ref();
    let remedy = trouble.and_then(|trouble| trouble.remedy.clone());
    let (tenant, generation) = (tenant.id.clone(), state.next_generation());
    let phase = match remedy {
        Some(Remedy::AzureCli { command }) => Phase::Command(command),
        _ if ask(state, generation, tenant.clone(), effects) => Phase::Asked,
        _ => return,
    };
    state.overlays.push(Overlay::SignIn(SignIn {
        tenant,
        phase,
        generation,
    }));
}

fn ask(
    state: &mut State,
    generation: Generation,
    tenant: TenantId,
    effects: &mut Vec<Effect>,
) -> bool {
    let asked = Asked::SignIn(generation);
    asking::ask(state, asked, Request::SignIn(tenant), effects)
}

pub(super) fn command(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    let Some(Overlay::SignIn(sign_in)) = state.overlays.last() else {
        return;
    };
    let sign_in = sign_in.clone();
    match (command, sign_in.phase) {
        (Command::Back, _) => {
            state.overlays.pop();
        }
        (Command::Help, _) => windows::open_help(state),
        (Command::Copy, Phase::Code(code)) => copying::copy(state, code.user_code, effects),
        (Command::Copy, Phase::Command(command)) => copying::copy(state, command, effects),
        (Command::CopyAddress, Phase::Code(code)) => {
            copying::copy(state, code.verification_uri, effects);
        }
        (Command::Copy | Command::CopyAddress, _) => state.complain("there is nothing to copy"),
        (Command::SignIn, Phase::Failed(_)) => again(state, sign_in.tenant, effects),
        (Command::SignIn, Phase::Code(_)) => state.complain("this code is still good"),
        (Command::SignIn, _) => state.complain("there is no code to be had now"),
        (Command::Refresh, _) => {
            let request = Request::Refresh(Scope::Tenant(sign_in.tenant));
            if asking::ask(state, Asked::Refresh, request, effects) {
                state.say("it is read again");
            }
        }
        _ => {}
    }
}

/// Asks for a new code in the place of one that came to nothing.
fn again(state: &mut State, tenant: TenantId, effects: &mut Vec<Effect>) {
    let generation = state.next_generation();
    if ask(state, generation, tenant, effects)
        && let Some(Overlay::SignIn(sign_in)) = state.overlays.last_mut()
    {
        sign_in.phase = Phase::Asked;
        sign_in.generation = generation;
    }
}

/// The sign-in that an answer is for, if it is still looked at.
fn open_one(state: &mut State, generation: Generation) -> Option<&mut SignIn> {
    let found = state.overlays.iter_mut().find_map(|overlay| match overlay {
        Overlay::SignIn(sign_in) if sign_in.generation == generation => Some(sign_in),
        _ => None,
    });
    if found.is_none() {
        state.dropped += 1;
    }
    found
}

/// Here is the code. From now on it is waited for what comes of it, however long that takes.
pub(super) fn begun(
    state: &mut State,
    generation: Generation,
    code: DeviceCode,
    effects: &mut Vec<Effect>,
) {
    if let Some(sign_in) = open_one(state, generation) {
        sign_in.phase = Phase::Code(code);
        let request = Request::SignedIn(sign_in.tenant.clone());
        effects.push(Effect::Ask(Asked::SignedIn(generation), request));
    }
}

/// It came to nothing.
pub(super) fn failed(state: &mut State, generation: Generation, why: String) {
    if let Some(sign_in) = open_one(state, generation) {
        sign_in.phase = Phase::Failed(why);
    }
}

/// Somebody has signed in.
pub(super) fn done(state: &mut State, generation: Generation) {
    let Some(sign_in) = open_one(state, generation) else {
        return;
    };
    let tenant = sign_in.tenant.clone();
    let of_it = |overlay: &Overlay| matches!(overlay, Overlay::SignIn(one) if one.tenant == tenant);
    state.overlays.retain(|overlay| !of_it(overlay));
    let estate = state.estate.known();
    let name = estate.map_or(tenant.as_str(), |estate| estate.tenant_name(&tenant));
    let said = format!("signed in to {name}");
    state.say(said);
}
