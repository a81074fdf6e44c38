//! Another attempt, followed to its end.

use super::super::args::{Connect, Format};
use super::super::follow::{Follower, Which};
use super::super::{Exit, Problem, place, to_engine};
use super::journal;
use crate::engine::Request;
use crate::queue::{GroupId, JobId};

pub(super) async fn retry(
    connect: &Connect,
    job: JobId,
    format: Format,
    no_wait: bool,
) -> Result<Exit, Problem> {
    let follower = Follower::new(Which::Jobs(vec![job]), format);
    again(connect, Request::Retry(job), follower, no_wait).await
}

pub(super) async fn retry_failed(
    connect: &Connect,
    group: GroupId,
    format: Format,
    no_wait: bool,
) -> Result<Exit, Problem> {
    let known = journal(connect)?
        .map(|journal| journal.group(group))
        .transpose()?;
    if known.unwrap_or_default().is_empty() {
        let text = format!("there is no group {group}: see `gallerist queue list`");
        return Err(Problem::new(Exit::Usage, text));
    }
    let follower = Follower::new(Which::Group(group), format);
    again(connect, Request::RetryFailed(group), follower, no_wait).await
}

/// Asks for a new attempt, and follows it unless nobody wants to wait.
async fn again(
    connect: &Connect,
    request: Request,
    mut follower: Follower,
    no_wait: bool,
) -> Result<Exit, Problem> {
    let connection = to_engine(connect, "gallerist queue retry", place(connect)).await?;
    let outcome = match connection.ask(request).await {
        Ok(_) if no_wait => follower.leave(&connection),
        Ok(_) => follower.follow(&connection).await,
        Err(refusal) => Err(refusal.into()),
    };
    connection.close().await;
    outcome
}
