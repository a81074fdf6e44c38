use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use super::Task;
use super::phases::{self, Phase, Seen};
use super::progress::progress;
use crate::actions::watch::{self, Ended, Look, POLL, Patience};
use crate::actions::{Cause, Effect, Failure, Level, PartState, Settled, Teller, Told, Unsent};
use crate::azure::{
    Accepted, ArmError, Error, ImageVersion, ProvisioningState, RegionReplication,
    ReplicationState, Session,
};

/// One `PUT` of an image version, followed to its end.
pub(super) struct Update<'a> {
    session: &'a Session,
    task: &'a Task,
    phase: &'a Phase,
    /// The regions that weren't there when they were looked at last.
    awaited: Mutex<BTreeSet<String>>,
}

impl<'a> Update<'a> {
    pub(super) fn new(session: &'a Session, task: &'a Task, phase: &'a Phase) -> Self {
        Self {
            session,
            task,
            phase,
            awaited: Mutex::default(),
        }
    }

    async fn read(&self, tell: &dyn Teller) -> Result<ImageVersion, Error> {
        let version = self.session.image_version(&self.task.version).await?;
        tell.tell(Told::Seen(version.id.clone(), version.document().clone()));
        Ok(version)
    }

    /// How far the regions are; one that has come since the last look is worth a line.
    fn tell_progress(&self, version: &ImageVersion, tell: &dyn Teller) {
        let progress = progress(self.task, self.phase, version);
        let mut awaited = self.awaited.lock().unwrap_or_else(PoisonError::into_inner);
        for part in &progress.parts {
            if part.state == PartState::Done {
                if awaited.remove(&part.name) {
                    tell.tell(Told::Line(Level::Info, format!("{} is there", part.name)));
                }
            } else {
                awaited.insert(part.name.clone());
            }
        }
        drop(awaited);
        tell.tell(Told::Progress(progress));
    }

    /// The failed regions among those of the version, with Azure's words.
    fn failed_regions(version: &ImageVersion) -> Vec<&RegionReplication> {
        let copies = version
            .replication
            .iter()
            .flat_map(|status| &status.regions);
        copies
            .filter(|copy| copy.state == ReplicationState::Failed)
            .collect()
    }

    fn failure(version: Option<&ImageVersion>, error: Option<&ArmError>) -> Failure {
        let failed = version.map(Self::failed_regions).unwrap_or_default();
        let regions: Vec<String> = failed
            .iter()
            .map(|copy| match copy.details.trim() {
                "" => format!("{} failed", copy.region),
                details => format!("{}: {details}", copy.region),
            })
            .collect();
        let said = error.map(|error| error.message.clone()).unwrap_or_default();
        let message = if !regions.is_empty() {
            regions.join("; ")
        } else if said.is_empty() {
            "Azure says that it failed, and not why".to_owned()
        } else {
            said
        };
        let advice = if regions.is_empty() {
            "retry; the version is read first".to_owned()
        } else {
            let names: Vec<&str> = failed.iter().map(|copy| copy.region.as_str()).collect();
            let names = names.join(", ");
            format!("retry; if it fails again, remove {names} from the version and add it again")
        };
        Failure {
            cause: Cause::Azure,
            code: error
                .map(|error| error.code.clone())
                .or(Some("ReplicationFailed".to_owned())),
            message,
            correlation_id: error.and_then(|error| error.correlation_id.clone()),
            advice: Some(advice),
        }
    }

    /// How an update that has ended stands; nothing while it hasn't.
    fn outcome(&self, version: &ImageVersion) -> Option<Result<(), Failure>> {
        match version.provisioning_state {
            ProvisioningState::Failed => return Some(Err(Self::failure(Some(version), None))),
            ProvisioningState::Succeeded => {}
            _ => return None,
        }
        if !phases::applied(version, &self.phase.change) {
            return Some(Err(changed(
                "the update succeeded, and the version's regions have been changed again since",
            )));
        }
        let copies = version
            .replication
            .as_ref()
            .map_or(&[][..], |status| &status.regions);
        let ours = copies.iter().filter(|copy| {
            self.phase
                .change
                .set
                .iter()
                .any(|change| change.region == copy.region)
        });
        let mut states = ours.map(|copy| &copy.state);
        if states
            .clone()
            .any(|state| *state == ReplicationState::Failed)
        {
            return Some(Err(Self::failure(Some(version), None)));
        }
        let at_rest = states.all(|state| *state != ReplicationState::Replicating);
        at_rest.then_some(Ok(()))
    }

    /// Reads the version, at that pace, until what was accepted has ended.
    async fn ended(&self, pace: Duration, tell: &dyn Teller) -> Result<(), Failure> {
        let mut patience = Patience::default();
        loop {
            match self.read(tell).await {
                Ok(version) => {
                    patience.found(tell);
                    self.tell_progress(&version, tell);
                    if let Some(outcome) = self.outcome(&version) {
                        return outcome;
                    }
                    tokio::time::sleep(pace).await;
                }
                Err(error) if error.is_not_found() => return Err(error.into()),
                Err(error) => tokio::time::sleep(patience.lost(&error, tell)).await,
            }
        }
    }
}

#[async_trait]
impl Effect for Update<'_> {
    async fn settled(&self, begun: bool, tell: &dyn Teller) -> Result<Settled, Failure> {
        let version = match self.read(tell).await {
            Ok(version) => version,
            Err(error) if error.is_not_found() => return Ok(Settled::Stop(error.into())),
            Err(error) => return Err(error.into()),
        };
        let change = &self.phase.change;
        let applied = phases::applied(&version, change);
        match &version.provisioning_state {
            ProvisioningState::Updating if applied => {
                return Ok(Settled::UnderWay(Accepted::found(
                    self.task.version.clone(),
                )));
            }
            ProvisioningState::Updating | ProvisioningState::Creating => {
                let busy = "another update of this version to end".to_owned();
                return Ok(Settled::Busy(busy, POLL));
            }
            ProvisioningState::Failed if applied && begun => {
                self.tell_progress(&version, tell);
                return Ok(Settled::Stop(Self::failure(Some(&version), None)));
            }
            ProvisioningState::Succeeded if applied => match self.outcome(&version) {
                Some(Ok(())) => {
                    self.tell_progress(&version, tell);
                    return Ok(Settled::Done);
                }
                None => {
                    return Ok(Settled::UnderWay(Accepted::found(
                        self.task.version.clone(),
                    )));
                }
                Some(Err(failure)) if begun => {
                    self.tell_progress(&version, tell);
                    return Ok(Settled::Stop(failure));
                }
                Some(Err(_)) => {}
            },
            ProvisioningState::Deleting => {
                return Ok(Settled::Stop(changed("the version is being deleted")));
            }
            _ => {}
        }
        let Task { seen, phases, .. } = self.task;
        if let Some(seen) = phases::changed_meanwhile(&version, seen, phases) {
            return Ok(Settled::Stop(changed(&elsewhere(&version, seen))));
        }
        if let Some(text) = phases::too_many(&version, change) {
            return Ok(Settled::Stop(changed(&text)));
        }
        Ok(Settled::NotBegun(version.update_body(change)))
    }

    async fn send(&self, request: Value, _: &dyn Teller) -> Result<Accepted, Unsent> {
        Ok(self
            .session
            .put_image_version(&self.task.version, &request)
            .await?)
    }

    async fn watch(&self, accepted: &Accepted, tell: &dyn Teller) -> Result<(), Failure> {
        match watch::operation(self.session, accepted, self, tell).await {
            Ended::Succeeded | Ended::Lost => self.ended(watch::pace(accepted), tell).await,
            Ended::Failed(error) => {
                let version = self.read(tell).await.ok();
                if let Some(version) = &version {
                    self.tell_progress(version, tell);
                }
                Err(Self::failure(version.as_ref(), Some(&error)))
            }
            Ended::Canceled => {
                let said = "Azure says that the update was canceled";
                Err(Failure::new(Cause::Azure, said).advise("retry"))
            }
        }
    }
}

#[async_trait]
impl Look for Update<'_> {
    async fn look(&self, tell: &dyn Teller) {
        match self.read(tell).await {
            Ok(version) => self.tell_progress(&version, tell),
            Err(error) => {
                let line = format!("the regions' progress can't be read: {error}");
                tell.tell(Told::Line(Level::Debug, line));
            }
        }
    }
}

fn changed(what: &str) -> Failure {
    Failure::new(Cause::Changed, what)
        .advise("plan again: the new plan starts from what is there now")
}

fn elsewhere(version: &ImageVersion, seen: &Seen) -> String {
    let told = |held: Option<&phases::Held>| {
        held.map_or_else(
            || "not there".to_owned(),
            |held| {
                let storage = held
                    .storage
                    .as_ref()
                    .map(|storage| format!(" on {storage}"));
                format!("{} replicas{}", held.replicas, storage.unwrap_or_default())
            },
        )
    };
    let now = phases::held(version, &seen.region);
    format!(
        "somebody else changed {} since the plan: it was {} and is {}",
        seen.region,
        told(seen.held.as_ref()),
        told(now.as_ref())
    )
}
