//! From text to [`Expression`].

use serde_json::{Value, json};

use super::lexer::What;
use super::reader::{Parsed, Parser};
use super::{Comparison, Expression, Function, In, Mistake, Negatable, Part};

/// How deep expressions may be nested.
const DEEPEST: usize = 64;

impl Parser {
    /// An expression that is true or false.
    pub(super) fn predicate(&mut self) -> Parsed<Expression> {
        let expression = self.expression()?;
        if is_predicate(&expression) {
            return Ok(expression);
        }
        Err(self.here().mistake())
    }

    pub(super) fn expression(&mut self) -> Parsed<Expression> {
        if self.depth == DEEPEST {
            return Err(self.here().mistake());
        }
        self.depth += 1;
        let expression = self.either();
        self.depth -= 1;
        expression
    }

    fn either(&mut self) -> Parsed<Expression> {
        let mut left = self.both()?;
        while self.word() == Some("or") {
            self.refuse_unless_predicate(&left)?;
            self.at += 1;
            let right = self.both()?;
            self.refuse_unless_predicate(&right)?;
            left = Expression::Or(Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn both(&mut self) -> Parsed<Expression> {
        let mut left = self.comparison()?;
        while self.word() == Some("and") {
            self.refuse_unless_predicate(&left)?;
            self.at += 1;
            let right = self.comparison()?;
            self.refuse_unless_predicate(&right)?;
            left = Expression::And(Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn refuse_unless_predicate(&self, expression: &Expression) -> Parsed<()> {
        if is_predicate(expression) {
            return Ok(());
        }
        Err(self.here().mistake())
    }

    fn comparison(&mut self) -> Parsed<Expression> {
        let left = self.primary()?;
        let not = self.takes("!");
        if self.takes_word("in") {
            let any_case = self.takes("~");
            self.needs("(")?;
            let values = self.list(Self::primary)?;
            self.needs(")")?;
            let how = In { any_case, not };
            return Ok(Expression::In(Box::new(left), values, how));
        }
        let comparison = match (&self.here().what, not) {
            (What::Symbol(symbol), false) => match *symbol {
                "==" => Comparison::Equal,
                "=~" => Comparison::EqualAnyCase,
                "!=" => Comparison::Not(Negatable::Equal),
                "!~" => Comparison::Not(Negatable::EqualAnyCase),
                "<" => Comparison::Less,
                "<=" => Comparison::LessOrEqual,
                ">" => Comparison::Greater,
                ">=" => Comparison::GreaterOrEqual,
                _ => return Ok(left),
            },
            (What::Word(word), not) => {
                let (plain, negated) = match word.as_str() {
                    "has" => (Comparison::Has, Negatable::Has),
                    "contains" => (Comparison::Contains, Negatable::Contains),
                    "startswith" => (Comparison::StartsWith, Negatable::StartsWith),
                    "endswith" => (Comparison::EndsWith, Negatable::EndsWith),
                    "matches" | "between" | "has_any" | "has_all" | "has_cs" | "contains_cs"
                    | "startswith_cs" | "endswith_cs" | "hasprefix" | "hassuffix" => {
                        let token = word.clone();
                        return Err(Mistake::Unsupported { token });
                    }
                    _ if not => return Err(self.here().mistake()),
                    _ => return Ok(left),
                };
                if not { Comparison::Not(negated) } else { plain }
            }
            (_, true) => return Err(self.here().mistake()),
            _ => return Ok(left),
        };
        self.at += 1;
        let right = self.primary()?;
        Ok(Expression::Compare(
            Box::new(left),
            comparison,
            Box::new(right),
        ))
    }

    pub(super) fn primary(&mut self) -> Parsed<Expression> {
        if self.takes("(") {
            let inner = self.expression()?;
            self.needs(")")?;
            return Ok(inner);
        }
        let here = self.here().clone();
        match here.what {
            What::Literal(value) => {
                self.at += 1;
                Ok(Expression::Literal(value))
            }
            What::Word(word) => {
                self.at += 1;
                match word.as_str() {
                    "true" => Ok(Expression::Literal(json!(true))),
                    "false" => Ok(Expression::Literal(json!(false))),
                    _ if self.takes("(") => self.call(word),
                    _ => self.path(word),
                }
            }
            _ => Err(here.mistake()),
        }
    }

    fn call(&mut self, word: String) -> Parsed<Expression> {
        let Some((function, least, most)) = function(&word) else {
            return Err(Mistake::Unsupported { token: word });
        };
        let arguments = self.list(Self::expression)?;
        if !(least..=most).contains(&arguments.len()) {
            return Err(self.here().mistake());
        }
        if function == Function::Not
            && let Some(argument) = arguments.first()
        {
            self.refuse_unless_predicate(argument)?;
        }
        self.needs(")")?;
        Ok(Expression::Call(function, arguments))
    }

    fn path(&mut self, first: String) -> Parsed<Expression> {
        let mut parts = vec![Part::Name(first)];
        loop {
            if self.takes(".") {
                parts.push(Part::Name(self.name()?));
            } else if self.takes("[") {
                parts.push(match &self.here().what {
                    What::Literal(Value::String(name)) => Part::Name(name.clone()),
                    What::Literal(value) => {
                        let index = value.as_u64().and_then(|index| usize::try_from(index).ok());
                        Part::Index(index.ok_or_else(|| self.here().mistake())?)
                    }
                    _ => return Err(self.here().mistake()),
                });
                self.at += 1;
                self.needs("]")?;
            } else {
                return Ok(Expression::Path(parts));
            }
        }
    }
}

/// A function, and the least and most arguments that it takes.
fn function(name: &str) -> Option<(Function, usize, usize)> {
    Some(match name {
        "not" => (Function::Not, 1, 1),
        "tostring" => (Function::ToString, 1, 1),
        "tolower" => (Function::ToLower, 1, 1),
        "toupper" => (Function::ToUpper, 1, 1),
        "toint" | "tolong" => (Function::ToInt, 1, 1),
        "tobool" => (Function::ToBool, 1, 1),
        "isempty" => (Function::IsEmpty, 1, 1),
        "isnotempty" => (Function::IsNotEmpty, 1, 1),
        "isnull" => (Function::IsNull, 1, 1),
        "isnotnull" => (Function::IsNotNull, 1, 1),
        "array_length" => (Function::ArrayLength, 1, 1),
        "strcat" => (Function::Strcat, 1, 64),
        _ => return None,
    })
}

fn is_predicate(expression: &Expression) -> bool {
    match expression {
        Expression::Compare(..)
        | Expression::In(..)
        | Expression::And(..)
        | Expression::Or(..)
        | Expression::Literal(Value::Bool(_)) => true,
        Expression::Call(function, _) => matches!(
            function,
            Function::Not
                | Function::ToBool
                | Function::IsEmpty
                | Function::IsNotEmpty
                | Function::IsNull
                | Function::IsNotNull
        ),
        Expression::Literal(_) | Expression::Path(_) => false,
    }
}
