//! What a job's writes leave in the audit.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::mpsc;

use super::{Audit, Line, Outcome, Said, Signed, history};
use crate::actions::{Failure, Level, Settled, Teller, Told};
use crate::azure::{Accepted, Access, Retry, SentWrite, Wait, Witness, WriteAnswer};
use crate::queue::Job;
use crate::queue::reporter::JobTeller;
use crate::queue::steps::Parked;

/// Writes down the writes of one attempt of one job, and tells in its log what is repeated.
///
/// A job whose lines can't be kept goes no further, and says what it waits for.
pub(in crate::queue) struct Recorder {
    audit: Audit,
    teller: Arc<JobTeller>,
    parked: mpsc::Sender<Parked>,
    submitted: Timestamp,
    /// What all lines of the job have.
    of_job: Line,
    now: Mutex<Now>,
}

/// The step that sends, and the write that it sent last.
#[derive(Default)]
struct Now {
    step: String,
    sent: Option<Line>,
}

impl Recorder {
    pub(in crate::queue) fn new(
        audit: Audit,
        (job, access): (&Job, &Access),
        teller: Arc<JobTeller>,
        parked: mpsc::Sender<Parked>,
    ) -> Self {
        Self {
            audit,
            teller,
            parked,
            submitted: job.created,
            of_job: Line::of(job, access),
            now: Mutex::default(),
        }
    }

    /// What is sent from here on belongs to this step.
    pub(in crate::queue) fn begin(&self, step: &str) {
        *self.now() = Now {
            step: step.to_owned(),
            sent: None,
        };
    }

    /// The request that this step sent last, if it has sent any.
    pub(in crate::queue) fn sent(&self) -> Option<Line> {
        self.now().sent.clone()
    }

    /// The request that a process which is no more sent last in this step, if nobody knows that
    /// nothing came of it.
    pub(in crate::queue) async fn left_open(&self, step: &str) -> Option<Line> {
        let (path, step) = (self.audit.path().to_owned(), step.to_owned());
        let job = (self.of_job.job, self.submitted);
        let attempt = self.of_job.attempt;
        let look = move || history::last_sent(&path, job, attempt, &step);
        let found = tokio::task::spawn_blocking(look).await;
        let found = found.unwrap_or_else(|defect| Err(std::io::Error::other(defect)));
        found.unwrap_or_else(|error| {
            tracing::error!(%error, "what was sent before can't be read in the audit");
            None
        })
    }

    /// Keeps what reading Azure says of a request whose answer nobody has seen.
    pub(in crate::queue) async fn found(&self, sent: &Line, settled: &Settled) {
        let (outcome, error) = match settled {
            Settled::Done => (Outcome::Succeeded, None),
            Settled::UnderWay(_) => (Outcome::Accepted, None),
            Settled::NotBegun(_) => (Outcome::Void, None),
            Settled::Stop(failure) => (Outcome::Failed, Some(said(failure))),
            Settled::Busy(..) => return,
        };
        let line = Line {
            at: Timestamp::now(),
            outcome,
            found: true,
            status: None,
            error,
            ..sent.clone()
        };
        self.keep(&line).await;
    }

    /// Keeps how something ended that Azure had accepted from this job.
    pub(in crate::queue) async fn ended(
        &self,
        step: &str,
        accepted: &Accepted,
        outcome: &Result<(), Failure>,
    ) {
        let Some(request) = accepted.client_request_id.clone() else {
            return;
        };
        let (outcome, error) = match outcome {
            Ok(()) => (Outcome::Succeeded, None),
            Err(failure) => (Outcome::Failed, Some(said(failure))),
        };
        let line = Line {
            at: Timestamp::now(),
            outcome,
            request,
            resource: accepted.resource.to_string(),
            step: step.to_owned(),
            request_id: accepted.request_id.clone(),
            correlation_id: accepted.correlation_id.clone(),
            error,
            ..self.of_job.clone()
        };
        self.keep(&line).await;
    }

    /// Returns when the line is on disk. Where it can't be, the job stands still.
    async fn keep(&self, line: &Line) {
        if let Err(error) = self.audit.keep(line).await {
            self.teller.tell(Told::Waits(error.to_string()));
            let _ = self.parked.send(Parked::AuditLost(error)).await;
            std::future::pending::<()>().await;
        }
    }

    fn line(&self, write: &SentWrite) -> Line {
        Line {
            at: Timestamp::now(),
            request: write.client_request_id.clone(),
            method: Some(write.method.clone()),
            resource: write.path.clone(),
            api_version: write.api_version.clone(),
            principal: Signed {
                access: write.access.clone(),
                principal: write.principal.clone(),
                auxiliary: write.auxiliary.clone(),
            },
            step: self.now().step.clone(),
            ..self.of_job.clone()
        }
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Witness for Recorder {
    fn retrying(&self, retry: &Retry) {
        self.teller.tell(Told::Line(Level::Warn, retry.to_string()));
    }

    fn waiting(&self, wait: &Wait) {
        self.teller.tell(Told::Line(Level::Info, wait.to_string()));
    }

    async fn sending(&self, write: &SentWrite) {
        let line = self.line(write);
        self.keep(&line).await;
        self.now().sent = Some(line);
    }

    async fn answered(&self, write: &SentWrite, answer: &WriteAnswer) {
        let said = answer.message.clone().map(|message| Said {
            code: answer.code.clone(),
            message,
        });
        let line = Line {
            outcome: answer.fate.into(),
            status: answer.status,
            request_id: answer.request_id.clone(),
            correlation_id: answer.correlation_id.clone(),
            error: said,
            ..self.line(write)
        };
        self.audit.note(&line).await;
    }
}

fn said(failure: &Failure) -> Said {
    Said {
        code: failure.code.clone(),
        message: failure.message.clone(),
    }
}
