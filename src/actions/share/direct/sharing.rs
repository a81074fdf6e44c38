use async_trait::async_trait;
use serde_json::{Value, json};

use super::plan::changed;
use super::{Task, operation};
use crate::actions::share::Way;
use crate::actions::watch::{self, Ended, Look, POLL, Patience};
use crate::actions::{
    Cause, Effect, Failure, Level, Part, PartState, Progress, Settled, Teller, Told, Unsent,
};
use crate::azure::{
    Accepted, ArmError, Error, Gallery, Permissions, ProvisioningState, Session, SharingGroup,
    SharingState, SharingUpdate,
};

/// One `POST` to the gallery, followed until every region has it.
pub(super) struct Sharing<'a> {
    pub(super) session: &'a Session,
    pub(super) task: &'a Task,
}

impl Sharing<'_> {
    async fn read(&self, tell: &dyn Teller) -> Result<Gallery, Error> {
        let gallery = self.session.gallery(&self.task.gallery).await?;
        tell.tell(Told::Seen(gallery.id.clone(), gallery.document().clone()));
        tell.tell(Told::Progress(progress(&gallery)));
        Ok(gallery)
    }

    /// What is not yet as it shall be.
    fn due(&self, gallery: &Gallery) -> Vec<SharingGroup> {
        changed(&self.task.groups, gallery, self.task.way)
    }

    /// Reads the gallery until its sharing has settled everywhere.
    async fn ended(&self, tell: &dyn Teller) -> Result<(), Failure> {
        let mut patience = Patience::default();
        loop {
            let wait = match self.read(tell).await {
                Ok(gallery) => {
                    patience.found(tell);
                    match state(&gallery) {
                        SharingState::InProgress => POLL,
                        SharingState::Failed => return Err(failure(Some(&gallery), None)),
                        _ if self.due(&gallery).is_empty() => return Ok(()),
                        _ => {
                            let text = "the gallery's sharing has been changed again since";
                            return Err(Failure::new(Cause::Changed, text).advise("plan again"));
                        }
                    }
                }
                Err(error) if error.is_not_found() => return Err(error.into()),
                Err(error) => patience.lost(&error, tell),
            };
            tokio::time::sleep(wait).await;
        }
    }
}

fn state(gallery: &Gallery) -> SharingState {
    let status = gallery.sharing_status.as_ref();
    status.map_or(SharingState::Succeeded, |status| status.aggregated.clone())
}

fn progress(gallery: &Gallery) -> Progress {
    let status = gallery.sharing_status.as_ref();
    let parts: Vec<Part> = status
        .iter()
        .flat_map(|status| &status.regions)
        .map(|region| {
            let (percent, state) = match region.state {
                SharingState::Succeeded => (100, PartState::Done),
                SharingState::Failed => (0, PartState::Failed),
                _ => (0, PartState::Running),
            };
            Part {
                name: region.region.to_string(),
                percent,
                state,
            }
        })
        .collect();
    let done = parts
        .iter()
        .filter(|part| part.state == PartState::Done)
        .count();
    let percent = (100 * done).checked_div(parts.len()).unwrap_or(0);
    Progress {
        percent: u8::try_from(percent).unwrap_or(100),
        parts,
    }
}

fn failure(gallery: Option<&Gallery>, error: Option<&ArmError>) -> Failure {
    let status = gallery.and_then(|gallery| gallery.sharing_status.as_ref());
    let failed: Vec<String> = status
        .iter()
        .flat_map(|status| &status.regions)
        .filter(|region| region.state == SharingState::Failed)
        .map(|region| format!("{}: {}", region.region, region.details))
        .collect();
    let said = error.map(ToString::to_string);
    let message = match said {
        Some(said) => said,
        None if failed.is_empty() => "Azure says that sharing failed, and not why".to_owned(),
        None => failed.join("; "),
    };
    Failure {
        cause: Cause::Azure,
        code: error.map(|error| error.code.clone()),
        message,
        correlation_id: error.and_then(|error| error.correlation_id.clone()),
        advice: Some("retry; the gallery is read first".to_owned()),
    }
}

#[async_trait]
impl Look for Sharing<'_> {
    async fn look(&self, tell: &dyn Teller) {
        if let Err(error) = self.read(tell).await {
            let line = format!("how far the sharing is can't be read: {error}");
            tell.tell(Told::Line(Level::Debug, line));
        }
    }
}

#[async_trait]
impl Effect for Sharing<'_> {
    async fn settled(&self, begun: bool, tell: &dyn Teller) -> Result<Settled, Failure> {
        let gallery = self.read(tell).await?;
        if self.task.way == Way::Share && gallery.sharing != Permissions::Groups {
            let text = format!("{} has become {} since", gallery.name, gallery.sharing);
            return Ok(Settled::Stop(
                Failure::new(Cause::Changed, text).advise("plan again"),
            ));
        }
        let due = self.due(&gallery);
        match (due.is_empty(), state(&gallery)) {
            (true, SharingState::InProgress) => {
                let found = Accepted::found(self.task.gallery.clone());
                return Ok(Settled::UnderWay(found));
            }
            (true, SharingState::Failed) if begun => {
                return Ok(Settled::Stop(failure(Some(&gallery), None)));
            }
            // What failed in a region is asked for again.
            (true, SharingState::Failed) => {}
            (true, _) => return Ok(Settled::Done),
            (false, SharingState::InProgress) => {
                let busy = "another change of the gallery's sharing to end".to_owned();
                return Ok(Settled::Busy(busy, POLL));
            }
            (false, _) => {}
        }
        if gallery.provisioning_state == ProvisioningState::Updating {
            let busy = "another change of the gallery to end".to_owned();
            return Ok(Settled::Busy(busy, POLL));
        }
        let groups = if due.is_empty() {
            self.task.groups.clone()
        } else {
            due
        };
        let update = SharingUpdate {
            operation: operation(self.task.way),
            groups,
        };
        Ok(Settled::NotBegun(json!(update)))
    }

    async fn send(&self, request: Value, _: &dyn Teller) -> Result<Accepted, Unsent> {
        let update: SharingUpdate = serde_json::from_value(request)
            .map_err(|error| Unsent::Refused(Failure::new(Cause::Defect, error.to_string())))?;
        Ok(self
            .session
            .share_gallery(&self.task.gallery, &update)
            .await?)
    }

    async fn watch(&self, accepted: &Accepted, tell: &dyn Teller) -> Result<(), Failure> {
        match watch::operation(self.session, accepted, self, tell).await {
            Ended::Succeeded | Ended::Lost => self.ended(tell).await,
            Ended::Failed(error) => {
                let gallery = self.read(tell).await.ok();
                Err(failure(gallery.as_ref(), Some(&error)))
            }
            Ended::Canceled => {
                let said = "Azure says that the change of the sharing was canceled";
                Err(Failure::new(Cause::Azure, said).advise("retry"))
            }
        }
    }
}
