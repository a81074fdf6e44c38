use serde_json::{Value, json};

use crate::tui::state::{State, Subject};

/// What is behind something, as Azure sent it or the journal has it.
pub(in crate::tui::overlays) fn document(state: &State, of: &Subject) -> Option<(String, Value)> {
    match of {
        Subject::Tenant(id) => {
            let estate = state.estate.known()?;
            let own = estate
                .subscriptions
                .iter()
                .filter(|row| row.subscription.tenant == *id);
            let documents = own.map(|row| row.subscription.document().clone()).collect();
            let name = estate.tenant_name(id);
            Some((
                format!("Subscriptions of {name}, as sent"),
                Value::Array(documents),
            ))
        }
        Subject::Gallery(id) => {
            let row = state.estate.known()?.gallery(id)?;
            Some((row.gallery.name.clone(), row.gallery.document().clone()))
        }
        Subject::Definition(id) => {
            let row = state.estate.known()?.definition(id)?;
            Some((
                row.definition.name.clone(),
                row.definition.document().clone(),
            ))
        }
        Subject::Version(id) => {
            let version = &state.version_of(id)?.version;
            Some((version.name.clone(), version.document().clone()))
        }
        Subject::Machine(id) => {
            let machine = &state.machine_of(id)?.machine;
            Some((machine.name.clone(), machine.document().clone()))
        }
        Subject::Job(id) => {
            let job = state.job_of(*id)?;
            let document = json!({
                "id": job.id, "group": job.group, "title": job.title, "target": job.target,
                "state": job.state, "reason": job.reason, "attempt": job.attempt,
                "progress": job.progress, "failure": job.failure, "cancel": job.cancel,
                "lock": job.lock, "access": job.access, "cloud": job.cloud, "task": job.task,
                "created": job.created, "started": job.started, "ended": job.ended,
            });
            Some((format!("Job {}, as journalled", job.id), document))
        }
        _ => None,
    }
}
