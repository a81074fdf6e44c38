//! What Azure looks at before it accepts a deployment.

use axum::http::StatusCode;
use serde_json::Value;

use super::templates::Template;
use crate::simulator::access;
use crate::simulator::answer::Refusal;
use crate::simulator::token::Caller;
use crate::simulator::world::World;

/// Whether every resource of a template may be written by the caller, and what its policies and
/// providers say beforehand. What they cannot know beforehand fails while the deployment runs.
///
/// # Errors
/// ARM's `InvalidTemplateDeployment`, with details.
pub(super) fn check(
    world: &mut World,
    caller: &Caller,
    name: &str,
    template: &Template,
) -> Result<(), Refusal> {
    let _ = name;
    check_roles(world, caller, template)
}

/// The texts are Azure's, of one resource and of several (Azure-Samples/azure-search-openai-demo
/// issues 242 and 1483).
fn check_roles(world: &World, caller: &Caller, template: &Template) -> Result<(), Refusal> {
    let refused = template.resources.iter().filter(|resource| {
        let action = resource.kind.action("write");
        !access::allowed(world, caller, &action, &resource.id)
    });
    let texts: Vec<String> = refused
        .map(|resource| {
            format!(
                "Authorization failed for template resource '{}' of type '{}'. The client '{}' \
                 with object id '{}' does not have permission to perform action '{}' at scope \
                 '{}'.",
                resource.name,
                resource.kind.name,
                caller.client_id,
                caller.object_id,
                resource.kind.action("write"),
                resource.id
            )
        })
        .collect();
    let what = match texts.len() {
        0 => return Ok(()),
        1 => "The template deployment failed with error:",
        _ => "Deployment failed with multiple errors:",
    };
    Err(invalid(
        format!("{what} '{}'.", texts.join(":")),
        Vec::new(),
    ))
}

fn invalid(message: String, details: Vec<Value>) -> Refusal {
    let code = "InvalidTemplateDeployment";
    Refusal::gateway(StatusCode::BAD_REQUEST, code, message).because_of(details)
}
