//! `$filter` of a list, as far as ARM's own lists take it: `name eq 'value'`, or `name('value')`,
//! joined with `and`.

use axum::http::StatusCode;

use super::answer::Refusal;
use super::request::Request;

/// The conditions of a filter: name in lower case, value as it was asked for. None without a filter.
///
/// # Errors
/// A filter that is not of this form. With which error Azure refuses it is unverified.
pub(super) fn conditions(request: &Request) -> Result<Vec<(String, String)>, Refusal> {
    let Some(filter) = request.query("$filter") else {
        return Ok(Vec::new());
    };
    let conditions: Option<Vec<(String, String)>> = filter.split(" and ").map(condition).collect();
    conditions.ok_or_else(|| invalid(filter))
}

/// A filter that a list does not take.
pub(super) fn invalid(filter: &str) -> Refusal {
    Refusal::gateway(
        StatusCode::BAD_REQUEST,
        "InvalidFilterInQueryString",
        format!("Invalid $filter '{filter}' specified in the query string."),
    )
}

fn condition(text: &str) -> Option<(String, String)> {
    let text = text.trim();
    if let Some((name, argument)) = text.strip_suffix(')').and_then(|call| call.split_once('(')) {
        let value = if argument.is_empty() {
            ""
        } else {
            quoted(argument)?
        };
        return Some((name.to_lowercase(), value.to_owned()));
    }
    let (name, rest) = text.split_once(' ')?;
    let (operator, value) = rest.trim().split_once(' ')?;
    let value = quoted(value.trim())?;
    operator
        .eq_ignore_ascii_case("eq")
        .then(|| (name.to_lowercase(), value.to_owned()))
}

fn quoted(text: &str) -> Option<&str> {
    text.strip_prefix('\'')?.strip_suffix('\'')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_as_they_are_recorded() {
        let read = condition(" tagname eq 'a b' ");
        assert_eq!(read, Some(("tagname".to_owned(), "a b".to_owned())));
        let called = |text| condition(text).unwrap();
        assert_eq!(called("atScope()"), ("atscope".into(), String::new()));
        assert_eq!(called("assignedTo('a')"), ("assignedto".into(), "a".into()));
        for wrong in [
            "tagname",
            "tagname ne 'a'",
            "tagname eq a",
            "eq 'a'",
            "assignedTo(a)",
        ] {
            assert_eq!(condition(wrong), None, "{wrong}");
        }
    }
}
