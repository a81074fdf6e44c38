//! A stand-in for Azure Resource Manager and its authority over HTTP on loopback, for the demo and
//! for tests.
//!
//! It is as strict as Azure: tokens, roles, delegations, names, limits and immutable properties are
//! checked, and long-running work takes its (simulated) time. It speaks JSON off the wire and the
//! specification, never the client's types, so that the two cannot share a mistake: it imports no
//! other room, and only the binary starts it.
//!
//! A request passes [`server`] (HTTP, faults, the record), then [`authority`] or [`arm`] (token,
//! [`throttling`], type and api-version, tenant, role), then its provider. All state is in one [`world::World`].

mod access;
mod answer;
mod arm;
mod authority;
mod authorization;
mod chance;
mod clock;
mod compute;
mod connection;
mod control;
mod deployments;
mod estate_file;
mod faults;
mod features;
mod filter;
mod generated;
mod group_contents;
mod kinds;
mod network;
mod operations;
mod paging;
mod policies;
mod population;
mod providers;
mod ready;
mod regions;
mod request;
mod requests;
mod resource_graph;
mod resource_groups;
mod resource_path;
mod resources;
mod roles;
mod server;
mod shortages;
mod subscriptions;
mod throttling;
mod tls;
mod token;
mod world;
mod writing;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use chance::Chance;
use connection::{Acceptor, SecureAcceptor};
use estate_file::EstateFile;
pub use generated::Generated;
pub use ready::Ready;
use ready::Secure;
use server::{Port, Shared};
pub use throttling::Limits;

/// How a simulator is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen; port 0 picks a free one
    pub listen: SocketAddr,
    /// What the simulated Azure holds
    pub estate: EstateSource,
    /// Simulated seconds in a wall second; at 0 time stands still until the control advances it
    pub pace: f64,
    /// What identifiers, signatures and durations are derived from
    pub seed: u64,
    /// An existing folder for the ready configuration and its secret file
    pub folder: PathBuf,
    /// Whether requests are throttled
    pub limits: Limits,
    /// Whether https is served besides
    pub tls: Option<Tls>,
}

/// How https is served: the same Azure at another port.
#[derive(Clone, Debug)]
pub struct Tls {
    /// Where the certificate authority is, or is put: `ca.pem`, which a client has to trust, and
    /// its key
    pub folder: PathBuf,
    /// Where to listen; port 0 picks a free one
    pub listen: SocketAddr,
}

/// Where the simulated estate comes from.
#[derive(Clone, Debug)]
pub enum EstateSource {
    /// The one that is built in, `assets/demo-estate.toml`
    Demo,
    /// An estate file
    File(PathBuf),
    /// One made up in this size
    Generated(Generated),
}

impl EstateSource {
    /// What a command line names: a file, or `generated:tenants=200,galleries=50,…`.
    ///
    /// # Errors
    /// [`Error::Generated`] for a size that is none.
    pub fn named(name: PathBuf) -> Result<Self, Error> {
        let size = name
            .to_str()
            .and_then(|name| name.strip_prefix("generated:"));
        match size.map(str::parse) {
            None => Ok(Self::File(name)),
            Some(Ok(size)) => Ok(Self::Generated(size)),
            Some(Err(what)) => Err(Error::Generated(what)),
        }
    }
}

/// Why a simulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The estate file says something that it must not
    #[error("{}:{line}: {what}", file.display())]
    EstateFile {
        /// The file
        file: PathBuf,
        /// Line, from 1
        line: usize,
        /// What is wrong
        what: String,
    },
    /// A file could not be read or written
    #[error("{}: {source}", path.display())]
    File {
        /// The file or folder
        path: PathBuf,
        /// What the system says
        source: std::io::Error,
    },
    /// The size of an estate that is to be generated
    #[error("a generated estate: {0}")]
    Generated(String),
    /// The address could not be listened on
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address
        address: SocketAddr,
        /// What the system says
        source: std::io::Error,
    },
    /// What should be a certificate authority's is not
    #[error("no certificate authority in {}: {what}", folder.display())]
    Certificates {
        /// The folder
        folder: PathBuf,
        /// What is wrong
        what: String,
    },
    /// The pace is negative or no number
    #[error("the pace must be zero or more, not {0}")]
    Pace(f64),
}

/// A running simulator.
#[derive(Debug)]
pub struct Simulator {
    ready: Ready,
    stop: Option<watch::Sender<()>>,
    server: JoinHandle<()>,
}

/// Starts a simulator and writes its ready configuration.
///
/// # Errors
/// See [`Error`].
pub async fn start(options: Options) -> Result<Simulator, Error> {
    if !(options.pace.is_finite() && options.pace >= 0.0) {
        return Err(Error::Pace(options.pace));
    }
    let estate = match &options.estate {
        EstateSource::Demo => EstateFile::parse(
            Path::new("demo-estate.toml"),
            include_str!("../../assets/demo-estate.toml"),
        )?,
        EstateSource::File(path) => {
            let text = std::fs::read_to_string(path).map_err(|source| Error::File {
                path: path.clone(),
                source,
            })?;
            EstateFile::parse(path, &text)?
        }
        EstateSource::Generated(size) => {
            EstateFile::parse(Path::new("generated"), &size.estate_file(options.seed))?
        }
    };
    let (listener, address) = listen(options.listen).await?;
    let secure = match &options.tls {
        None => None,
        Some(tls) => {
            let (listener, address) = listen(tls.listen).await?;
            let acceptor = tls::acceptor(&tls.folder, address.ip())?;
            Some((listener, address, acceptor))
        }
    };
    let origin = format!("http://{address}");
    let chance = Chance::seeded(options.seed);
    let written = ready::write(&options.folder, &origin, &estate, chance);
    let mut ready = written.map_err(|source| Error::File {
        path: options.folder.clone(),
        source,
    })?;
    if let (Some(tls), Some((_, address, _))) = (&options.tls, &secure) {
        ready.secure = Some(Secure::at(*address, &tls.folder));
    }
    let world = population::populate(&estate, options.pace, options.seed, options.limits, origin);
    let world = Arc::new(Mutex::new(world));
    let (stop, stopped) = watch::channel(());
    Ok(Simulator {
        ready,
        stop: Some(stop),
        server: tokio::spawn(serve(world, (listener, address), secure, stopped)),
    })
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Error> {
    let refused = |source| Error::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    Ok((listener, address))
}

/// Serves one world by http, and by https where that is wanted, until it is stopped.
async fn serve(
    world: Shared,
    (listener, address): (TcpListener, SocketAddr),
    secure: Option<(TcpListener, SocketAddr, TlsAcceptor)>,
    stopped: watch::Receiver<()>,
) {
    let port = |scheme, address| Port {
        world: Arc::clone(&world),
        scheme,
        address,
    };
    let mut ports = JoinSet::new();
    ports.spawn(port("http", address).open(Acceptor(listener), stopped.clone()));
    if let Some((listener, address, tls)) = secure {
        let acceptor = SecureAcceptor::new(listener, tls);
        ports.spawn(port("https", address).open(acceptor, stopped));
    }
    ports.join_all().await;
}

impl Simulator {
    /// Where it is and how to sign in.
    #[must_use]
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// Stops it; requests under way are given a moment.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        let grace = Duration::from_secs(1);
        if tokio::time::timeout(grace, self.wait()).await.is_err() {
            self.server.abort();
        }
    }

    /// Waits until the server ends, which by itself it does not.
    pub async fn wait(&mut self) {
        if self.server.is_finished() {
            return;
        }
        if let Err(error) = (&mut self.server).await {
            tracing::error!(%error, "the simulator's server ended");
        }
    }
}
