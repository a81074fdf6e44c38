use clap::{Args, ValueEnum};
use jiff::{Span, Timestamp, Zoned};

use crate::queue::times::dated;
use crate::queue::{GroupId, JobId, Outcome};

/// Every write that was sent: who asked for it, what it changed, and what came of it.
///
/// An entry is a write, with what is known of it by now; the newest is first. `-o jsonl` gives the
/// lines of the file as they stand, oldest first: the export.
#[derive(Debug, Args)]
pub struct Audit {
    /// None before this time: 14:00 of today, 2026-11-24, 2026-11-24T14:00, 2h or 7d ago.
    #[arg(long, value_name = "TIME", value_parser = past)]
    pub since: Option<Timestamp>,
    /// None at or after this time.
    #[arg(long, value_name = "TIME", value_parser = past)]
    pub until: Option<Timestamp>,
    /// What is for this customer, or was signed in to in this tenant, by name or id.
    #[arg(long, value_name = "T")]
    pub tenant: Option<String>,
    /// What this job sent.
    #[arg(long, value_name = "N")]
    pub job: Option<JobId>,
    /// What the jobs of this group sent.
    #[arg(long, value_name = "N")]
    pub group: Option<GroupId>,
    /// What was sent to a path with this text.
    #[arg(long, value_name = "TEXT")]
    pub resource: Option<String>,
    /// What has a note with this text.
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// What somebody with this text in their name asked for, or was signed in as.
    #[arg(long, value_name = "TEXT")]
    pub user: Option<String>,
    /// What came to this: sending, accepted, refused, unknown, void, succeeded, failed.
    #[arg(long, value_name = "OUTCOME")]
    pub outcome: Option<Outcome>,
    /// For people, for programs, or to keep elsewhere.
    #[arg(short, long, default_value = "table")]
    pub output: AuditFormat,
}

/// How to print the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AuditFormat {
    /// For people.
    Table,
    /// For programs.
    Json,
    /// The lines of the file.
    Jsonl,
}

/// A time that has passed: of today, a date, both, or so long ago.
pub(super) fn past(text: &str) -> Result<Timestamp, String> {
    read(text, &Zoned::now())
        .ok_or_else(|| format!("{text:?} isn't a time such as 14:00, 2026-11-24, 2h or 7d"))
}

fn read(text: &str, now: &Zoned) -> Option<Timestamp> {
    if let Ok(time) = text.parse::<jiff::civil::Time>()
        && !text.contains('-')
    {
        let today = now.date().to_datetime(time);
        return Some(today.to_zoned(now.time_zone().clone()).ok()?.timestamp());
    }
    let ago = || {
        Some(
            now.checked_sub(text.parse::<Span>().ok()?.abs())
                .ok()?
                .timestamp(),
        )
    };
    dated(text, now).or_else(ago)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_of_today_and_spans_are_ago() {
        let now: Zoned = "2026-11-24T21:30:00+01:00[Europe/Berlin]".parse().unwrap();
        for (text, at) in [
            ("14:00", Some("2026-11-24T13:00:00Z")),
            ("22:00", Some("2026-11-24T21:00:00Z")),
            ("2026-11-01", Some("2026-10-31T23:00:00Z")),
            ("2026-11-01T06:00", Some("2026-11-01T05:00:00Z")),
            ("2026-11-01T06:00:00Z", Some("2026-11-01T06:00:00Z")),
            ("2h", Some("2026-11-24T18:30:00Z")),
            ("90m ago", Some("2026-11-24T19:00:00Z")),
            ("7d", Some("2026-11-17T20:30:00Z")),
            ("yesterday", None),
            ("", None),
        ] {
            let expected = at.map(|at| at.parse::<Timestamp>().unwrap());
            assert_eq!(read(text, &now), expected, "{text}");
        }
    }
}
