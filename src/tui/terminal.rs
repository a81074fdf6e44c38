//! The terminal taken over, and given back however the program ends.

use std::io::{self, Write, stdout};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::{SetCursorStyle, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::execute;
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use rustix::process::{Signal, kill_current_process_group};

/// Whether the terminal is ours; a panic on any thread gives it back once.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal, ours until this is dropped.
pub(super) struct Terminal(());

impl Terminal {
    /// Takes the terminal: another screen, keys one by one, pastes told from keys, a cursor that
    /// doesn't blink.
    ///
    /// # Errors
    /// There is no terminal.
    pub(super) fn take() -> io::Result<Self> {
        restore_on_panic();
        enter()?;
        Ok(Self(()))
    }

    /// Gives the terminal back to the shell and stops, until the shell wakes this process.
    ///
    /// # Errors
    /// The terminal can't be given back or taken again, or nothing can be stopped here.
    pub(super) fn suspend() -> io::Result<()> {
        leave()?;
        let stopped = kill_current_process_group(Signal::TSTP);
        enter()?;
        stopped.map_err(io::Error::from)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // There is nobody left to tell.
        let _ = leave();
    }
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(
        stdout(),
        EnterAlternateScreen,
        EnableBracketedPaste,
        SetCursorStyle::SteadyBlock
    )
}

fn leave() -> io::Result<()> {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return Ok(());
    }
    let shown = execute!(
        stdout(),
        DisableBracketedPaste,
        SetCursorStyle::DefaultUserShape,
        LeaveAlternateScreen,
        Show
    );
    let raw = disable_raw_mode();
    stdout().flush()?;
    shown.and(raw)
}

/// A panic's message is read on the usual screen.
fn restore_on_panic() {
    let next = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let _ = leave();
        next(panic);
    }));
}
