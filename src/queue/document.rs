//! A job as every program sees it: the JSON of commands, and of notices.

use std::borrow::Borrow;

use serde_json::{Value, json};

use super::{Job, JobState, Step};

impl Job {
    /// The job with its steps, of which only those of its attempt count.
    #[must_use]
    pub fn document(&self, steps: &[Step]) -> Value {
        let steps: Vec<Value> = steps
            .iter()
            .filter(|step| step.attempt == self.attempt)
            .map(|step| json!({"name": step.name, "state": step.state.word()}))
            .collect();
        let error = self.failure.as_ref().map(|failure| {
            json!({
                "code": failure.code,
                "message": failure.message,
                "correlationId": failure.correlation_id,
                "advice": failure.advice,
            })
        });
        json!({
            "id": self.id,
            "group": self.group,
            "title": self.title,
            "target": self.target,
            "tenant": self.tenant,
            "state": self.state,
            "reason": self.reason,
            "priority": self.priority,
            "attempt": self.attempt,
            "percent": self.progress.percent,
            "steps": steps,
            "error": error,
            "by": self.origin,
            "note": self.note,
            "created": self.created,
            "started": self.started,
            "ended": self.ended,
        })
    }
}

impl JobState {
    /// The one state of several jobs: what all share, or what decides.
    #[must_use]
    pub fn of_all(jobs: &[impl Borrow<Job>]) -> Self {
        let mut states = jobs.iter().map(|job| job.borrow().state);
        if let Some(open) = states.clone().find(|state| !state.is_final()) {
            return open;
        }
        let failed = states.clone().find(|state| *state != Self::Done);
        failed.or_else(|| states.next()).unwrap_or(Self::Done)
    }
}
