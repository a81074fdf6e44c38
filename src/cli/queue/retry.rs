//! Another attempt, followed to its end.

use super::super::args::{Connect, Format};
use super::super::follow::{Follower, Which};
use super::super::{Exit, Problem, own};
use super::journal;
use crate::engine::{Request, Work};
use crate::queue::{GroupId, JobId};

pub(super) async fn retry(connect: &Connect, job: JobId, format: Format) -> Result<Exit, Problem> {
    again(connect, Request::Retry(job), Which::Jobs(vec![job]), format).await
}

pub(super) async fn retry_failed(
    connect: &Connect,
    group: GroupId,
    format: Format,
) -> Result<Exit, Problem> {
    let known = journal(connect)?
        .map(|journal| journal.group(group))
        .transpose()?;
    if known.unwrap_or_default().is_empty() {
        let text = format!("there is no group {group}: see `gallerist queue list`");
        return Err(Problem::new(Exit::Usage, text));
    }
    again(
        connect,
        Request::RetryFailed(group),
        Which::Group(group),
        format,
    )
    .await
}

/// Asks for a new attempt, and follows it.
async fn again(
    connect: &Connect,
    request: Request,
    which: Which,
    format: Format,
) -> Result<Exit, Problem> {
    let connection = own(connect, "gallerist queue retry", Work::CarriedOut).await?;
    let followed = match connection.ask(request).await {
        Ok(_) => Follower::new(which, format).follow(&connection).await,
        Err(refusal) => Err(refusal.into()),
    };
    connection.close().await;
    followed
}
