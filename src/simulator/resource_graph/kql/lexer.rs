//! A query in tokens.

use serde_json::{Number, Value, json};

use super::Mistake;

/// A token and where it begins.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) what: What,
    /// From 1
    line: usize,
    /// From 0
    character: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    /// A name or a keyword, with the hyphens of `project-away`
    Word(String),
    /// A text or a number
    Literal(Value),
    Symbol(&'static str),
    End,
}

impl Token {
    /// That the query ends to be one here.
    pub(super) fn mistake(&self) -> Mistake {
        Mistake::Syntax {
            line: self.line,
            character: self.character,
            token: match &self.what {
                What::Word(word) => word.clone(),
                What::Literal(Value::String(text)) => format!("'{text}'"),
                What::Literal(value) => value.to_string(),
                What::Symbol(symbol) => (*symbol).to_owned(),
                What::End => "<EOF>".to_owned(),
            },
        }
    }
}

const SYMBOLS: [&str; 22] = [
    "==", "=~", "!=", "!~", "<=", ">=", "|", "(", ")", "[", "]", ",", ".", "=", "<", ">", "!", "~",
    "*", "+", "-", ";",
];

/// Takes a query apart. Comments go from `//` to the end of the line.
pub(super) fn tokens(query: &str) -> Result<Vec<Token>, Mistake> {
    let mut tokens = Vec::new();
    let (mut line, mut begin, mut at) = (1, 0, 0);
    while let Some(rest) = query.get(at..).filter(|rest| !rest.is_empty()) {
        let (what, length) = match next(rest) {
            Some(Found::Token(what, length)) => (Some(what), length),
            Some(Found::Nothing(length)) => (None, length),
            None => {
                let odd = rest.chars().next().unwrap_or_default();
                return Err(Mistake::Syntax {
                    line,
                    character: query[begin..at].chars().count(),
                    token: odd.to_string(),
                });
            }
        };
        let character = query[begin..at].chars().count();
        if let Some(what) = what {
            tokens.push(Token {
                what,
                line,
                character,
            });
        }
        for (offset, _) in rest[..length].match_indices('\n') {
            line += 1;
            begin = at + offset + 1;
        }
        at += length;
    }
    tokens.push(Token {
        what: What::End,
        line,
        character: query[begin..].chars().count(),
    });
    Ok(tokens)
}

enum Found {
    Token(What, usize),
    /// White space or a comment
    Nothing(usize),
}

/// What a text begins with, and how long that is.
fn next(rest: &str) -> Option<Found> {
    let first = rest.chars().next()?;
    let run = |fits: fn(char) -> bool| rest.find(|c| !fits(c)).unwrap_or(rest.len());
    if first.is_whitespace() {
        return Some(Found::Nothing(run(char::is_whitespace)));
    }
    if rest.starts_with("//") {
        return Some(Found::Nothing(run(|c| c != '\n')));
    }
    if first.is_ascii_alphabetic() || first == '_' || first == '$' {
        let length = run(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '-'));
        let word = rest[..length].to_owned();
        return Some(Found::Token(What::Word(word), length));
    }
    if first.is_ascii_digit() {
        let length = run(|c| c.is_ascii_alphanumeric() || c == '.');
        let number: Number = serde_json::from_str(&rest[..length]).ok()?;
        return Some(Found::Token(What::Literal(Value::Number(number)), length));
    }
    if matches!(first, '\'' | '"') {
        return text(rest, first);
    }
    let symbol = SYMBOLS.into_iter().find(|known| rest.starts_with(known))?;
    Some(Found::Token(What::Symbol(symbol), symbol.len()))
}

/// A quoted text; a backslash takes what follows as it is, but for `n` and `t`.
fn text(rest: &str, quote: char) -> Option<Found> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => text.push(match characters.next()?.1 {
                'n' => '\n',
                't' => '\t',
                other => other,
            }),
            '\n' => return None,
            _ if character == quote => {
                let length = at + quote.len_utf8();
                return Some(Found::Token(What::Literal(json!(text)), length));
            }
            _ => text.push(character),
        }
    }
    None
}
