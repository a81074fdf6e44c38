//! When the terminal's bell rings.

use std::sync::Arc;

use gallerist::queue::JobState;
use gallerist::tui::data::{Jobs, News};
use gallerist::tui::message::{Effect, Message};
use gallerist::tui::state::State;

use super::known::{self, time};
use super::screen::{engine, inform, news, tell};

/// A screen that knows everything, of somebody who wants to hear the bell or not.
fn listening(bell: bool) -> State {
    let mut state = known::ignorant((120, 40));
    let mut engine = engine(None, false);
    engine.bell = bell;
    tell(&mut state, Message::Connected(engine));
    inform(&mut state);
    news(
        &mut state,
        News::Jobs(Arc::new(group([Running; 3], "14:06:00"))),
    );
    state
}

/// The queue with a group of which these are the states, read at this time.
fn group(states: [JobState; 3], clock: &str) -> Jobs {
    let mut jobs = known::jobs_in_groups();
    let members = jobs.rows.iter_mut().filter(|job| job.group.0 == 49);
    for (job, state) in members.zip(states) {
        Arc::make_mut(job).state = state;
    }
    jobs.as_of = time(clock);
    jobs
}

/// How often it rings when this is read.
fn rings(state: &mut State, jobs: Jobs) -> usize {
    let effects = news(state, News::Jobs(Arc::new(jobs)));
    effects
        .into_iter()
        .filter(|effect| *effect == Effect::Ring)
        .count()
}

use JobState::{Done, Failed, Held, Paused, Ready, Running};

#[test]
fn it_rings_when_the_last_job_of_a_group_comes_to_rest() {
    let mut state = listening(true);
    for (states, clock, expected) in [
        ([Running, Running, Ready], "14:10:00", 0),
        ([Done, Running, Ready], "14:11:00", 0),
        ([Done, Failed, Paused], "14:12:00", 0),
        ([Done, Failed, Held], "14:13:00", 1),
        ([Done, Failed, Held], "14:14:00", 0),
        ([Done, Running, Held], "14:15:00", 0),
        ([Done, Done, Held], "14:16:00", 1),
    ] {
        assert_eq!(rings(&mut state, group(states, clock)), expected, "{clock}");
    }
}

#[test]
fn it_rings_only_where_it_is_wanted_and_not_for_what_was_over_before() {
    let ended = || group([Done, Done, Done], "14:11:00");
    let mut state = listening(false);
    rings(&mut state, group([Done, Done, Running], "14:10:00"));
    assert_eq!(rings(&mut state, ended()), 0);
    let mut fresh = known::ignorant((120, 40));
    let mut engine = engine(None, false);
    engine.bell = true;
    tell(&mut fresh, Message::Connected(engine));
    assert_eq!(rings(&mut fresh, ended()), 0, "the first look");
}

#[test]
fn what_came_and_ended_between_two_looks_is_heard_and_much_at_once_is_one_ring() {
    let mut state = listening(true);
    let mut jobs = group([Running, Running, Done], "14:10:00");
    assert_eq!(rings(&mut state, jobs.clone()), 0);
    let mut new = (*jobs.rows[0]).clone();
    new.group.0 = 52;
    new.id.0 = 52;
    new.state = Done;
    jobs.rows.insert(0, Arc::new(new));
    jobs.as_of = time("14:10:01");
    assert_eq!(rings(&mut state, jobs.clone()), 1);
    for job in jobs.rows.iter_mut().map(Arc::make_mut) {
        job.state = Done;
    }
    jobs.as_of = time("14:10:01") + jiff::SignedDuration::from_millis(100);
    assert_eq!(rings(&mut state, jobs), 0, "it has rung a moment ago");
}
