//! Lines of text in several tones, broken where the line ends.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::text;
use crate::printable::printable;
use crate::tui::theme::{Theme, Tone};

/// A line made of pieces that look different.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Words {
    pieces: Vec<(Tone, String)>,
    indent: u16,
    whole: bool,
}

impl Words {
    /// A line that begins with this.
    #[must_use]
    pub fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self {
            pieces: vec![(tone, text.into())],
            indent: 0,
            whole: false,
        }
    }

    /// A line of plain text.
    #[must_use]
    pub fn plain(text: impl Into<String>) -> Self {
        Self::new(Tone::Plain, text)
    }

    /// An empty line.
    #[must_use]
    pub fn blank() -> Self {
        Self::default()
    }

    /// A line that says what something is: its name in a column of its own, then its value.
    #[must_use]
    pub fn field(name: &str, value: impl Into<String>) -> Self {
        let mut words = Self::new(Tone::Dim, format!("{name:<FIELD$}")).and(Tone::Plain, value);
        words.indent = u16::try_from(FIELD).unwrap_or(0);
        words
    }

    /// The same line, with this after it.
    #[must_use]
    pub fn and(mut self, tone: Tone, text: impl Into<String>) -> Self {
        self.pieces.push((tone, text.into()));
        self
    }

    /// The same line; where it is broken, what follows begins so many cells in.
    #[must_use]
    pub fn hanging(mut self, indent: u16) -> Self {
        self.indent = indent;
        self
    }

    /// The same line, cut where there is no room for it instead of being broken.
    #[must_use]
    pub fn on_one_line(mut self) -> Self {
        self.whole = true;
        self
    }

    /// The same line, all of it so many cells further in.
    #[must_use]
    pub fn inset(mut self, cells: u16) -> Self {
        if !self.pieces.is_empty() {
            let blank = (Tone::Plain, " ".repeat(usize::from(cells)));
            self.pieces.insert(0, blank);
            self.indent += cells;
        }
        self
    }

    /// The line without its tones.
    #[must_use]
    pub fn text(&self) -> String {
        self.pieces.iter().map(|(_, text)| text.as_str()).collect()
    }

    /// The line broken at spaces and slashes into lines of at most so many cells.
    #[must_use]
    pub fn wrapped(&self, cells: u16) -> Vec<Self> {
        if self.whole {
            return vec![self.clone()];
        }
        let cells = cells.max(1);
        let indent = if self.indent + 8 < cells {
            self.indent
        } else {
            0
        };
        let mut lines = vec![Self::default()];
        let mut used = 0;
        for (tone, text) in &self.pieces {
            let text = printable(text);
            for word in text.split_inclusive([' ', '/']) {
                let mut word = word;
                // A blank that would end the line may stand outside of it.
                while used + text::width(word.trim_end()) > cells {
                    if used > indent {
                        lines.push(Self::new(Tone::Plain, " ".repeat(usize::from(indent))));
                        used = indent;
                        continue;
                    }
                    let (head, tail) = split_at_cells(word, cells - used);
                    push(&mut lines, *tone, head);
                    if tail.is_empty() {
                        word = tail;
                        break;
                    }
                    lines.push(Self::new(Tone::Plain, " ".repeat(usize::from(indent))));
                    used = indent;
                    word = tail;
                }
                used += text::width(word);
                push(&mut lines, *tone, word);
            }
        }
        lines
    }

    /// Draws the line at a place, cut to so many cells; returns the cells that it took.
    pub fn draw(&self, buffer: &mut Buffer, at: (u16, u16), cells: u16, theme: &Theme) -> u16 {
        let mut used = 0;
        for (index, (tone, text)) in self.pieces.iter().enumerate() {
            let last = index + 1 == self.pieces.len();
            // The blank at which a line was broken may stand outside of it.
            let text = if last { text.trim_end() } else { text };
            let at = (at.0 + used, at.1);
            used += text::put(buffer, at, cells - used, text, *tone, theme);
        }
        used
    }
}

/// Cells of the column that holds the names of fields.
const FIELD: usize = 16;

fn push(lines: &mut [Words], tone: Tone, text: &str) {
    if let Some(line) = lines.last_mut()
        && !text.is_empty()
    {
        line.pieces.push((tone, text.to_owned()));
    }
}

/// At least one character goes first, so that breaking always ends.
fn split_at_cells(word: &str, cells: u16) -> (&str, &str) {
    let mut used = 0;
    for (index, character) in word.char_indices() {
        used += text::width(character.encode_utf8(&mut [0; 4]));
        if used > cells && index > 0 {
            return word.split_at(index);
        }
    }
    (word, "")
}

/// Draws lines one below the other, from `top` on, as far as there is room.
pub fn draw_lines(buffer: &mut Buffer, area: Rect, lines: &[Words], top: usize, theme: &Theme) {
    for (line, y) in lines.iter().skip(top).zip(area.top()..area.bottom()) {
        line.draw(buffer, (area.x, y), area.width, theme);
    }
}

/// Breaks lines to a width.
#[must_use]
pub fn wrap_all(lines: &[Words], cells: u16) -> Vec<Words> {
    lines.iter().flat_map(|line| line.wrapped(cells)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_break_at_spaces_and_hang() {
        let line = Words::field(
            "advice",
            "grant Compute Gallery Sharing Admin at the gallery",
        );
        let lines: Vec<String> = line.wrapped(40).iter().map(Words::text).collect();
        assert_eq!(lines[0], "advice          grant Compute Gallery ");
        assert_eq!(lines[1], "                Sharing Admin at the ");
        assert_eq!(lines[2], "                gallery");
    }

    proptest! {
        #[test]
        fn no_line_is_too_long_and_nothing_is_lost(text in "[a-z東 ]{0,80}", cells in 2u16..30) {
            let lines = Words::plain(text.clone()).wrapped(cells);
            for line in &lines {
                prop_assert!(text::width(line.text().trim_end()) <= cells);
            }
            let all: String = lines.iter().map(Words::text).collect();
            prop_assert_eq!(all, text);
        }

        #[test]
        fn breaking_always_ends(text in "\\PC{0,60}", cells in 0u16..5, indent in 0u16..20) {
            let _ = Words::plain(text).hanging(indent).wrapped(cells);
        }
    }
}
