//! What is asked of the engine, and what becomes of its answers.

use std::sync::Arc;

use gallerist::engine::{Confirmed, Refusal, Reply, Request};
use gallerist::estate::Scope;
use gallerist::queue::{Group, GroupId, JobId, Terms};
use gallerist::tui::data::News;
use gallerist::tui::forms::{Kind, Verb};
use gallerist::tui::message::{Asked, Effect, Later, Message};
use gallerist::tui::state::{Overlay, Pane, Place, State};
use serde_json::json;

use super::known;
use super::overlays::{form, planned};
use super::screen::{engine, inform, informed, keys, news, paste, picture, settle, tell};

const SIZE: (u16, u16) = (120, 40);

fn asked(effects: &[Effect]) -> Vec<&Request> {
    let requests = effects.iter().filter_map(|effect| match effect {
        Effect::Ask(_, request) => Some(request),
        _ => None,
    });
    requests.collect()
}

#[test]
fn an_engine_of_our_own_is_asked_to_read_everything_and_anothers_is_not() {
    let mut state = known::ignorant(SIZE);
    let ours = Message::Connected(engine(None, false));
    assert_eq!(
        asked(&tell(&mut state, ours)),
        [&Request::Refresh(Scope::All)]
    );
    let mut state = known::ignorant(SIZE);
    let theirs = Message::Connected(engine(Some("another".into()), false));
    assert_eq!(asked(&tell(&mut state, theirs)), [] as [&Request; 0]);
}

#[test]
fn a_plan_is_asked_for_once_after_the_last_edit() {
    let mut state = form(SIZE);
    let effects = keys(&mut state, "jj12");
    assert!(asked(&effects).is_empty());
    let later: Vec<_> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::After(_, later @ Later::Plan(_)) => Some(*later),
            _ => None,
        })
        .collect();
    assert_eq!(later.len(), 2);
    assert!(asked(&tell(&mut state, Message::Later(later[0]))).is_empty());
    let effects = tell(&mut state, Message::Later(later[1]));
    let Request::Plan(gallerist::actions::Action::Replicate(wish)) = asked(&effects)[0] else {
        panic!("{effects:?}");
    };
    assert_eq!((wish.set.len(), wish.set[0].replicas), (1, Some(12)));
    assert_eq!(wish.set[0].storage, None, "storage stays as it is");
    assert_eq!(wish.remove, []);
}

#[test]
fn a_plan_for_what_the_form_was_is_dropped_and_counted() {
    let mut state = planned(SIZE, &json!("yes"), "pass");
    let Some(Overlay::Form(open)) = state.overlays.last() else {
        panic!()
    };
    let before = open.generation;
    keys(&mut state, "j ");
    let dropped = state.dropped;
    let late = Reply::Planned(Box::new(known::plan(&json!("yes"), "pass")));
    tell(&mut state, Message::Answer(Asked::Plan(before), Ok(late)));
    assert_eq!(state.dropped, dropped + 1);
    assert!(picture(&state).contains("planning…"));
}

#[test]
fn news_of_what_is_not_looked_at_any_more_is_dropped_and_counted() {
    let mut state = informed(SIZE);
    let other = known::definition_id("server2025");
    news(&mut state, News::Versions(other, Vec::new()));
    assert_eq!((state.dropped, state.version_rows().len()), (1, 5));
    let page = known::log_page(&state, Vec::new());
    keys(&mut state, "5L");
    news(&mut state, page);
    assert_eq!((state.dropped, state.log.lines().len()), (2, 29));
}

#[test]
fn yes_submits_the_plan_that_was_seen() {
    let mut state = planned(SIZE, &json!("yes"), "pass");
    let effects = keys(&mut state, "<enter>y");
    let plan = known::plan(&json!("yes"), "pass").id;
    let expected = Request::Submit {
        plan,
        confirmation: Confirmed::Yes,
        terms: Terms::default(),
        note: None,
    };
    assert_eq!(asked(&effects), [&expected]);
    // A second y while the engine is asked is no second submission.
    assert!(asked(&keys(&mut state, "y")).is_empty());
}

#[test]
fn a_question_takes_no_keys_in_its_first_moments() {
    let mut state = planned(SIZE, &json!("yes"), "pass");
    let enter = crossterm::event::KeyCode::Enter.into();
    let command = gallerist::tui::keymap::find(state.place(), &enter).unwrap();
    tell(&mut state, Message::Command(command));
    assert_eq!(state.place(), Place::Submission);
    assert!(asked(&keys(&mut state, "y")).is_empty());
    assert_eq!(state.place(), Place::Submission);
}

#[test]
fn enter_escape_and_n_are_no() {
    for no in ["<enter>", "<esc>", "n"] {
        let mut state = planned(SIZE, &json!("yes"), "pass");
        let effects = keys(&mut state, &format!("<enter>{no}"));
        assert!(asked(&effects).is_empty());
        assert_eq!(state.place(), Place::Form(Verb::Replicate), "{no}");
    }
}

#[test]
fn pasted_line_breaks_never_confirm() {
    let mut state = planned(SIZE, &json!({"typed": "Northwind MSP"}), "pass");
    keys(&mut state, "<enter>");
    assert_eq!(state.place(), Place::TypedQuestion);
    let effects = paste(&mut state, "Northwind MSP\r\n\n");
    assert!(asked(&effects).is_empty());
    assert_eq!(state.place(), Place::TypedQuestion);
    let effects = keys(&mut state, "<enter>");
    let Request::Submit { confirmation, .. } = asked(&effects)[0] else {
        panic!()
    };
    assert_eq!(*confirmation, Confirmed::Typed("Northwind MSP".to_owned()));
    let mut state = planned(SIZE, &json!("yes"), "pass");
    keys(&mut state, "<enter>");
    assert!(asked(&paste(&mut state, "y\ny\n")).is_empty());
}

#[test]
fn a_wrong_name_confirms_nothing() {
    let mut state = planned(SIZE, &json!({"typed": "Northwind MSP"}), "pass");
    let effects = keys(&mut state, "<enter>northwind msp<enter>");
    assert!(asked(&effects).is_empty());
    assert_eq!(state.place(), Place::TypedQuestion);
}

#[test]
fn a_failed_check_keeps_the_plan_from_being_submitted() {
    let mut state = planned(SIZE, &json!("yes"), "fail");
    keys(&mut state, "<enter>");
    assert_eq!(state.place(), Place::Form(Verb::Replicate));
    assert!(picture(&state).contains("a check forbids it"));
}

fn submit(state: &mut State) -> Asked {
    let effects = keys(state, "<enter>y");
    let asked = effects.iter().find_map(|effect| match effect {
        Effect::Ask(asked @ Asked::Submit(_), _) => Some(*asked),
        _ => None,
    });
    asked.unwrap()
}

#[test]
fn what_is_submitted_is_selected_in_the_queue_as_soon_as_it_is_read() {
    let mut state = planned(SIZE, &json!("yes"), "pass");
    let asked = submit(&mut state);
    let group = Group {
        id: GroupId(46),
        title: "replicate win11-avd 2026.11.3".to_owned(),
        jobs: vec![JobId(46)],
    };
    tell(
        &mut state,
        Message::Answer(asked, Ok(Reply::Submitted(group))),
    );
    assert_eq!(
        (state.place(), state.overlays.len()),
        (Place::Pane(Pane::Queue), 0)
    );
    let mut jobs = known::jobs();
    let ready = known::job(46, gallerist::queue::JobState::Ready, 0);
    jobs.rows.insert(0, Arc::new(ready));
    news(&mut state, News::Jobs(Arc::new(jobs)));
    assert_eq!(state.job().unwrap().id, JobId(46));
}

#[test]
fn a_refusal_is_shown_in_the_form_and_nothing_typed_is_lost() {
    let mut state = planned(SIZE, &json!("yes"), "pass");
    let asked = submit(&mut state);
    tell(&mut state, Message::Answer(asked, Err(Refusal::StalePlan)));
    assert_eq!(state.place(), Place::Form(Verb::Replicate));
    let picture = picture(&state);
    assert!(
        picture.contains("the plan is older than 15 minutes"),
        "{picture}"
    );
    assert!(picture.contains("4 was 2"), "{picture}");
}

#[test]
fn who_only_reads_may_look_and_is_told_why_not() {
    for engine in [
        engine(Some("gallerist queue watch (process 7)".into()), false),
        engine(None, true),
    ] {
        let mut state = known::ignorant(SIZE);
        tell(&mut state, Message::Connected(engine));
        inform(&mut state);
        keys(&mut state, "3r");
        assert_eq!(state.place(), Place::Form(Verb::Replicate));
        keys(&mut state, "<enter>");
        assert!(picture(&state).contains("nothing can be submitted"));
        keys(&mut state, "<esc>4jx");
        assert_eq!(state.place(), Place::Pane(Pane::Queue));
    }
}

#[test]
fn quitting_asks_only_while_jobs_are_carried_out_here() {
    let mut state = informed(SIZE);
    assert!(!keys(&mut state, "q").contains(&Effect::Quit));
    assert!(keys(&mut state, "y").contains(&Effect::Quit));
    let mut state = informed(SIZE);
    let mut jobs = known::jobs();
    jobs.rows.retain(|job| !job.state.is_active());
    news(&mut state, News::Jobs(Arc::new(jobs)));
    assert!(keys(&mut state, "q").contains(&Effect::Quit));
    let mut state = informed(SIZE);
    keys(&mut state, "<esc><esc><esc>");
    assert!(keys(&mut state, "<ctrl-c><ctrl-c>").contains(&Effect::Quit));
}

#[test]
fn a_busy_engine_is_not_asked_without_end() {
    let mut state = informed(SIZE);
    let mut requests = 0;
    for _ in 0..50 {
        requests += asked(&keys(&mut state, "R")).len();
    }
    assert!((1..20).contains(&requests), "{requests}");
    assert!(picture(&state).contains("busy"));
}

#[test]
fn the_home_region_stays() {
    let mut state = form(SIZE);
    keys(&mut state, "g ");
    assert!(picture(&state).contains("West Europe is the version's home"));
    let Some(Kind::Replicate(regions)) = state.overlays[0].form().map(|form| &form.kind) else {
        panic!()
    };
    assert!(regions.regions[0].wanted);
}

#[test]
fn what_depends_on_a_selection_follows_the_last_move() {
    let mut state = informed(SIZE);
    let id = known::definition_id("win11-avd");
    let up = crossterm::event::KeyCode::Char('k').into();
    let command = gallerist::tui::keymap::find(state.place(), &up).unwrap();
    tell(&mut state, Message::Command(command));
    assert_eq!(state.watch().definition, Some(id));
    settle(&mut state);
    assert_eq!(
        state.watch().definition,
        Some(known::definition_id("server2025"))
    );
}

#[test]
fn what_is_gone_back_to_is_read_again() {
    let mut state = informed(SIZE);
    let before = state.watch();
    keys(&mut state, "kj");
    assert_eq!(state.watch().definition, before.definition);
    assert_ne!(
        state.watch(),
        before,
        "the thread that reads has something to do"
    );
}

#[test]
fn jumping_unfilters_unfolds_and_selects() {
    let mut state = informed(SIZE);
    keys(&mut state, "2/builds<enter>");
    keys(&mut state, "<ctrl-g>nwin11<enter>");
    let selected = state.definition().unwrap().definition.name.clone();
    assert_eq!(
        (selected.as_str(), state.focus),
        ("win11-avd", Pane::Galleries)
    );
}

#[test]
fn an_edited_form_is_left_only_by_a_second_esc() {
    let mut state = form(SIZE);
    keys(&mut state, "jj12<esc>");
    assert!(matches!(state.overlays.last(), Some(Overlay::Form(_))));
    assert!(picture(&state).contains("esc again drops what you changed"));
    // Another key in between is a change of mind.
    keys(&mut state, "k<esc>");
    assert!(matches!(state.overlays.last(), Some(Overlay::Form(_))));
    keys(&mut state, "<esc>");
    assert!(state.overlays.is_empty());
    let mut state = form(SIZE);
    keys(&mut state, "j<esc>");
    assert!(
        state.overlays.is_empty(),
        "nothing was changed, so nothing is asked"
    );
}

#[test]
fn what_was_said_gives_the_footer_its_place_back() {
    let mut state = form(SIZE);
    let effects = keys(&mut state, "jj12<esc>");
    assert!(picture(&state).contains("esc again"));
    let unsay = effects.iter().find_map(|effect| match effect {
        Effect::After(_, later @ Later::Unsay(_)) => Some(*later),
        _ => None,
    });
    tell(&mut state, Message::Later(unsay.unwrap()));
    assert!(!picture(&state).contains("esc again"));
    assert!(picture(&state).contains("enter submit"));
}
