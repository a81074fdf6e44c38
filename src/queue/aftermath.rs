//! What becomes of a job's changes once it sends no more: what Azure goes on with, what stays, and
//! how it is taken back.

use super::{Job, JobId, JobState, Queue, Reader, Refusal, Step, StepState};
use crate::actions::{Action, Level, Task, Trace};
use crate::database::Error;

impl Queue {
    /// What takes back the changes of a job that has ended, and no others.
    ///
    /// # Errors
    /// [`Refusal::NoUndo`] where they can't be taken back.
    pub fn undo(&self, id: JobId) -> Result<Action, Refusal> {
        let reader = self.inner.journal.reader()?;
        let job = reader.job(id)?.ok_or(Refusal::NoSuchJob(id))?;
        if !job.state.is_final() {
            let why = "only what has ended can be taken back, so cancel it first";
            return Err(Refusal::NotNow {
                job: id,
                state: job.state,
                why: why.into(),
            });
        }
        let Some(task) = &job.task else {
            let why = "it was planned by another version of Gallerist, or never begun";
            return Err(Refusal::NoUndo(why.to_owned()));
        };
        task.undo(&trace(&reader, &job)?).map_err(Refusal::NoUndo)
    }
}

/// What a job has done so far, in all its attempts.
fn trace(reader: &Reader, job: &Job) -> Result<Trace, Error> {
    let mut steps = reader.steps(job.id)?;
    steps.retain(|step| step.accepted);
    Ok(Trace {
        steps: steps.into_iter().map(|step| step.name).collect(),
        parts: job.progress.parts.clone(),
    })
}

/// What a job that goes no further leaves in Azure that nobody asked for, and, where it ends because
/// somebody asked for that, how it is taken back.
pub(super) fn left(
    reader: &Reader,
    id: JobId,
    task: &Task,
    as_asked: bool,
) -> Vec<(Level, String)> {
    let job = reader.job(id).ok().flatten();
    let Some(trace) = job.and_then(|job| trace(reader, &job).ok()) else {
        return Vec::new();
    };
    let stays = task.left_behind(&trace);
    let mut lines: Vec<(Level, String)> =
        stays.map(|text| (Level::Warn, text)).into_iter().collect();
    if as_asked && task.undo(&trace).is_ok() {
        let undo = format!("→ `gallerist queue undo {}` takes it back", id.0);
        lines.push((Level::Info, undo));
    }
    lines
}

/// Whether Azure may be at something that a job of which nobody takes care at the moment has sent.
/// One that is held, or was cancelled already, is left there.
pub(super) fn is_midway(job: &Job, steps: &[Step]) -> bool {
    let mut steps = steps.iter().filter(|step| step.attempt == job.attempt);
    job.state.may_become(JobState::Cancelling)
        && steps.any(|step| matches!(step.state, StepState::Intended | StepState::Accepted))
}

/// What cancelling comes to for a job that stands after these steps.
pub(super) fn cancelling(
    reader: &Reader,
    job: &Job,
    steps: &[Step],
    watched: bool,
) -> Vec<(Level, String)> {
    let mut lines = vec![(Level::Info, sends_no_more(job, steps, watched))];
    let task = job.task.iter().filter(|_| !watched);
    lines.extend(task.flat_map(|task| left(reader, job.id, task, true)));
    lines
}

fn sends_no_more(job: &Job, steps: &[Step], watched: bool) -> String {
    let mut steps = steps
        .iter()
        .filter(|step| step.attempt == job.attempt)
        .rev();
    let in_azure = steps.clone().find(|step| step.state == StepState::Accepted);
    let in_azure = in_azure.map(|step| match &job.task {
        Some(task) => task.under_way(&step.name, &job.progress.parts),
        None => step.name.clone(),
    });
    match (watched, in_azure) {
        (true, Some(what)) => format!(
            "asked to cancel: nothing more is sent. Azure can't stop what it has accepted, which is \
             watched to its end: {what}"
        ),
        (true, None) => "asked to cancel: nothing more is sent".to_owned(),
        (false, Some(what)) => format!(
            "cancelled: nothing more is sent; Azure carries on with what it has accepted: {what}"
        ),
        (false, None) if steps.clone().next().is_none() => {
            "cancelled before anything was sent".to_owned()
        }
        (false, None) if steps.any(|step| step.state == StepState::Intended) => {
            "cancelled: nothing more is sent; Azure may carry on with the last request, of which it \
             isn't known whether it was accepted"
                .to_owned()
        }
        (false, None) => "cancelled: nothing more is sent".to_owned(),
    }
}
