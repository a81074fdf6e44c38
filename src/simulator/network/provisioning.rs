//! What writing a virtual network, a subnet and an interface have in common.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::Value;

use crate::simulator::answer::{Answer, Refusal};
use crate::simulator::arm::Admitted;
use crate::simulator::operations::{self, End, Style, Work};
use crate::simulator::resources::text;
use crate::simulator::world::World;

/// Shortest and longest write, in simulated seconds (`network/network_vnet.json` and
/// `resource/group_deployment.json` of the recordings).
const WRITE_SECONDS: (f64, f64) = (1.0, 4.0);
/// Shortest and longest deletion.
const DELETE_SECONDS: (f64, f64) = (2.0, 10.0);

/// Up to 80 word characters, `.` and `-`, the first and the last a word character (Microsoft's
/// `resource-name-rules.md`).
pub(super) fn check_name(name: &str) -> Result<(), Refusal> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let starts = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    let inside = name.chars().all(|c| word(c) || matches!(c, '.' | '-'));
    if starts && inside && name.ends_with(word) && name.len() <= 80 {
        return Ok(());
    }
    Err(Refusal::service(
        StatusCode::BAD_REQUEST,
        "InvalidResourceName",
        format!(
            "Resource name {name} is invalid. The name can be up to 80 characters long. It must \
             begin with a word character, and it must end with a word character or with '_'. The \
             name may contain word characters or '.', '-', '_'."
        ),
    ))
}

/// One write at a time; the text is unverified.
pub(super) fn refuse_while_busy(world: &World, id: &str) -> Result<(), Refusal> {
    if world.operations.busy(id).is_none() {
        return Ok(());
    }
    Err(Refusal::service(
        StatusCode::TOO_MANY_REQUESTS,
        "AnotherOperationInProgress",
        format!("Another operation on this or dependent resource is in progress. Resource: {id}."),
    )
    .header(
        "retry-after",
        world.clock.retry_after(Duration::from_secs(10)).to_string(),
    ))
}

/// A resource that another one refers to, and that is not there, or not in the same region.
pub(super) fn invalid_reference(referred: &str, by: &str) -> Refusal {
    Refusal::service(
        StatusCode::BAD_REQUEST,
        "InvalidResourceReference",
        format!(
            "Resource {referred} referenced by resource {by} was not found. Please make sure that \
             the referenced resource exists, and that both resources are in the same region."
        ),
    )
}

/// The version that follows a document's own, as `etag` in its document and in the header.
pub(super) fn next_etag(world: &World, document: &Value) -> String {
    let id = text(document, "/id").to_lowercase();
    let before = text(document, "/etag");
    let etag = world.chance.id(&format!("etag {id} after {before}"));
    format!("W/\"{etag}\"")
}

/// Answers a write with `document`, and begins the operation that makes `resource` what it will be.
pub(super) fn accept_put(
    world: &mut World,
    admitted: &Admitted,
    answer: Answer,
    resource: &Value,
    end: End,
) -> Answer {
    let (least, most) = WRITE_SECONDS;
    let etag = text(resource, "/etag");
    let takes = world.chance.seconds(&format!("write {etag}"), least, most);
    let work = Work {
        style: Style::Networks,
        monitored: false,
        api_version: admitted.request.api_version(),
        resource,
        takes,
        end,
    };
    operations::begin(world, answer, work)
}

/// Answers a deletion: 202 with `Azure-AsyncOperation` and `Location`
/// (`network/network_vnet.json` of the recordings).
pub(super) fn accept_delete(
    world: &mut World,
    admitted: &Admitted,
    resource: &Value,
    end: End,
) -> Answer {
    let (least, most) = DELETE_SECONDS;
    let what = format!("delete {}", admitted.path.id().to_lowercase());
    let takes = world.chance.seconds(&what, least, most);
    let work = Work {
        style: Style::Networks,
        monitored: true,
        api_version: admitted.request.api_version(),
        resource,
        takes,
        end,
    };
    operations::begin(world, Answer::empty(StatusCode::ACCEPTED), work)
}
