//! Frames become bytes: only the cells that differ, within one synchronized update, in one write;
//! for a frame that is as the one before, nothing at all.

use std::io::{self, BufWriter, Write};

use crossterm::clipboard::CopyToClipboard;
use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::queue;
use crossterm::style::Print;
use crossterm::terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::draw;
use super::state::State;
use super::theme::Theme;

/// Bytes that one write may hold: more than any frame needs.
const WRITE: usize = 1 << 16;

/// What has a terminal ring, or flash, as its owner has chosen.
const BELL: char = '\x07';

/// What the terminal shows, and how to change it.
pub struct Screen<W: Write> {
    terminal: CrosstermBackend<BufWriter<W>>,
    shown: Buffer,
    cursor: Cursor,
    rings: bool,
    theme: Theme,
}

/// The hardware cursor, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cursor {
    Unknown,
    Hidden,
    At(Position),
}

impl<W: Write> Screen<W> {
    /// A terminal that shows nothing that is known.
    pub fn new(out: W, theme: Theme) -> Self {
        Self {
            terminal: CrosstermBackend::new(BufWriter::with_capacity(WRITE, out)),
            shown: Buffer::empty(Rect::ZERO),
            cursor: Cursor::Unknown,
            rings: false,
            theme,
        }
    }

    /// What is on the terminal can't be relied on any more: the next frame is drawn in full.
    pub fn forget(&mut self) {
        self.shown = Buffer::empty(Rect::ZERO);
        self.cursor = Cursor::Unknown;
    }

    /// The bell rings with the next frame, once however often it is asked for.
    pub fn ring(&mut self) {
        self.rings = true;
    }

    /// Shows the state.
    ///
    /// # Errors
    /// The terminal can't be written.
    pub fn show(&mut self, state: &State) -> io::Result<()> {
        let (width, height) = state.size;
        let area = Rect {
            x: 0,
            y: 0,
            width,
            height,
        };
        let mut frame = Buffer::empty(area);
        let cursor = draw::draw(state, &mut frame, &self.theme);
        let cursor = cursor.map_or(Cursor::Hidden, Cursor::At);
        let afresh = self.shown.area != area;
        if afresh {
            self.shown = Buffer::empty(area);
        }
        let changed = self.shown.diff(&frame);
        let rings = std::mem::take(&mut self.rings);
        if !afresh && changed.is_empty() && cursor == self.cursor {
            return if rings { self.beep() } else { Ok(()) };
        }
        queue!(self.terminal, BeginSynchronizedUpdate)?;
        if afresh {
            queue!(self.terminal, Clear(ClearType::All))?;
        }
        if !changed.is_empty() {
            self.terminal.draw(changed.into_iter())?;
        }
        match (self.cursor, cursor) {
            (Cursor::Hidden, Cursor::Hidden) => {}
            (_, Cursor::Hidden | Cursor::Unknown) => queue!(self.terminal, Hide)?,
            (Cursor::At(_), Cursor::At(at)) => queue!(self.terminal, MoveTo(at.x, at.y))?,
            (_, Cursor::At(at)) => queue!(self.terminal, MoveTo(at.x, at.y), Show)?,
        }
        queue!(self.terminal, EndSynchronizedUpdate)?;
        if rings {
            queue!(self.terminal, Print(BELL))?;
        }
        Write::flush(&mut self.terminal)?;
        self.shown = frame;
        self.cursor = cursor;
        Ok(())
    }

    fn beep(&mut self) -> io::Result<()> {
        queue!(self.terminal, Print(BELL))?;
        Write::flush(&mut self.terminal)
    }

    /// Sends a text to the clipboard of the terminal that the operator sits at (OSC 52).
    ///
    /// # Errors
    /// The terminal can't be written.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        queue!(self.terminal, CopyToClipboard::to_clipboard_from(text))?;
        Write::flush(&mut self.terminal)
    }
}
