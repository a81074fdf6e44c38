//! The queue: jobs in every state, alone and in groups.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use gallerist::actions::{Cause, Failure, Part, PartState, Progress, Task};
use gallerist::queue::{Group, GroupId, Job, JobId, JobState, Origin};
use gallerist::tui::data::Jobs;
use serde_json::json;

use super::{access, definition_id, tenant_guid, tenants, time};

pub(crate) fn job(number: i64, state: JobState, percent: u8) -> Job {
    let lock = format!("{}/versions/2026.11.3", definition_id("win11-avd"));
    Job {
        id: JobId(number),
        group: GroupId(number),
        title: "replicate win11-avd 2026.11.3".to_owned(),
        target: "uksouth 2, eastus 1".to_owned(),
        tenant: None,
        priority: 0,
        state,
        reason: None,
        attempt: 1,
        progress: Progress {
            percent,
            parts: vec![
                Part {
                    name: "uksouth".to_owned(),
                    percent,
                    state: PartState::Running,
                },
                Part {
                    name: "eastus".to_owned(),
                    percent: 0,
                    state: PartState::Pending,
                },
            ],
        },
        failure: None,
        cancel: false,
        lock: lock.parse().unwrap(),
        access: Some(access()),
        cloud: "https://management.azure.com/".to_owned(),
        task_version: 1,
        task: None,
        action: None,
        origin: None,
        note: None,
        created: time("14:00:00"),
        started: Some(time("14:00:10")),
        ended: None,
    }
}

pub(crate) fn jobs() -> Jobs {
    let mut jobs = vec![
        job(45, JobState::Waiting, 0),
        job(44, JobState::Running, 62),
        job(43, JobState::Held, 0),
        job(42, JobState::Done, 100),
        job(41, JobState::Failed, 10),
        job(40, JobState::Cancelled, 0),
    ];
    jobs[0].reason = Some("#44, which writes the same resource".to_owned());
    jobs[0].started = None;
    jobs[2].reason = Some("sign in to Fabrikam again".to_owned());
    jobs[2].started = None;
    jobs[3].ended = Some(time("14:04:31"));
    jobs[4].ended = Some(time("15:02:00"));
    jobs[4].note = Some("CHG-4711".to_owned());
    jobs[4].origin = Some(Origin {
        user: "ada".to_owned(),
        host: "jump-1".to_owned(),
        face: "gallerist replicate".to_owned(),
        from: Some("192.0.2.7".to_owned()),
    });
    jobs[4].failure = Some(Failure {
        cause: Cause::Azure,
        code: Some("QuotaExceeded".to_owned()),
        message: "updating win11-avd 2026.11.3: QuotaExceeded: snapshots in eastus: limit 50000, \
                  used 50000"
            .to_owned(),
        correlation_id: Some("6f1c0000-0000-4000-8000-0000000000a2".to_owned()),
        advice: Some("ask for more quota in eastus, or leave that region out".to_owned()),
    });
    let rows: Vec<Arc<Job>> = jobs.into_iter().map(Arc::new).collect();
    Jobs {
        counts: counts(&rows, 45),
        rows,
        groups: Vec::new(),
        pauses: HashSet::new(),
        as_of: time("14:05:00"),
    }
}

/// How many of so many are in each state: those that aren't shown are done.
pub(crate) fn counts(shown: &[Arc<Job>], total: usize) -> HashMap<JobState, usize> {
    let mut counts = HashMap::from([(JobState::Done, total - shown.len())]);
    for job in shown {
        *counts.entry(job.state).or_default() += 1;
    }
    counts
}

/// A deployment of sixty machines in the midst of its second wave, waiting for room.
pub(crate) fn sixty() -> Job {
    let mut job = job(51, JobState::Waiting, 33);
    "deploy 60 machines  win11-avd 2026.11.3".clone_into(&mut job.title);
    "Contoso".clone_into(&mut job.target);
    job.reason = Some("room: 20 of 20 in use".to_owned());
    let part = |number: usize| Part {
        name: format!("vm-avd-{number:04}"),
        percent: if number < 20 { 100 } else { 0 },
        state: match number {
            0..20 => PartState::Done,
            27 => PartState::Failed,
            20..40 => PartState::Running,
            _ => PartState::Pending,
        },
    };
    job.progress.parts = (0..60).map(part).collect();
    job
}

/// The queue with two groups: one that goes on, one that ended partly.
pub(crate) fn jobs_in_groups() -> Jobs {
    let mut known = jobs();
    let mut member = |number: i64, group: i64, tenant: usize, state, percent| {
        let name = tenants()[tenant - 1].name.clone();
        let mut job = job(number, state, percent);
        job.group = GroupId(group);
        "deploy 20 machines  win11-avd 2026.11.3".clone_into(&mut job.title);
        job.target = format!("{name} · westeurope");
        job.tenant = Some(tenant_guid(tenant).parse().unwrap());
        if state.is_final() {
            job.ended = Some(time("14:03:41"));
        }
        match state {
            JobState::Failed => {
                let message =
                    "creating vm-avd-0049: AllocationFailed: no room for the size in zone 1";
                job.failure = Some(Failure::new(Cause::Azure, message));
            }
            JobState::Held => {
                job.started = None;
                job.reason = Some("80 cores are wanted, 36 of 100 are left".to_owned());
            }
            JobState::Waiting => {
                job.reason = Some("room: 20 of 20 in use".to_owned());
            }
            _ => {}
        }
        known.rows.insert(0, Arc::new(job));
    };
    member(46, 46, 2, JobState::Done, 100);
    member(47, 46, 3, JobState::Failed, 40);
    member(48, 46, 4, JobState::Done, 100);
    member(49, 49, 2, JobState::Running, 55);
    member(50, 49, 3, JobState::Held, 0);
    member(51, 49, 4, JobState::Waiting, 30);
    let group = |id: i64, title: &str| Group {
        id: GroupId(id),
        title: title.to_owned(),
        jobs: (id..id + 3).map(JobId).collect(),
    };
    known.groups = vec![
        group(49, "deploy win11-avd 2026.11.3 to 3 tenants"),
        group(46, "deploy win11-avd 2026.11.2 to 3 tenants"),
    ];
    known.counts = counts(&known.rows, 51);
    known
}

/// What a job carries that creates a machine.
pub(crate) fn deployed() -> Task {
    let group = format!("/subscriptions/{}/resourceGroups/rg-avd", tenant_guid(2));
    let version = format!("{}/versions/2026.11.3", definition_id("win11-avd"));
    let subnet = format!("{group}/providers/Microsoft.Network/virtualNetworks/vnet/subnets/hosts");
    let task = json!({
        "verb": "deploy", "version": version, "owner": access(), "image": {"own": version},
        "grant_until": null, "group": group, "creates_group": false,
        "model": {
            "region": "westeurope", "size": "Standard_D4s_v5", "subnet": subnet, "windows": true,
            "specialized": false, "admin_user": "localadmin", "security_type": null, "plan": null,
            "disk": "Premium_LRS", "accelerated_networking": true,
        },
        "password": "generated", "names": ["vm-avd-0043"], "machines_per_replica": 20,
    });
    serde_json::from_value(task).unwrap()
}
