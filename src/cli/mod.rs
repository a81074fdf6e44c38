//! The headless face: everything that the interface does, for scripts and for screen readers.
//! Tables for people, JSON for programs.

mod agent;
pub mod args;
mod audit;
mod change;
mod deploy;
mod doctor;
mod follow;
mod get;
mod login;
mod logout;
mod naming;
mod output;
mod queue;
mod replicate;
mod share;

use std::process::ExitCode;

use args::{Command, Connect};
use color_eyre::eyre;
use jiff::Timestamp;

use crate::actions::Level;
use crate::actions::share::Way;
use crate::azure::{Retry, Wait, Witness};
use crate::config::{self, Config};
use crate::engine::{self, Connection, Place, Refusal, Standing, StorageError, StorageKind, Work};
use crate::estate::Unresolved;
use crate::paths::{self, Paths};
use crate::printable;
use crate::queue::{JobId, LogQuery, Refusal as Unqueued};

/// How a command ends, for whoever called it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All is done.
    Done = 0,
    /// It failed.
    Failed = 1,
    /// The command or the configuration is wrong.
    Usage = 2,
    /// It was refused: read-only, a failed check, not confirmed.
    Refused = 3,
    /// A part is done.
    Partly = 4,
    /// Somebody interrupted it.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A command's outcome that isn't an answer: what to say on standard error, and how to end.
#[derive(Debug)]
pub struct Problem {
    exit: Exit,
    message: String,
    /// Whether it is that another process owns the state folder.
    owned: bool,
}

impl Problem {
    fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            owned: false,
        }
    }

    /// Says it and returns how to end.
    #[must_use]
    pub fn tell(&self) -> Exit {
        for line in self.message.lines() {
            eprintln!("gallerist: {}", printable::printable(line));
        }
        self.exit
    }
}

impl From<paths::Error> for Problem {
    fn from(error: paths::Error) -> Self {
        Self::new(Exit::Usage, error.to_string())
    }
}

impl From<config::Error> for Problem {
    fn from(error: config::Error) -> Self {
        Self::new(Exit::Usage, error.to_string())
    }
}

impl From<StorageError> for Problem {
    fn from(error: StorageError) -> Self {
        let exit = match error.kind() {
            StorageKind::Unusable => Exit::Usage,
            StorageKind::Absent | StorageKind::Failed => Exit::Failed,
        };
        Self::new(exit, error.to_string())
    }
}

impl From<engine::Error> for Problem {
    fn from(error: engine::Error) -> Self {
        let owned = matches!(error, engine::Error::Owned(_));
        let problem = match error {
            engine::Error::Database(error) => error.into(),
            other => Self::new(Exit::Usage, other.to_string()),
        };
        Self { owned, ..problem }
    }
}

impl From<Unresolved> for Problem {
    fn from(error: Unresolved) -> Self {
        match error {
            Unresolved::Estate(error) => error.into(),
            other => Self::new(Exit::Usage, other.to_string()),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let exit = match &refusal {
            Refusal::Owned(_)
            | Refusal::NoAgent(_)
            | Refusal::OtherVersion(_)
            | Refusal::Invalid(_)
            | Refusal::Unreached(_)
            | Refusal::Queue(
                Unqueued::NoSuchJob(_) | Unqueued::NoSuchPart { .. } | Unqueued::NoSuchGroup(_),
            ) => Exit::Usage,
            Refusal::Queue(Unqueued::Journal(_))
            | Refusal::Plan(_)
            | Refusal::SignIn(_)
            | Refusal::Lost
            | Refusal::NotSubmitted
            | Refusal::NotSignedIn(_)
            | Refusal::Estate(_) => Exit::Failed,
            _ => Exit::Refused,
        };
        let advice = match &refusal {
            Refusal::Plan(failure) => failure
                .advice
                .as_ref()
                .map(|advice| format!("\n→ {advice}")),
            _ => None,
        };
        Self::new(exit, format!("{refusal}{}", advice.unwrap_or_default()))
    }
}

impl From<std::io::Error> for Problem {
    fn from(error: std::io::Error) -> Self {
        Self::new(Exit::Failed, error.to_string())
    }
}

/// Carries a command out.
///
/// # Errors
/// What kept it from giving an answer.
pub async fn run(command: Command, connect: Connect) -> Result<Exit, Problem> {
    match command {
        Command::Get(get) => get::run(get, &connect).await,
        Command::Replicate(replicate) => replicate::run(replicate, &connect).await,
        Command::Share(share) => share::run(Way::Share, share, &connect).await,
        Command::Unshare(share) => share::run(Way::Unshare, share, &connect).await,
        Command::Deploy(deploy) => deploy::run(deploy, &connect).await,
        Command::Queue(queue) => queue::run(queue, &connect).await,
        Command::Agent(agent) => agent::run(agent, &connect).await,
        Command::Audit(audit) => audit::run(&audit, &connect),
        Command::Login(login) => login::run(login, &connect).await,
        Command::Logout(logout) => logout::run(logout, &connect).await,
        Command::Doctor(doctor) => doctor::run(doctor, &connect).await,
        Command::Simulate(_) => Err(Problem::new(Exit::Usage, "simulate runs by itself")),
    }
}

/// The places of this run and its configuration.
///
/// # Errors
/// The configuration can't be read or isn't understood.
pub fn settings(connect: &Connect) -> Result<(Paths, Config), Problem> {
    let paths = Paths::resolve(connect.config.clone(), connect.state_dir.clone())?;
    let config = Config::read(paths.config())?;
    Ok((paths, config))
}

/// Where the engine is for a command that has jobs carried out.
fn place(connect: &Connect) -> Place {
    if connect.no_agent {
        Place::Here(Work::CarriedOut)
    } else {
        Place::Agent
    }
}

/// Where the engine is for a command that only asks something.
fn place_to_ask(connect: &Connect) -> Place {
    if connect.no_agent {
        Place::Here(Work::LeftAlone)
    } else {
        Place::AgentIfAny
    }
}

/// A way to the engine, which can be asked; another owner is a refusal that names it.
async fn to_engine(connect: &Connect, face: &str, place: Place) -> Result<Connection, Problem> {
    let (paths, config) = settings(connect)?;
    let begun = Timestamp::now();
    let connection = engine::connect(config, paths, face, place).await?;
    tell_set_aside(&connection, begun);
    match connection.standing() {
        Standing::Reads(owner) => Err(Refusal::Owned(owner).into()),
        Standing::OtherVersion(version) => Err(Refusal::OtherVersion(version).into()),
        standing => {
            tell_differences(&standing);
            Ok(connection)
        }
    }
}

/// Says so where the journal was found damaged since then, and a new one has begun with that.
fn tell_set_aside(connection: &Connection, since: Timestamp) {
    let first = LogQuery {
        level: Some(Level::Error),
        after: Some(0),
        ..LogQuery::default()
    };
    let lines = connection.journal().and_then(|log| log.log(&first, 1));
    let since = since.as_millisecond();
    for line in lines.unwrap_or_default() {
        if line.id == 1 && line.job.is_none() && line.at.as_millisecond() >= since {
            eprintln!("gallerist: {}", printable::printable(&line.text));
        }
    }
}

/// Says what the agent goes by that this process would not.
fn tell_differences(standing: &Standing) {
    if let Standing::Agent { differs, .. } = standing {
        for difference in differs {
            let text = format!("{difference}: `gallerist agent stop --drain`, and it counts");
            eprintln!("gallerist: {}", printable::printable(&text));
        }
    }
}

/// What a command that doesn't wait is told where nothing outlives it.
fn nobody_carries_it_on() -> Problem {
    Problem::new(
        Exit::Usage,
        "no process would carry it out: leave --no-wait or --no-agent away. Nothing was changed",
    )
}

fn no_such_job(id: JobId) -> Problem {
    Problem::new(
        Exit::Usage,
        format!("there is no job {id}: see `gallerist queue list`"),
    )
}

/// Tells whoever waits why it takes longer.
struct Teller;

impl Witness for Teller {
    fn retrying(&self, retry: &Retry) {
        let text = format!("gallerist: {retry}");
        eprintln!("{}", printable::printable(&text));
    }

    fn waiting(&self, wait: &Wait) {
        let text = format!("gallerist: {wait}");
        eprintln!("{}", printable::printable(&text));
    }
}

/// Prints nothing more when whoever reads has gone away.
fn print(text: &str) -> Result<(), Problem> {
    use std::io::Write as _;
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Reports an error that no command has an exit code for.
#[must_use]
pub fn report(error: &eyre::Report) -> Exit {
    eprintln!("gallerist: {error:?}");
    Exit::Failed
}
