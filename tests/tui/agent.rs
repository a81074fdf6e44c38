//! The agent, as far as the screen shows it.

use gallerist::engine::Request;
use gallerist::estate::Scope;
use gallerist::tui::keymap::Command;
use gallerist::tui::message::{Effect, Message};
use gallerist::tui::state::Place;
use gallerist::tui::update::legality::refusal;

use super::known;
use super::screen::{agent, inform, informed, keys, picture, seen, tell};

const SIZE: (u16, u16) = (120, 40);

const DIFFERS: &[&str] = &[
    "the configuration has changed since the agent started",
    "the agent was started without HTTPS_PROXY",
];

fn refreshes(effects: &[Effect]) -> usize {
    let refresh = |effect: &&Effect| matches!(effect, Effect::Ask(_, Request::Refresh(Scope::All)));
    effects.iter().filter(refresh).count()
}

#[test]
fn the_title_says_who_carries_the_queue_out() {
    let mut state = known::ignorant(SIZE);
    let effects = tell(&mut state, Message::Connected(agent(1, &[])));
    assert_eq!(refreshes(&effects), 1);
    inform(&mut state);
    let shown = picture(&state);
    assert!(
        shown.contains("queue: agent") && !shown.contains("faces"),
        "{shown}"
    );
    // Another face is no reason to read everything again.
    let effects = tell(&mut state, Message::Connected(agent(2, &[])));
    assert_eq!(refreshes(&effects), 0);
    assert!(picture(&state).contains("queue: agent, 2 faces"));
    tell(&mut state, Message::Reaching);
    assert!(picture(&state).contains("starting…"));
    let effects = tell(&mut state, Message::Connected(agent(1, &[])));
    assert_eq!(refreshes(&effects), 1, "another agent knows nothing yet");
}

#[test]
fn leaving_asks_nothing_when_an_agent_goes_on() {
    let mut state = informed(SIZE);
    tell(&mut state, Message::Connected(agent(1, &[])));
    assert!(keys(&mut state, "q").contains(&Effect::Quit));
}

#[test]
fn one_that_was_stopped_starts_again_when_there_is_a_use_for_it() {
    let mut state = informed(SIZE);
    tell(&mut state, Message::Connected(agent(1, &[])));
    let why = "gallerist agent stop of ops ended it";
    tell(&mut state, Message::Stopped(why.to_owned()));
    let shown = picture(&state);
    assert!(
        shown.contains(why) && shown.contains("agent: ended"),
        "{shown}"
    );
    assert_eq!(refreshes(&keys(&mut state, "R")), 1);
    assert!(refusal(&state, Command::ReplaceAgent).is_some());
}

#[test]
fn other_settings_are_told_and_the_agent_is_replaced_when_asked() {
    seen("agent-other-settings", |size| {
        let mut state = known::ignorant(size);
        tell(&mut state, Message::Connected(agent(2, DIFFERS)));
        inform(&mut state);
        state
    });
    seen("agent-replaced", |size| {
        let mut state = known::ignorant(size);
        tell(&mut state, Message::Connected(agent(2, DIFFERS)));
        inform(&mut state);
        keys(&mut state, "A");
        state
    });
    let mut state = informed(SIZE);
    tell(&mut state, Message::Connected(agent(1, DIFFERS)));
    keys(&mut state, "A");
    assert!(keys(&mut state, "y").contains(&Effect::ReplaceAgent));
    assert!(matches!(state.place(), Place::Pane(_)));
}

#[test]
fn one_of_another_version_can_only_be_replaced() {
    seen("agent-other-version", |size| {
        let mut state = known::ignorant(size);
        tell(&mut state, Message::OtherVersion("9.9.9".to_owned()));
        inform(&mut state);
        state
    });
    let mut state = known::ignorant(SIZE);
    for _ in 0..2 {
        let effects = tell(&mut state, Message::OtherVersion("9.9.9".to_owned()));
        for effect in effects {
            if let Effect::After(_, later) = effect {
                tell(&mut state, Message::Later(later));
            }
        }
    }
    keys(&mut state, "n");
    assert!(
        matches!(state.place(), Place::Pane(_)),
        "it is offered once"
    );
    assert_eq!(refreshes(&keys(&mut state, "R")), 0);
    keys(&mut state, "A");
    assert!(keys(&mut state, "y").contains(&Effect::ReplaceAgent));
}

#[test]
fn without_one_there_is_nothing_to_replace() {
    let mut state = informed(SIZE);
    keys(&mut state, "A");
    assert!(picture(&state).contains("there is no agent"));
    assert!(matches!(state.place(), Place::Pane(_)));
}
