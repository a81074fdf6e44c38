//! A person's sign-in by device code: it goes on while everything else does, and the tenant is read
//! when it is done.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{Mutex, watch};

use super::{Engine, Refusal, Reply};
use crate::actions::Level;
use crate::azure::{Access, DeviceCode, PendingSignIn, Remedy, TenantId};
use crate::estate::{Route, Scope, TenantState, Trouble, survey};

/// What a sign-in has come to, once it has.
type Outcome = Option<Result<(), Trouble>>;

/// Sign-ins that wait for a person.
#[derive(Clone, Default)]
pub(super) struct SignIns(Arc<Mutex<HashMap<TenantId, Waiting>>>);

struct Waiting {
    code: DeviceCode,
    outcome: watch::Receiver<Outcome>,
}

impl Engine {
    /// Begins a sign-in, or gives the code of one that waits already.
    pub(super) async fn sign_in(&self, tenant: TenantId) -> Result<Reply, Refusal> {
        let mut waiting = self.sign_ins.0.lock().await;
        if let Some(begun) = waiting.get(&tenant)
            && begun.outcome.borrow().is_none()
            && begun.code.expires_at > Timestamp::now()
        {
            return Ok(Reply::SignIn(begun.code.clone()));
        }
        let access = self.serving(&tenant)?;
        let session = self.azure.session(access.clone());
        match session.remedy() {
            Remedy::DeviceCode => {}
            remedy => return Err(Refusal::NoCode(access.identity, remedy)),
        }
        let pending = session.begin_sign_in().await?;
        let code = pending.device_code().clone();
        let (ended, outcome) = watch::channel(None);
        let begun = Waiting {
            code: code.clone(),
            outcome,
        };
        waiting.insert(tenant.clone(), begun);
        drop(waiting);
        Box::pin(self.finish(tenant, access, pending, ended)).await;
        Ok(Reply::SignIn(code))
    }

    /// Answers when a sign-in that waits has come to something.
    pub(super) async fn signed_in(&self, tenant: &TenantId) -> Result<Reply, Refusal> {
        let waiting = self.sign_ins.0.lock().await;
        let outcome = waiting.get(tenant).map(|begun| begun.outcome.clone());
        drop(waiting);
        let Some(mut outcome) = outcome else {
            return Err(Refusal::NothingToDo);
        };
        // The engine is about to end where nobody is left to tell.
        let ended = outcome.wait_for(Option::is_some).await;
        match ended.ok().and_then(|outcome| outcome.clone()) {
            Some(Ok(())) => Ok(Reply::Accepted),
            Some(Err(trouble)) => Err(Refusal::NotSignedIn(trouble)),
            None => Err(Refusal::NothingToDo),
        }
    }

    /// Whom the tenant is signed in to as: as it was asked last, else as the configuration says.
    fn serving(&self, tenant: &TenantId) -> Result<Access, Refusal> {
        let reach = self.loader.reach()?;
        let row = reach.tenant(tenant);
        if let Some(row) = row.filter(|row| row.route == Route::Delegated) {
            let text = format!(
                "{} is delegated: it is reached with the sign-in of the tenant that manages it",
                row.name
            );
            return Err(Refusal::Invalid(text));
        }
        row.and_then(|row| row.access.clone())
            .or_else(|| survey::serving(&self.config, tenant))
            .ok_or_else(|| {
                let text = format!("no [[identity]] of the configuration signs in to {tenant}");
                Refusal::Invalid(text)
            })
    }

    /// Waits for the person, and reads what can be read then.
    async fn finish(
        &self,
        tenant: TenantId,
        access: Access,
        pending: PendingSignIn,
        ended: watch::Sender<Outcome>,
    ) {
        let (loader, journal) = (self.loader.clone(), self.queue.journal().clone());
        // What signs in at home signs in elsewhere too, as far as others accept it.
        let home = |identity: &&crate::config::Identity| {
            identity.settings.name == access.identity && identity.settings.tenant == tenant
        };
        let scope = match self.config.identities.iter().find(home) {
            Some(_) => Scope::All,
            None => Scope::Tenant(tenant.clone()),
        };
        self.work(async move {
            let name = loader.reach().ok();
            let name = name.map_or_else(
                || tenant.to_string(),
                |reach| reach.tenant_name(&tenant).to_owned(),
            );
            let outcome = match pending.finish().await {
                Ok(()) => {
                    let text = format!("{} is signed in to {name}", access.identity);
                    note(&journal, Level::Info, &text).await;
                    Box::pin(read(&loader, scope, &tenant)).await
                }
                Err(error) => {
                    let trouble = Trouble::from(&error);
                    note(&journal, Level::Warn, &trouble.to_string()).await;
                    let kept = loader.store().not_signed_in(tenant, trouble.clone()).await;
                    kept.map_err(|error| unkept(&error)).and(Err(trouble))
                }
            };
            ended.send_replace(Some(outcome));
        })
        .await;
    }
}

/// Reads what a sign-in opens, and tells whether the tenant answers.
async fn read(
    loader: &crate::estate::Loader,
    scope: Scope,
    tenant: &TenantId,
) -> Result<(), Trouble> {
    loader.load(scope).await.map_err(|error| unkept(&error))?;
    let reach = loader.reach().map_err(|error| unkept(&error))?;
    let row = reach.tenant(tenant);
    match row.and_then(|row| row.trouble.clone()) {
        Some(trouble) if row.is_some_and(|row| row.state != TenantState::Ok) => Err(trouble),
        _ => Ok(()),
    }
}

fn unkept(error: &crate::database::Error) -> Trouble {
    Trouble {
        message: format!("the estate could not be kept: {error}"),
        advice: None,
        remedy: None,
    }
}

async fn note(journal: &crate::queue::Journal, level: Level, text: &str) {
    if let Err(error) = journal.note(level, text).await {
        tracing::error!(%error, %text, "it could not be noted");
    }
}
