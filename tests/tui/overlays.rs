//! Every overlay, as it is seen, at both sizes.

use std::sync::Arc;

use gallerist::queue::{Step, StepState};
use gallerist::tui::data::{JobDetail, News};
use gallerist::tui::message::{Asked, Effect, Message};
use gallerist::tui::state::State;
use serde_json::json;

use super::known;
use super::screen::{informed, keys, news, seen, tell};

#[test]
fn help_of_every_pane() {
    for pane in 1..=5 {
        seen(&format!("help-{pane}"), |size| {
            let mut state = informed(size);
            keys(&mut state, &format!("{pane}?"));
            state
        });
    }
}

#[test]
fn details_of_everything() {
    for (name, path) in [
        ("tenant", "1jjjjj<enter>"),
        ("gallery", "2g<enter>"),
        ("definition", "2<enter>"),
        ("version", "3<enter>"),
        ("line", "5kkkkkkkkkkkkkkkkkkkkkkkkkkk<enter>"),
        ("document", "3jy"),
    ] {
        seen(&format!("details-{name}"), |size| {
            let mut state = informed(size);
            keys(&mut state, path);
            state
        });
    }
}

/// Contoso, with its machines.
fn contoso(size: (u16, u16), keys_then: &str) -> State {
    let mut state = informed(size);
    keys(&mut state, "1jj<enter>");
    let of = state.watch().machines.unwrap();
    news(&mut state, News::Machines(of, known::machines()));
    keys(&mut state, keys_then);
    state
}

#[test]
fn what_machines_use() {
    seen("details-tenant-machines", |size| contoso(size, ""));
    seen("details-version-machines", |size| {
        let mut state = informed(size);
        keys(&mut state, "3j<enter>");
        let of = state.watch().machines.unwrap();
        let mut machines = known::machines();
        machines.truncate(40);
        news(&mut state, News::Machines(of, machines));
        keys(&mut state, "G");
        state
    });
    seen("machines", |size| contoso(size, "<esc>m"));
    seen("machines-filtered", |size| {
        contoso(size, "<esc>m/2026.9<enter>jj")
    });
    seen("machines-of-version", |size| {
        let mut state = informed(size);
        keys(&mut state, "3jm");
        let of = state.watch().machines.unwrap();
        let mut machines = known::machines();
        machines.truncate(40);
        news(&mut state, News::Machines(of, machines));
        state
    });
    seen("machines-awaited", |size| {
        let mut state = informed(size);
        keys(&mut state, "1jm");
        state
    });
    seen("details-machine", |size| contoso(size, "<esc>mG<enter>"));
}

#[test]
fn whom_a_gallery_is_shared_with() {
    let of = |size, access: bool| {
        let mut state = informed(size);
        keys(&mut state, "2h<enter>");
        let (gallery, roles) = known::gallery_access();
        if access {
            news(&mut state, News::Access(gallery, Some(roles)));
        }
        state
    };
    seen("details-shared", |size| of(size, true));
    seen("details-shared-end", |size| {
        let mut state = of(size, true);
        keys(&mut state, "G");
        state
    });
    seen("details-shared-awaited", |size| of(size, false));
}

#[test]
fn details_of_a_job_that_failed() {
    seen("details-job", |size| {
        let mut state = informed(size);
        keys(&mut state, "4jjjj<enter>");
        let detail = JobDetail {
            steps: vec![
                Step {
                    name: "update regions".to_owned(),
                    attempt: 1,
                    state: StepState::Failed,
                    accepted: true,
                },
                Step {
                    name: "update regions".to_owned(),
                    attempt: 2,
                    state: StepState::Intended,
                    accepted: false,
                },
            ],
            lines: known::log_lines()[..3].to_vec(),
        };
        let id = known::jobs().rows[4].id;
        news(&mut state, News::Job(id, detail));
        state
    });
}

#[test]
fn sixty_machines_scroll() {
    let of = |size| {
        let mut state = informed(size);
        let mut jobs = known::jobs();
        jobs.rows.insert(0, Arc::new(known::sixty()));
        news(&mut state, News::Jobs(Arc::new(jobs)));
        keys(&mut state, "4g<enter>");
        let id = known::sixty().id;
        news(&mut state, News::Job(id, JobDetail::default()));
        state
    };
    seen("details-job-machines", of);
    seen("details-job-machines-middle", |size| {
        let mut state = of(size);
        keys(&mut state, "  ");
        state
    });
}

#[test]
fn the_menu_says_why_not() {
    seen("menu", |size| {
        let mut state = informed(size);
        keys(&mut state, "4a");
        state
    });
}

#[test]
fn jump() {
    seen("jump", |size| {
        let mut state = informed(size);
        keys(&mut state, "<ctrl-g>wi");
        state
    });
}

/// The form, with the subscription's regions.
pub(crate) fn form(size: (u16, u16)) -> State {
    let mut state = informed(size);
    keys(&mut state, "3r");
    news(
        &mut state,
        News::Regions(known::MANAGING.parse().unwrap(), known::locations()),
    );
    state
}

/// The form edited, with its plan.
pub(crate) fn planned(size: (u16, u16), confirmation: &serde_json::Value, verdict: &str) -> State {
    let mut state = form(size);
    let effects = keys(&mut state, "jj4jj 3");
    let later = effects.iter().rev().find_map(|effect| match effect {
        Effect::After(_, later) => Some(*later),
        _ => None,
    });
    let asked = tell(&mut state, Message::Later(later.unwrap()));
    let Some(Effect::Ask(asked @ Asked::Plan(_), _)) = asked.first() else {
        panic!("no plan was asked for: {asked:?}");
    };
    let plan = known::plan(confirmation, verdict);
    let reply = gallerist::engine::Reply::Planned(Box::new(plan));
    tell(&mut state, Message::Answer(*asked, Ok(reply)));
    state
}

#[test]
fn the_form_as_it_opens() {
    seen("form", form);
    seen("form-regions-awaited", |size| {
        let mut state = informed(size);
        keys(&mut state, "3r");
        state
    });
}

#[test]
fn a_region_that_is_not_read_yet_is_no_region_that_is_not_there() {
    let mut state = informed((80, 24));
    keys(&mut state, "3r/japan<enter> ");
    let said = state.notice.as_ref().unwrap();
    assert_eq!(
        said.text,
        "the subscription's other regions are being read: try again in a moment"
    );
}

#[test]
fn the_form_with_wrong_numbers() {
    seen("form-wrong", |size| {
        let mut state = form(size);
        keys(&mut state, "jj0");
        state
    });
}

#[test]
fn the_form_planning_and_planned() {
    seen("form-planning", |size| {
        let mut state = form(size);
        keys(&mut state, "jj4");
        state
    });
    seen("form-planned", |size| planned(size, &json!("yes"), "pass"));
    seen("form-forbidden", |size| {
        planned(size, &json!("yes"), "fail")
    });
    seen("form-plan-read", |size| {
        let mut state = planned(size, &json!("yes"), "pass");
        keys(&mut state, "<tab>j");
        state
    });
    seen("form-filtered", |size| {
        let mut state = form(size);
        keys(&mut state, "/sw");
        state
    });
}

#[test]
fn questions() {
    seen("question", |size| {
        let mut state = planned(size, &json!("yes"), "pass");
        keys(&mut state, "<enter>");
        state
    });
    seen("question-typed", |size| {
        let mut state = planned(size, &json!({"typed": "Northwind MSP"}), "pass");
        keys(&mut state, "<enter>North");
        state
    });
    seen("question-cancel", |size| {
        let mut state = informed(size);
        keys(&mut state, "4jx");
        state
    });
    seen("question-quit", |size| {
        let mut state = informed(size);
        keys(&mut state, "q");
        state
    });
}

#[test]
fn no_engine() {
    seen("not-connected", |size| {
        let mut state = informed(size);
        let why = "config.toml:7: unknown field `readonly`; did you mean `read_only`?";
        tell(&mut state, Message::NotConnected(why.to_owned()));
        state
    });
}
