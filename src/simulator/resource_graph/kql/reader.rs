//! Reading tokens one after the other.

use super::Mistake;
use super::lexer::{Token, What};

pub(super) type Parsed<T> = Result<T, Mistake>;

/// Where the reading of a query has come to.
pub(super) struct Parser {
    /// The last is always [`What::End`]
    pub(super) tokens: Vec<Token>,
    pub(super) at: usize,
    /// How deep in brackets it is
    pub(super) depth: usize,
}

impl Parser {
    pub(super) fn list<T>(
        &mut self,
        mut one: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        let mut all = vec![one(self)?];
        while self.takes(",") {
            all.push(one(self)?);
        }
        Ok(all)
    }

    pub(super) fn here(&self) -> &Token {
        let last = self.tokens.len() - 1;
        &self.tokens[self.at.min(last)]
    }

    pub(super) fn word(&self) -> Option<&str> {
        match &self.here().what {
            What::Word(word) => Some(word),
            _ => None,
        }
    }

    pub(super) fn name(&mut self) -> Parsed<String> {
        let name = self.word().map(str::to_owned);
        let name = name.ok_or_else(|| self.here().mistake())?;
        self.at += 1;
        Ok(name)
    }

    pub(super) fn number(&mut self) -> Parsed<usize> {
        let number = match &self.here().what {
            What::Literal(value) => value.as_u64(),
            _ => None,
        };
        let number = number.and_then(|number| usize::try_from(number).ok());
        let number = number.ok_or_else(|| self.here().mistake())?;
        self.at += 1;
        Ok(number)
    }

    pub(super) fn takes(&mut self, symbol: &'static str) -> bool {
        let found = self.here().what == What::Symbol(symbol);
        self.at += usize::from(found);
        found
    }

    pub(super) fn takes_word(&mut self, word: &str) -> bool {
        let found = self.word() == Some(word);
        self.at += usize::from(found);
        found
    }

    pub(super) fn needs(&mut self, symbol: &'static str) -> Parsed<()> {
        if self.takes(symbol) {
            return Ok(());
        }
        Err(self.here().mistake())
    }

    pub(super) fn needs_word(&mut self, word: &str) -> Parsed<()> {
        if self.takes_word(word) {
            return Ok(());
        }
        Err(self.here().mistake())
    }
}
