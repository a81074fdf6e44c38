//! The frame around a pane or an overlay. Which one has the keys shows in the line of its title
//! alone, so that moving there costs few bytes.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::text::{put, put_right, width};
use crate::tui::theme::{Theme, Tone};

/// What stands in a frame's lines.
#[derive(Debug, Clone, Default)]
pub struct Frame<'a> {
    /// In the upper line, left.
    pub title: &'a str,
    /// In the upper line, right.
    pub note: &'a str,
    /// In the lower line, left, with how it looks.
    pub foot: Option<(Tone, &'a str)>,
    /// Whether it has the keys.
    pub focused: bool,
}

impl Frame<'_> {
    /// Draws the frame and returns what is inside of it.
    pub fn draw(&self, buffer: &mut Buffer, area: Rect, theme: &Theme) -> Rect {
        if area.width < 4 || area.height == 0 {
            return Rect {
                width: 0,
                height: 0,
                ..area
            };
        }
        let [nw, ne, sw, se, flat, upright, heavy] = theme.glyphs.frame;
        let line = theme.style(Tone::Dim);
        let (left, right) = (area.left(), area.right() - 1);
        let (top, bottom) = (area.top(), area.bottom() - 1);
        let (over, tone) = if self.focused {
            (heavy, theme.style(Tone::Strong))
        } else {
            (flat, line)
        };
        for x in left + 1..right {
            buffer[(x, top)].set_symbol(over).set_style(tone);
        }
        buffer[(left, top)].set_symbol(nw).set_style(line);
        buffer[(right, top)].set_symbol(ne).set_style(line);
        if area.height > 1 {
            for x in left + 1..right {
                buffer[(x, bottom)].set_symbol(flat).set_style(line);
            }
            buffer[(left, bottom)].set_symbol(sw).set_style(line);
            buffer[(right, bottom)].set_symbol(se).set_style(line);
            for y in top + 1..bottom {
                buffer[(left, y)].set_symbol(upright).set_style(line);
                buffer[(right, y)].set_symbol(upright).set_style(line);
            }
        }
        self.words(buffer, area, theme);
        Rect {
            x: left + 1,
            y: top + 1,
            width: area.width - 2,
            height: area.height.saturating_sub(2),
        }
    }

    fn words(&self, buffer: &mut Buffer, area: Rect, theme: &Theme) {
        let (left, right) = (area.left() + 1, area.right() - 1);
        let tone = if self.focused {
            Tone::Strong
        } else {
            Tone::Plain
        };
        let title = format!(" {} ", self.title);
        let room = right - left - 2;
        let used = put(buffer, (left + 1, area.top()), room, &title, tone, theme);
        let note = format!(" {} ", self.note);
        let after = left + 1 + used;
        if !self.note.is_empty() && after + 4 < right && width(&note) < right - after {
            let place = (after + 1, right - 1, area.top());
            put_right(buffer, place, &note, Tone::Plain, theme);
        }
        if let Some((tone, foot)) = self.foot
            && area.height > 1
        {
            let place = (left + 1, area.bottom() - 1);
            put(buffer, place, room, &format!(" {foot} "), tone, theme);
        }
    }
}
