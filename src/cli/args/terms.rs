use clap::Args;
use jiff::{Timestamp, Zoned};

use crate::queue::{self, After, GroupId, JobId, times};

/// On which terms the jobs of a verb may begin.
#[derive(Debug, Clone, Default, Args)]
pub struct Terms {
    /// Begin at this time: 22:00, 2026-11-24T22:00, or with an offset.
    #[arg(long, value_name = "TIME", value_parser = moment, help_heading = "When it begins")]
    pub at: Option<Timestamp>,
    /// Begin after this job is done, or a part of it: 41, or 41:westeurope; if it isn't, they are
    /// held.
    #[arg(long, value_name = "JOB[:PART]", help_heading = "When it begins")]
    pub after: Vec<After>,
    /// Higher begins first; 0 is usual.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        value_parser = queue::Terms::read_priority,
        allow_negative_numbers = true,
        help_heading = "When it begins"
    )]
    pub priority: i32,
    /// So many of its jobs at the same time.
    #[arg(long, value_name = "N", value_parser = queue::Terms::read_count, help_heading = "When it begins")]
    pub at_once: Option<u32>,
    /// Hold the others when so many of its jobs have failed.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "1", value_parser = queue::Terms::read_count, help_heading = "When it begins")]
    pub hold_after: Option<u32>,
}

impl From<Terms> for queue::Terms {
    fn from(terms: Terms) -> Self {
        Self {
            priority: terms.priority,
            not_before: terms.at,
            after: terms.after,
            at_once: terms.at_once,
            hold_after: terms.hold_after,
        }
    }
}

/// What is to be paused, or resumed.
#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
pub struct Paused {
    /// A job.
    pub job: Option<JobId>,
    /// The jobs of a group.
    #[arg(long, value_name = "GROUP")]
    pub group: Option<GroupId>,
    /// What is for a customer, by name or tenant id.
    #[arg(long, value_name = "T")]
    pub tenant: Option<String>,
    /// Everything.
    #[arg(long)]
    pub all: bool,
}

/// A time that is to come, here and now.
fn moment(text: &str) -> Result<Timestamp, String> {
    times::coming(text, &Zoned::now())
}
