//! What frames cost on the wire.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use gallerist::tui::data::News;
use gallerist::tui::screen::Screen;
use gallerist::tui::state::State;
use gallerist::tui::theme::Theme;

use super::screen::{informed, keys, settle};

/// A terminal that only counts.
#[derive(Clone, Default)]
struct Wire(Arc<Mutex<Vec<u8>>>);

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Line {
    wire: Wire,
    screen: Screen<Wire>,
}

impl Line {
    fn new() -> Self {
        let wire = Wire::default();
        Self {
            screen: Screen::new(wire.clone(), Theme::full()),
            wire,
        }
    }

    /// The bytes of one frame.
    fn frame(&mut self, state: &State) -> Vec<u8> {
        self.wire.0.lock().unwrap().clear();
        self.screen.show(state).unwrap();
        self.wire.0.lock().unwrap().clone()
    }

    /// How many that are.
    fn cost(&mut self, state: &State) -> usize {
        self.frame(state).len()
    }
}

#[test]
fn the_first_frame_fits_in_8_kilobytes() {
    let cost = Line::new().cost(&informed((120, 40)));
    assert!(cost <= 8192, "{cost}");
}

#[test]
fn a_frame_like_the_one_before_costs_nothing() {
    let mut line = Line::new();
    let state = informed((120, 40));
    line.cost(&state);
    assert_eq!(line.cost(&state), 0);
}

#[test]
fn a_cursor_key_costs_at_most_100_bytes_in_every_pane() {
    for pane in ["1", "2", "3", "4", "5"] {
        let mut line = Line::new();
        let mut state = informed((120, 40));
        keys(&mut state, pane);
        keys(&mut state, if pane == "5" { "kk" } else { "g" });
        line.cost(&state);
        let key = if pane == "5" { 'k' } else { 'j' };
        for step in 0..3 {
            // The key alone, before what follows it comes.
            let event = crossterm::event::KeyCode::Char(key).into();
            let command = gallerist::tui::keymap::find(state.place(), &event).unwrap();
            super::screen::tell(
                &mut state,
                gallerist::tui::message::Message::Command(command),
            );
            let cost = line.cost(&state);
            assert!(cost <= 100 && cost > 0, "pane {pane}, step {step}: {cost}");
        }
    }
}

#[test]
fn a_cursor_key_costs_at_most_100_bytes_in_forms_and_lists() {
    for (path, steps) in [
        ("3r", "jjk"),
        ("1j j j 3d", "jljlhk"),
        ("1j j 2hs", "jjk"),
        ("1jj3s", "jjk"),
        ("1jjm", "jjjk"),
        ("4gl", "jjk"),
    ] {
        let mut line = Line::new();
        let mut state = informed((120, 40));
        super::screen::news(
            &mut state,
            News::Jobs(Arc::new(super::known::jobs_in_groups())),
        );
        keys(&mut state, path);
        if let Some(of) = state.watch().machines {
            super::screen::news(&mut state, News::Machines(of, super::known::machines()));
        }
        line.cost(&state);
        for step in steps.chars() {
            let event = crossterm::event::KeyCode::Char(step).into();
            let command = gallerist::tui::keymap::find(state.place(), &event).unwrap();
            super::screen::tell(
                &mut state,
                gallerist::tui::message::Message::Command(command),
            );
            let cost = line.cost(&state);
            assert!(cost <= 100 && cost > 0, "{path}, {step}: {cost}");
        }
    }
}

#[test]
fn nothing_follows_a_move_among_tenants() {
    let mut line = Line::new();
    let mut state = informed((120, 40));
    keys(&mut state, "1j");
    line.cost(&state);
    settle(&mut state);
    assert_eq!(line.cost(&state), 0);
}

#[test]
fn turning_to_another_pane_costs_less_than_a_kilobyte() {
    let mut line = Line::new();
    let mut state = informed((120, 40));
    line.cost(&state);
    for pane in ["1", "3", "4", "5"] {
        keys(&mut state, pane);
        let cost = line.cost(&state);
        assert!(cost <= 1024, "pane {pane}: {cost}");
    }
}

#[test]
fn a_jobs_time_moves_only_with_the_job() {
    let mut line = Line::new();
    let mut state = informed((120, 40));
    line.cost(&state);
    let mut jobs = super::known::jobs();
    jobs.as_of = super::known::time("14:09:00");
    super::screen::news(&mut state, News::Jobs(Arc::new(jobs.clone())));
    assert_eq!(line.cost(&state), 0);
    Arc::make_mut(&mut jobs.rows[1]).progress.percent = 70;
    super::screen::news(&mut state, News::Jobs(Arc::new(jobs)));
    assert!(line.cost(&state) > 0);
    assert!(super::screen::picture(&state).contains("08:50"));
}

#[test]
fn a_ring_is_one_byte_of_the_next_frame_and_of_no_other() {
    const BELL: u8 = 7;
    let mut line = Line::new();
    let mut state = informed((120, 40));
    line.cost(&state);
    line.screen.ring();
    line.screen.ring();
    assert_eq!(line.frame(&state), [BELL]);
    assert_eq!(line.cost(&state), 0);
    keys(&mut state, "4");
    let mut silent = Line::new();
    silent.cost(&informed((120, 40)));
    let without = silent.frame(&state);
    line.screen.ring();
    let with = line.frame(&state);
    assert_eq!(with.strip_suffix(&[BELL]), Some(&without[..]));
}
