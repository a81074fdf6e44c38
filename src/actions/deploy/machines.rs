//! The pinned task, and the recipe by which it is carried out.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::group::CreateGroup;
use super::image::Reference;
use super::supply::Replicas;
use super::template::{Model, TAG};
use super::wave::{Taken, Wave};
use super::{PasswordSource, wave};
use crate::actions::trace::{listed, under_way};
use crate::actions::watch::POLL;
use crate::actions::{Failure, Part, PartState, RunId, Steps, Teller, Told, Trace};
use crate::azure::{Access, ProvisioningState, ResourceId, Session, VirtualMachine};

/// Machines of one deployment at most, with an interface each: ARM takes 800 resources in one
/// (azure-docs, `azure-subscription-service-limits.md`).
const MOST_IN_A_WAVE: usize = 200;

/// The pinned form: everything but the password, which is read when it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    pub(super) version: ResourceId,
    /// Whom the version is read as, to count its replicas.
    pub(super) owner: Access,
    pub(super) image: Reference,
    /// Until when a role that the image is read by may not work yet.
    pub(super) grant_until: Option<Timestamp>,
    pub(super) group: ResourceId,
    /// Whether the plan found the resource group missing.
    pub(super) creates_group: bool,
    pub(super) model: Model,
    pub(super) password: PasswordSource,
    pub(in crate::actions) names: Vec<String>,
    pub(super) machines_per_replica: u32,
}

impl Task {
    pub(super) fn machine(&self, name: &str) -> Option<ResourceId> {
        self.group
            .resource("Microsoft.Compute/virtualMachines", name)
            .ok()
    }

    /// See [`super::super::Task::claims`].
    pub(in crate::actions) fn claims(&self) -> Vec<ResourceId> {
        self.names
            .iter()
            .filter_map(|name| self.machine(name))
            .collect()
    }

    /// See [`super::super::Task::under_way`].
    pub(in crate::actions) fn under_way(&self, step: &str, parts: &[Part]) -> String {
        let begun = parts.iter().filter(|part| part.state == PartState::Running);
        under_way(format!("{step} in {}", self.group.name()), begun)
    }

    /// See [`super::super::Task::left_behind`].
    pub(in crate::actions) fn left_behind(&self, trace: &Trace) -> Option<String> {
        let begun = trace.steps.iter().any(|step| step.starts_with(wave::STEP));
        begun.then(|| {
            format!(
                "machines that were created in {} stay; a retry creates only what is missing{}",
                self.group.name(),
                tagged(trace)
            )
        })
    }
}

/// Why machines aren't taken back, whichever they are.
pub(in crate::actions) fn stays(trace: &Trace) -> String {
    format!(
        "a deployment can't be taken back: Gallerist deletes no machines{}",
        tagged(trace)
    )
}

/// Which machines are there, and by which tag they are found.
fn tagged(trace: &Trace) -> String {
    let there = trace
        .parts
        .iter()
        .filter(|part| part.state == PartState::Done);
    let there: Vec<String> = there.map(|part| part.name.clone()).collect();
    if there.is_empty() {
        return String::new();
    }
    format!(". With the tag {TAG}: {}", listed(there.into_iter()))
}

/// What a job's resources are tagged with.
pub(super) fn tag(run: RunId) -> String {
    run.job.simple().to_string()
}

/// Creates the resource group where that was planned, and then the machines that are missing, wave
/// by wave.
pub(in crate::actions) async fn run(
    task: &Task,
    session: &Session,
    steps: &dyn Steps,
) -> Result<(), Failure> {
    let here = session.with_auxiliary(task.image.auxiliary());
    if task.creates_group {
        let group = CreateGroup {
            session: &here,
            group: &task.group,
            region: &task.model.region,
        };
        steps.effect("create the resource group", &group).await?;
    }
    let missing: Vec<String> = steps
        .read(
            "machines that are missing",
            missing(task, &here, steps.run(), steps.teller()),
        )
        .await?;
    let mut rest = missing.as_slice();
    let mut number = 1;
    while !rest.is_empty() {
        let name = format!("{} {number}", wave::STEP);
        let wanted = u32::try_from(rest.len().min(MOST_IN_A_WAVE)).unwrap_or(u32::MAX);
        let supply = Replicas::new(&here, task);
        let admitted = steps.admit(&name, &supply, wanted).await?;
        let (names, later) = rest.split_at(rest.len().min(admitted as usize));
        let wave = Wave::new(&here, task, steps.run(), number, names, later)?;
        steps.effect(&name, &wave).await?;
        rest = later;
        number += 1;
    }
    Ok(())
}

/// The machines that an earlier attempt of this job hasn't created, or not to their end. What Azure
/// is still creating for it is waited for. One that somebody else has is nobody's to touch.
async fn missing(
    task: &Task,
    session: &Session,
    run: RunId,
    tell: &dyn Teller,
) -> Result<Vec<String>, Failure> {
    let mut waits = false;
    loop {
        let taken = Taken::read(session, &task.group).await?;
        if let Some(name) = taken.by_others(&task.names, &tag(run)) {
            return Err(wave::somebody_elses(&name));
        }
        let ours = |machine: &&VirtualMachine| machine.tags.get(TAG) == Some(&tag(run));
        let under_way = |machine: &VirtualMachine| {
            matches!(
                machine.provisioning_state,
                ProvisioningState::Creating | ProvisioningState::Updating
            )
        };
        if taken.machines.iter().filter(ours).any(under_way) {
            if !std::mem::replace(&mut waits, true) {
                let what = "machines that an earlier attempt began";
                tell.tell(Told::Waits(what.to_owned()));
            }
            tokio::time::sleep(POLL).await;
            continue;
        }
        if waits {
            tell.tell(Told::GoesOn);
        }
        let there: Vec<&str> = taken
            .machines
            .iter()
            .filter(ours)
            .filter(|machine| machine.provisioning_state == ProvisioningState::Succeeded)
            .map(|machine| machine.name.as_str())
            .collect();
        let is_there = |name: &&String| there.iter().any(|there| there.eq_ignore_ascii_case(name));
        let missing = task.names.iter().filter(|name| !is_there(name));
        return Ok(missing.cloned().collect());
    }
}
