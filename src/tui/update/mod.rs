//! What follows from what happened: the state changes, and effects are asked for. Pure: nothing in
//! here waits, reads a clock, a disk or a terminal.

mod answers;
mod asking;
mod bell;
mod commands;
mod copying;
mod form;
mod jobs;
mod journeys;
pub mod legality;
mod link;
mod log;
mod machines;
mod marks;
mod moves;
mod sign_in;
mod terms;
mod typing;
mod windows;

use std::time::Duration;

use super::data::News;
use super::message::{Effect, Later, Message};
use super::state::{Link, Overlay, State};

/// After the last move of a selection until what depends on it is shown.
const SETTLE: Duration = Duration::from_millis(150);

/// After the last edit of a form until its plan is asked for.
const PLAN: Duration = Duration::from_millis(300);

/// From the moment a question is seen until it takes keys.
const ARM: Duration = Duration::from_millis(300);

/// How long something said stands in the footer's place.
const NOTICE: Duration = Duration::from_secs(5);

/// Questions that may be open at the engine at once.
const ASKED: usize = 16;

/// Changes the state by what happened, and says what else is to be done.
pub fn update(state: &mut State, message: Message) -> Vec<Effect> {
    let mut effects = Vec::new();
    match message {
        Message::Command(command) => {
            state.notice = None;
            commands::carry_out(state, command, &mut effects);
        }
        Message::Typed(key) => typing::key(state, &key, &mut effects),
        Message::Pasted(text) => typing::pasted(state, &text, &mut effects),
        Message::Resized(columns, rows) => state.size = (columns, rows),
        Message::News(news) => {
            if let News::Jobs(jobs) = &news {
                bell::heard(state, jobs, &mut effects);
            }
            state.take(news);
        }
        Message::Connected(engine) => {
            link::up(state, engine, &mut effects);
            form::link_changed(state, &mut effects);
        }
        Message::Reaching => state.link = Link::Starting,
        Message::Stopped(why) => {
            state.complain(format!("{why}; what you ask for next starts another"));
            state.link = Link::Stopped(why);
        }
        Message::OtherVersion(version) => link::other_version(state, version, &mut effects),
        Message::NotConnected(why) => link::down(state, why),
        Message::Strained(strain) => state.strain = strain,
        Message::Answer(asked, answer) => answers::take(state, asked, answer, &mut effects),
        Message::Later(later) => came(state, later, &mut effects),
    }
    if let Some(notice) = state.notice.as_mut().filter(|notice| !notice.ends) {
        notice.ends = true;
        effects.push(Effect::After(NOTICE, Later::Unsay(notice.generation)));
    }
    state.fit();
    effects
}

/// What was wanted a while ago, if nothing else happened since.
fn came(state: &mut State, later: Later, effects: &mut Vec<Effect>) {
    match later {
        Later::Settle(generation) if generation == state.moved => state.settle(),
        Later::Arm(generation) => {
            for overlay in &mut state.overlays {
                if let Overlay::Confirm(confirm) = overlay
                    && confirm.generation == generation
                {
                    confirm.armed = true;
                }
            }
        }
        Later::Plan(generation) => form::plan_now(state, generation, effects),
        Later::Unsay(generation) => {
            state
                .notice
                .take_if(|notice| notice.generation == generation);
        }
        Later::Settle(_) => {}
    }
}

/// A selection moved: what depends on it follows after the last of several moves.
fn moved(state: &mut State, effects: &mut Vec<Effect>) {
    state.moved = state.next_generation();
    effects.push(Effect::After(SETTLE, Later::Settle(state.moved)));
}
