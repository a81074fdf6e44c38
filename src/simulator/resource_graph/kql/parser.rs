//! From text to [`Query`].

use serde_json::{Value, json};

use super::lexer::{self, Token, What};
use super::{Comparison, Expression, Function, In, Mistake, Named, Negatable, Part, Query, Step};

type Parsed<T> = Result<T, Mistake>;

/// How deep expressions may be nested.
const DEEPEST: usize = 64;

/// Reads a query.
///
/// # Errors
/// [`Mistake`] with what is wrong first.
pub(in crate::simulator::resource_graph) fn parse(text: &str) -> Parsed<Query> {
    let tokens = lexer::tokens(text)?;
    let mut parser = Parser {
        tokens,
        at: 0,
        depth: 0,
    };
    parser.query()
}

struct Parser {
    /// The last is always [`What::End`]
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

/// Steps that Kusto has, and this simulator has not.
const UNSUPPORTED: &[&str] = &[
    "as",
    "evaluate",
    "externaldata",
    "facet",
    "find",
    "getschema",
    "invoke",
    "join",
    "let",
    "lookup",
    "make-series",
    "mv-apply",
    "mv-expand",
    "mvexpand",
    "parse",
    "parse-where",
    "print",
    "project-keep",
    "project-rename",
    "project-reorder",
    "range",
    "reduce",
    "render",
    "sample",
    "sample-distinct",
    "scan",
    "search",
    "serialize",
    "set",
    "union",
];

const STEPS: &[&str] = &[
    "where",
    "filter",
    "project",
    "project-away",
    "extend",
    "order",
    "sort",
    "limit",
    "take",
    "top",
    "count",
    "distinct",
    "summarize",
];

impl Parser {
    fn query(&mut self) -> Parsed<Query> {
        let mut steps = Vec::new();
        let mut table = None;
        let begins_with_a_step = self
            .word()
            .is_some_and(|word| STEPS.contains(&word) || UNSUPPORTED.contains(&word));
        if begins_with_a_step {
            steps.push(self.step()?);
        } else {
            table = Some(self.name()?);
        }
        while self.takes("|") {
            steps.push(self.step()?);
        }
        match self.here().what {
            What::End => Ok(Query { table, steps }),
            _ => Err(self.here().mistake()),
        }
    }

    fn step(&mut self) -> Parsed<Step> {
        let word = self.name()?;
        match word.as_str() {
            "where" | "filter" => Ok(Step::Where(self.predicate()?)),
            "project" => Ok(Step::Project(self.columns()?)),
            "extend" => Ok(Step::Extend(self.columns()?)),
            "project-away" => self.list(Self::name).map(Step::ProjectAway),
            "distinct" => Ok(Step::Distinct(self.columns()?)),
            "order" | "sort" => {
                self.needs_word("by")?;
                Ok(Step::OrderBy(self.list(Self::ordered)?))
            }
            "limit" | "take" => Ok(Step::Take(self.number()?)),
            "top" => {
                let most = self.number()?;
                self.needs_word("by")?;
                Ok(Step::Top(most, self.list(Self::ordered)?))
            }
            "count" => Ok(Step::Count),
            "summarize" => self.summarize(),
            _ if UNSUPPORTED.contains(&word.as_str()) => Err(Mistake::Unsupported { token: word }),
            _ => {
                self.at -= 1;
                Err(self.here().mistake())
            }
        }
    }

    /// `count() by location`, `n = count()`, `by location`
    fn summarize(&mut self) -> Parsed<Step> {
        let mut counts = Vec::new();
        if !self.takes_word("by") {
            counts = self.list(Self::counted)?;
            if !self.takes_word("by") {
                return Ok(Step::Summarize(counts, Vec::new()));
            }
        }
        Ok(Step::Summarize(counts, self.columns()?))
    }

    fn counted(&mut self) -> Parsed<String> {
        let mut word = self.name()?;
        let mut name = "count_".to_owned();
        if self.takes("=") {
            name = word;
            word = self.name()?;
        }
        self.needs("(")?;
        if word != "count" {
            return Err(Mistake::Unsupported { token: word });
        }
        self.needs(")")?;
        Ok(name)
    }

    /// Columns, with their own names or with those that Kusto gives them.
    fn columns(&mut self) -> Parsed<Vec<Named>> {
        let mut unnamed = 0;
        self.list(|parser| {
            let named = matches!(parser.here().what, What::Word(_))
                && parser.tokens.get(parser.at + 1).map(|next| &next.what)
                    == Some(&What::Symbol("="));
            let name = if named {
                let name = parser.name()?;
                parser.needs("=")?;
                Some(name)
            } else {
                None
            };
            let value = parser.expression()?;
            let name = name.or_else(|| given_name(&value)).unwrap_or_else(|| {
                unnamed += 1;
                format!("Column{unnamed}")
            });
            Ok(Named { name, value })
        })
    }

    /// Descending unless it says otherwise.
    fn ordered(&mut self) -> Parsed<(Expression, bool)> {
        let value = self.expression()?;
        let ascending = self.takes_word("asc");
        if !ascending {
            self.takes_word("desc");
        }
        if self.word() == Some("nulls") {
            return Err(Mistake::Unsupported {
                token: "nulls".to_owned(),
            });
        }
        Ok((value, !ascending))
    }

    /// An expression that is true or false.
    fn predicate(&mut self) -> Parsed<Expression> {
        let expression = self.expression()?;
        if is_predicate(&expression) {
            return Ok(expression);
        }
        Err(self.here().mistake())
    }

    fn expression(&mut self) -> Parsed<Expression> {
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

    fn primary(&mut self) -> Parsed<Expression> {
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

    fn list<T>(&mut self, mut one: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut all = vec![one(self)?];
        while self.takes(",") {
            all.push(one(self)?);
        }
        Ok(all)
    }

    fn here(&self) -> &Token {
        let last = self.tokens.len() - 1;
        &self.tokens[self.at.min(last)]
    }

    fn word(&self) -> Option<&str> {
        match &self.here().what {
            What::Word(word) => Some(word),
            _ => None,
        }
    }

    fn name(&mut self) -> Parsed<String> {
        let name = self.word().map(str::to_owned);
        let name = name.ok_or_else(|| self.here().mistake())?;
        self.at += 1;
        Ok(name)
    }

    fn number(&mut self) -> Parsed<usize> {
        let number = match &self.here().what {
            What::Literal(value) => value.as_u64(),
            _ => None,
        };
        let number = number.and_then(|number| usize::try_from(number).ok());
        let number = number.ok_or_else(|| self.here().mistake())?;
        self.at += 1;
        Ok(number)
    }

    fn takes(&mut self, symbol: &'static str) -> bool {
        let found = self.here().what == What::Symbol(symbol);
        self.at += usize::from(found);
        found
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let found = self.word() == Some(word);
        self.at += usize::from(found);
        found
    }

    fn needs(&mut self, symbol: &'static str) -> Parsed<()> {
        if self.takes(symbol) {
            return Ok(());
        }
        Err(self.here().mistake())
    }

    fn needs_word(&mut self, word: &str) -> Parsed<()> {
        if self.takes_word(word) {
            return Ok(());
        }
        Err(self.here().mistake())
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

/// The name that Kusto gives a column: that of its path, with `_` between the parts, also through
/// a conversion.
fn given_name(value: &Expression) -> Option<String> {
    match value {
        Expression::Path(parts) => {
            let names = parts.iter().map(|part| match part {
                Part::Name(name) => name.clone(),
                Part::Index(index) => index.to_string(),
            });
            Some(names.collect::<Vec<_>>().join("_"))
        }
        Expression::Call(
            Function::ToString | Function::ToLower | Function::ToInt | Function::ToBool,
            arguments,
        ) => arguments.first().and_then(given_name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_azure_refused_is_refused_the_same_way() {
        // extensions/query_error.json of the recordings
        let mistake = parse("where where").unwrap_err();
        let expected = json!({
            "code": "ParserFailure",
            "message": "ParserFailure",
            "line": 1,
            "characterPositionInLine": 11,
            "token": "<EOF>",
            "expectedToken": "\u{1cf}",
        });
        assert_eq!(mistake.detail(), expected);
        // azure-powershell issue 13762
        let mistake = parse("Resources | parse id with * '/providers/' rest").unwrap_err();
        assert_eq!(mistake.detail()["token"], "parse");
        assert_eq!(mistake.detail()["code"], "InvalidQueryLanguage");
    }

    #[test]
    fn nothing_is_passed_over() {
        for query in [
            "",
            "resources |",
            "resources | where",
            "resources | wher name == 'a'",
            "resources | where name = 'a'",
            "resources | where name == 'a",
            "resources | where name ! 'a'",
            "resources | where name == 'a' 'b'",
            "resources | where name == 'a' and type",
            "resources | where name between (1 .. 2)",
            "resources | where name matches regex 'a'",
            "resources | where strlen(name) > 3",
            "resources | where name in 'a'",
            "resources | where not(name)",
            "resources | project",
            "resources | project id name",
            "resources | order name",
            "resources | order by name nulls last",
            "resources | summarize dcount(name)",
            "resources | summarize count() by",
            "resources | limit",
            "resources | top 3",
            "resources | join kind=inner (resources) on id",
            "resources; resources",
            "let x = 1; resources",
        ] {
            assert!(parse(query).is_err(), "{query}");
        }
    }

    #[test]
    fn columns_get_kustos_names() {
        let query = "resources | project id, size = sku.name, tostring(properties.a['b'][0]), 1";
        let query = parse(query).unwrap();
        let [Step::Project(columns)] = &query.steps[..] else {
            panic!("{query:?}");
        };
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["id", "size", "properties_a_b_0", "Column1"]);
    }

    #[test]
    fn lines_are_counted() {
        let query = "resources // all\n| where type =~ 'x'\n| wrong";
        let expected = Mistake::Syntax {
            line: 3,
            character: 2,
            token: "wrong".to_owned(),
        };
        assert_eq!(parse(query), Err(expected));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[a-z|()'\"=~!.,\\[\\]0-9 \\n\\\\é]{0,80}") {
            let _ = parse(&text);
        }
    }
}
