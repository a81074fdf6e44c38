//! What a query may look at: the subscriptions it names, and in them what the caller's roles let it
//! read.

use std::collections::HashMap;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::support_message;
use super::tables::{self, Table};
use crate::simulator::access::{self, Grants};
use crate::simulator::answer::Refusal;
use crate::simulator::arm::Admitted;
use crate::simulator::resource_path::name_of;
use crate::simulator::token::Caller;
use crate::simulator::world::World;

/// Subscriptions of one query (Microsoft's `troubleshoot/general.md` of Resource Graph).
const MOST_SUBSCRIPTIONS: usize = 1000;

/// The subscriptions of a query: those that are named, or else all that the caller sees, delegated
/// ones included. Those that it does not see are passed over.
///
/// # Errors
/// `AccessDenied` where nothing is left (microsoft/ARI issue 255).
pub(super) fn subscriptions(
    world: &World,
    admitted: &Admitted,
    named: Option<&[String]>,
) -> Result<Vec<String>, Refusal> {
    let message = || support_message(world, admitted.request);
    let named = named.filter(|named| !named.is_empty());
    if named.is_some_and(|named| named.len() > MOST_SUBSCRIPTIONS) {
        // Code and text are unverified.
        return Err(
            Refusal::service(StatusCode::BAD_REQUEST, "BadRequest", message()).because_of(vec![
                json!({
                    "code": "TooManySubscriptions",
                    "message": format!("A query takes {MOST_SUBSCRIPTIONS} subscriptions at most."),
                }),
            ]),
        );
    }
    let all = world.resources.members("/subscriptions");
    let all = all.filter_map(|document| document["id"].as_str().map(name_of));
    let wanted = all.filter(|id| {
        named.is_none_or(|named| named.iter().any(|name| name.eq_ignore_ascii_case(id)))
    });
    let seen: Vec<String> = wanted
        .filter(|id| access::sees(world, admitted.caller, id))
        .map(str::to_owned)
        .collect();
    if !seen.is_empty() {
        return Ok(seen);
    }
    Err(
        Refusal::service(StatusCode::FORBIDDEN, "AccessDenied", message()).because_of(vec![
            json!({
                "code": "AccessDenied",
                "message": "Access is denied to the requested resource. The user might not have \
                            enough permission.",
            }),
        ]),
    )
}

/// The documents of a table that the caller may read, each with its tenant, by id.
pub(super) fn readable<'w>(
    world: &'w World,
    caller: &Caller,
    table: Table,
    subscriptions: &[String],
) -> Vec<(&'w str, &'w Value)> {
    let now = world.clock.now();
    let mut readable = Vec::new();
    for subscription in subscriptions {
        let scope = format!("/subscriptions/{subscription}");
        let Some(own) = world.resources.get(&scope) else {
            continue;
        };
        let tenant = own["tenantId"].as_str().unwrap_or_default();
        let grants = Grants::of(world, caller, &scope);
        let mut allowed: HashMap<&str, Vec<bool>> = HashMap::new();
        let known = world.history.known(&world.resources, &scope, now);
        let itself = (scope.as_str(), own);
        for (key, document) in [itself].into_iter().chain(known) {
            let kind = tables::kind_of(document);
            if !table.holds(kind) {
                continue;
            }
            let by = allowed
                .entry(kind)
                .or_insert_with(|| grants.allowing(&tables::action(document)));
            if grants.reach(key, by) {
                readable.push((tenant, document));
            }
        }
    }
    readable
}
