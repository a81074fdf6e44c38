//! Another attempt at jobs that ended without being done, or never began.

use super::{Engine, Refusal, Reply};
use crate::actions::Cause;
use crate::queue::{GroupId, Job, JobId, JobState, Origin};

impl Engine {
    /// Tries a job again. One that never began because a check forbade it is planned again first.
    pub(super) async fn retry(&self, id: JobId, origin: &Origin) -> Result<(), Refusal> {
        let job = self.queue.journal().reader()?.job(id)?;
        let unbegun = job.filter(|job| job.state == JobState::Held && job.started.is_none());
        let Some(action) = unbegun
            .filter(|job| {
                job.failure
                    .as_ref()
                    .is_some_and(|f| f.cause == Cause::Check)
            })
            .and_then(|job| job.action)
        else {
            return Ok(self.queue.retry(id, origin).await?);
        };
        let plan = self.computed(action, Some(id)).await?;
        let Some(job) = plan.jobs.first() else {
            return Err(Refusal::NothingToDo);
        };
        if let Some(obstacle) = job.obstacle() {
            self.queue.hold_still(id, &obstacle).await?;
            return Err(Refusal::Checks(plan.failed_checks().cloned().collect()));
        }
        if !job.is_ready() {
            return Err(Refusal::NothingToDo);
        }
        Ok(self.queue.replan(id, job, origin).await?)
    }

    /// Tries every job of a group again that failed or is held. Those that still can't begin don't
    /// keep the others.
    pub(super) async fn retry_failed(
        &self,
        group: GroupId,
        origin: &Origin,
    ) -> Result<Reply, Refusal> {
        let reader = self.queue.journal().reader()?;
        let failed = |job: &Job| matches!(job.state, JobState::Failed | JobState::Held);
        let ids: Vec<JobId> = reader
            .group(group)?
            .into_iter()
            .filter(failed)
            .map(|job| job.id)
            .collect();
        let mut begun = 0;
        let mut refusal = None;
        for id in ids {
            match self.retry(id, origin).await {
                Ok(()) => begun += 1,
                Err(why) => refusal = Some(why),
            }
        }
        match refusal {
            Some(refusal) if begun == 0 => Err(refusal),
            None if begun == 0 => Err(Refusal::NoneFailed(group)),
            _ => Ok(Reply::Accepted),
        }
    }
}
