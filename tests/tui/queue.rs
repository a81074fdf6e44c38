//! Groups of several jobs in the queue.

use std::sync::Arc;

use gallerist::engine::{Refusal, Reply, Request};
use gallerist::queue::{Group, GroupId, JobId, JobState, Pause};
use gallerist::tui::data::News;
use gallerist::tui::message::{Asked, Effect, Later, Message};
use gallerist::tui::state::{Entry, Place, State};

use serde_json::json;

use super::known;
use super::screen::{informed, keys, news, picture, seen, tell};

fn grouped(size: (u16, u16)) -> State {
    let mut state = informed(size);
    news(&mut state, News::Jobs(Arc::new(known::jobs_in_groups())));
    keys(&mut state, "4g");
    state
}

fn asked(effects: &[Effect]) -> Vec<(Asked, Request)> {
    let asked = effects.iter().filter_map(|effect| match effect {
        Effect::Ask(asked, request) => Some((*asked, request.clone())),
        _ => None,
    });
    asked.collect()
}

#[test]
fn folded_and_unfolded() {
    seen("groups", grouped);
    seen("groups-unfolded", |size| {
        let mut state = grouped(size);
        keys(&mut state, "+ljjjjl");
        state
    });
    seen("groups-filtered", |size| {
        let mut state = grouped(size);
        keys(&mut state, "+/contoso<enter>");
        state
    });
    seen("groups-menu", |size| {
        let mut state = grouped(size);
        keys(&mut state, "a");
        state
    });
    seen("question-cancel-group", |size| {
        let mut state = grouped(size);
        keys(&mut state, "x");
        state
    });
}

#[test]
fn a_group_folds_like_a_gallery() {
    let mut state = grouped((120, 40));
    let entry = |state: &State| *state.jobs.selected().unwrap();
    let rows = state.jobs.len();
    keys(&mut state, "l");
    assert_eq!(state.jobs.len(), rows + 3);
    keys(&mut state, "jj");
    assert_eq!(entry(&state), Entry::Job(JobId(50)));
    keys(&mut state, "h");
    assert_eq!(entry(&state), Entry::Group(GroupId(49)));
    keys(&mut state, "h");
    assert_eq!(state.jobs.len(), rows);
    keys(&mut state, "<enter>");
    assert_eq!(state.jobs.len(), rows + 3);
    keys(&mut state, "<enter>");
    assert_eq!((state.jobs.len(), state.overlays.len()), (rows, 0));
}

#[test]
fn the_failed_ones_are_tried_again() {
    for (path, allowed) in [
        ("t", true),
        ("T", true),
        ("jT", true),
        ("jljT", true),
        ("jjT", false),
    ] {
        let mut state = grouped((120, 40));
        let effects = keys(&mut state, path);
        let asked = asked(&effects);
        assert_eq!(asked.len(), usize::from(allowed), "{path}");
        if let Some((_, request)) = asked.first() {
            assert!(matches!(request, Request::RetryFailed(_)), "{request:?}");
        }
    }
    let mut state = grouped((120, 40));
    let mut jobs = known::jobs_in_groups();
    for job in jobs.rows.iter_mut().map(Arc::make_mut) {
        job.state = JobState::Done;
    }
    news(&mut state, News::Jobs(Arc::new(jobs)));
    assert!(asked(&keys(&mut state, "t")).is_empty());
    assert!(picture(&state).contains("no job of the group has failed or is held"));
}

#[test]
fn all_open_jobs_of_a_group_are_cancelled_one_after_the_other() {
    let mut state = grouped((120, 40));
    let mut next = asked(&keys(&mut state, "xy"));
    let mut cancelled = Vec::new();
    while let Some((question, request)) = next.pop() {
        assert!(next.is_empty());
        cancelled.push(request);
        // One that can't be cancelled any more doesn't keep the others.
        let answer = match cancelled.len() {
            1 => Err(Refusal::NothingToDo),
            _ => Ok(Reply::Accepted),
        };
        next = asked(&tell(&mut state, Message::Answer(question, answer)));
    }
    assert_eq!(cancelled, [49, 50, 51].map(|id| Request::Cancel(JobId(id))));
    keys(&mut state, "jx");
    assert_eq!(
        state.place(),
        Place::Pane(gallerist::tui::state::Pane::Queue)
    );
    assert!(picture(&state).contains("all its jobs have ended"));
}

#[test]
fn what_was_submitted_is_unfolded_where_it_fits() {
    for (size, unfolded) in [((120, 40), true), ((80, 24), false)] {
        let mut state = informed(size);
        keys(&mut state, "3r");
        news(&mut state, News::Jobs(Arc::new(known::jobs())));
        let group = Group {
            id: GroupId(49),
            title: String::new(),
            jobs: vec![JobId(49), JobId(50), JobId(51)],
        };
        let mut state = super::deploy::planned(size);
        let effects = keys(&mut state, "<enter>y");
        let (question, _) = asked(&effects).pop().unwrap();
        let reply = Reply::Submitted(group);
        tell(&mut state, Message::Answer(question, Ok(reply)));
        news(&mut state, News::Jobs(Arc::new(known::jobs_in_groups())));
        assert_eq!(*state.jobs.selected().unwrap(), Entry::Group(GroupId(49)));
        assert_eq!(state.unfolded.contains(&GroupId(49)), unfolded);
    }
}

#[test]
fn jumping_to_a_job_unfolds_its_group() {
    let mut state = grouped((120, 40));
    keys(&mut state, "1<ctrl-g>#47<enter>");
    assert_eq!(*state.jobs.selected().unwrap(), Entry::Job(JobId(47)));
}

fn paused(size: (u16, u16), pauses: &[Pause]) -> State {
    let mut state = grouped(size);
    let mut jobs = known::jobs_in_groups();
    jobs.pauses.extend(pauses.iter().cloned());
    for job in jobs.rows.iter_mut().map(Arc::make_mut) {
        if matches!(job.state, JobState::Waiting | JobState::Ready) {
            job.state = JobState::Paused;
            job.reason = Some("everything is paused".to_owned());
        }
    }
    jobs.counts = known::counts(&jobs.rows, 51);
    news(&mut state, News::Jobs(Arc::new(jobs)));
    state
}

#[test]
fn what_is_paused_says_so() {
    seen("paused", |size| {
        let mut state = paused(size, &[Pause::Everything]);
        keys(&mut state, "l");
        state
    });
    seen("paused-tenant", |size| {
        let mut state = informed(size);
        let tenant = state.tenant().unwrap().id.clone();
        let mut jobs = known::jobs();
        jobs.pauses.insert(Pause::Tenant(tenant));
        news(&mut state, News::Jobs(Arc::new(jobs)));
        keys(&mut state, "1");
        state
    });
}

#[test]
fn one_key_pauses_and_resumes_what_is_selected() {
    let group = Pause::Group(GroupId(49));
    let job = Pause::Job(JobId(49));
    for (path, what) in [("p", &group), ("ljp", &job), ("P", &Pause::Everything)] {
        let mut state = grouped((120, 40));
        let requests = asked(&keys(&mut state, path));
        assert_eq!(
            requests,
            [(Asked::Order, Request::Pause(what.clone()))],
            "{path}"
        );
        let mut state = paused((120, 40), std::slice::from_ref(what));
        let requests = asked(&keys(&mut state, path));
        assert_eq!(
            requests,
            [(Asked::Order, Request::Resume(what.clone()))],
            "{path}"
        );
    }
    let mut state = informed((120, 40));
    let tenant = state.tenant().unwrap().id.clone();
    let requests = asked(&keys(&mut state, "1p"));
    assert_eq!(
        requests,
        [(Asked::Order, Request::Pause(Pause::Tenant(tenant)))]
    );
}

#[test]
fn a_job_that_has_not_begun_goes_up_and_down_in_priority() {
    let mut state = informed((120, 40));
    for (path, priority) in [("4g<", 1), ("4g>", -1)] {
        let requests = asked(&keys(&mut state, path));
        assert_eq!(
            requests,
            [(Asked::Order, Request::Prioritise(JobId(45), priority))]
        );
    }
    assert!(asked(&keys(&mut state, "4gj<")).is_empty());
    assert!(picture(&state).contains("#44 has begun"));
}

/// A screen whose selected job has ended, and was about regions or machines.
pub(crate) fn ended(state: JobState, verb: &str) -> State {
    let mut screen = informed((120, 40));
    let mut jobs = known::jobs();
    let task = match verb {
        "deploy" => Some(known::deployed()),
        _ => known::plan(&json!("yes"), "pass").jobs[0].task.clone(),
    };
    let newest = Arc::make_mut(&mut jobs.rows[0]);
    (newest.state, newest.task) = (state, task);
    news(&mut screen, News::Jobs(Arc::new(jobs)));
    keys(&mut screen, "4g");
    screen
}

/// The answer to the question what takes the first job back.
pub(crate) fn back(state: &mut State, verdict: &str) -> Vec<Effect> {
    let plan = known::plan(&json!("yes"), verdict);
    let answer = Ok(Reply::Planned(Box::new(plan)));
    let effects = tell(state, Message::Answer(Asked::Undo(JobId(45)), answer));
    for effect in &effects {
        if let Effect::After(_, later @ Later::Arm(_)) = effect {
            tell(state, Message::Later(*later));
        }
    }
    effects
}

#[test]
fn what_a_job_changed_is_taken_back_after_its_plan_was_seen() {
    for over in [JobState::Done, JobState::Failed, JobState::Cancelled] {
        let mut state = ended(over, "replicate");
        let requests = asked(&keys(&mut state, "u"));
        let undo = Asked::Undo(JobId(45));
        assert_eq!(requests, [(undo, Request::Undo(JobId(45)))]);
        assert!(picture(&state).contains("what takes #45 back is being planned"));
        back(&mut state, "pass");
        assert_eq!(state.place(), Place::Submission);
        assert!(picture(&state).contains("- eastus  1 replica"));
        let requests = asked(&keys(&mut state, "y"));
        assert!(matches!(requests[..], [(_, Request::Submit { .. })]));
    }
    seen("question-undo", |size| {
        let mut state = ended(JobState::Cancelled, "replicate");
        tell(&mut state, Message::Resized(size.0, size.1));
        keys(&mut state, "u");
        back(&mut state, "pass");
        state
    });
}

#[test]
fn what_cannot_be_taken_back_says_why() {
    for (state, verb, why) in [
        (
            JobState::Running,
            "replicate",
            "#45 is running: only what has ended can be taken back",
        ),
        (
            JobState::Done,
            "deploy",
            "a deployment can't be taken back: Gallerist deletes no machines",
        ),
    ] {
        let mut state = ended(state, verb);
        assert!(asked(&keys(&mut state, "u")).is_empty());
        assert!(picture(&state).contains(why), "{why}");
    }
    let mut state = ended(JobState::Done, "replicate");
    keys(&mut state, "u");
    back(&mut state, "fail");
    assert!(picture(&state).contains("it can't be taken back now: 9 of 100 replicas in all"));
}

#[test]
fn a_plan_for_a_job_that_nobody_looks_at_any_more_is_dropped() {
    for path in ["uj", "u1", "u?"] {
        let mut state = ended(JobState::Done, "replicate");
        keys(&mut state, path);
        let dropped = state.dropped;
        assert!(back(&mut state, "pass").is_empty());
        assert_eq!(state.dropped, dropped + 1, "{path}");
    }
}
