//! Lists, a page at a time.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::answer::{Answer, Outcome, Refusal};
use super::request::Request;
use super::world::World;

/// A page of `items`. An absolute `nextLink` with a `$skiptoken` leads to the next; on the last
/// page it is missing, as Compute leaves it.
pub(super) fn page(world: &World, request: &Request, items: Vec<Value>) -> Outcome {
    page_of(world, request, items, world.page_size)
}

/// A page of a list that takes `$top` (Resources 2024-07-01/resources.json): at most so many items,
/// and the others on pages of that size. How Azure refuses another number is unverified.
pub(super) fn page_by_top(world: &World, request: &Request, items: Vec<Value>) -> Outcome {
    let Some(given) = request.query("$top") else {
        return page(world, request, items);
    };
    match given.parse() {
        Ok(0) | Err(_) => Err(Refusal::gateway(
            StatusCode::BAD_REQUEST,
            "InvalidTopInQueryString",
            format!("Invalid $top '{given}' specified in the query string."),
        )),
        Ok(most) => page_of(world, request, items, world.page_size.min(most)),
    }
}

fn page_of(world: &World, request: &Request, items: Vec<Value>, size: usize) -> Outcome {
    let from = match request.query("$skiptoken") {
        None => 0,
        Some(token) => offset(token).ok_or_else(|| {
            Refusal::invalid(
                "$skipToken",
                format!("The skip token '{token}' is invalid."),
            )
        })?,
    };
    let next = from + size;
    let more = next < items.len();
    let page: Vec<Value> = items.into_iter().skip(from).take(size).collect();
    let mut body = json!({ "value": page });
    if more {
        let mut link = format!(
            "{}{}?",
            world.origin,
            request.url.split('?').next().unwrap_or_default()
        );
        for part in request.raw_query().split('&') {
            if !part.is_empty() && !part.to_lowercase().starts_with("$skiptoken=") {
                link.push_str(part);
                link.push('&');
            }
        }
        link.push_str("$skiptoken=");
        link.push_str(&URL_SAFE_NO_PAD.encode(format!("from {next}")));
        body["nextLink"] = json!(link);
    }
    Ok(Answer::ok(body))
}

fn offset(token: &str) -> Option<usize> {
    let token = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    token.strip_prefix("from ")?.parse().ok()
}
