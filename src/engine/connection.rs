//! A face's way to the engine of a state folder, wherever that is.

use std::sync::Arc;

use super::agent::{Link, Site, Unreached};
use super::owner::{Ownership, Taking};
use super::{Changes, Engine, Error, Owner, Refusal, Reply, Request, StorageError, Work, kept};
use crate::azure::{Strain, Throttle};
use crate::config::{self, Config};
use crate::paths::Paths;
use crate::queue::Origin;
use crate::{estate, queue};

/// Where the engine is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In this process, for as long as it lasts.
    Here(Work),
    /// In the agent; where there is none, one is started.
    Agent,
    /// In the agent where there is one. Otherwise here, and jobs are left alone: for a process that
    /// only asks something, and ends.
    AgentIfAny,
}

/// Where the engine is, and whether it can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// In this process.
    Here,
    /// In the agent.
    Agent {
        /// How many faces the agent has.
        faces: usize,
        /// What it takes otherwise from configuration and environment than this process would.
        differs: Vec<String>,
    },
    /// The agent is being started or reached.
    Reaching,
    /// The agent has ended as it was meant to, for this reason; asked for something, it starts anew.
    Stopped(String),
    /// The agent is of this other version: it can't be asked.
    OtherVersion(String),
    /// Another process owns the state folder, and is no agent: this one only reads.
    Reads(Owner),
    /// There is no agent, and why.
    Down(String),
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
    Agent(Link),
    Reader(Owner),
}

/// Finds the engine of the state folder, or becomes it; where another process is that and no agent,
/// its reader. `face` says to others what this process is.
///
/// # Errors
/// [`Error`].
pub async fn connect(
    config: Config,
    paths: Paths,
    face: &str,
    place: Place,
) -> Result<Connection, Error> {
    paths.prepare()?;
    let at = Site {
        config: Arc::new(config),
        paths,
        origin: Origin::here(face),
    };
    let side = match place {
        Place::Here(work) => here(&at, work).await?,
        Place::Agent => in_agent(&at, true, Work::CarriedOut).await?,
        Place::AgentIfAny => in_agent(&at, false, Work::LeftAlone).await?,
    };
    Ok(Connection {
        paths: at.paths,
        config: at.config,
        origin: at.origin,
        side,
    })
}

/// The agent, which may be started; without one the engine in this process.
async fn in_agent(site: &Site, start: bool, otherwise: Work) -> Result<Side, Error> {
    match Link::open(site.clone(), start).await {
        Ok(link) => Ok(Side::Agent(link)),
        Err(Unreached::Owned(owner)) => Ok(Side::Reader(owner)),
        Err(Unreached::Failed(why)) => Err(Error::Agent(why)),
        Err(Unreached::Nobody) => here(site, otherwise).await,
    }
}

/// The engine in this process, if the folder is free.
async fn here(site: &Site, work: Work) -> Result<Side, Error> {
    let paths = &site.paths;
    let taking = Ownership::take(&paths.owner(), &site.origin.face, None, false);
    match taking.map_err(|cause| Error::owner(paths, cause))? {
        Taking::Ours(ownership) => {
            let engine = Engine::start(site.config.clone(), paths, ownership, work);
            let engine = Box::pin(engine).await?;
            Ok(Side::Engine(Arc::new(engine)))
        }
        Taking::Owned(owner) => Ok(Side::Reader(owner)),
        Taking::Elsewhere(owner) => Err(Error::elsewhere(paths, owner)),
    }
}

impl Connection {
    /// Asks the engine for something.
    ///
    /// # Errors
    /// [`Refusal`], which says what to do instead.
    pub async fn ask(&self, request: Request) -> Result<Reply, Refusal> {
        match &self.side {
            Side::Engine(engine) => Box::pin(engine.answer(request, &self.origin)).await,
            Side::Reader(owner) => Err(Refusal::Owned(owner.clone())),
            Side::Agent(link) => {
                let submitted = match &request {
                    Request::Submit { plan, .. } => Some(*plan),
                    _ => None,
                };
                match (link.ask(request).await, submitted) {
                    // The journal knows what the agent couldn't say any more.
                    (Err(Refusal::Lost), Some(plan)) => self
                        .journal()?
                        .group_of(plan)?
                        .map(Reply::Submitted)
                        .ok_or(Refusal::NotSubmitted),
                    (answer, _) => answer,
                }
            }
        }
    }

    /// Where the engine is at the moment.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match &self.side {
            Side::Engine(_) => Standing::Here,
            Side::Reader(owner) => Standing::Reads(owner.clone()),
            Side::Agent(link) => link.standing.borrow().clone(),
        }
    }

    /// The other process that owns the state folder, where this one only reads.
    #[must_use]
    pub fn owner(&self) -> Option<Owner> {
        match self.standing() {
            Standing::Reads(owner) => Some(owner),
            _ => None,
        }
    }

    /// Has an agent end when its jobs are done, and another one start: for one of another version, or
    /// that goes by other settings. Seen in [`Connection::standing`].
    pub async fn replace_agent(&self) {
        if let Side::Agent(link) = &self.side {
            link.replace().await;
        }
    }

    /// Whether the configuration forbids every change.
    #[must_use]
    pub fn read_only(&self) -> bool {
        self.config.safety.read_only
    }

    /// Whether the terminal's bell is to ring when jobs end.
    #[must_use]
    pub fn bell(&self) -> bool {
        self.config.notify.bell
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
            Side::Engine(engine) => engine.changes(),
            Side::Agent(link) => Changes::of_own(
                link.journal.clone(),
                link.estate.clone(),
                link.strain.clone(),
                Some(link.standing.clone()),
            ),
            Side::Reader(_) => Changes::of_other(&self.paths),
        }
    }

    /// How much of Azure's limits is left; nothing where another process talks to Azure.
    #[must_use]
    pub fn throttle(&self) -> Throttle {
        match &self.side {
            Side::Engine(engine) => engine.azure.throttle(),
            Side::Agent(_) | Side::Reader(_) => Throttle::default(),
        }
    }

    /// Whether requests wait noticeably for Azure's limits.
    #[must_use]
    pub fn strain(&self) -> Option<Strain> {
        match &self.side {
            Side::Engine(engine) => engine.strain(),
            Side::Agent(link) => link.strain.borrow().clone(),
            Side::Reader(_) => None,
        }
    }

    /// A reader of the journal.
    ///
    /// # Errors
    /// As [`kept::journal`].
    pub fn journal(&self) -> Result<queue::Reader, StorageError> {
        kept::journal(&self.paths)
    }

    /// A reader of the estate.
    ///
    /// # Errors
    /// As [`kept::estate`].
    pub fn estate(&self) -> Result<estate::Reader, StorageError> {
        kept::estate(&self.paths)
    }

    /// Stops the engine, if it is in this process: jobs stand where the journal says, and the
    /// state folder is free for the next one. An agent goes on.
    pub async fn close(self) {
        if let Side::Engine(engine) = self.side {
            engine.stop().await;
        }
    }
}
