//! One line of text on the screen: printable, measured, cut where it ends.

use ratatui::buffer::Buffer;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::printable::printable;
use crate::tui::theme::{Theme, Tone};

/// Cells that a text takes on the screen.
#[must_use]
pub fn width(text: &str) -> u16 {
    u16::try_from(printable(text).width()).unwrap_or(u16::MAX)
}

/// The text, made printable and cut to so many cells with a sign that it was cut.
#[must_use]
pub fn fitted(text: &str, cells: u16, theme: &Theme) -> String {
    let text = theme.spelled(printable(text));
    let cells = usize::from(cells);
    if text.width() <= cells {
        return text.into_owned();
    }
    let cut = theme.glyphs.cut;
    let mut kept = String::new();
    let mut room = cells.saturating_sub(cut.width());
    for character in text.chars() {
        let Some(left) = room.checked_sub(character.width().unwrap_or(0)) else {
            break;
        };
        room = left;
        kept.push(character);
    }
    // Some take more together than one by one: a sign that a selector makes an emoji.
    while kept.width() + cut.width() > cells.max(cut.width()) {
        kept.pop();
    }
    if cells >= cut.width() {
        kept.push_str(cut);
    }
    kept
}

/// A number of things in words, `1 write`, `3 writes`.
#[must_use]
pub fn counted(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// Writes a text at a place, cut to so many cells; returns the cells that it took.
pub fn put(
    buffer: &mut Buffer,
    (x, y): (u16, u16),
    cells: u16,
    text: &str,
    tone: Tone,
    theme: &Theme,
) -> u16 {
    let area = buffer.area;
    if y < area.top() || y >= area.bottom() || x < area.left() || x >= area.right() {
        return 0;
    }
    let cells = cells.min(area.right() - x);
    let text = fitted(text, cells, theme);
    let (end, _) = buffer.set_stringn(x, y, &text, usize::from(cells), theme.style(tone));
    end - x
}

/// Writes a text so that it ends at `right` (not included), if it fits after `left`.
pub fn put_right(
    buffer: &mut Buffer,
    (left, right, y): (u16, u16, u16),
    text: &str,
    tone: Tone,
    theme: &Theme,
) -> u16 {
    let cells = width(text).min(right.saturating_sub(left));
    put(buffer, (right - cells, y), cells, text, tone, theme)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wide_characters_are_not_cut_in_half() {
        let theme = Theme::full();
        assert_eq!(fitted("東京リージョン", 7, &theme), "東京リ…");
        assert_eq!(fitted("東京リージョン", 6, &theme), "東京…");
        assert_eq!(fitted("abc", 3, &theme), "abc");
        assert_eq!(fitted("abcd", 3, &theme), "ab…");
        assert_eq!(fitted("abcd", 0, &theme), "");
        assert_eq!(fitted("A#\u{fe0f}bc", 3, &theme), "A#…");
        assert_eq!(fitted("#\u{fe0f}#\u{fe0f}", 3, &theme), "#\u{fe0f}…");
    }

    proptest! {
        #[test]
        fn nothing_takes_more_cells_than_it_may(text in "\\PC{0,40}|[\\x00-\\x7f]{0,20}", cells in 0u16..30) {
            for theme in [Theme::full(), Theme::plain()] {
                prop_assert!(width(&fitted(&text, cells, &theme)) <= cells);
            }
        }
    }
}
