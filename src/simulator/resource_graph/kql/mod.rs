//! The part of the Kusto query language that Resource Graph's usual queries are written in
//! (Microsoft's `query-language.md`). What is not known here is refused, never passed over.

mod conditions;
mod expression;
mod lexer;
mod parser;
mod reader;
mod run;

use serde_json::{Value, json};

pub(super) use parser::parse;
pub(super) use run::{Column, Kind, Rows, run};

/// A query: a table, and what is done with it step by step.
#[derive(Debug, PartialEq)]
pub(super) struct Query {
    /// As it was written; None where the query begins with a step
    pub(super) table: Option<String>,
    pub(super) steps: Vec<Step>,
}

/// What one `|` leads to.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    Where(Expression),
    Project(Vec<Named>),
    ProjectAway(Vec<String>),
    Extend(Vec<Named>),
    /// Whether each is descending
    OrderBy(Vec<(Expression, bool)>),
    Take(usize),
    Top(usize, Vec<(Expression, bool)>),
    Count,
    Distinct(Vec<Named>),
    /// The names of counts, and what they are counted by
    Summarize(Vec<String>, Vec<Named>),
}

impl Step {
    /// As it is written, and as errors name it.
    fn name(&self) -> &'static str {
        match self {
            Self::Where(_) => "where",
            Self::Project(_) => "project",
            Self::ProjectAway(_) => "project-away",
            Self::Extend(_) => "extend",
            Self::OrderBy(_) => "order by",
            Self::Take(_) => "limit",
            Self::Top(..) => "top",
            Self::Count => "count",
            Self::Distinct(_) => "distinct",
            Self::Summarize(..) => "summarize",
        }
    }
}

/// An expression with the name of its column.
#[derive(Debug, PartialEq)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) value: Expression,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression {
    Literal(Value),
    /// `properties.storageProfile.osDisk`, `zones[0]`
    Path(Vec<Part>),
    Compare(Box<Expression>, Comparison, Box<Expression>),
    /// Whether in any case, and whether not
    In(Box<Expression>, Vec<Expression>, In),
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
    Call(Function, Vec<Expression>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    Name(String),
    Index(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct In {
    pub(super) any_case: bool,
    pub(super) not: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    EqualAnyCase,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Has,
    Contains,
    StartsWith,
    EndsWith,
    Not(Negatable),
}

/// What `!` may stand before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Negatable {
    Equal,
    EqualAnyCase,
    Has,
    Contains,
    StartsWith,
    EndsWith,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Not,
    ToString,
    ToLower,
    ToUpper,
    ToInt,
    ToBool,
    IsEmpty,
    IsNotEmpty,
    IsNull,
    IsNotNull,
    ArrayLength,
    Strcat,
}

/// What is wrong with a query.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Mistake {
    /// It is no query from here on: line from 1, character in it from 0
    /// (`extensions/query_error.json` of the recordings)
    Syntax {
        line: usize,
        character: usize,
        token: String,
    },
    /// It may be Kusto, but is not taken here (azure-powershell issue 13762)
    Unsupported { token: String },
    /// No column is called so. Code and text are those that users of Resource Graph report
    Unresolved { step: &'static str, name: String },
    /// No table is called so; likewise
    Table { name: String },
}

impl Mistake {
    /// As it stands in an error's details.
    pub(super) fn detail(&self) -> Value {
        match self {
            Self::Syntax {
                line,
                character,
                token,
            } => json!({
                "code": "ParserFailure",
                "message": "ParserFailure",
                "line": line,
                "characterPositionInLine": character,
                "token": token,
                "expectedToken": "\u{1cf}",
            }),
            Self::Unsupported { token } => json!({
                "code": "InvalidQueryLanguage",
                "message": "InvalidQueryLanguage",
                "line": -1,
                "characterPositionInLine": -1,
                "token": token,
            }),
            Self::Unresolved { step, name } => json!({
                "code": "Operator_FailedToResolveEntity",
                "message": format!(
                    "'{step}' operator: Failed to resolve column or scalar expression named '{name}'"
                ),
            }),
            Self::Table { name } => json!({
                "code": "DisallowedLogicalTableName",
                "message": format!("Table {name} is invalid, unsupported or disallowed."),
            }),
        }
    }
}
