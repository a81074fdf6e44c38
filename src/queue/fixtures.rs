//! What tests of the queue begin with: a journal, and a plan that may be submitted to it.

use serde_json::json;
use tempfile::TempDir;

use super::{JobId, Journal, Origin, SCHEMA, Terms};
use crate::actions::{Action, Change, Confirmation, JobPlan, Plan, PlanId, Replicate, Sign};
use crate::azure::ResourceId;
use crate::database::Database;

/// A journal where nobody has asked for anything.
pub(super) fn journal(folder: &TempDir) -> Journal {
    Journal::new(Database::open(&folder.path().join("journal.sqlite"), SCHEMA).unwrap())
}

/// The version that [`plan`] is about.
pub(super) fn resource() -> ResourceId {
    "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/r/providers/\
     Microsoft.Compute/galleries/g/images/i/versions/1.0.0"
        .parse()
        .unwrap()
}

/// A plan of so many jobs, all alike.
pub(super) fn plan(jobs: usize) -> Plan {
    let action = Action::Replicate(Replicate {
        version: resource(),
        set: Vec::new(),
        remove: Vec::new(),
    });
    let task = json!({"verb": "replicate", "version": resource(), "phases": [], "seen": []});
    let access = json!({"identity": "msp", "tenant": "11111111-1111-1111-1111-111111111111"});
    let job = JobPlan {
        title: "replicate i 1.0.0".to_owned(),
        target: "uksouth 1".to_owned(),
        tenant: None,
        lock: resource(),
        access: serde_json::from_value(access).unwrap(),
        checks: Vec::new(),
        changes: vec![Change {
            sign: Sign::Add,
            text: "uksouth  1 replica".to_owned(),
        }],
        calls: Vec::new(),
        warnings: Vec::new(),
        action: action.clone(),
        task: serde_json::from_value(task).unwrap(),
    };
    Plan {
        id: PlanId::fresh(),
        made_at: jiff::Timestamp::now(),
        action,
        title: "replicate i 1.0.0".to_owned(),
        confirmation: Confirmation::Yes,
        jobs: vec![job; jobs],
    }
}

/// Submits so many jobs.
pub(super) async fn submit(journal: &Journal, jobs: usize) -> Vec<JobId> {
    let (plan, origin) = (plan(jobs), Origin::here("a test"));
    let group = journal.submit(&plan, "https://cloud", Terms::default(), &origin, None);
    group.await.unwrap().jobs
}
