//! What the command line understands.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::azure::{Region, RegionChange, StorageAccountType};
use crate::queue::JobId;

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
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read from Azure, afresh.
    Get(Get),
    /// Change the regions and replicas of an image version.
    Replicate(Replicate),
    /// The jobs of this state folder.
    Queue(Queue),
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
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// Change the regions and replicas of an image version.
#[derive(Debug, Args)]
pub struct Replicate {
    /// `gallery/image/version`, or a resource id.
    pub version: String,
    /// Regions to be in: NAME, NAME=REPLICAS or NAME=REPLICAS:STORAGE, with lrs, zrs or premium.
    #[arg(long, value_name = "REGION[=N[:STORAGE]]", value_delimiter = ',', value_parser = region_change)]
    pub to: Vec<RegionChange>,
    /// A region to leave.
    #[arg(long, value_name = "REGION", value_delimiter = ',', value_parser = region)]
    pub remove: Vec<Region>,
    /// Replicas enough for so many machines created at once there.
    #[arg(long, value_name = "REGION=MACHINES", value_delimiter = ',', value_parser = machines)]
    pub for_machines: Vec<Machines>,
    /// How to carry it out.
    #[command(flatten)]
    pub change: Change,
}

/// How many machines are going to be created at once in a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machines {
    /// The region.
    pub region: Region,
    /// The machines.
    pub count: u32,
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
    /// Try a failed, cancelled or held job again, and follow it.
    Retry {
        /// Its number.
        job: JobId,
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
    /// The estate to simulate, instead of the demo's.
    #[arg(long, value_name = "FILE")]
    pub estate: Option<PathBuf>,
    /// Simulated seconds in a real one; at 0 time stands still until the control moves it.
    #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = pace)]
    pub pace: f64,
    /// What chance starts from: the same seed is the same run.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
}

fn pace(text: &str) -> Result<f64, String> {
    let pace: Option<f64> = text.parse().ok();
    pace.filter(|pace| pace.is_finite() && *pace >= 0.0)
        .ok_or_else(|| format!("{text:?} isn't a number from 0 up"))
}

fn region(text: &str) -> Result<Region, String> {
    text.parse().map_err(|error| format!("{error}"))
}

fn region_change(text: &str) -> Result<RegionChange, String> {
    let (name, rest) = match text.split_once('=') {
        Some((name, rest)) => (name, Some(rest)),
        None => (text, None),
    };
    let region = region(name)?;
    let Some(rest) = rest else {
        return Ok(RegionChange {
            region,
            replicas: None,
            storage: None,
        });
    };
    let (count, storage) = match rest.split_once(':') {
        Some((count, storage)) => (count, Some(storage)),
        None => (rest, None),
    };
    let replicas = count
        .parse()
        .map_err(|_| format!("{count:?} isn't a number of replicas, such as {region}=3"))?;
    let storage: Option<StorageAccountType> = storage
        .map(str::parse)
        .transpose()
        .map_err(|error| format!("{error}"))?;
    Ok(RegionChange {
        region,
        replicas: Some(replicas),
        storage,
    })
}

fn machines(text: &str) -> Result<Machines, String> {
    let expected = || format!("{text:?} isn't of the form westeurope=100");
    let (name, count) = text.split_once('=').ok_or_else(expected)?;
    let count = count
        .parse()
        .ok()
        .filter(|count| *count > 0)
        .ok_or_else(expected)?;
    Ok(Machines {
        region: region(name)?,
        count,
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn regions_are_read_with_count_and_storage() {
        let change = region_change("North Europe=1:zrs").unwrap();
        assert_eq!(change.region, Region::new("northeurope"));
        assert_eq!(change.replicas, Some(1));
        assert_eq!(change.storage, Some(StorageAccountType::StandardZrs));
        assert_eq!(region_change("uksouth").unwrap().replicas, None);
        for wrong in [
            "",
            "=3",
            "uksouth=",
            "uksouth=x",
            "uksouth=3:tape",
            "uk\u{1b}south=1",
        ] {
            assert!(region_change(wrong).is_err(), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn reading_a_region_never_panics(text in any::<String>()) {
            let _ = region_change(&text);
            let _ = machines(&text);
        }
    }
}
