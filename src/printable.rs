//! Text from elsewhere made safe for a terminal.
//!
//! Names and messages from Azure are data: a control character or an escape sequence in them must
//! be seen, not obeyed.

use std::borrow::Cow;

/// `text` with every character that a terminal would act on made visible: controls as their
/// Unicode control pictures (ESC is `␛`), the C1 range and the characters that reorder or hide text
/// as `\u{…}`. Line breaks become a space.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\n' | '\r' | '\t' => shown.push(' '),
            '\u{7f}' => shown.push('\u{2421}'),
            control @ '\0'..='\u{1f}' => {
                shown.extend(char::from_u32(0x2400 + u32::from(control)));
            }
            other if acts(other) => shown.extend(other.escape_unicode()),
            other => shown.push(other),
        }
    }
    Cow::Owned(shown)
}

fn acts(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escape_sequences_are_shown_and_not_obeyed() {
        assert_eq!(printable("acg\u{1b}[2J\u{7}x"), "acg␛[2J␇x");
        assert_eq!(printable("a\u{9b}31m"), "a\\u{9b}31m");
        assert_eq!(printable("abc\u{202e}cba"), "abc\\u{202e}cba");
        assert_eq!(printable("one\r\ntwo"), "one  two");
    }

    proptest! {
        #[test]
        fn what_is_printed_never_acts(text in any::<String>()) {
            prop_assert!(!printable(&text).chars().any(acts));
        }

        #[test]
        fn harmless_text_is_kept(text in "[ -~äöü✔]*") {
            prop_assert_eq!(printable(&text), text.as_str());
        }
    }
}
