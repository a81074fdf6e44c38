//! Whatever happens, in whatever order, the screen keeps its promises.

use std::sync::Arc;

use gallerist::actions::Level;
use gallerist::engine::{Refusal, Reply};
use gallerist::queue::JobId;
use gallerist::tui::data::{Jobs, News};
use gallerist::tui::keymap;
use gallerist::tui::message::{Asked, Effect, Message};
use gallerist::tui::state::State;
use gallerist::tui::theme::Theme;
use proptest::prelude::*;

use super::known;
use super::screen::{frame, informed, keys, news, tell};

/// Something that may happen, as a number and what it needs.
fn happen(state: &mut State, what: (u8, u16, u16)) {
    let (kind, a, b) = what;
    let effects = match kind % 14 {
        0..=5 => {
            let binding = keymap::all().nth(usize::from(a) % keymap::all().count());
            let command = binding.unwrap().command;
            tell(state, Message::Command(command))
        }
        6 => keys(
            state,
            ["j", "7", "x", "<back>", "(", "<enter>", "e", "m"][usize::from(a) % 8],
        ),
        7 => tell(state, Message::Resized(a % 160, b % 60)),
        8 => {
            let mut estate = known::estate();
            estate.tenants.truncate(usize::from(a) % 8);
            estate.definitions.truncate(usize::from(b) % 4);
            estate.galleries.truncate(usize::from(b / 4) % 4);
            news(state, News::Estate(Arc::new(estate)))
        }
        9 => {
            let mut jobs = known::jobs_in_groups();
            jobs.rows.truncate(usize::from(a) % 13);
            news(
                state,
                News::Jobs(Arc::new(if b == 0 { Jobs::default() } else { jobs })),
            )
        }
        10 => {
            let mut lines = known::log_lines();
            lines.truncate(usize::from(a) % 30);
            let page = known::log_page(state, lines);
            news(state, page)
        }
        11 => match state.watch().machines {
            Some(of) => {
                let mut rows = known::machines();
                rows.truncate(usize::from(a) % 65);
                news(state, News::Machines(of, rows))
            }
            None => Vec::new(),
        },
        12 => {
            let (gallery, access) = known::gallery_access();
            news(state, News::Access(gallery, (b == 0).then_some(access)))
        }
        _ => {
            let mut rows = known::versions();
            rows.truncate(usize::from(a) % 6);
            let of = state
                .watch()
                .definition
                .unwrap_or_else(|| known::definition_id("x"));
            news(state, News::Versions(of, rows))
        }
    };
    for effect in effects {
        match effect {
            Effect::After(_, later) if b.is_multiple_of(2) => {
                happen_later(state, later);
            }
            Effect::Ask(asked, _) if b.is_multiple_of(3) => answer(state, asked, a),
            _ => {}
        }
    }
}

fn happen_later(state: &mut State, later: gallerist::tui::message::Later) {
    for effect in tell(state, Message::Later(later)) {
        if let Effect::Ask(asked, _) = effect {
            answer(state, asked, 0);
        }
    }
}

fn answer(state: &mut State, asked: Asked, a: u16) {
    let answer = match a % 4 {
        3 => Ok(Reply::Planned(Box::new(known::plan_of_three()))),
        0 => Ok(Reply::Planned(Box::new(known::plan(
            &serde_json::json!("yes"),
            "pass",
        )))),
        1 => Ok(Reply::Accepted),
        _ => Err(Refusal::NoSuchPlan),
    };
    tell(state, Message::Answer(asked, answer));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn nothing_panics_and_every_selection_is_on_a_row(
        walk in proptest::collection::vec((any::<u8>(), any::<u16>(), any::<u16>()), 1..60),
    ) {
        let mut state = informed((100, 30));
        for what in walk {
            happen(&mut state, what);
            let places = [
                (state.tenants.at(), state.tenants.len()),
                (state.galleries.at(), state.galleries.len()),
                (state.versions.at(), state.versions.len()),
                (state.jobs.at(), state.jobs.len()),
                (state.log.at, state.log.lines().len()),
            ];
            for (at, rows) in places {
                prop_assert!(at < rows || at == 0, "{at} of {rows}");
            }
            prop_assert!(state.log.top <= state.log.at);
            let (_, cursor) = frame(&state, &Theme::full());
            if let Some(cursor) = cursor {
                prop_assert!(cursor.x < state.size.0.max(1) && cursor.y < state.size.1.max(1),
                    "{cursor:?} {:?} {:?}", state.size, state.place());
            }
        }
    }

    /// The switches of the log are switches of their own: each key changes one of them.
    #[test]
    fn the_logs_switches_are_independent(presses in proptest::collection::vec(0usize..6, 1..30)) {
        let mut state = informed((120, 40));
        keys(&mut state, "5");
        for press in presses {
            let switches = |state: &State| -> (bool, Level, Option<String>, Option<JobId>, bool) {
                let log = &state.log;
                let filter = log.filter.as_ref().map(|filter| filter.typed().to_owned());
                (log.follow, log.level, filter, log.scope, log.wrap)
            };
            let before = switches(&state);
            let (key, changed) = [
                ("f", 0), ("L", 1), ("/u<enter>", 2), ("s", 3), ("w", 4), ("<esc>", 2),
            ][press];
            keys(&mut state, key);
            let page = known::log_page(&state, known::log_lines());
            news(&mut state, page);
            let after = switches(&state);
            prop_assert!(changed == 0 || before.0 == after.0);
            prop_assert!(changed == 1 || before.1 == after.1);
            prop_assert!(changed == 2 || before.2 == after.2);
            prop_assert!(changed == 3 || before.3 == after.3);
            prop_assert!(changed == 4 || before.4 == after.4);
        }
    }
}

#[test]
fn scrolling_up_stops_following_and_g_resumes() {
    let mut state = informed((120, 40));
    keys(&mut state, "5");
    assert!(state.log.follow);
    keys(&mut state, "k");
    assert!(!state.log.follow);
    let selected = state.log.selected().unwrap().id;
    // More lines come; the one that is read stays where it is.
    let mut lines = known::log_lines();
    let mut more = lines[0].clone();
    more.id = 100;
    lines.push(more);
    let page = known::log_page(&state, lines);
    news(&mut state, page);
    assert_eq!(state.log.selected().unwrap().id, selected);
    keys(&mut state, "G");
    assert!(state.log.follow);
    assert_eq!(state.log.selected().unwrap().id, 100);
}
