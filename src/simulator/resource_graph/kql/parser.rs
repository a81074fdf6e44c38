//! From text to [`Query`].

use super::lexer::{self, What};
use super::reader::{Parsed, Parser};
use super::{Expression, Function, Mistake, Named, Part, Query, Step};

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
    use serde_json::json;

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
