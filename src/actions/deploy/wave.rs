//! One deployment: the interfaces and machines of a wave.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use serde_json::Value;

use super::Task;
use super::machines::tag;
use super::template::{TAG, deployment, interface_name, with_password};
use crate::actions::watch::{self, Ended, Look, Patience};
use crate::actions::{
    Cause, Effect, Failure, Level, Part, PartState, Progress, RunId, Settled, Teller, Told, Unsent,
};
use crate::azure::{
    Accepted, ArmError, Deployment, DeploymentOperation, Error, NetworkInterface,
    ProvisioningState, ResourceId, Session, VirtualMachine,
};

/// What steps of waves are called, with their number.
pub(super) const STEP: &str = "wave";

/// Failed machines that a message names.
const NAMED: usize = 3;

/// One `PUT` of a deployment, followed to its end.
pub(super) struct Wave<'a> {
    session: &'a Session,
    task: &'a Task,
    id: ResourceId,
    tag: String,
    names: &'a [String],
    /// Machines of later waves.
    later: &'a [String],
    /// Machines of which it was told that they are there.
    told: Mutex<BTreeSet<String>>,
}

impl<'a> Wave<'a> {
    /// Its deployment is named after the attempt, so that no other is taken for it.
    pub(super) fn new(
        session: &'a Session,
        task: &'a Task,
        run: RunId,
        number: u32,
        names: &'a [String],
        later: &'a [String],
    ) -> Result<Self, Failure> {
        let job = run.job.simple().to_string();
        let name = format!("gallerist-{}-{}-{number}", &job[..12], run.attempt);
        let id = task
            .group
            .resource("Microsoft.Resources/deployments", &name);
        Ok(Self {
            session,
            task,
            id: id.map_err(|error| Failure::new(Cause::Defect, error.to_string()))?,
            tag: tag(run),
            names,
            later,
            told: Mutex::default(),
        })
    }

    /// How far the machines are, by the deployment's own operations.
    async fn tell_progress(&self, tell: &dyn Teller) -> Result<Vec<DeploymentOperation>, Error> {
        let operations = self.session.deployment_operations(&self.id).await?;
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let parts: Vec<Part> = self
            .task
            .names
            .iter()
            .map(|name| self.part(name, &operations))
            .collect();
        for part in &parts {
            let new = self.names.contains(&part.name) && part.state == PartState::Done;
            if new && told.insert(part.name.clone()) {
                tell.tell(Told::Line(Level::Info, format!("{} is there", part.name)));
            }
        }
        drop(told);
        let done = parts
            .iter()
            .filter(|part| part.state == PartState::Done)
            .count();
        let percent = (100 * done).checked_div(parts.len()).unwrap_or(0);
        tell.tell(Told::Progress(Progress {
            percent: u8::try_from(percent).unwrap_or(100),
            parts,
        }));
        Ok(operations)
    }

    fn part(&self, name: &str, operations: &[DeploymentOperation]) -> Part {
        let ours = self.names.iter().any(|ours| ours == name);
        let (percent, state) = if ours {
            match operations.iter().find(|operation| is_of(operation, name)) {
                None => (0, PartState::Pending),
                Some(operation) => match operation.state {
                    ProvisioningState::Succeeded => (100, PartState::Done),
                    ProvisioningState::Failed | ProvisioningState::Canceled => {
                        (0, PartState::Failed)
                    }
                    _ => (0, PartState::Running),
                },
            }
        } else if self.later.iter().any(|later| later == name) {
            (0, PartState::Pending)
        } else {
            (100, PartState::Done)
        };
        Part {
            name: name.to_owned(),
            percent,
            state,
        }
    }

    /// What became of it, with the causes of all that failed.
    async fn failed(&self, error: Option<&ArmError>, tell: &dyn Teller) -> Failure {
        let operations = self.tell_progress(tell).await.unwrap_or_default();
        let seen = self.deployment_error().await;
        let error = error.or(seen.as_ref());
        let causes: Vec<(String, &ArmError)> = operations
            .iter()
            .filter_map(|operation| {
                let name = operation.target.as_ref()?.name().to_owned();
                Some((name, operation.error.as_ref()?))
            })
            .collect();
        failure(&causes, error, self.names.len())
    }

    async fn deployment_error(&self) -> Option<ArmError> {
        self.session.deployment(&self.id).await.ok()?.error
    }

    /// Reads the deployment itself until it has ended.
    async fn ended(&self, tell: &dyn Teller) -> Result<(), Failure> {
        let mut patience = Patience::default();
        loop {
            let wait = match self.session.deployment(&self.id).await {
                Ok(found) => {
                    patience.found(tell);
                    match outcome(&found) {
                        Some(Ok(())) => {
                            self.look(tell).await;
                            self.tell_machines(tell).await;
                            return Ok(());
                        }
                        Some(Err(error)) => return Err(self.failed(error, tell).await),
                        None => {
                            self.look(tell).await;
                            watch::POLL
                        }
                    }
                }
                Err(error) if error.is_not_found() => return Err(error.into()),
                Err(error) => patience.lost(&error, tell),
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// The machines are part of the estate from now on.
    async fn tell_machines(&self, tell: &dyn Teller) {
        match self.session.virtual_machines_in(&self.task.group).await {
            Ok(machines) => {
                let ours = machines
                    .into_iter()
                    .filter(|machine| self.names.contains(&machine.name));
                for machine in ours {
                    tell.tell(Told::Seen(machine.id.clone(), machine.into_document()));
                }
            }
            Err(error) => {
                let line = format!("the new machines can't be read: {error}");
                tell.tell(Told::Line(Level::Warn, line));
            }
        }
    }
}

/// Whether the operation creates the machine of that name.
fn is_of(operation: &DeploymentOperation, name: &str) -> bool {
    let target = operation.target.as_ref();
    target.is_some_and(|id| {
        id.name().eq_ignore_ascii_case(name)
            && id
                .kind()
                .eq_ignore_ascii_case("Microsoft.Compute/virtualMachines")
    })
}

/// How a deployment ended; nothing while it hasn't.
fn outcome(deployment: &Deployment) -> Option<Result<(), Option<&ArmError>>> {
    match deployment.provisioning_state {
        ProvisioningState::Succeeded => Some(Ok(())),
        ProvisioningState::Failed | ProvisioningState::Canceled => {
            Some(Err(deployment.error.as_ref()))
        }
        _ => None,
    }
}

/// What failed, machine by machine, in Azure's words.
fn failure(causes: &[(String, &ArmError)], error: Option<&ArmError>, all: usize) -> Failure {
    let first = causes.first().map(|(_, error)| *error).or(error);
    let root = first.map(ArmError::root);
    let named: Vec<String> = causes
        .iter()
        .take(NAMED)
        .map(|(name, error)| format!("{name}: {error}"))
        .collect();
    let message = match (named.is_empty(), error) {
        (false, _) if causes.len() > NAMED => {
            format!("{} of {all} failed: {}; …", causes.len(), named.join("; "))
        }
        (false, _) => named.join("; "),
        (true, Some(error)) => error.to_string(),
        (true, None) => "Azure says that the deployment failed, and not why".to_owned(),
    };
    let again = "retry: only what is missing is created";
    let advice = first.and_then(ArmError::advice);
    Failure {
        cause: Cause::Azure,
        code: root.map(|error| error.code.clone()),
        message,
        correlation_id: error
            .or(first)
            .and_then(|error| error.correlation_id.clone()),
        advice: Some(advice.map_or(again.to_owned(), |advice| format!("{advice}; then {again}"))),
    }
}

/// What there is in a resource group, of the kinds that are created there.
pub(super) struct Taken {
    pub(super) machines: Vec<VirtualMachine>,
    pub(super) interfaces: Vec<NetworkInterface>,
}

impl Taken {
    pub(super) async fn read(session: &Session, group: &ResourceId) -> Result<Self, Error> {
        let (machines, interfaces) = tokio::try_join!(
            session.virtual_machines_in(group),
            session.network_interfaces_in(group),
        )?;
        Ok(Self {
            machines,
            interfaces,
        })
    }

    /// A name among these that a machine or an interface has which isn't tagged so.
    pub(super) fn by_others(&self, names: &[String], tag: &str) -> Option<String> {
        let foreign = |name: &str, tags: &std::collections::BTreeMap<String, String>, of: &str| {
            name.eq_ignore_ascii_case(of) && tags.get(TAG).is_none_or(|found| found != tag)
        };
        names
            .iter()
            .flat_map(|name| [name.clone(), interface_name(name)])
            .find(|name| {
                let machine = self
                    .machines
                    .iter()
                    .any(|machine| foreign(&machine.name, &machine.tags, name));
                let interface = self
                    .interfaces
                    .iter()
                    .any(|interface| foreign(&interface.name, &interface.tags, name));
                machine || interface
            })
    }
}

/// The refusal to touch what another has made.
pub(super) fn somebody_elses(name: &str) -> Failure {
    let text =
        format!("{name} is there already, and this job didn't create it: nothing is changed");
    Failure::new(Cause::Changed, text).advise("plan again: the new plan takes other names")
}

#[async_trait]
impl Look for Wave<'_> {
    async fn look(&self, tell: &dyn Teller) {
        if let Err(error) = self.tell_progress(tell).await {
            let line = format!("how far the machines are can't be read: {error}");
            tell.tell(Told::Line(Level::Debug, line));
        }
    }
}

#[async_trait]
impl Effect for Wave<'_> {
    async fn settled(&self, _: bool, tell: &dyn Teller) -> Result<Settled, Failure> {
        match self.session.deployment(&self.id).await {
            Ok(found) => match outcome(&found) {
                Some(Ok(())) => {
                    self.look(tell).await;
                    self.tell_machines(tell).await;
                    Ok(Settled::Done)
                }
                Some(Err(error)) => Ok(Settled::Stop(self.failed(error, tell).await)),
                None => Ok(Settled::UnderWay(Accepted::found(self.id.clone()))),
            },
            Err(error) if error.is_not_found() => {
                let taken = Taken::read(self.session, &self.task.group).await?;
                if let Some(name) = taken.by_others(self.names, &self.tag) {
                    return Ok(Settled::Stop(somebody_elses(&name)));
                }
                let Task {
                    model,
                    image,
                    group,
                    ..
                } = self.task;
                let body = deployment(model, image, group, self.names, &self.tag);
                Ok(Settled::NotBegun(body))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn send(&self, request: Value, _: &dyn Teller) -> Result<Accepted, Unsent> {
        let password = if self.task.model.specialized {
            None
        } else {
            Some(self.task.password.read().map_err(Unsent::Refused)?)
        };
        let request = with_password(request, password.as_ref());
        Ok(self.session.put_deployment(&self.id, &request).await?)
    }

    async fn watch(&self, accepted: &Accepted, tell: &dyn Teller) -> Result<(), Failure> {
        match watch::operation(self.session, accepted, self, tell).await {
            Ended::Succeeded | Ended::Lost => self.ended(tell).await,
            Ended::Failed(error) => Err(self.failed(Some(&error), tell).await),
            Ended::Canceled => Err(self.failed(None, tell).await),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(code: &str) -> ArmError {
        ArmError {
            code: code.to_owned(),
            message: format!("{code} was said"),
            ..ArmError::default()
        }
    }

    #[test]
    fn a_failure_names_machines_and_leads_to_the_missing_ones() {
        let (quota, other) = (error("QuotaExceeded"), error("Conflict"));
        let causes = vec![("vm-7".to_owned(), &quota), ("vm-9".to_owned(), &other)];
        let told = failure(&causes, Some(&error("DeploymentFailed")), 12);
        assert_eq!(
            told.message,
            "vm-7: QuotaExceeded: QuotaExceeded was said; vm-9: Conflict: Conflict was said"
        );
        assert_eq!(told.code.as_deref(), Some("QuotaExceeded"));
        assert!(
            told.advice
                .unwrap()
                .contains("only what is missing is created")
        );
    }

    #[test]
    fn many_failures_are_counted() {
        let quota = error("QuotaExceeded");
        let name = |number: u32| (format!("vm-{number}"), &quota);
        let told = failure(&(1..=5).map(name).collect::<Vec<_>>(), None, 12);
        assert!(
            told.message.starts_with("5 of 12 failed: vm-1: "),
            "{}",
            told.message
        );
        assert!(!told.message.contains("vm-4"));
        assert!(failure(&[], None, 1).message.contains("not why"));
    }

    #[test]
    fn only_what_carries_the_jobs_own_tag_is_its_own() {
        let machine = |name: &str, tag: Option<&str>| {
            let mut document = json!({
                "id": format!("/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/\
                    r/providers/Microsoft.Compute/virtualMachines/{name}"),
                "name": name, "location": "westeurope", "properties": {},
            });
            if let Some(tag) = tag {
                document["tags"] = json!({ TAG: tag });
            }
            VirtualMachine::from_document(document).unwrap()
        };
        let taken = Taken {
            machines: vec![machine("vm-1", Some("us")), machine("VM-2", Some("them"))],
            interfaces: Vec::new(),
        };
        let names = |names: &[&str]| -> Vec<String> {
            names.iter().map(|name| (*name).to_owned()).collect()
        };
        assert_eq!(taken.by_others(&names(&["vm-1", "vm-3"]), "us"), None);
        assert_eq!(
            taken.by_others(&names(&["vm-1", "vm-2"]), "us").as_deref(),
            Some("vm-2")
        );
        assert_eq!(
            taken.by_others(&names(&["vm-1"]), "them").as_deref(),
            Some("vm-1")
        );
    }
}
