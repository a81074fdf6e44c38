//! What the command line understands.

mod agent;
mod audit;
mod deploy;
mod doctor;
mod export;
mod login;
mod replicate;
mod share;
mod terms;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

pub use agent::{Agent, AgentCommand};
pub use audit::{Audit, AuditFormat};
pub use deploy::Deploy;
pub use doctor::Doctor;
pub use export::Export;
pub use login::{Login, Logout, SignInAt};
pub use replicate::{Machines, Replicate};
pub use share::{Share, Via};
pub use terms::{Paused, Terms};

use crate::queue::{GroupId, JobId};

/// Master images from one Azure Compute Gallery to every customer tenant.
///
/// Without a command the terminal interface opens.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, args_conflicts_with_subcommands = false)]
pub struct Cli {
    /// The interface on a simulated estate that lives in this process; touches nothing real.
    #[arg(long)]
    pub demo: bool,
    /// Where things are.
    #[command(flatten)]
    pub connect: Connect,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Where things are.
#[derive(Debug, Clone, Args)]
pub struct Connect {
    /// The configuration, instead of `$XDG_CONFIG_HOME/gallerist/config.toml`.
    #[arg(
        long,
        value_name = "FILE",
        env = "GALLERIST_CONFIG",
        global = true,
        help_heading = "Where things are"
    )]
    pub config: Option<PathBuf>,
    /// The state folder, instead of `$XDG_STATE_HOME/gallerist`.
    #[arg(
        long,
        value_name = "DIR",
        env = "GALLERIST_STATE_DIR",
        global = true,
        help_heading = "Where things are"
    )]
    pub state_dir: Option<PathBuf>,
    /// Carry jobs out in this process, and only as long as it lasts, instead of in the agent.
    #[arg(
        long,
        env = "GALLERIST_NO_AGENT",
        value_parser = FalseyValueParser::new(),
        global = true,
        help_heading = "Where things are"
    )]
    pub no_agent: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read from Azure, afresh.
    Get(Get),
    /// Change the regions and replicas of an image version.
    Replicate(Replicate),
    /// Let others use a gallery, an image or a version.
    Share(Share),
    /// Take that back.
    Unshare(Share),
    /// Create virtual machines from an image version in customers' subscriptions.
    Deploy(Deploy),
    /// The jobs of this state folder.
    Queue(Queue),
    /// The process that carries jobs out when nobody looks.
    Agent(Agent),
    /// Every write that was sent.
    Audit(Audit),
    /// Sign in, as a person with a code; otherwise check that it works.
    Login(Login),
    /// Forget a person's sign-in.
    Logout(Logout),
    /// What keeps this from working, and what to do about it; changes nothing.
    Doctor(Doctor),
    /// A simulated Azure Resource Manager on this machine, for trials and tests.
    Simulate(Simulate),
}

/// Read from Azure, afresh.
#[derive(Debug, Args)]
pub struct Get {
    /// What to read.
    pub what: What,
    /// Only what belongs to this tenant, by id or name.
    #[arg(long, value_name = "T")]
    pub tenant: Vec<String>,
    /// Only what belongs to tenants with this tag.
    #[arg(long, value_name = "X")]
    pub tag: Vec<String>,
    /// Only what is in this gallery, by name or id.
    #[arg(long, value_name = "G")]
    pub gallery: Option<String>,
    /// Only the versions of this image definition, by name or id.
    #[arg(long, value_name = "I")]
    pub image: Option<String>,
    /// For people or for programs.
    #[arg(short, long, default_value = "table")]
    pub output: Format,
}

/// What can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// Tenants, how they are reached, and whether they answer.
    Tenants,
    /// Subscriptions, delegated ones included.
    Subscriptions,
    /// The regions that subscriptions may use.
    Regions,
    /// Compute galleries.
    Galleries,
    /// Image definitions.
    Images,
    /// Image versions.
    Versions,
    /// Virtual machines, and how far behind the latest version their image is.
    VirtualMachines,
    /// The roles that hold at galleries or images, also those granted above them.
    RoleAssignments,
    /// Whom galleries are shared with, by which means.
    SharedWith,
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// The customers that a verb is for.
#[derive(Debug, Args)]
pub struct Customers {
    /// A customer, by name or tenant id.
    #[arg(long, value_name = "T")]
    pub to_tenant: Vec<String>,
    /// Every customer with this tag.
    #[arg(long, value_name = "X")]
    pub tag: Vec<String>,
}

/// How a verb that changes something is carried out.
#[derive(Debug, Args)]
pub struct Change {
    /// Print what would be done, and change nothing.
    #[arg(long)]
    pub plan: bool,
    /// Don't ask.
    #[arg(long)]
    pub yes: bool,
    /// The name that a change to a protected tenant asks for.
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
    /// Don't wait for the end.
    #[arg(long)]
    pub no_wait: bool,
    /// Why it is done, such as the number of a change: kept with its jobs and in the audit.
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// On which terms its jobs may begin.
    #[command(flatten)]
    pub terms: Terms,
    /// For people or for programs.
    #[arg(short, long, default_value = "table")]
    pub output: Format,
}

/// The jobs of this state folder.
#[derive(Debug, Args)]
pub struct Queue {
    /// What to do with them.
    #[command(subcommand)]
    pub command: QueueCommand,
}

/// What to do with jobs.
#[derive(Debug, Subcommand)]
pub enum QueueCommand {
    /// All jobs, newest first.
    List {
        /// For people or for programs.
        #[arg(short, long, default_value = "table")]
        output: Format,
    },
    /// One job, with its steps and its log.
    Show {
        /// Its number.
        job: JobId,
        /// For people or for programs.
        #[arg(short, long, default_value = "table")]
        output: Format,
    },
    /// Follow jobs to their end, and carry them on where no other process does.
    Watch {
        /// Only these.
        jobs: Vec<JobId>,
        /// For people or for programs.
        #[arg(short, long, default_value = "table")]
        output: Format,
    },
    /// Ask for a job's end.
    Cancel {
        /// Its number.
        job: JobId,
    },
    /// Take back what a job that has ended has changed, and nothing else: planned and confirmed like
    /// every change.
    Undo {
        /// Its number.
        job: JobId,
        /// How it is carried out.
        #[command(flatten)]
        change: Box<Change>,
    },
    /// Begin nothing more of this, and send nothing more of what runs, until it is resumed.
    Pause(Paused),
    /// Go on with what was paused.
    Resume(Paused),
    /// Change the order in which jobs begin.
    Order {
        /// Its number.
        job: JobId,
        /// Its priority: higher begins first, 0 is usual.
        #[arg(long, value_name = "N", value_parser = crate::queue::Terms::read_priority, allow_negative_numbers = true)]
        priority: Option<i32>,
        /// Right before this job.
        #[arg(long, value_name = "JOB", conflicts_with = "priority")]
        before: Option<JobId>,
    },
    /// All that is kept of each job, oldest first, as a line of JSON.
    Export(Export),
    /// Forget now what ended longer ago than the configuration keeps it, and give its space back.
    Vacuum {
        /// For people or for programs.
        #[arg(short, long, default_value = "table")]
        output: Format,
    },
    /// Try a failed, cancelled or held job again, and follow it.
    Retry {
        /// Its number.
        job: Option<JobId>,
        /// All jobs of this group that failed or are held.
        #[arg(long, value_name = "GROUP", conflicts_with = "job")]
        failed_of: Option<GroupId>,
        /// Don't wait for the end.
        #[arg(long)]
        no_wait: bool,
        /// For people or for programs.
        #[arg(short, long, default_value = "table")]
        output: Format,
    },
}

/// A simulated Azure Resource Manager on this machine.
///
/// Prints one line of JSON when it is ready; `config` in it is a configuration to use with
/// --config.
#[derive(Debug, Args)]
pub struct Simulate {
    /// The address to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// The estate to simulate, instead of the demo's: an estate file, or a size to make one up in,
    /// such as `generated:tenants=200,galleries=50,images=40,versions=20,machines=50`.
    #[arg(long, value_name = "FILE")]
    pub estate: Option<PathBuf>,
    /// Simulated seconds in a real one; at 0 time stands still until the control moves it.
    #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = pace)]
    pub pace: f64,
    /// What chance starts from: the same seed is the same run.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Serve https as well, by a certificate authority kept in this folder: a client has to trust
    /// `ca.pem` there.
    #[arg(long, value_name = "DIR")]
    pub tls: Option<PathBuf>,
    /// The address to listen on for https; port 0 takes a free one.
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:0",
        requires = "tls"
    )]
    pub listen_tls: SocketAddr,
    /// How many requests are taken in a time: as many as Azure takes, or any.
    #[arg(long, value_name = "WHICH", default_value = "documented")]
    pub limits: Limits,
}

/// Whether a simulated Azure throttles.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Limits {
    /// As Azure documents it
    Documented,
    /// Not at all
    Off,
}

fn pace(text: &str) -> Result<f64, String> {
    let pace: Option<f64> = text.parse().ok();
    pace.filter(|pace| pace.is_finite() && *pace >= 0.0)
        .ok_or_else(|| format!("{text:?} isn't a number from 0 up"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
