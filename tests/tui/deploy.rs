//! The form that deploys to customers.

use gallerist::actions::{Action, Deploy, Plan};
use gallerist::engine::{Reply, Request};
use gallerist::tui::forms::Verb;
use gallerist::tui::message::{Asked, Effect, Message};
use gallerist::tui::state::{Place, State};

use super::known;
use super::screen::{informed, keys, paste, picture, seen, settle, tell};

/// The form for Adatum, Contoso and Fabrikam.
fn form(size: (u16, u16)) -> State {
    let mut state = informed(size);
    keys(&mut state, "1j j j 3d");
    assert_eq!(state.place(), Place::Form(Verb::Deploy));
    state
}

/// What is asked for when nothing more is typed, after these keys.
fn wish(state: &mut State, typed: &str) -> Option<(Asked, Deploy)> {
    let effects = keys(state, typed);
    let later = effects.iter().rev().find_map(|effect| match effect {
        Effect::After(_, later) => Some(*later),
        _ => None,
    });
    let asked = tell(state, Message::Later(later?));
    asked.into_iter().find_map(|effect| match effect {
        Effect::Ask(asked, Request::Plan(Action::Deploy(deploy))) => Some((asked, deploy)),
        _ => None,
    })
}

fn answer(state: &mut State, asked: Asked, plan: Plan) {
    let reply = Reply::Planned(Box::new(plan));
    tell(state, Message::Answer(asked, Ok(reply)));
}

/// Twenty machines each, with their plan.
pub(crate) fn planned(size: (u16, u16)) -> State {
    let mut state = form(size);
    let (asked, _) = wish(&mut state, "20").unwrap();
    answer(&mut state, asked, known::plan_of_three());
    state
}

#[test]
fn as_it_opens() {
    seen("deploy", form);
}

#[test]
fn for_the_tenant_of_the_cursor_where_none_is_marked() {
    let mut state = informed((120, 40));
    keys(&mut state, "1j3d");
    let (_, deploy) = wish(&mut state, "7").unwrap();
    assert_eq!(deploy.targets.len(), 1);
    assert_eq!(deploy.targets[0].tenant, known::tenants()[1].id);
    assert_eq!(
        (deploy.targets[0].count, &deploy.targets[0].subnet),
        (7, &None)
    );
    assert!(!picture(&state).contains("each of"));
}

#[test]
fn the_first_row_sets_all_and_every_row_its_own() {
    let mut state = form((120, 40));
    let (_, deploy) = wish(&mut state, "20").unwrap();
    let counts = |deploy: &Deploy| deploy.targets.iter().map(|t| t.count).collect::<Vec<_>>();
    assert_eq!(counts(&deploy), [20, 20, 20]);
    let (_, deploy) = wish(&mut state, "j5j<back><back>").unwrap();
    assert_eq!(counts(&deploy), [5, 20]);
    assert!(picture(&state).contains("25 machines for 2 tenants"));
    assert!(wish(&mut state, "9999").is_none());
    assert!(picture(&state).contains("Contoso: 1 to 1000 machines"));
}

#[test]
fn a_part_is_edited_in_full_and_nothing_typed_is_what_the_configuration_says() {
    let mut state = form((120, 40));
    keys(
        &mut state,
        "jj3<left>l<right>".replace("<right>", "l").as_str(),
    );
    keys(&mut state, "le");
    assert_eq!(state.place(), Place::Edit);
    keys(&mut state, "hosts<enter>");
    assert_eq!(state.place(), Place::Edit, "{}", picture(&state));
    assert!(picture(&state).contains("the whole id is wanted"));
    keys(&mut state, "<ctrl-u>");
    paste(
        &mut state,
        &format!("{}\n", known::subnet_id(3, "vnet-contoso")),
    );
    let (_, deploy) = wish(&mut state, "<enter>").unwrap();
    let target = &deploy.targets[0];
    assert_eq!(
        target.subnet.as_ref().unwrap().as_str(),
        known::subnet_id(3, "vnet-contoso")
    );
    assert_eq!(
        target.subscription.as_ref().unwrap().as_str(),
        known::tenants()[2].id.as_str()
    );
    assert!(picture(&state).contains("vnet-contoso / hosts"));
    let (_, deploy) = wish(&mut state, "e<ctrl-u><enter>").unwrap();
    assert_eq!(deploy.targets[0].subnet, None);
}

#[test]
fn lines_that_edit_are_seen_with_what_they_are_of() {
    seen("deploy-edit", |size| {
        let mut state = form(size);
        keys(&mut state, "j20lll");
        settle(&mut state);
        keys(&mut state, "e");
        state
    });
    seen("deploy-edit-empty", |size| {
        let mut state = form(size);
        keys(&mut state, "j20llle<ctrl-u>");
        state
    });
    seen("deploy-edit-wrong", |size| {
        let mut state = form(size);
        keys(&mut state, "j20llle<ctrl-u>hosts<enter>");
        state
    });
}

#[test]
fn planned_for_three_and_asked_once() {
    seen("deploy-planned", planned);
    seen("deploy-plan-read", |size| {
        let mut state = planned(size);
        keys(&mut state, "<tab><ctrl-d><ctrl-d>");
        state
    });
    seen("deploy-question", |size| {
        let mut state = planned(size);
        keys(&mut state, "<enter>");
        state
    });
    seen("deploy-help", |size| {
        let mut state = planned(size);
        keys(&mut state, "?");
        state
    });
}

#[test]
fn held_jobs_do_not_keep_the_others_and_none_ready_is_refused() {
    let mut state = planned((120, 40));
    keys(&mut state, "<enter>");
    assert_eq!(state.place(), Place::Submission);
    let question = picture(&state);
    let words = "1 job begins, 1 is held until mended, 1 has nothing to do";
    assert!(question.contains(words), "{question}");
    let mut state = form((120, 40));
    let (asked, _) = wish(&mut state, "20").unwrap();
    let mut plan = known::plan_of_three();
    plan.jobs.remove(0);
    answer(&mut state, asked, plan);
    keys(&mut state, "<enter>");
    assert_eq!(state.place(), Place::Form(Verb::Deploy));
    assert!(picture(&state).contains("nothing of it can begin: see the plan"));
}
