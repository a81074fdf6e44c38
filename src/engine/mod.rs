//! What both faces talk to: requests in, hints out.
//!
//! One engine owns a state folder: it alone writes the journal and the estate, plans, and runs the
//! queue. Another process on the same folder gets a [`Connection`] that only reads and names the
//! owner. Answers are pulled: a face reads the journal and the estate for itself when
//! [`Changes`] says that there is something to read.

mod changes;
mod keeping;
mod owner;
mod planning;
mod request;
mod retrying;
mod sign_in;

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::task::JoinSet;

pub use changes::{Changed, Changes};
pub use owner::Owner;
pub use planning::PLAN_LIFETIME;
pub use request::{Confirmed, Refusal, Reply, Request};

use crate::actions::{Level, Plan, PlanId};
use crate::azure::{self, Azure, Strain, Throttle};
use crate::config::{self, Config};
use crate::database::{self, Database};
use crate::estate::{self, Loader, Scope, Store};
use crate::paths::{self, Paths};
use crate::queue::{self, Journal, Origin, Queue};
use keeping::{Notes, seen};
use owner::Ownership;
use sign_in::SignIns;

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
    config: Arc<Config>,
    origin: Origin,
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
    sign_ins: SignIns,
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
    let config = Arc::new(config);
    let owner = paths.owner();
    let ownership = Ownership::take(&owner, face).map_err(|cause| Error::Owner {
        path: owner.clone(),
        cause,
    })?;
    let side = match ownership {
        Ok(ownership) => Side::Engine(Arc::new(
            Engine::start(config.clone(), &paths, ownership, work).await?,
        )),
        Err(owner) => Side::Reader(owner),
    };
    Ok(Connection {
        paths,
        config,
        origin: Origin::here(face),
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
            Side::Engine(engine) => engine.answer(request, &self.origin).await,
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
        self.config.safety.read_only
    }

    /// What the configuration says of customers.
    #[must_use]
    pub fn customers(&self) -> &[config::Tenant] {
        &self.config.tenants
    }

    /// Hints that there is something to read.
    #[must_use]
    pub fn changes(&self) -> Changes {
        match &self.side {
            Side::Engine(engine) => Changes::of_own(
                engine.queue.journal().database().changes(),
                engine.loader.store().database().changes(),
                engine.azure.strain(),
            ),
            Side::Reader(_) => Changes::of_other(&self.paths),
        }
    }

    /// How much of Azure's limits is left; nothing where another process talks to Azure.
    #[must_use]
    pub fn throttle(&self) -> Throttle {
        match &self.side {
            Side::Engine(engine) => engine.azure.throttle(),
            Side::Reader(_) => Throttle::default(),
        }
    }

    /// Whether requests wait noticeably for Azure's limits, likewise.
    #[must_use]
    pub fn strain(&self) -> Option<Strain> {
        match &self.side {
            Side::Engine(engine) => engine.azure.strain().borrow().clone(),
            Side::Reader(_) => None,
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
        config: Arc<Config>,
        paths: &Paths,
        ownership: Ownership,
        work: Work,
    ) -> Result<Self, Error> {
        let journal = Journal::new(Database::open(&paths.journal(), queue::SCHEMA)?);
        let store = Store::new(Database::open(&paths.estate(), estate::SCHEMA)?);
        store.at_rest().await?;
        let azure = config
            .azure(paths.tokens())?
            .witnessed(Arc::new(Notes::start(journal.clone())));
        let loader = Loader::new(azure.clone(), config.clone(), store.clone());
        let queue = Queue::new(journal, azure.clone(), &config, seen(store));
        if work == Work::CarriedOut {
            queue.carry_on().await?;
        }
        Ok(Self {
            azure,
            config,
            loader,
            queue,
            plans: Mutex::default(),
            sign_ins: SignIns::default(),
            work: Mutex::default(),
            ownership: Mutex::new(Some(ownership)),
        })
    }

    async fn answer(&self, request: Request, origin: &Origin) -> Result<Reply, Refusal> {
        match request {
            Request::Plan(action) => self
                .plan(action)
                .await
                .map(|plan| Reply::Planned(plan.into())),
            Request::Submit {
                plan,
                confirmation,
                terms,
                note,
            } => self.submit(plan, &confirmation, terms, origin, note).await,
            Request::Cancel(job) => {
                self.writable()?;
                self.queue.cancel(job).await?;
                Ok(Reply::Accepted)
            }
            Request::Undo(job) => {
                let plan = self.plan(self.queue.undo(job)?).await?;
                Ok(Reply::Planned(plan.into()))
            }
            Request::Retry(job) => {
                self.writable()?;
                self.retry(job, origin).await?;
                Ok(Reply::Accepted)
            }
            Request::RetryFailed(group) => {
                self.writable()?;
                self.retry_failed(group, origin).await
            }
            Request::Pause(what) => {
                self.writable()?;
                self.queue.pause(&what, true).await?;
                Ok(Reply::Accepted)
            }
            Request::Resume(what) => {
                self.writable()?;
                self.queue.pause(&what, false).await?;
                Ok(Reply::Accepted)
            }
            Request::Prioritise(job, priority) => {
                self.writable()?;
                self.queue.prioritise(job, priority).await?;
                Ok(Reply::Accepted)
            }
            Request::PutBefore(job, other) => {
                self.writable()?;
                self.queue.put_before(job, other).await?;
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
            // Rare, and larger than the others by far.
            Request::SignIn(tenant) => Box::pin(self.sign_in(tenant)).await,
            Request::SignedIn(tenant) => self.signed_in(&tenant).await,
        }
    }

    fn writable(&self) -> Result<(), Refusal> {
        if self.config.safety.read_only {
            Err(Refusal::ReadOnly)
        } else {
            Ok(())
        }
    }

    /// Begins to read; what comes is seen in the estate.
    async fn refresh(&self, scope: Scope) {
        let (loader, journal) = (self.loader.clone(), self.queue.journal().clone());
        self.work(async move {
            if let Err(error) = loader.load(scope).await {
                let text = format!("the estate could not be kept: {error}");
                if let Err(error) = journal.note(Level::Error, &text).await {
                    tracing::error!(%error, %text);
                }
            }
        })
        .await;
    }

    /// Does something in the background, for as long as the engine is.
    async fn work(&self, doing: impl Future<Output = ()> + Send + 'static) {
        let mut work = self.work.lock().await;
        while work.try_join_next().is_some() {}
        work.spawn(doing);
    }

    async fn stop(&self) {
        self.work.lock().await.shutdown().await;
        self.queue.stop().await;
        self.ownership.lock().await.take();
    }
}
