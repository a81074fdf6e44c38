//! The program's own log: what it did, for whoever has to find out why. It never holds a token, a
//! secret or a signed address; those have types that print as `…`.

use std::path::Path;

use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::EnvFilter;

/// Days of log that are kept.
const DAYS: usize = 14;

/// Writes the log to a file a day in `folder` until the guard is dropped. `GALLERIST_LOG` sets the
/// level as `tracing` directives, `gallerist=info` without it. A folder that can't be written
/// costs the log and nothing else.
#[must_use]
pub fn start(folder: &Path) -> Option<WorkerGuard> {
    let files = tracing_appender::rolling::Builder::new()
        .rotation(tracing_appender::rolling::Rotation::DAILY)
        .filename_prefix("gallerist")
        .filename_suffix("log")
        .max_log_files(DAYS)
        .build(folder)
        .ok()?;
    let (writer, guard) = tracing_appender::non_blocking(files);
    let filter = EnvFilter::try_from_env("GALLERIST_LOG")
        .unwrap_or_else(|_| EnvFilter::new("gallerist=info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(writer)
        .try_init()
        .ok()?;
    Some(guard)
}
