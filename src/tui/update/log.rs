//! The switches of the log.

use crate::actions::Level;
use crate::tui::keymap::Command;
use crate::tui::state::{Pane, State};

pub(super) fn switch(state: &mut State, command: Command) {
    let focus = state.focus;
    let job = match focus {
        Pane::Queue => state.job().map(|job| job.id),
        _ => state.log.selected().and_then(|line| line.job),
    };
    let log = &mut state.log;
    match command {
        Command::Follow if log.follow => log.leave_end(),
        Command::Follow => log.follow(),
        Command::Wrap => log.wrap = !log.wrap,
        Command::Level => {
            log.level = match log.level {
                Level::Debug => Level::Info,
                Level::Info => Level::Warn,
                Level::Warn => Level::Error,
                Level::Error => Level::Debug,
            };
            log.narrowed();
        }
        _ => {
            let again = log.scope == job || focus == Pane::Log && log.scope.is_some();
            log.scope = if again { None } else { job };
            log.narrowed();
        }
    }
}
