//! What Azure looks at before it accepts a deployment.

use axum::http::StatusCode;
use serde_json::Value;

use super::templates::Template;
use crate::simulator::access;
use crate::simulator::answer::Refusal;
use crate::simulator::compute;
use crate::simulator::policies;
use crate::simulator::token::Caller;
use crate::simulator::world::World;

/// Whether every resource of a template may be written by the caller, and what policies and
/// providers say beforehand. All else fails while the deployment runs: an image of another tenant
/// without its token too (Azure/bicep issue 17206).
///
/// # Errors
/// ARM's `InvalidTemplateDeployment`, with details.
pub(super) fn check(
    world: &mut World,
    caller: &Caller,
    name: &str,
    template: &Template,
) -> Result<(), Refusal> {
    check_roles(world, caller, template)?;
    check_policies(world, template)?;
    check_providers(world, name, template)
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
                caller.client(),
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

/// The text is Azure's (Azure-Samples/azure-search-openai-demo issue 120).
fn check_policies(world: &World, template: &Template) -> Result<(), Refusal> {
    let violations = template.resources.iter().filter_map(|resource| {
        let checked = policies::check(world, resource.kind.name, &resource.id, &resource.body);
        checked.err().map(|refusal| refusal.error())
    });
    let violations: Vec<Value> = violations.collect();
    if violations.is_empty() {
        return Ok(());
    }
    let what = "The template deployment failed because of policy violation. Please see details for \
                more information.";
    Err(invalid(what.to_owned(), violations))
}

/// The text is Azure's (Microsoft's `error-invalid-template-deployment.md`).
fn check_providers(world: &mut World, name: &str, template: &Template) -> Result<(), Refusal> {
    let machines = template
        .resources
        .iter()
        .filter(|resource| resource.kind.name == "Microsoft.Compute/virtualMachines")
        .map(|resource| (resource.id.as_str(), &resource.body));
    let machines: Vec<(&str, &Value)> = machines.collect();
    let Err(refusal) = compute::preflight(world, &machines) else {
        return Ok(());
    };
    let tracking = world
        .chance
        .id(&format!("preflight {name} {}", world.answers));
    let what = format!(
        "The template deployment '{name}' is not valid according to the validation procedure. The \
         tracking id is '{tracking}'. See inner errors for details."
    );
    Err(invalid(what, vec![refusal.error()]))
}

fn invalid(message: String, details: Vec<Value>) -> Refusal {
    let code = "InvalidTemplateDeployment";
    Refusal::gateway(StatusCode::BAD_REQUEST, code, message).because_of(details)
}
