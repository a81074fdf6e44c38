//! What both faces talk to: requests in, hints out.
//!
//! One engine owns a state folder: it alone writes the journal and the estate, plans, and runs the
//! queue. It lives in the [agent], which goes on when nobody looks, or in the process of a face; a
//! [`Connection`] leads to it either way. What there is to see is pulled: a face reads the journal
//! and the estate for itself when [`Changes`] says that there is something to read.

pub mod agent;
mod changes;
mod connection;
mod keeping;
mod kept;
mod notify;
mod owner;
mod planning;
mod request;
mod retrying;
mod sign_in;

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;

pub use changes::{Changed, Changes};
pub use connection::{Connection, Place, Standing, connect};
pub use kept::{StorageError, StorageKind, estate, journal};
pub use owner::Owner;
pub use planning::PLAN_LIFETIME;
pub use request::{Confirmed, Refusal, Reply, Request};

use crate::actions::{Level, PlanId};
use crate::azure::{self, Azure, Strain};
use crate::config::Config;
use crate::database::{self, Database, SetAside};
use crate::estate::{self, Loader, Scope, Store};
use crate::paths::{self, Paths};
use crate::queue::{Audit, Journal, Origin, Queue};
use keeping::{Notes, seen};
use notify::Notifier;
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
    /// Another process owns the state folder.
    #[error("{0} owns this queue")]
    Owned(Owner),
    /// A process of another machine had the state folder, and may still be at work on it.
    #[error(
        "{owner} had {} last and didn't give it back: two machines must not work on one state \
         folder. If nothing runs there any more, `gallerist agent start --take-over` goes on here",
        path.display()
    )]
    Elsewhere {
        /// The state folder.
        path: std::path::PathBuf,
        /// Who had it.
        owner: Box<Owner>,
    },
    /// The agent can't listen.
    #[error("the agent can't listen on {}: {cause}", path.display())]
    Socket {
        /// Where.
        path: std::path::PathBuf,
        /// The system's words.
        cause: std::io::Error,
    },
    /// There is no agent to reach.
    #[error("{0}; --no-agent does without")]
    Agent(String),
    /// The journal or the estate can't be opened.
    #[error(transparent)]
    Database(#[from] database::Error),
    /// The configuration can't be turned into a connection to Azure.
    #[error(transparent)]
    Azure(#[from] azure::Error),
}

impl Error {
    fn owner(paths: &Paths, cause: std::io::Error) -> Self {
        Self::Owner {
            path: paths.owner(),
            cause,
        }
    }

    fn elsewhere(paths: &Paths, owner: Owner) -> Self {
        Self::Elsewhere {
            path: paths.state().to_owned(),
            owner: owner.into(),
        }
    }
}

/// The engine, in the process that it runs in.
struct Engine {
    azure: Azure,
    config: Arc<Config>,
    loader: Loader,
    queue: Queue,
    notifier: Option<Notifier>,
    plans: Mutex<HashMap<PlanId, planning::Kept>>,
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

impl Engine {
    async fn start(
        config: Arc<Config>,
        paths: &Paths,
        ownership: Ownership,
        work: Work,
    ) -> Result<Self, Error> {
        let journal = Journal::open(&paths.journal()).await?;
        let (estate, aside) = Database::open_or_begin_anew(&paths.estate(), estate::SCHEMA)?;
        if let Some(SetAside { path, cause }) = aside {
            let text = format!(
                "the estate was damaged ({cause}) and lies now at {}: it is read again",
                path.display()
            );
            journal.note(Level::Warn, &text).await?;
        }
        let store = Store::new(estate);
        store.at_rest().await?;
        let azure = config
            .azure(paths.tokens())?
            .witnessed(Arc::new(Notes::start(journal.clone())));
        let loader = Loader::new(azure.clone(), config.clone(), store.clone());
        let audit = Audit::start(paths.audit());
        let queue = Queue::new(journal, audit, azure.clone(), &config, seen(store));
        if work == Work::CarriedOut {
            queue.carry_on().await?;
        }
        let tells = work == Work::CarriedOut;
        let notifier =
            tells.then(|| Notifier::start(queue.journal().clone(), config.notify.clone()));
        Ok(Self {
            azure,
            config,
            loader,
            queue,
            notifier,
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
                self.begins()?;
                self.retry(job, origin).await?;
                Ok(Reply::Accepted)
            }
            Request::RetryFailed(group) => {
                self.begins()?;
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
            // What is old would be forgotten anyway, also where nothing may be changed in Azure.
            Request::Vacuum => Ok(Reply::Vacuumed(self.queue.vacuum().await?)),
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

    /// Whether something new may begin.
    fn begins(&self) -> Result<(), Refusal> {
        if self.queue.drains() {
            return Err(Refusal::Draining);
        }
        self.writable()
    }

    /// Hints that there is something to read.
    fn changes(&self) -> Changes {
        let journal = self.journal_changes();
        let estate = self.loader.store().database().changes();
        Changes::of_own(journal, estate, self.azure.strain(), None)
    }

    fn journal_changes(&self) -> watch::Receiver<u64> {
        self.queue.journal().database().changes()
    }

    fn strain(&self) -> Option<Strain> {
        self.azure.strain().borrow().clone()
    }

    /// Whether no job goes on by itself.
    fn rests(&self) -> bool {
        let journal = self.queue.journal().reader();
        let goes_on = journal.and_then(|journal| journal.goes_on());
        goes_on.is_ok_and(|goes_on| !goes_on)
    }

    /// How many jobs are being carried out.
    async fn running(&self) -> usize {
        self.queue.running().await
    }

    /// Begins nothing more, and returns when what runs is done.
    async fn drained(&self) {
        self.queue.drain().await;
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
        if let Some(notifier) = &self.notifier {
            notifier.stop().await;
        }
        self.ownership.lock().await.take();
    }
}
