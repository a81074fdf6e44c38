//! An overlay's place: in the middle, on cleared ground.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::frame::Frame;
use crate::tui::theme::Theme;

/// A rectangle of at most this size in the middle of `area`.
#[must_use]
pub fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    }
}

/// Clears `area`, draws a frame around it and returns what is inside, a cell away from the lines
/// to the left and right.
pub fn open(buffer: &mut Buffer, area: Rect, frame: &Frame<'_>, theme: &Theme) -> Rect {
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            buffer[(x, y)].reset();
        }
    }
    inset(frame.draw(buffer, area, theme))
}

/// The area without its first and last column.
#[must_use]
pub fn inset(area: Rect) -> Rect {
    Rect {
        x: area.x + 1,
        width: area.width.saturating_sub(2),
        ..area
    }
}
