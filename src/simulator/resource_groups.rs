//! Resource groups, for reading (`resource/resource_group.json` of the recordings).

use axum::http::{Method, StatusCode};
use serde_json::Value;

use super::access;
use super::answer::{Answer, Outcome};
use super::arm::{Admitted, group_not_found};
use super::paging::page;
use super::resources::{Resources, text};
use super::world::World;

/// `GET …/resourcegroups`: those that the caller may read.
pub(super) fn list(world: &World, admitted: &Admitted) -> Outcome {
    let action = admitted.kind.action("read");
    let readable = |document: &&Value| {
        access::allowed(world, admitted.caller, &action, &text(document, "/id"))
    };
    let groups = in_subscription(&world.resources, admitted).filter(readable);
    page(world, admitted.request, groups.cloned().collect())
}

/// `GET` and `HEAD …/resourcegroups/{name}`; HEAD answers 204, or 404 without a body.
pub(super) fn get(world: &World, admitted: &Admitted) -> Outcome {
    let head = admitted.request.method == Method::HEAD;
    admitted.authorize(world, "read")?;
    let Some(document) = world.resources.get(&admitted.path.id()) else {
        let refusal = group_not_found(admitted.path.name());
        return if head {
            let mut answer = Answer::from(refusal);
            answer.body = None;
            Ok(answer)
        } else {
            Err(refusal)
        };
    };
    Ok(if head {
        Answer::empty(StatusCode::NO_CONTENT)
    } else {
        Answer::ok(document.clone())
    })
}

fn in_subscription<'w>(
    resources: &'w Resources,
    admitted: &Admitted,
) -> impl Iterator<Item = &'w Value> + use<'w> {
    let subscription = admitted.path.names.first().map_or("", String::as_str);
    resources.members(&format!("/subscriptions/{subscription}/resourceGroups"))
}
