//! What a pane is narrowed to: a regular expression, or what it is not.

use regex::{Regex, RegexBuilder};

/// A pattern that rows are held against, whatever their case.
#[derive(Debug, Clone)]
pub struct Filter {
    typed: String,
    negated: bool,
    regex: Regex,
}

/// The largest compiled pattern, in bytes: what is typed never takes memory without end.
const SIZE_LIMIT: usize = 1 << 20;

impl Filter {
    /// Understands what was typed: a regular expression, with `!` before it what must not match.
    /// Nothing typed is no filter.
    ///
    /// # Errors
    /// What is wrong with the expression, in one line.
    pub fn parse(typed: &str) -> Result<Option<Self>, String> {
        let (negated, pattern) = match typed.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, typed),
        };
        if pattern.is_empty() {
            return Ok(None);
        }
        let regex = RegexBuilder::new(pattern)
            .case_insensitive(true)
            .size_limit(SIZE_LIMIT)
            .build();
        match regex {
            Ok(regex) => Ok(Some(Self {
                typed: typed.to_owned(),
                negated,
                regex,
            })),
            Err(error) => Err(last_line(&error.to_string())),
        }
    }

    /// Whether a row with this text is kept.
    #[must_use]
    pub fn keeps(&self, text: &str) -> bool {
        self.regex.is_match(text) != self.negated
    }

    /// What was typed.
    #[must_use]
    pub fn typed(&self) -> &str {
        &self.typed
    }
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.typed == other.typed
    }
}

impl Eq for Filter {}

/// The expression's own message draws a picture over several lines and ends with the reason.
fn last_line(message: &str) -> String {
    let last = message.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_expressions_and_their_opposite() {
        let keeps = |typed: &str, text: &str| Filter::parse(typed).unwrap().unwrap().keeps(text);
        assert!(keeps("adatum", "Adatum"));
        assert!(keeps("^a.*m$", "Adatum"));
        assert!(!keeps("!adatum", "Adatum"));
        assert!(keeps("!adatum", "Contoso"));
        assert_eq!(Filter::parse("").unwrap(), None);
        assert_eq!(Filter::parse("!").unwrap(), None);
    }

    #[test]
    fn what_is_wrong_is_told_in_one_line() {
        let wrong = Filter::parse("a(b").unwrap_err();
        assert_eq!(wrong, "unclosed group");
        assert!(Filter::parse("x{999999}{999999}").is_err());
    }
}
