//! The form that shares, and takes back.

use gallerist::actions::Action;
use gallerist::actions::share::{Means, Share};
use gallerist::engine::Request;
use gallerist::tui::data::News;
use gallerist::tui::forms::Verb;
use gallerist::tui::message::{Effect, Message};
use gallerist::tui::state::{Place, State};

use super::known;
use super::screen::{informed, keys, news, picture, seen, tell};

/// The form for the gallery that can be shared directly; some tenants may be marked before.
fn form(size: (u16, u16), marks: &str) -> State {
    let mut state = informed(size);
    keys(&mut state, &format!("1{marks}2h"));
    keys(&mut state, "s");
    assert_eq!(state.place(), Place::Form(Verb::Share));
    state
}

/// What is asked for when nothing more is typed, after these keys.
fn wish(state: &mut State, typed: &str) -> Option<Action> {
    let effects = keys(state, typed);
    planned(state, &effects)
}

fn planned(state: &mut State, effects: &[Effect]) -> Option<Action> {
    let later = effects.iter().rev().find_map(|effect| match effect {
        Effect::After(_, later @ gallerist::tui::message::Later::Plan(_)) => Some(*later),
        _ => None,
    });
    let asked = tell(state, Message::Later(later?));
    asked.into_iter().find_map(|effect| match effect {
        Effect::Ask(_, Request::Plan(action)) => Some(action),
        _ => None,
    })
}

fn direct(share: &Share) -> (usize, usize) {
    match &share.means {
        Means::Direct {
            tenants,
            subscriptions,
        } => (tenants.len(), subscriptions.len()),
        Means::Role { .. } => panic!("{share:?}"),
    }
}

#[test]
fn as_it_opens() {
    seen("share", |size| form(size, ""));
    seen("share-marked", |size| form(size, "j j j "));
    seen("share-unfolded", |size| {
        let mut state = form(size, "");
        keys(&mut state, "jlj ");
        state
    });
    seen("share-role", |size| {
        let mut state = form(size, "j j j j j ");
        keys(&mut state, "m");
        state
    });
    seen("share-role-known", |size| {
        let mut state = form(size, "");
        keys(&mut state, "m");
        let (gallery, access) = known::gallery_access();
        news(&mut state, News::Access(gallery, Some(access)));
        keys(&mut state, "j ");
        state
    });
    seen("share-private", |size| {
        let mut state = informed(size);
        keys(&mut state, "2gsm");
        state
    });
    seen("share-image", |size| {
        let mut state = informed(size);
        keys(&mut state, "2s");
        state
    });
    seen("share-principal", |size| {
        let mut state = informed(size);
        keys(&mut state, "2sje");
        state
    });
    seen("share-help", |size| {
        let mut state = form(size, "");
        keys(&mut state, "?");
        state
    });
}

#[test]
fn those_that_are_marked_and_do_not_have_it_get_it_at_once() {
    let mut state = informed((120, 40));
    keys(&mut state, "1j j j 2h");
    let effects = keys(&mut state, "s");
    let Some(Action::Share(share)) = planned(&mut state, &effects) else {
        panic!()
    };
    // Adatum has it already.
    assert_eq!(direct(&share), (2, 0));
    assert!(picture(&state).contains("4 of 5 tenants, 1 of 30 subscriptions"));
    // Nothing was edited, so nothing is lost.
    keys(&mut state, "<esc>");
    assert!(state.overlays.is_empty());
}

#[test]
fn who_has_it_is_unmarked_to_take_it_back_and_nothing_else_meanwhile() {
    let mut state = form((120, 40), "");
    let Some(Action::Unshare(share)) = wish(&mut state, " ") else {
        panic!()
    };
    assert_eq!(direct(&share), (1, 0));
    assert!(picture(&state).contains("1 of 5 tenants, 1 of 30 subscriptions"));
    assert!(wish(&mut state, "j ").is_none());
    assert!(picture(&state).contains("taking back is") || picture(&state).contains("sharing is"));
    let Some(Action::Share(share)) = wish(&mut state, "k j ") else {
        panic!("{}", picture(&state))
    };
    assert_eq!(direct(&share), (1, 0));
}

#[test]
fn single_subscriptions_are_shared_with_and_taken_back_from() {
    let mut state = form((120, 40), "");
    let Some(Action::Unshare(share)) = wish(&mut state, "jj ") else {
        panic!("{}", picture(&state))
    };
    assert_eq!(direct(&share), (0, 1));
}

#[test]
fn a_role_goes_to_the_principal_that_is_configured_or_typed() {
    let mut state = informed((120, 40));
    keys(&mut state, "1j j j j j j 3s");
    let typed = "5f2b0000-0000-4000-8000-000000000001";
    keys(&mut state, &format!("e<ctrl-u>{typed}<enter>"));
    let Some(Action::Share(share)) = wish(&mut state, "oReader<enter>") else {
        panic!("{}", picture(&state))
    };
    let Means::Role { role, principals } = &share.means else {
        panic!()
    };
    assert_eq!(role.as_deref(), Some("Reader"));
    assert_eq!(principals.len(), 6);
    assert_eq!(principals[0].id.as_deref(), Some(typed));
    assert_eq!(principals[1].id, None, "the configuration's stays open");
    assert_eq!(principals[1].tenant, Some(known::tenants()[2].id.clone()));
    let picture = picture(&state);
    assert!(picture.contains("missing"), "{picture}");
    keys(&mut state, "oBoss<enter>");
    assert_eq!(state.place(), Place::Edit);
}

#[test]
fn what_is_not_known_to_be_shared_can_be_taken_back_too() {
    let mut state = informed((120, 40));
    keys(&mut state, "3s");
    let Some(Action::Unshare(share)) = wish(&mut state, "u") else {
        panic!()
    };
    assert!(share.resource.as_str().ends_with("/versions/2026.11.3"));
}

#[test]
fn a_role_from_above_is_not_taken_back_here() {
    let mut state = form((120, 40), "");
    keys(&mut state, "m");
    let (gallery, access) = known::gallery_access();
    news(&mut state, News::Access(gallery, Some(access)));
    assert!(wish(&mut state, "jj ").is_none());
    let told = "the role comes from subscription Northwind Galleries: take it back there";
    assert!(picture(&state).contains(told), "{}", picture(&state));
    let Some(Action::Unshare(_)) = wish(&mut state, "k ") else {
        panic!("{}", picture(&state))
    };
}

#[test]
fn a_private_gallery_says_at_once_why_it_is_not_shared_directly() {
    let mut state = informed((120, 40));
    keys(&mut state, "2gsm");
    let picture = picture(&state);
    assert!(
        picture.contains("acg_builds is private: only a gallery that was created"),
        "{picture}"
    );
    assert!(wish(&mut state, " ").is_none());
}
