//! Where the engine is, as far as that changes.

use super::asking;
use crate::engine::Request;
use crate::estate::Scope;
use crate::tui::message::{Asked, Effect, Engine};
use crate::tui::state::{Link, Overlay, Purpose, State, Subject, TextView};

/// The engine can be asked. The first time after it couldn't, everything is read again.
pub(super) fn up(state: &mut State, engine: Engine, effects: &mut Vec<Effect>) {
    let news = !matches!(state.link, Link::Up(_));
    let ours = engine.owner.is_none();
    let differs = engine.agent.as_ref().map(|agent| agent.differs.clone());
    state.link = Link::Up(engine);
    if news && ours {
        let request = Request::Refresh(Scope::All);
        asking::ask(state, Asked::Refresh, request, effects);
    }
    if let Some([first, ..]) = differs.as_deref().filter(|_| news) {
        let text = format!("{first}: A replaces the agent when its jobs are done");
        state.complain(text);
    }
}

/// There is no engine: why is told at length, once.
pub(super) fn down(state: &mut State, why: String) {
    let link = Link::Down(why.clone());
    if state.link != link {
        let view = TextView::new(Subject::NotConnected(why));
        state.overlays.push(Overlay::Text(view));
        state.link = link;
    }
}

/// The agent can't be asked: replacing it is offered, once.
pub(super) fn other_version(state: &mut State, version: String, effects: &mut Vec<Effect>) {
    let offered = state.overlays.iter().any(|overlay| {
        matches!(overlay, Overlay::Confirm(confirm) if matches!(confirm.purpose, Purpose::ReplaceAgent))
    });
    state.link = Link::OtherVersion(version);
    if !offered {
        asking::confirm(state, Purpose::ReplaceAgent, None, effects);
    }
}
