//! What a job has changed, taken back.

use super::super::args::{Change, Connect};
use super::super::{Exit, Problem, change};
use crate::engine::Request;
use crate::queue::JobId;

/// Plans what takes back the changes of a job, and carries it out like any other.
pub(super) async fn undo(connect: &Connect, job: JobId, how: &Change) -> Result<Exit, Problem> {
    change::run("queue undo", connect, how, async |_, _| {
        Ok(Request::Undo(job))
    })
    .await
}
