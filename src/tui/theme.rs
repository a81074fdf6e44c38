//! What things look like: the terminal's own sixteen colours and background, and glyphs one cell
//! wide with an ASCII stand-in for each. Colour never says anything that a word or glyph doesn't.

use std::borrow::Cow;

use ratatui::style::{Color, Modifier, Style};
use unicode_width::UnicodeWidthChar as _;

/// What a piece of text means, which decides how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Tone {
    /// Text.
    #[default]
    Plain,
    /// What matters least: labels, borders, what is at rest.
    Dim,
    /// What matters most.
    Strong,
    /// A key that can be pressed.
    Key,
    /// As it should be.
    Good,
    /// Under way.
    Active,
    /// Worth knowing.
    Warn,
    /// Wrong.
    Bad,
    /// Chosen by the operator.
    Mark,
}

impl Tone {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Plain,
        Self::Dim,
        Self::Strong,
        Self::Key,
        Self::Good,
        Self::Active,
        Self::Warn,
        Self::Bad,
        Self::Mark,
    ];
}

/// Signs one cell wide (in the ASCII set, `done` and `failed` take two).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyphs {
    /// The selected row.
    pub cursor: &'static str,
    /// A marked row.
    pub mark: &'static str,
    /// A branch that is unfolded.
    pub open: &'static str,
    /// A branch that is folded.
    pub folded: &'static str,
    /// Done.
    pub done: &'static str,
    /// Running.
    pub running: &'static str,
    /// Waiting.
    pub waiting: &'static str,
    /// Held.
    pub held: &'static str,
    /// Failed.
    pub failed: &'static str,
    /// Worth knowing.
    pub warning: &'static str,
    /// Not there.
    pub absent: &'static str,
    /// The filled part of a bar.
    pub full: &'static str,
    /// The rest of a bar.
    pub empty: &'static str,
    /// More below.
    pub below: &'static str,
    /// Leads to what to do.
    pub leads: &'static str,
    /// Text cut off.
    pub cut: &'static str,
    /// Separates words of one line.
    pub between: &'static str,
    /// Corners and lines of a frame: top left, top right, bottom left, bottom right, horizontal,
    /// vertical, and the horizontal of the pane that has the keys.
    pub frame: [&'static str; 7],
}

const UNICODE: Glyphs = Glyphs {
    cursor: "▸",
    mark: "●",
    open: "▾",
    folded: "▹",
    done: "✔",
    running: "▶",
    waiting: "…",
    held: "‖",
    failed: "✘",
    warning: "!",
    absent: "·",
    full: "█",
    empty: "░",
    below: "▼",
    leads: "→",
    cut: "…",
    between: "·",
    frame: ["┌", "┐", "└", "┘", "─", "│", "━"],
};

const ASCII: Glyphs = Glyphs {
    cursor: ">",
    mark: "*",
    open: "-",
    folded: "+",
    done: "ok",
    running: ">",
    waiting: ".",
    held: "=",
    failed: "XX",
    warning: "!",
    absent: ".",
    full: "#",
    empty: "-",
    below: "v",
    leads: "->",
    cut: "~",
    between: "-",
    frame: ["+", "+", "+", "+", "-", "|", "="],
};

/// How the screen looks on this terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    colours: bool,
    /// The signs.
    pub glyphs: &'static Glyphs,
}

impl Theme {
    /// Chooses for a terminal with this environment: no colour where `NO_COLOR` is set and not
    /// empty (no-color.org) or the terminal has none; ASCII where the locale isn't UTF-8 or the
    /// terminal is the Linux console.
    #[must_use]
    pub fn of(environment: &dyn Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| environment(name).filter(|value| !value.is_empty());
        let terminal = set("TERM").unwrap_or_default();
        let colourless = terminal.starts_with("vt") || terminal == "dumb";
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
        let locale = locale.unwrap_or_default().to_ascii_lowercase();
        let unicode = locale.contains("utf-8") || locale.contains("utf8");
        Self {
            colours: set("NO_COLOR").is_none() && !colourless,
            glyphs: if unicode && terminal != "linux" {
                &UNICODE
            } else {
                &ASCII
            },
        }
    }

    /// With colours and Unicode.
    #[must_use]
    pub fn full() -> Self {
        Self {
            colours: true,
            glyphs: &UNICODE,
        }
    }

    /// Without any colour, in ASCII.
    #[must_use]
    pub fn plain() -> Self {
        Self {
            colours: false,
            glyphs: &ASCII,
        }
    }

    /// Whether this terminal shows more than ASCII.
    #[must_use]
    pub fn is_unicode(&self) -> bool {
        *self.glyphs != ASCII
    }

    /// Whether it has colours.
    #[must_use]
    pub fn has_colours(&self) -> bool {
        self.colours
    }

    /// The text as this terminal can show it, as wide as it was: in ASCII, where it is nothing but
    /// that, with the signs that have a likeness replaced by it.
    #[must_use]
    pub fn spelled<'a>(&self, text: Cow<'a, str>) -> Cow<'a, str> {
        if text.is_ascii() || self.is_unicode() {
            return text;
        }
        let spell = |character: char| match character {
            '…' => ".".to_owned(),
            '·' | '–' | '—' => "-".to_owned(),
            '→' => ">".to_owned(),
            ascii if ascii.is_ascii() => ascii.to_string(),
            other => "?".repeat(other.width().unwrap_or(0)),
        };
        Cow::Owned(text.chars().map(spell).collect())
    }

    /// How text of this tone is drawn.
    #[must_use]
    pub fn style(&self, tone: Tone) -> Style {
        let style = Style::new();
        if !self.colours {
            return match tone {
                Tone::Plain | Tone::Dim | Tone::Good | Tone::Active => style,
                Tone::Strong | Tone::Key | Tone::Mark => style.add_modifier(Modifier::BOLD),
                Tone::Warn => style.add_modifier(Modifier::UNDERLINED),
                Tone::Bad => style.add_modifier(Modifier::REVERSED),
            };
        }
        match tone {
            Tone::Plain => style,
            // Not bright black: some palettes (Solarized) make that the background.
            Tone::Dim => style.add_modifier(Modifier::DIM),
            Tone::Strong => style.add_modifier(Modifier::BOLD),
            Tone::Key => style.fg(Color::Cyan),
            Tone::Good => style.fg(Color::Green),
            Tone::Active => style.fg(Color::Blue),
            Tone::Warn => style.fg(Color::Yellow),
            Tone::Bad => style.fg(Color::Red),
            Tone::Mark => style.fg(Color::Magenta).add_modifier(Modifier::BOLD),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_width::UnicodeWidthStr;

    fn of(pairs: &[(&str, &str)]) -> Theme {
        Theme::of(&|name| {
            let found = pairs.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_environment_decides() {
        let usual = [("TERM", "xterm-256color"), ("LANG", "en_GB.UTF-8")];
        assert_eq!(of(&usual), Theme::full());
        assert!(!of(&[usual[0], usual[1], ("NO_COLOR", "1")]).has_colours());
        assert!(of(&[usual[0], usual[1], ("NO_COLOR", "")]).has_colours());
        assert_eq!(of(&[usual[0], usual[1], ("LC_ALL", "C")]).glyphs, &ASCII);
        assert_eq!(of(&[("TERM", "linux"), usual[1]]).glyphs, &ASCII);
        assert_eq!(of(&[("TERM", "vt220"), ("LANG", "C")]), Theme::plain());
    }

    #[test]
    fn without_colours_no_tone_has_one() {
        for tone in Tone::ALL {
            let style = Theme::plain().style(tone);
            assert_eq!((style.fg, style.bg), (None, None), "{tone:?}");
            assert_eq!(Theme::full().style(tone).bg, None, "{tone:?}");
        }
    }

    #[test]
    fn glyphs_are_as_wide_as_they_are_taken_for() {
        let unicode = UNICODE;
        for glyph in [
            unicode.cursor,
            unicode.mark,
            unicode.open,
            unicode.folded,
            unicode.done,
            unicode.running,
            unicode.waiting,
            unicode.held,
            unicode.failed,
            unicode.below,
            unicode.leads,
        ] {
            assert_eq!(glyph.width(), 1, "{glyph}");
        }
        assert!(
            unicode
                .frame
                .iter()
                .chain(&ASCII.frame)
                .all(|line| line.width() == 1)
        );
    }
}
