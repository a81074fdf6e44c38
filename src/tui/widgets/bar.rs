//! A bar that shows how far something is.

use crate::tui::theme::Theme;

/// A bar of so many cells, filled to `percent` of 100.
#[must_use]
pub fn bar(percent: u8, cells: u16, theme: &Theme) -> String {
    let cells = usize::from(cells);
    let full = cells * usize::from(percent.min(100)) / 100;
    theme.glyphs.full.repeat(full) + &theme.glyphs.empty.repeat(cells - full)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_full_only_at_the_end() {
        let theme = Theme::plain();
        assert_eq!(bar(0, 4, &theme), "----");
        assert_eq!(bar(99, 4, &theme), "###-");
        assert_eq!(bar(100, 4, &theme), "####");
        assert_eq!(bar(200, 4, &theme), "####");
    }
}
