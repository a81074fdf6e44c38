//! The operator's terms and note: typed over the question, shown in it, sent with its answer.

use gallerist::engine::{Refusal, Reply, Request};
use gallerist::queue::{self, Group, GroupId, JobId, JobState, Terms};
use gallerist::tui::keymap;
use gallerist::tui::message::{Asked, Effect, Later, Message};
use gallerist::tui::state::{Place, State};
use serde_json::{Value, json};

use super::known;
use super::overlays::planned;
use super::queue::{back, ended};
use super::screen::{informed, keys, paste, picture, seen, tell};

const SIZE: (u16, u16) = (120, 40);

/// What is typed into all fields, one after the other.
const FILLED: &str = "CHG123<tab>02:00<tab>41:westeurope<tab>2<tab>10<tab>1";

/// The question, and then these keys.
fn question(size: (u16, u16), confirmation: &Value, then: &str) -> State {
    let mut state = planned(size, confirmation, "pass");
    keys(&mut state, "<enter>");
    keys(&mut state, then);
    state
}

fn yes_or_no(size: (u16, u16), then: &str) -> State {
    question(size, &json!("yes"), then)
}

fn a_name(size: (u16, u16), then: &str) -> State {
    question(size, &json!({"typed": "Northwind MSP"}), then)
}

#[test]
fn the_sheet_and_the_question_are_seen() {
    seen("terms", |size| yes_or_no(size, "<ctrl-t>"));
    seen("terms-filled", |size| {
        yes_or_no(size, &format!("<ctrl-t>{FILLED}"))
    });
    seen("terms-wrong", |size| {
        yes_or_no(size, "<ctrl-t><tab>tonight<tab>41:<tab>first<enter>")
    });
    seen("terms-question", |size| {
        yes_or_no(size, &format!("<ctrl-t>{FILLED}<enter>"))
    });
    seen("terms-question-typed", |size| {
        a_name(size, "North<ctrl-t>CHG123<tab>02:00<enter>")
    });
    seen("terms-help", |size| yes_or_no(size, "?"));
    seen("terms-refused", |size| {
        let mut state = yes_or_no(size, "<ctrl-t><tab><tab>999<enter>");
        refuse(&mut state, no_such_job());
        state
    });
}

#[test]
fn on_a_terminal_that_is_too_low_the_field_that_is_typed_in_is_seen() {
    for (width, height) in [(40, 10), (76, 12), (50, 24)] {
        let mut state = yes_or_no((width, height), "<ctrl-t>");
        for (name, text) in [
            ("note", "n"),
            ("not before", "soon"),
            ("after", "1:"),
            ("priority", "p"),
            ("at once", "a"),
            ("hold after", "h"),
        ] {
            keys(&mut state, text);
            let picture = picture(&state);
            assert!(picture.contains(&format!("▸ {name}")), "{picture}");
            keys(&mut state, "<tab>");
        }
        keys(&mut state, "<enter>");
        let picture = picture(&state);
        assert!(picture.contains("✘ \"soon\" isn't a time"), "{picture}");
    }
}

#[test]
fn what_was_said_stays_in_a_question_that_has_no_room_for_all() {
    let state = yes_or_no((60, 12), "<ctrl-t>CHG123<enter>");
    let picture = picture(&state);
    assert!(picture.contains("note CHG123"), "{picture}");
    assert!(picture.contains("y yes"), "{picture}");
}

fn request(effects: &[Effect]) -> (Asked, &Request) {
    let asked = effects.iter().find_map(|effect| match effect {
        Effect::Ask(asked @ Asked::Submit(_), request) => Some((*asked, request)),
        _ => None,
    });
    asked.unwrap()
}

fn sent(effects: &[Effect]) -> (&Terms, Option<&str>) {
    let (_, Request::Submit { terms, note, .. }) = request(effects) else {
        panic!("{effects:?}");
    };
    (terms, note.as_deref())
}

fn filled() -> Terms {
    Terms {
        priority: 2,
        not_before: Some("2026-11-24T02:00:00Z".parse().unwrap()),
        after: vec!["41:westeurope".parse().unwrap()],
        at_once: Some(10),
        hold_after: Some(1),
    }
}

#[test]
fn what_is_typed_goes_with_the_answer() {
    let mut state = yes_or_no(SIZE, &format!("<ctrl-t>{FILLED}<enter>"));
    let effects = keys(&mut state, "y");
    assert_eq!(sent(&effects), (&filled(), Some("CHG123")));
}

#[test]
fn where_a_name_is_typed_the_same_key_leads_there_and_back() {
    let mut state = a_name(SIZE, "North<ctrl-t>");
    assert_eq!(state.place(), Place::Terms);
    keys(&mut state, FILLED);
    keys(&mut state, "<enter>wind MSP");
    let effects = keys(&mut state, "<enter>");
    assert_eq!(sent(&effects), (&filled(), Some("CHG123")));
}

#[test]
fn enter_twice_answers_no_question_that_a_name_stands_in() {
    let mut state = a_name(SIZE, "Northwind MSP<ctrl-t>");
    let enter = crossterm::event::KeyCode::Enter.into();
    let press = |state: &mut State| {
        let command = keymap::find(state.place(), &enter);
        tell(state, Message::Command(command.unwrap()))
    };
    press(&mut state);
    assert_eq!(state.place(), Place::TypedQuestion);
    let effects = press(&mut state);
    assert!(effects.is_empty(), "{effects:?}");
}

#[test]
fn esc_leaves_what_was_said_as_it_was() {
    let mut state = yes_or_no(SIZE, "<ctrl-t>CHG1<enter><ctrl-t>23<tab>nonsense<esc>");
    assert_eq!(state.place(), Place::Submission);
    assert_eq!(
        sent(&keys(&mut state, "y")),
        (&Terms::default(), Some("CHG1"))
    );
}

#[test]
fn a_wrong_value_stays_on_the_sheet_until_it_is_mended() {
    let mut state = yes_or_no(SIZE, "<ctrl-t><tab><tab><tab><tab>0<enter>");
    assert_eq!(state.place(), Place::Terms);
    assert!(picture(&state).contains("is no number of jobs"));
    keys(&mut state, "<back>3<enter>");
    let terms = Terms {
        at_once: Some(3),
        ..Terms::default()
    };
    assert_eq!(sent(&keys(&mut state, "y")), (&terms, None));
}

#[test]
fn questions_that_submit_nothing_have_no_terms() {
    let mut state = informed(SIZE);
    keys(&mut state, "4jx<ctrl-t>");
    assert_eq!(state.place(), Place::Question);
    let mut state = yes_or_no(SIZE, "y<ctrl-t>");
    assert_eq!(state.place(), Place::Submission, "it is answered already");
    keys(&mut state, "<esc>");
}

#[test]
fn a_paste_is_text_of_the_field() {
    let mut state = yes_or_no(SIZE, "<ctrl-t>");
    paste(&mut state, "CHG-4711\r\nwith y and n\t");
    keys(&mut state, "<enter>");
    let effects = keys(&mut state, "y");
    assert_eq!(sent(&effects).1, Some("CHG-4711with y and n"));
}

fn no_such_job() -> Refusal {
    queue::Refusal::NoSuchJob(JobId(999)).into()
}

/// Says yes, and is refused.
fn refuse(state: &mut State, refusal: Refusal) {
    let effects = keys(state, "y");
    let (asked, _) = request(&effects);
    tell(state, Message::Answer(asked, Err(refusal)));
}

#[test]
fn a_job_that_is_not_there_is_mended_where_it_was_typed() {
    let mut state = yes_or_no(SIZE, "<ctrl-t>CHG123<tab><tab>999<enter>");
    refuse(&mut state, no_such_job());
    assert_eq!(state.place(), Place::Terms);
    assert!(picture(&state).contains("there is no job #999"));
    keys(&mut state, "<back><back><back>41<enter>");
    let terms = Terms {
        after: vec!["41".parse().unwrap()],
        ..Terms::default()
    };
    assert_eq!(sent(&keys(&mut state, "y")), (&terms, Some("CHG123")));
}

#[test]
fn what_was_said_holds_when_it_is_refused_and_asked_again() {
    let mut state = yes_or_no(SIZE, &format!("<ctrl-t>{FILLED}<enter>"));
    refuse(&mut state, Refusal::StalePlan);
    plan_again(&mut state, "<back>2");
    keys(&mut state, "<enter>");
    assert!(picture(&state).contains("note CHG123"));
    let effects = keys(&mut state, "y");
    assert_eq!(sent(&effects), (&filled(), Some("CHG123")));
}

#[test]
fn what_was_said_of_an_undo_holds_for_the_same_undo_and_for_nothing_else() {
    let mut state = ended(JobState::Done, "replicate");
    let undo = |state: &mut State| {
        keys(state, "4gu");
        back(state, "pass");
        assert_eq!(state.place(), Place::Submission);
    };
    undo(&mut state);
    keys(&mut state, "<ctrl-t>CHG123<enter>");
    refuse(&mut state, Refusal::Claimed);
    undo(&mut state);
    let effects = keys(&mut state, "y");
    assert_eq!(sent(&effects).1, Some("CHG123"));
    let group = Group {
        id: GroupId(46),
        title: "take back".to_owned(),
        jobs: vec![JobId(46)],
    };
    let submitted = Ok(Reply::Submitted(group));
    tell(&mut state, Message::Answer(request(&effects).0, submitted));
    undo(&mut state);
    assert!(!picture(&state).contains("CHG123"), "it was submitted");
    keys(&mut state, "<ctrl-t>CHG124<enter><esc>3r");
    plan_again(&mut state, "jj4");
    keys(&mut state, "<enter>");
    assert_eq!(state.place(), Place::Submission);
    assert!(!picture(&state).contains("CHG124"), "it is about another");
}

/// Edits the form that is open, and answers with a plan.
fn plan_again(state: &mut State, edits: &str) {
    let effects = keys(state, edits);
    let later = effects.iter().rev().find_map(|effect| match effect {
        Effect::After(_, later @ Later::Plan(_)) => Some(*later),
        _ => None,
    });
    let asked = tell(state, Message::Later(later.unwrap()));
    let [Effect::Ask(asked, Request::Plan(_))] = asked[..] else {
        panic!("{asked:?}");
    };
    let reply = Reply::Planned(Box::new(known::plan(&json!("yes"), "pass")));
    tell(state, Message::Answer(asked, Ok(reply)));
}
