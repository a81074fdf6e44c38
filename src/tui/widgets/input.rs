//! A text that is being typed, scrolled so that the place where one types is seen.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use tui_input::Input;

use super::text::{put, width};
use crate::tui::theme::{Theme, Tone};

/// Draws what is typed into so many cells; returns where one types.
pub fn draw(
    input: &Input,
    buffer: &mut Buffer,
    (x, y): (u16, u16),
    cells: u16,
    theme: &Theme,
) -> Position {
    let before: Vec<char> = input.value().chars().take(input.cursor()).collect();
    let mut hidden = 0;
    let seen = |hidden: usize| -> u16 {
        let text: String = before[hidden..].iter().collect();
        width(&text)
    };
    // A cell is left for the cursor behind the last character.
    while hidden < before.len() && seen(hidden) >= cells.max(1) {
        hidden += 1;
    }
    let shown: String = input.value().chars().skip(hidden).collect();
    put(buffer, (x, y), cells, &shown, Tone::Plain, theme);
    Position {
        x: (x + seen(hidden)).min(buffer.area.right().saturating_sub(1)),
        y,
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;

    use super::*;

    #[test]
    fn the_place_where_one_types_is_always_seen() {
        let text = "/subscriptions/0b1f/virtualNetworks/vnet-avd/subnets/hosts";
        let area = Rect {
            x: 0,
            y: 0,
            width: 30,
            height: 1,
        };
        let mut buffer = Buffer::empty(area);
        let at = draw(&text.into(), &mut buffer, (4, 0), 20, &Theme::full());
        assert_eq!(at.x, 23);
        let row: String = (0..30)
            .map(|x| buffer[(x, 0)].symbol().to_owned())
            .collect();
        assert_eq!(row.trim_end(), "    t-avd/subnets/hosts");
        assert!(row.starts_with("    "));
    }
}
