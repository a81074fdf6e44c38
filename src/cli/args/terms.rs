use clap::Args;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::queue::{self, After, GroupId, JobId};

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
        allow_negative_numbers = true,
        help_heading = "When it begins"
    )]
    pub priority: i32,
    /// So many of its jobs at the same time.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), help_heading = "When it begins")]
    pub at_once: Option<u32>,
    /// Hold the others when so many of its jobs have failed.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "1", value_parser = clap::value_parser!(u32).range(1..), help_heading = "When it begins")]
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

/// A time of today or, where that has passed, of tomorrow; or a date and time, here or with an
/// offset.
fn moment(text: &str) -> Result<Timestamp, String> {
    read(text, &Zoned::now())
        .ok_or_else(|| format!("{text:?} isn't a time such as 22:00 or 2026-11-24T22:00"))
}

fn read(text: &str, now: &Zoned) -> Option<Timestamp> {
    if let Ok(time) = text.parse::<jiff::civil::Time>()
        && !text.contains('-')
    {
        let today = now.date().to_datetime(time);
        let zone: &TimeZone = now.time_zone();
        let at = today.to_zoned(zone.clone()).ok()?.timestamp();
        if at > now.timestamp() {
            return Some(at);
        }
        let tomorrow = now.date().tomorrow().ok()?.to_datetime(time);
        return Some(tomorrow.to_zoned(zone.clone()).ok()?.timestamp());
    }
    dated(text, now)
}

/// A date, or a date and time, here or with an offset.
pub(super) fn dated(text: &str, now: &Zoned) -> Option<Timestamp> {
    text.parse::<Timestamp>().ok().or_else(|| {
        let here = text.parse::<DateTime>().ok()?;
        Some(here.to_zoned(now.time_zone().clone()).ok()?.timestamp())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_the_next_ones_and_dates_are_here() {
        let now: Zoned = "2026-11-24T21:30:00+01:00[Europe/Berlin]".parse().unwrap();
        for (text, at) in [
            ("22:00", Some("2026-11-24T21:00:00Z")),
            ("21:30", Some("2026-11-25T20:30:00Z")),
            ("06:00", Some("2026-11-25T05:00:00Z")),
            ("2026-12-01T06:00", Some("2026-12-01T05:00:00Z")),
            ("2026-12-01T06:00:00Z", Some("2026-12-01T06:00:00Z")),
            ("2026-07-01T06:00", Some("2026-07-01T04:00:00Z")),
            ("soon", None),
            ("25:00", None),
            ("", None),
        ] {
            let expected = at.map(|at| at.parse::<Timestamp>().unwrap());
            assert_eq!(read(text, &now), expected, "{text}");
        }
    }
}
