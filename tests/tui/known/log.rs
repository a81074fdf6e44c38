//! The log: what two jobs have said.

use gallerist::actions::Level;
use gallerist::queue::{JobId, LogLine};
use gallerist::tui::data::{LogPage, News};
use gallerist::tui::state::State;

use super::time;

pub(crate) fn log_lines() -> Vec<LogLine> {
    let line = |id: i64, job: i64, level, text: &str| LogLine {
        id,
        at: time("14:00:00") + jiff::SignedDuration::from_secs(id),
        job: Some(JobId(job)),
        level,
        text: text.to_owned(),
    };
    let mut lines = vec![
        line(
            1,
            41,
            Level::Info,
            "submitted: replicate win11-avd 2026.11.3  eastus 1",
        ),
        line(
            2,
            41,
            Level::Warn,
            "update regions: Azure is busy (429): tried again in 17 s, attempt 2",
        ),
        line(
            3,
            41,
            Level::Error,
            "update regions: QuotaExceeded: snapshots in eastus: limit 50000, used 50000: ask for \
             more quota in eastus, or leave that region out (correlation 6f1c0000-0000-4000-8000-\
             0000000000a2)",
        ),
        line(4, 44, Level::Info, "update regions: accepted"),
    ];
    lines.extend((5..30).map(|id| line(id, 44, Level::Info, &format!("uksouth {} %", id * 2))));
    lines
}

/// The log's answer to what the screen looks at.
pub(crate) fn log_page(state: &State, lines: Vec<LogLine>) -> News {
    News::Log(LogPage {
        view: state.log.view(),
        lines,
        older: false,
        newer: false,
        new: 0,
    })
}
