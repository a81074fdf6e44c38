//! One job from its start to its end.

use std::collections::HashSet;
use std::fmt::Display;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::aftermath::left;
use super::audit::{Audit, Recorder};
use super::reporter::Reporter;
use super::steps::{Gate, JournalSteps, Parked};
use super::{Job, JobState, Journal, Pause};
use crate::actions::{Cause, Failure, Level, Task};
use crate::azure::{Access, Azure};
use crate::database::Error;

/// How long a job stands still when the audit can't be written.
const AUDIT_PATIENCE: Duration = Duration::from_secs(30);

/// What a job is run with.
pub(super) struct Runner {
    pub(super) azure: Azure,
    pub(super) journal: Journal,
    pub(super) audit: Audit,
    pub(super) reporter: Reporter,
    /// What is paused at the moment.
    pub(super) pauses: watch::Sender<HashSet<Pause>>,
}

enum End {
    Finished(Result<(), Failure>),
    Parked(Parked),
}

impl Runner {
    /// Carries the job out, or on, and writes how it ended. When it is dropped the job stands where
    /// the journal says.
    pub(super) async fn run(
        &self,
        job: &Job,
        access: &Access,
        task: &Task,
        cancel: CancellationToken,
    ) {
        let name = match self.journal.job_name(job.id).await {
            Ok(name) => name,
            Err(error) => return stand_still(job, &error, self.journal.writable()).await,
        };
        let (parked, mut why) = mpsc::channel(1);
        let teller = Arc::new(self.reporter.teller(job.id));
        let recorder = Arc::new(Recorder::new(
            self.audit.clone(),
            (job, access),
            teller.clone(),
            parked.clone(),
        ));
        let steps = JournalSteps {
            job: job.id,
            attempt: job.attempt,
            name,
            journal: self.journal.clone(),
            recorder: recorder.clone(),
            teller,
            cancel: cancel.clone(),
            gate: Gate::new(&self.pauses, job),
            parked,
        };
        let session = self.azure.session(access.clone());
        let session = session.witnessed(recorder).for_customer(job.tenant.clone());
        let action = AssertUnwindSafe(task.run(&session, &steps)).catch_unwind();
        let end = tokio::select! {
            outcome = action => End::Finished(outcome.unwrap_or_else(|_| Err(defect()))),
            Some(why) = why.recv() => End::Parked(why),
        };
        self.reporter.flush().await;
        let written = match end {
            End::Finished(Ok(())) => self.done(job, task, &cancel).await,
            End::Finished(Err(failure)) => self.failed(job, task, &cancel, failure).await,
            End::Parked(Parked::Cancelled) => self.cancelled(job, task).await,
            End::Parked(Parked::JournalLost(error)) => Err(error),
            End::Parked(Parked::AuditLost(error)) => {
                let patience = tokio::time::sleep(AUDIT_PATIENCE);
                return stand_still(job, &error, patience).await;
            }
        };
        if let Err(error) = written {
            stand_still(job, &error, self.journal.writable()).await;
        }
    }

    async fn done(&self, job: &Job, task: &Task, cancel: &CancellationToken) -> Result<(), Error> {
        let mut lines = vec![(Level::Info, "done".to_owned())];
        if cancel.is_cancelled() {
            lines = vec![(Level::Info, "done before it could be cancelled".to_owned())];
            lines.extend(self.left(job, task, true));
        }
        self.journal
            .end(job.id, JobState::Done, None, lines)
            .await
            .map(drop)
    }

    async fn failed(
        &self,
        job: &Job,
        task: &Task,
        cancel: &CancellationToken,
        mut failure: Failure,
    ) -> Result<(), Error> {
        let retry = format!("`gallerist queue retry {}`", job.id.0);
        let advice = failure
            .advice
            .get_or_insert_with(|| format!("mend what Azure names, then {retry}"));
        let advised = (Level::Error, format!("→ {advice}"));
        let mut lines = vec![(Level::Error, said(&failure)), advised];
        if matches!(failure.cause, Cause::SignIn | Cause::Check) {
            let mut lines = lines.clone();
            let text = format!("held until that is mended: then {retry}");
            lines.push((Level::Info, text));
            let held = Some(failure.clone());
            if self
                .journal
                .end(job.id, JobState::Held, held, lines)
                .await?
            {
                return Ok(());
            }
        }
        lines.extend(self.left(job, task, cancel.is_cancelled()));
        self.journal
            .end(job.id, JobState::Failed, Some(failure), lines)
            .await
            .map(drop)
    }

    async fn cancelled(&self, job: &Job, task: &Task) -> Result<(), Error> {
        let mut lines = vec![(
            Level::Info,
            "cancelled: no further request is sent".to_owned(),
        )];
        lines.extend(self.left(job, task, true));
        self.journal
            .end(job.id, JobState::Cancelled, None, lines)
            .await
            .map(drop)
    }

    fn left(&self, job: &Job, task: &Task, as_asked: bool) -> Vec<(Level, String)> {
        let reader = self.journal.reader();
        reader.map_or_else(
            |_| Vec::new(),
            |reader| left(&reader, job.id, task, as_asked),
        )
    }
}

/// Such as on a full disk: the job stands where the journal says until it may go on, and is then
/// taken up again.
async fn stand_still(job: &Job, error: &(dyn Display + Sync), until: impl Future<Output = ()>) {
    tracing::error!(job = %job.id, %error, "the job stands still");
    until.await;
    tracing::info!(job = %job.id, "the job is taken up again");
}

/// Azure's words with what support asks for.
fn said(failure: &Failure) -> String {
    let code = failure
        .code
        .as_ref()
        .map(|code| format!("{code}: "))
        .unwrap_or_default();
    let code = if failure.message.contains(code.trim_end_matches(": ")) {
        String::new()
    } else {
        code
    };
    let correlation = failure
        .correlation_id
        .as_ref()
        .map(|id| format!("  correlation {id}"));
    format!(
        "{code}{}{}",
        failure.message,
        correlation.unwrap_or_default()
    )
}

fn defect() -> Failure {
    Failure::new(
        Cause::Defect,
        "the action stopped on a defect of this program",
    )
    .advise("retry; the log folder says where it stopped, which is worth reporting")
}
