//! A person's sign-in at a tenant: offered where it is needed, shown large, closed when it is done.

use std::sync::Arc;

use gallerist::azure::{DeviceCode, Remedy};
use gallerist::engine::{Refusal, Reply, Request};
use gallerist::estate::{Scope, TenantState, Trouble};
use gallerist::tui::data::{Estate, News};
use gallerist::tui::message::{Asked, Effect, Message};
use gallerist::tui::state::{Pane, Place, State};
use gallerist::tui::theme::Theme;

use super::known;
use super::screen::{engine, frame, inform, keys, news, picture, rows, seen, tell};

const SIZE: (u16, u16) = (120, 40);

/// An estate where Tailspin Toys wants its own multi-factor authentication.
fn estate(remedy: Remedy) -> Estate {
    let mut estate = known::estate();
    let tailspin = &mut estate.tenants[5];
    tailspin.trouble = Some(Trouble {
        message: "signing in as msp in tenant Tailspin Toys: AADSTS50076: Due to a configuration \
                  change made by your administrator, or because you moved to a new location, you \
                  must use multi-factor authentication to access it."
            .to_owned(),
        advice: Some("sign in to it again".to_owned()),
        remedy: Some(remedy),
    });
    estate
}

/// A screen with that tenant selected.
fn at_tailspin(size: (u16, u16), remedy: Remedy) -> State {
    let mut state = known::ignorant(size);
    tell(&mut state, Message::Connected(engine(None, false)));
    inform(&mut state);
    news(&mut state, News::Estate(Arc::new(estate(remedy))));
    keys(&mut state, "1g");
    while state.tenant().unwrap().name != "Tailspin Toys" {
        keys(&mut state, "j");
    }
    state
}

fn code() -> DeviceCode {
    DeviceCode {
        user_code: "C7XKQBW20".to_owned(),
        verification_uri: "https://microsoft.com/devicelogin".to_owned(),
        expires_at: known::time("14:35:00"),
        message: "To sign in, use a web browser.".to_owned(),
    }
}

fn asked(effects: &[Effect]) -> Vec<(Asked, Request)> {
    let asked = effects.iter().filter_map(|effect| match effect {
        Effect::Ask(asked, request) => Some((*asked, request.clone())),
        _ => None,
    });
    asked.collect()
}

/// The dialog with its code, and the question that waits.
pub(crate) fn with_code(size: (u16, u16)) -> (State, Asked) {
    let mut state = at_tailspin(size, Remedy::DeviceCode);
    let first = asked(&keys(&mut state, "<enter>"));
    let [(question @ Asked::SignIn(_), Request::SignIn(tenant))] = &first[..] else {
        panic!("{first:?}");
    };
    let reply = Message::Answer(*question, Ok(Reply::SignIn(code())));
    let waits = asked(&tell(&mut state, reply));
    let [(waits @ Asked::SignedIn(_), Request::SignedIn(of))] = &waits[..] else {
        panic!("{waits:?}");
    };
    assert_eq!(tenant, of);
    (state, *waits)
}

fn trouble() -> Refusal {
    Refusal::NotSignedIn(Trouble {
        message: "signing in as msp in tenant Tailspin Toys: the code has expired before anybody \
                  signed in with it"
            .to_owned(),
        advice: Some("sign in again".to_owned()),
        remedy: Some(Remedy::DeviceCode),
    })
}

#[test]
fn every_phase_of_it() {
    seen("sign-in-asked", |size| {
        let mut state = at_tailspin(size, Remedy::DeviceCode);
        keys(&mut state, "i");
        state
    });
    seen("sign-in-code", |size| with_code(size).0);
    seen("sign-in-failed", |size| {
        let (mut state, waits) = with_code(size);
        tell(&mut state, Message::Answer(waits, Err(trouble())));
        state
    });
    seen("sign-in-az", |size| {
        let command = "az login --tenant 00000006-0000-4000-8000-000000000000".to_owned();
        let mut state = at_tailspin(size, Remedy::AzureCli { command });
        keys(&mut state, "<enter>");
        state
    });
    seen("sign-in-help", |size| {
        let (mut state, _) = with_code(size);
        keys(&mut state, "?");
        state
    });
}

#[test]
fn a_terminal_without_unicode_spells_the_code() {
    let (state, _) = with_code((80, 24));
    let (buffer, _) = frame(&state, &Theme::plain());
    let lines = rows(&buffer);
    assert!(
        lines.iter().any(|line| line.contains("C 7 X K Q B W 2 0")),
        "{lines:#?}"
    );
    assert!(lines.iter().all(|line| line.is_ascii()), "{lines:#?}");
}

#[test]
fn code_and_address_are_copied_by_a_key_each() {
    let (mut state, _) = with_code(SIZE);
    let copied = |effects: Vec<Effect>| {
        let copied = effects.into_iter().find_map(|effect| match effect {
            Effect::Copy(text) => Some(text),
            _ => None,
        });
        copied.unwrap()
    };
    assert_eq!(copied(keys(&mut state, "c")), "C7XKQBW20");
    assert_eq!(
        copied(keys(&mut state, "u")),
        "https://microsoft.com/devicelogin"
    );
}

#[test]
fn it_closes_by_itself_when_somebody_has_signed_in() {
    let (mut state, waits) = with_code(SIZE);
    tell(&mut state, Message::Answer(waits, Ok(Reply::Accepted)));
    assert_eq!(state.place(), Place::Pane(Pane::Tenants));
    assert!(picture(&state).contains("signed in to Tailspin Toys"));
    // Whoever signed in, and wherever: a tenant that answers needs no code.
    let (mut state, _) = with_code(SIZE);
    let mut alive = estate(Remedy::DeviceCode);
    news(&mut state, News::Estate(Arc::new(alive.clone())));
    assert_eq!(state.place(), Place::SignIn);
    alive.tenants[5].state = TenantState::Ok;
    alive.tenants[5].trouble = None;
    news(&mut state, News::Estate(Arc::new(alive)));
    assert_eq!(state.place(), Place::Pane(Pane::Tenants));
    assert!(picture(&state).contains("signed in to Tailspin Toys"));
}

#[test]
fn it_goes_on_when_it_is_left_and_a_late_answer_is_counted() {
    let (mut state, waits) = with_code(SIZE);
    keys(&mut state, "<esc>");
    assert_eq!(state.place(), Place::Pane(Pane::Tenants));
    let dropped = state.dropped;
    tell(&mut state, Message::Answer(waits, Err(trouble())));
    assert_eq!(state.dropped, dropped + 1);
    // Entered again, the engine is asked for the code that waits.
    let again = asked(&keys(&mut state, "<enter>"));
    assert!(matches!(&again[..], [(Asked::SignIn(_), _)]), "{again:?}");
}

#[test]
fn what_waits_for_a_person_keeps_nothing_else_waiting() {
    let (mut state, _) = with_code(SIZE);
    keys(&mut state, "<esc>");
    assert_eq!(state.asked, 1, "the refresh at the start alone");
}

#[test]
fn a_new_code_is_asked_for_only_where_one_came_to_nothing() {
    let (mut state, waits) = with_code(SIZE);
    assert_eq!(asked(&keys(&mut state, "n")), []);
    tell(&mut state, Message::Answer(waits, Err(trouble())));
    let again = asked(&keys(&mut state, "n"));
    let [(question @ Asked::SignIn(_), Request::SignIn(_))] = &again[..] else {
        panic!("{again:?}");
    };
    assert_ne!(*question, waits);
    tell(
        &mut state,
        Message::Answer(*question, Ok(Reply::SignIn(code()))),
    );
    assert!(picture(&state).contains("C 7 X K Q B W 2 0"));
}

#[test]
fn the_azure_cli_is_asked_for_by_its_command_and_the_tenant_is_read_again() {
    let command = "az login --tenant 6".to_owned();
    let mut state = at_tailspin(
        SIZE,
        Remedy::AzureCli {
            command: command.clone(),
        },
    );
    assert_eq!(asked(&keys(&mut state, "<enter>")), []);
    assert!(keys(&mut state, "c").contains(&Effect::Copy(command)));
    let again = asked(&keys(&mut state, "R"));
    let tenant = known::tenants()[5].id.clone();
    assert_eq!(
        again,
        [(Asked::Refresh, Request::Refresh(Scope::Tenant(tenant)))]
    );
}

#[test]
fn where_nobody_can_sign_in_the_reason_is_told_and_enter_shows_the_details() {
    let mut state = at_tailspin(SIZE, Remedy::Elsewhere);
    assert_eq!(asked(&keys(&mut state, "i")), []);
    assert!(picture(&state).contains("no person signs in there"));
    keys(&mut state, "<enter>");
    assert_eq!(state.place(), Place::Text);
    keys(&mut state, "<esc>k");
    for (tenant, why) in [
        ("Adatum", "Adatum is signed in to"),
        ("Litware", "it isn't the sign-in that fails"),
    ] {
        let mut state = at_tailspin(SIZE, Remedy::DeviceCode);
        keys(&mut state, "g");
        while state.tenant().unwrap().name != tenant {
            keys(&mut state, "j");
        }
        assert_eq!(asked(&keys(&mut state, "i")), []);
        assert!(picture(&state).contains(why), "{tenant}");
    }
}

#[test]
fn who_only_reads_is_told_where_to_sign_in() {
    let mut state = known::ignorant(SIZE);
    let other = engine(Some("gallerist queue watch (process 7)".into()), false);
    tell(&mut state, Message::Connected(other));
    inform(&mut state);
    news(
        &mut state,
        News::Estate(Arc::new(estate(Remedy::DeviceCode))),
    );
    keys(&mut state, "1G");
    while state.tenant().unwrap().name != "Tailspin Toys" {
        keys(&mut state, "k");
    }
    keys(&mut state, "i");
    assert!(picture(&state).contains("`gallerist login` signs in for it"));
    keys(&mut state, "<enter>");
    assert_eq!(state.place(), Place::Text);
}
