//! What is asked of jobs on their way: to end, to stand still, to come earlier or later.

use super::super::args::{Connect, Paused};
use super::super::{Exit, Problem, naming, place, place_to_ask, print, to_engine};
use crate::engine::{Connection, Request, Standing};
use crate::queue::{JobId, JobState, Pause};

pub(super) async fn cancel(connect: &Connect, job: JobId) -> Result<Exit, Problem> {
    let face = "gallerist queue cancel";
    let connection = to_engine(connect, face, place_to_ask(connect)).await?;
    let asked = connection.ask(Request::Cancel(job)).await;
    let state = connection.journal()?.job(job)?.map(|job| job.state);
    let nobody_watches = connection.standing() == Standing::Here;
    connection.close().await;
    asked?;
    print(&format!("{job} {}\n", state.map_or("gone", JobState::word)))?;
    if nobody_watches && state == Some(JobState::Cancelling) {
        // What Azure goes on with is watched to its end.
        if connect.no_agent {
            eprintln!(
                "{job} sends nothing more; `gallerist queue watch` sees what Azure goes on with to \
                 its end"
            );
        } else {
            to_engine(connect, face, place(connect))
                .await?
                .close()
                .await;
        }
    }
    Ok(Exit::Done)
}

/// Pauses something, or resumes it, for whoever carries jobs out.
pub(super) async fn pause(
    connect: &Connect,
    what: Paused,
    request: impl FnOnce(Pause) -> Request,
) -> Result<Exit, Problem> {
    let connection = to_engine(connect, "gallerist queue pause", place_to_ask(connect)).await?;
    let done = match paused(&connection, what).await {
        Ok(what) => connection.ask(request(what)).await.map_err(Problem::from),
        Err(problem) => Err(problem),
    };
    connection.close().await;
    done.map(|_| Exit::Done)
}

async fn paused(connection: &Connection, what: Paused) -> Result<Pause, Problem> {
    match what {
        Paused { job: Some(job), .. } => Ok(Pause::Job(job)),
        Paused {
            group: Some(group), ..
        } => Ok(Pause::Group(group)),
        Paused {
            tenant: Some(name), ..
        } => naming::tenant(connection, &name).await.map(Pause::Tenant),
        _ => Ok(Pause::Everything),
    }
}

pub(super) async fn order(
    connect: &Connect,
    job: JobId,
    priority: Option<i32>,
    before: Option<JobId>,
) -> Result<Exit, Problem> {
    let request = match (priority, before) {
        (Some(priority), _) => Request::Prioritise(job, priority),
        (None, Some(other)) => Request::PutBefore(job, other),
        (None, None) => {
            let text = "say where it comes: --priority N, or --before JOB";
            return Err(Problem::new(Exit::Usage, text));
        }
    };
    let connection = to_engine(connect, "gallerist queue order", place_to_ask(connect)).await?;
    let asked = connection.ask(request).await;
    connection.close().await;
    asked?;
    Ok(Exit::Done)
}
