use clap::Args;
use jiff::Timestamp;

use super::audit::past;

/// Which jobs are exported.
#[derive(Debug, Clone, Args)]
pub struct Export {
    /// None submitted before this time: 14:00 of today, 2026-11-24, 2026-11-24T14:00, 2h or 7d ago.
    #[arg(long, value_name = "TIME", value_parser = past)]
    pub since: Option<Timestamp>,
    /// None submitted at or after this time.
    #[arg(long, value_name = "TIME", value_parser = past)]
    pub until: Option<Timestamp>,
}
