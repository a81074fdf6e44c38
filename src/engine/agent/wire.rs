//! What goes over the agent's socket: frames of JSON, each after its length in four bytes.
//!
//! A face says hello first, then asks; the agent says hello, then answers, and hints in between.
//! Hello, status and stop stay as they are through all versions, so that every face can tell an
//! agent of any version to end.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec};

use super::environment::Fingerprint;
use crate::azure::Strain;
use crate::engine::{Refusal, Reply, Request};
use crate::queue::Origin;

/// The version of this program, which both ends have to be of.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The longest frame, in bytes. A plan for two hundred tenants is a tenth of that.
const LONGEST: usize = 16 << 20;

/// How long a hello may be on its way.
pub(super) const HELLO: Duration = Duration::from_secs(5);

/// What a face sends.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FromFace {
    /// The first thing of all.
    Hello {
        /// The version of the face.
        version: String,
        /// Who it is.
        origin: Origin,
        /// Whether it stays, and wants to hear what changes.
        stays: bool,
    },
    /// A question.
    Ask {
        /// The number that its answer has.
        id: u64,
        /// What is asked for.
        request: Box<Request>,
    },
    /// How the agent is.
    Status,
    /// The agent is to end: at once, or when what runs is done.
    Stop {
        /// Whether what runs is to be done first.
        drain: bool,
    },
}

/// What an agent sends.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FromAgent {
    /// The first thing of all.
    Hello(Box<Hello>),
    /// The answer to the question of that number.
    Answer {
        /// The question's number.
        id: u64,
        /// What came of it.
        answer: Result<Reply, Refusal>,
    },
    /// There is something to read.
    Changed(Hint),
    /// How it is.
    Status(Status),
    /// It ends, for this reason.
    Bye(String),
}

/// An agent's first words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hello {
    /// Its version.
    pub(super) version: String,
    /// What it took from its configuration and environment.
    #[serde(default)]
    pub(super) fingerprint: Option<Fingerprint>,
}

/// What there may be to read again, and what isn't on disk.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hint {
    /// Jobs or the log.
    pub(super) journal: bool,
    /// The estate.
    pub(super) estate: bool,
    /// Whether requests wait for Azure's limits.
    pub(super) strain: Option<Strain>,
    /// How many faces it has.
    pub(super) faces: usize,
}

/// How an agent is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Its version.
    pub version: String,
    /// The number of its process.
    pub pid: u32,
    /// Since when it runs.
    pub since: Timestamp,
    /// The configuration that it read then.
    pub config: PathBuf,
    /// The faces that it has.
    pub faces: Vec<Origin>,
    /// How many jobs it carries out at the moment.
    pub running: usize,
    /// Whether it ends when they are done.
    pub draining: bool,
}

/// One end of a connection.
pub(super) struct Wire {
    pub(super) reads: Reads,
    pub(super) writes: Writes,
}

/// What comes in.
pub(super) struct Reads(FramedRead<OwnedReadHalf, LengthDelimitedCodec>);

/// What goes out.
pub(super) struct Writes(FramedWrite<OwnedWriteHalf, LengthDelimitedCodec>);

impl Wire {
    /// An end of a connection whose other end is a process of the same user.
    ///
    /// # Errors
    /// It is another user's.
    pub(super) fn over(stream: UnixStream) -> io::Result<Self> {
        let (theirs, ours) = (stream.peer_cred()?.uid(), rustix::process::geteuid());
        if theirs != ours.as_raw() {
            let text = format!("the other end belongs to user {theirs}");
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
        }
        let mut codec = LengthDelimitedCodec::builder();
        codec.max_frame_length(LONGEST);
        let (reads, writes) = stream.into_split();
        Ok(Self {
            reads: Reads(codec.new_read(reads)),
            writes: Writes(codec.new_write(writes)),
        })
    }

    /// To the agent that listens there, which says hello.
    ///
    /// # Errors
    /// Nobody listens, or it isn't an agent.
    pub(super) async fn to(
        socket: &Path,
        origin: &Origin,
        stays: bool,
    ) -> io::Result<(Self, Hello)> {
        let mut wire = Self::over(UnixStream::connect(socket).await?)?;
        let hello = FromFace::Hello {
            version: VERSION.to_owned(),
            origin: origin.clone(),
            stays,
        };
        wire.writes.send(&hello).await?;
        let answer = tokio::time::timeout(HELLO, wire.reads.next()).await;
        match answer.map_err(|_| odd("it doesn't say hello"))?? {
            Some(FromAgent::Hello(hello)) => Ok((wire, *hello)),
            Some(FromAgent::Bye(why)) => Err(odd(&why)),
            _ => Err(odd("it said something else than hello")),
        }
    }
}

impl Reads {
    /// The next frame; nothing when the other end has gone.
    ///
    /// # Errors
    /// The frame is too long, or isn't understood.
    pub(super) async fn next<T: DeserializeOwned>(&mut self) -> io::Result<Option<T>> {
        match self.0.next().await {
            None => Ok(None),
            Some(frame) => Ok(Some(serde_json::from_slice(&frame?)?)),
        }
    }
}

impl Writes {
    /// Sends a frame.
    ///
    /// # Errors
    /// It is too long, or the other end has gone.
    pub(super) async fn send<T: Serialize>(&mut self, what: &T) -> io::Result<()> {
        let frame = serde_json::to_vec(what)?;
        self.0.send(frame.as_slice()).await
    }
}

/// An error in other words than the system's.
pub(super) fn odd(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}
