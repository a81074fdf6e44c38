//! The engine's answers. One that comes too late, to a question that nobody asks any more, is
//! dropped and counted.

use super::{asking, jobs, sign_in, terms};
use crate::actions::Plan;
use crate::engine::{Refusal, Reply};
use crate::queue::{self, Group};
use crate::tui::forms::Form;
use crate::tui::forms::plan::PlanState;
use crate::tui::message::{Asked, Effect, Generation};
use crate::tui::state::{Entry, Instructions, Overlay, Pane, Purpose, State};
use crate::tui::widgets::text::counted;

pub(super) fn take(
    state: &mut State,
    asked: Asked,
    answer: Result<Reply, Refusal>,
    effects: &mut Vec<Effect>,
) {
    // What waits for a person was never counted: it keeps nobody from asking something else.
    if !matches!(asked, Asked::SignedIn(_)) {
        state.asked = state.asked.saturating_sub(1);
    }
    match (asked, answer) {
        (Asked::Plan(generation), Ok(Reply::Planned(plan))) => {
            planned(state, generation, PlanState::Planned(plan));
        }
        (Asked::Plan(generation), Err(refusal)) => {
            planned(state, generation, PlanState::Refused(words(&refusal)));
        }
        (Asked::Submit(generation), Ok(Reply::Submitted(group))) => {
            submitted(state, generation, &group, effects);
        }
        (Asked::Submit(generation), Err(refusal)) => not_submitted(state, generation, &refusal),
        (Asked::Cancel(job), answer) => {
            match answer {
                Ok(_) => state.say(format!("{job} is asked to end")),
                Err(refusal) => state.complain(words(&refusal).replace('\n', " ")),
            }
            if !state.ending.is_empty() {
                asking::end_next(state, effects);
            }
        }
        (Asked::Undo(job), Ok(Reply::Planned(plan))) => {
            jobs::undo_planned(state, job, plan, effects);
        }
        (Asked::RetryFailed(_), Ok(_)) => state.say("those that failed are tried again"),
        (Asked::Retry(job), Ok(_)) => state.say(format!("{job} is tried again")),
        // What it comes to is seen in the queue.
        (Asked::Refresh | Asked::Order, Ok(_)) => {}
        (Asked::SignIn(generation), Ok(Reply::SignIn(code))) => {
            sign_in::begun(state, generation, code, effects);
        }
        (Asked::SignedIn(generation), Ok(_)) => sign_in::done(state, generation),
        (Asked::SignIn(generation) | Asked::SignedIn(generation), Err(refusal)) => {
            sign_in::failed(state, generation, words(&refusal));
        }
        (_, Err(refusal)) => state.complain(words(&refusal).replace('\n', " ")),
        // The engine answers a question with its own kind of answer.
        (Asked::Plan(_) | Asked::Submit(_) | Asked::Undo(_) | Asked::SignIn(_), Ok(_)) => {
            state.dropped += 1;
        }
    }
}

/// A refusal with what to do instead.
fn words(refusal: &Refusal) -> String {
    let (said, advice) = match refusal {
        Refusal::Plan(failure) => (refusal.to_string(), failure.advice.clone()),
        Refusal::SignIn(trouble) | Refusal::NotSignedIn(trouble) => {
            (trouble.message.clone(), trouble.advice.clone())
        }
        _ => (refusal.to_string(), None),
    };
    match advice {
        Some(advice) => format!("{said}\n→ {advice}"),
        None => said,
    }
}

fn planned(state: &mut State, generation: Generation, plan: PlanState) {
    match state.overlays.iter_mut().find_map(Overlay::form_mut) {
        Some(form) if form.generation == generation => form.plan.show(plan),
        _ => state.dropped += 1,
    }
}

fn position(state: &State, generation: Generation) -> Option<usize> {
    state.overlays.iter().position(
        |overlay| matches!(overlay, Overlay::Confirm(confirm) if confirm.generation == generation),
    )
}

/// The jobs are in the queue, whether or not anybody still looks at the question: it closes with
/// its form, and the queue shows them.
fn submitted(state: &mut State, generation: Generation, group: &Group, effects: &mut Vec<Effect>) {
    let Some(question) = position(state, generation) else {
        state.dropped += 1;
        return;
    };
    state.overlays.truncate(question);
    state.instructions = Instructions::default();
    if matches!(state.overlays.last(), Some(Overlay::Form(_))) {
        state.overlays.pop();
    }
    super::journeys::focus(state, Pane::Queue);
    let said = match &group.jobs[..] {
        [job] => {
            state.awaited = Some(Entry::Job(*job));
            format!("{job} in the queue")
        }
        jobs => {
            state.awaited = Some(Entry::Group(group.id));
            // What fits is seen in full.
            if jobs.len() < state.jobs.page() {
                state.unfolded.insert(group.id);
            }
            format!("{} in the queue", counted(jobs.len(), "job"))
        }
    };
    state.arrange_jobs();
    super::moved(state, effects);
    state.say(said);
}

/// What the jobs can't come after is mended in the sheet of terms. Otherwise the form stays as it
/// was, with the refusal where its plan stood.
fn not_submitted(state: &mut State, generation: Generation, refusal: &Refusal) {
    let Some(question) = position(state, generation) else {
        state.dropped += 1;
        return;
    };
    if let Refusal::Queue(queue::Refusal::NoSuchJob(_) | queue::Refusal::NoSuchPart { .. }) =
        refusal
    {
        terms::refused(state, question, words(refusal));
        return;
    }
    let asked = state.overlays.remove(question);
    let mut shown = false;
    if let Overlay::Confirm(confirm) = asked
        && let Purpose::Submit(plan) = confirm.purpose
    {
        shown = refuse(state, &plan, refusal);
    }
    if !shown {
        state.complain(words(refusal).replace('\n', " "));
    }
}

fn refuse(state: &mut State, plan: &Plan, refusal: &Refusal) -> bool {
    let form = state.overlays.iter_mut().find_map(Overlay::form_mut);
    let of_it = |form: &&mut Form| matches!(&form.plan.state, PlanState::Planned(planned) if planned.id == plan.id);
    let Some(form) = form.filter(of_it) else {
        return false;
    };
    form.plan.show(PlanState::Refused(words(refusal)));
    true
}
