//! What both faces talk to: requests in, hints out.
//!
//! One engine owns a state folder: it alone writes the journal and the estate, plans, and runs the
//! queue. Another process on the same folder gets a [`Connection`] that only reads and names the
//! owner. Answers are pulled: a face reads the journal and the estate for itself when
//! [`Changes`] says that there is something to read.

mod changes;
mod keeping;
mod owner;
mod request;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

pub use changes::{Changed, Changes};
pub use owner::Owner;
pub use request::{Confirmed, Refusal, Reply, Request};

use crate::actions::{Action, Confirmation, Level, Plan, PlanId, Site};
use crate::azure::{self, Azure, SubscriptionId, TenantId};
use crate::config::Config;
use crate::database::{self, Database};
use crate::estate::{self, Loader, Scope, Store};
use crate::paths::{self, Paths};
use crate::queue::{self, Journal, Queue};
use keeping::{Notes, seen};
use owner::Ownership;

/// How long a plan may be submitted after Azure was read for it.
pub const PLAN_LIFETIME: Duration = Duration::from_secs(15 * 60);

/// Plans that are kept; beyond that the oldest is forgotten.
const PLANS: usize = 64;

/// Why there is no connection at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The state folder can't be used.
    #[error(transparent)]
    Paths(#[from] paths::Error),
    /// Who owns the state folder can't be found out.
    #[error("who owns {} can't be found out: {cause}", path.display())]
    Owner {
        /// The lock file.
        path: std::path::PathBuf,
        /// The system's words.
        cause: std::io::Error,
    },
    /// The journal or the estate can't be opened.
    #[error(transparent)]
    Database(#[from] database::Error),
    /// The configuration can't be turned into a connection to Azure.
    #[error(transparent)]
    Azure(#[from] azure::Error),
}

/// A way to the engine of a state folder. Cheap to clone.
#[derive(Clone)]
pub struct Connection {
    paths: Paths,
    read_only: bool,
    side: Side,
}

#[derive(Clone)]
enum Side {
    Engine(Arc<Engine>),
    Reader(Owner),
}

struct Engine {
    azure: Azure,
    config: Arc<Config>,
    loader: Loader,
    queue: Queue,
    plans: Mutex<HashMap<PlanId, Plan>>,
    work: Mutex<JoinSet<()>>,
    /// Held for as long as the engine is.
    ownership: Mutex<Option<Ownership>>,
}

/// Whether an engine carries out the jobs of its queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// It does, from where the journal stands.
    CarriedOut,
    /// It leaves them where they are: for a process that only asks something, and ends.
    LeftAlone,
}

/// Becomes the engine of the state folder, or, where another process is that, its reader. `face`
/// says to others what this process is.
///
/// # Errors
/// [`Error`].
pub async fn connect(
    config: Config,
    paths: Paths,
    face: &str,
    work: Work,
) -> Result<Connection, Error> {
    paths.prepare()?;
    let read_only = config.safety.read_only;
    let owner = paths.owner();
    let ownership = Ownership::take(&owner, face).map_err(|cause| Error::Owner {
        path: owner.clone(),
        cause,
    })?;
    let side = match ownership {
        Ok(ownership) => Side::Engine(Arc::new(
            Engine::start(config, &paths, ownership, work).await?,
        )),
        Err(owner) => Side::Reader(owner),
    };
    Ok(Connection {
        paths,
        read_only,
        side,
    })
}

impl Connection {
    /// Asks the engine for something.
    ///
    /// # Errors
    /// [`Refusal`], which says what to do instead.
    pub async fn ask(&self, request: Request) -> Result<Reply, Refusal> {
        match &self.side {
            Side::Engine(engine) => engine.answer(request).await,
            Side::Reader(owner) => Err(Refusal::Owned(owner.clone())),
        }
    }

    /// The other process that owns the state folder, where this one only reads.
    #[must_use]
    pub fn owner(&self) -> Option<&Owner> {
        match &self.side {
            Side::Engine(_) => None,
            Side::Reader(owner) => Some(owner),
        }
    }

    /// Whether the configuration forbids every change.
    #[must_use]
    pub fn read_only(&self) -> bool {
        self.read_only
    }

    /// Hints that there is something to read.
    #[must_use]
    pub fn changes(&self) -> Changes {
        match &self.side {
            Side::Engine(engine) => Changes::of_own(
                engine.queue.journal().database().changes(),
                engine.loader.store().database().changes(),
            ),
            Side::Reader(_) => Changes::of_other(&self.paths),
        }
    }

    /// A reader of the journal.
    ///
    /// # Errors
    /// As [`database::Reader::open`].
    pub fn journal(&self) -> Result<queue::Reader, database::Error> {
        queue::Reader::open(&self.paths.journal())
    }

    /// A reader of the estate.
    ///
    /// # Errors
    /// As [`database::Reader::open`].
    pub fn estate(&self) -> Result<estate::Reader, database::Error> {
        estate::Reader::open(&self.paths.estate())
    }

    /// Stops the engine, if it is in this process: jobs stand where the journal says, and the
    /// state folder is free for the next one.
    pub async fn close(self) {
        if let Side::Engine(engine) = self.side {
            engine.stop().await;
        }
    }
}

impl Engine {
    async fn start(
        config: Config,
        paths: &Paths,
        ownership: Ownership,
        work: Work,
    ) -> Result<Self, Error> {
        let journal = Journal::new(Database::open(&paths.journal(), queue::SCHEMA)?);
        let store = Store::new(Database::open(&paths.estate(), estate::SCHEMA)?);
        store.at_rest().await?;
        let azure = config
            .azure()?
            .witnessed(Arc::new(Notes::start(journal.clone())));
        let config = Arc::new(config);
        let loader = Loader::new(azure.clone(), config.clone(), store.clone());
        let read_only = config.safety.read_only;
        let queue = Queue::new(journal, azure.clone(), read_only, seen(store));
        if work == Work::CarriedOut {
            queue.carry_on().await?;
        }
        Ok(Self {
            azure,
            config,
            loader,
            queue,
            plans: Mutex::default(),
            work: Mutex::default(),
            ownership: Mutex::new(Some(ownership)),
        })
    }

    async fn answer(&self, request: Request) -> Result<Reply, Refusal> {
        match request {
            Request::Plan(action) => self
                .plan(&action)
                .await
                .map(|plan| Reply::Planned(plan.into())),
            Request::Submit { plan, confirmation } => self.submit(plan, &confirmation).await,
            Request::Cancel(job) => {
                self.writable()?;
                self.queue.cancel(job).await?;
                Ok(Reply::Accepted)
            }
            Request::Retry(job) => {
                self.writable()?;
                self.queue.retry(job).await?;
                Ok(Reply::Accepted)
            }
            Request::Refresh(scope) => {
                self.refresh(scope).await;
                Ok(Reply::Accepted)
            }
            Request::Load(scope) => {
                self.loader.load(scope).await?;
                Ok(Reply::Accepted)
            }
        }
    }

    fn writable(&self) -> Result<(), Refusal> {
        if self.config.safety.read_only {
            Err(Refusal::ReadOnly)
        } else {
            Ok(())
        }
    }

    async fn plan(&self, action: &Action) -> Result<Plan, Refusal> {
        match action {
            Action::Replicate(replicate) => replicate.validate().map_err(Refusal::Invalid)?,
        }
        let access = self.access(&action.resource().subscription()).await?;
        let site = Site {
            azure: &self.azure,
            access,
            protected: &self.protected(),
        };
        let plan = action.plan(&site).await?;
        let mut plans = self.plans.lock().await;
        if plans.len() >= PLANS
            && let Some(oldest) = plans.keys().min().copied()
        {
            plans.remove(&oldest);
        }
        plans.insert(plan.id, plan.clone());
        Ok(plan)
    }

    async fn access(&self, subscription: &SubscriptionId) -> Result<azure::Access, Refusal> {
        if let Some(access) = self.loader.access(subscription)? {
            return Ok(access);
        }
        self.loader.load_access().await?;
        let unreached = || Refusal::Unreached(subscription.clone());
        self.loader.access(subscription)?.ok_or_else(unreached)
    }

    fn protected(&self) -> Vec<(TenantId, String)> {
        let names = self.config.tenant_names();
        let protected = self.config.safety.protected_tenants.iter();
        let name = |id: &TenantId| names.get(id).cloned().unwrap_or_else(|| id.to_string());
        protected.map(|id| (id.clone(), name(id))).collect()
    }

    async fn submit(&self, id: PlanId, confirmed: &Confirmed) -> Result<Reply, Refusal> {
        self.writable()?;
        let mut plans = self.plans.lock().await;
        let plan = plans.get(&id).ok_or(Refusal::NoSuchPlan)?;
        let age = Timestamp::now().duration_since(plan.made_at);
        if age.is_negative() || age.unsigned_abs() > PLAN_LIFETIME {
            return Err(Refusal::StalePlan);
        }
        let failed: Vec<_> = plan.failed_checks().cloned().collect();
        if !failed.is_empty() {
            return Err(Refusal::Checks(failed));
        }
        if plan.is_empty() {
            return Err(Refusal::NothingToDo);
        }
        match (&plan.confirmation, confirmed) {
            (Confirmation::Yes, _) => {}
            (Confirmation::Typed(expected), Confirmed::Typed(typed)) if typed == expected => {}
            (Confirmation::Typed(expected), _) => {
                return Err(Refusal::Unconfirmed(expected.clone()));
            }
        }
        let group = self.queue.submit(plan).await?;
        plans.remove(&id);
        Ok(Reply::Submitted(group))
    }

    /// Begins to read; what comes is seen in the estate.
    async fn refresh(&self, scope: Scope) {
        let (loader, journal) = (self.loader.clone(), self.queue.journal().clone());
        let mut work = self.work.lock().await;
        while work.try_join_next().is_some() {}
        work.spawn(async move {
            if let Err(error) = loader.load(scope).await {
                let text = format!("the estate could not be kept: {error}");
                if let Err(error) = journal.note(Level::Error, &text).await {
                    tracing::error!(%error, %text);
                }
            }
        });
    }

    async fn stop(&self) {
        self.work.lock().await.shutdown().await;
        self.queue.stop().await;
        self.ownership.lock().await.take();
    }
}
