//! Deployments of templates to resource groups (Resources 2024-07-01/resources.json;
//! `resource/group_deployment.json` and `vm/specialized_image.json` of the recordings).

mod expressions;
mod parameters;
mod preflight;
mod runs;
mod steps;
mod templates;
mod what_if;

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::access;
use super::answer::{Answer, Outcome, Refusal};
use super::arm::Admitted;
use super::filter;
use super::operations::{self, End, POLL_AFTER, Style, Work};
use super::paging::page_by_top;
use super::resource_path::name_of;
use super::resources::{key, text};
use super::world::World;
use runs::{Run, State};
use templates::Template;

/// All deployments, running and over.
#[derive(Default)]
pub(super) struct Deployments {
    /// By id
    runs: BTreeMap<String, Run>,
    /// What `operationStatuses` answers of those that others have replaced
    replaced: BTreeMap<String, Value>,
    accepted: i128,
}

impl Deployments {
    /// When the next deployment begins.
    pub(super) fn next_event(&self) -> Option<Timestamp> {
        self.runs.values().filter_map(Run::next_event).min()
    }

    /// Forgets a deployment, or all below a resource group, that is gone.
    pub(super) fn forget(&mut self, id: &str) {
        let gone = key(id);
        let below = format!("{gone}/");
        self.runs
            .retain(|known, _| *known != gone && !known.starts_with(&below));
    }
}

/// Lets all deployments go as far as they can at this time.
pub(super) fn proceed(world: &mut World) {
    let open = world.deployments.runs.iter();
    let open: Vec<String> = open
        .filter(|(_, run)| run.is_open())
        .map(|(id, _)| id.clone())
        .collect();
    for id in open {
        if let Some(mut run) = world.deployments.runs.remove(&id) {
            run.proceed(world);
            world.deployments.runs.insert(id, run);
        }
    }
}

/// Answers a request whose resource group is there.
pub(super) fn answer(world: &mut World, admitted: &Admitted) -> Outcome {
    if admitted.path.group.is_none() {
        return Err(admitted.not_simulated("Deployments to a subscription"));
    }
    let method = &admitted.request.method;
    let collection = admitted.path.is_collection();
    let kind = admitted.kind.name;
    let (_, what) = kind.rsplit_once("deployments").unwrap_or_default();
    match (what.trim_start_matches('/'), method.as_str(), collection) {
        ("", "GET", true) => list(world, admitted),
        ("", "GET" | "HEAD", false) => get(world, admitted),
        ("", "PUT", false) => put(world, admitted),
        ("", "DELETE", false) => delete(world, admitted),
        ("operations", "GET", true) => list_operations(world, admitted),
        ("operations", "GET", false) => get_operation(world, admitted),
        ("operationStatuses", "GET", false) => status(world, admitted),
        ("validate", "POST", true) => validate(world, admitted),
        ("whatIf", "POST", true) => what_if::answer(world, admitted),
        ("cancel", "POST", true) => cancel(world, admitted),
        _ => Err(admitted.method_not_allowed()),
    }
}

/// The resource group that a deployment is made to, as it was created.
fn group_id(world: &World, admitted: &Admitted) -> String {
    let scope = admitted.path.scope();
    let group = world.resources.get(&scope);
    group.map_or(scope, |group| text(group, "/id"))
}

/// The id of the deployment that a path is about, also where it lies under the group itself:
/// `…/resourcegroups/G/deployments/D/operations`.
fn deployment_id(world: &World, admitted: &Admitted) -> String {
    let types = &admitted.path.types;
    let at = types
        .iter()
        .position(|kind| kind.eq_ignore_ascii_case("deployments"));
    let name = at.and_then(|at| admitted.path.names.get(at));
    let group = group_id(world, admitted);
    format!(
        "{group}/providers/Microsoft.Resources/deployments/{}",
        name.map_or("", String::as_str)
    )
}

/// That the caller may do `action` on the deployment of the path.
fn authorize(world: &World, admitted: &Admitted, action: &str) -> Result<(), Refusal> {
    let id = deployment_id(world, admitted);
    let action = format!("Microsoft.Resources/deployments/{action}");
    access::authorize(world, admitted.caller, &action, &id)
}

fn find<'w>(world: &'w World, admitted: &Admitted) -> Result<&'w Run, Refusal> {
    let id = deployment_id(world, admitted);
    let found = world.deployments.runs.get(&key(&id));
    found.ok_or_else(|| not_found(name_of(&id)))
}

fn not_found(name: &str) -> Refusal {
    Refusal::gateway(
        StatusCode::NOT_FOUND,
        "DeploymentNotFound",
        format!("Deployment '{name}' could not be found."),
    )
}

/// The deployments of a group; `$filter=provisioningState eq '…'` picks a state.
fn list(world: &World, admitted: &Admitted) -> Outcome {
    let group = group_id(world, admitted);
    let read = "Microsoft.Resources/deployments/read";
    access::authorize(world, admitted.caller, read, &group)?;
    let conditions = filter::conditions(admitted.request)?;
    let wanted = |deployment: &&Value| {
        conditions.iter().all(|(name, value)| {
            let state = text(deployment, "/properties/provisioningState");
            name != "provisioningstate" || state.eq_ignore_ascii_case(value)
        })
    };
    let all = format!("{group}/providers/Microsoft.Resources/deployments");
    let all = world.resources.members(&all).filter(wanted).cloned();
    page_by_top(world, admitted.request, all.collect())
}

/// One deployment; HEAD answers 204, or 404 without a body.
fn get(world: &World, admitted: &Admitted) -> Outcome {
    authorize(world, admitted, "read")?;
    let found = find(world, admitted);
    if admitted.request.method == Method::HEAD {
        return Ok(Answer::empty(match found {
            Ok(_) => StatusCode::NO_CONTENT,
            Err(_) => StatusCode::NOT_FOUND,
        }));
    }
    let document = world.resources.get(&found?.id);
    Ok(Answer::ok(document.cloned().unwrap_or_default()))
}

/// Deploys: accepted once the template and what it needs have been looked at.
fn put(world: &mut World, admitted: &Admitted) -> Outcome {
    authorize(world, admitted, "write")?;
    let id = deployment_id(world, admitted);
    let name = name_of(&id).to_owned();
    check_name(&name)?;
    let body = admitted.request.object()?;
    let properties = body.get("properties").unwrap_or(&Value::Null);
    let group = group_id(world, admitted);
    let template = Template::read(world, properties, &group, true)?;
    if let Some(run) = world.deployments.runs.get(&key(&id))
        && run.is_active()
    {
        return Err(run.still_active());
    }
    preflight::check(world, admitted.caller, &name, &template)?;

    world.deployments.accepted += 1;
    let count = world.deployments.accepted;
    let correlation = correlation(world, admitted, &format!("deployment {count}"));
    let caller = admitted.caller.clone();
    let run = Run::accepted(world, id.clone(), template, caller, &correlation, count);
    run.write(world);
    let document = run.document(world.clock.now());
    let status = format!(
        "{}{}/operationStatuses/{}?api-version={}",
        world.origin,
        id.replacen("/resourceGroups/", "/resourcegroups/", 1),
        run.status_id,
        admitted.request.api_version()
    );
    let existed = world.deployments.runs.insert(key(&id), run);
    let code = match &existed {
        None => StatusCode::CREATED,
        Some(_) => StatusCode::OK,
    };
    if let Some(before) = existed {
        let status = before.status();
        world.deployments.replaced.insert(before.status_id, status);
    }
    let retry_after = world.clock.retry_after(POLL_AFTER).to_string();
    Ok(Answer::with(code, document)
        .header("azure-asyncoperation", status)
        .header("retry-after", retry_after))
}

/// The request's correlation id, or a new one for `what`.
fn correlation(world: &World, admitted: &Admitted, what: &str) -> String {
    let given = admitted.request.header("x-ms-correlation-request-id");
    given.map_or_else(|| world.chance.id(what).to_string(), str::to_owned)
}

/// At most 64 letters, digits, `-`, `_`, `.`, `(` and `)` (Microsoft's `resource-name-rules.md`).
/// The second text is unverified.
fn check_name(name: &str) -> Result<(), Refusal> {
    let refuse = |what: String| {
        Err(Refusal::gateway(
            StatusCode::BAD_REQUEST,
            "InvalidDeploymentName",
            format!("The provided deployment name '{name}' {what}"),
        ))
    };
    let length = name.chars().count();
    if length > 64 {
        return refuse(format!(
            "has a length of '{length}' which exceeds the maximum length of '64'."
        ));
    }
    let well = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '(' | ')');
    if name.chars().all(well) {
        return Ok(());
    }
    refuse(
        "has invalid characters. The name can only be a letter, digit, '-', '.', '(', ')' or '_'."
            .to_owned(),
    )
}

/// Looks at a template as a deployment would, and deploys nothing
/// (`resource/group_deployment.json` of the recordings).
fn validate(world: &mut World, admitted: &Admitted) -> Outcome {
    authorize(world, admitted, "validate/action")?;
    let id = deployment_id(world, admitted);
    let name = name_of(&id).to_owned();
    check_name(&name)?;
    let body = admitted.request.object()?;
    let properties = body.get("properties").unwrap_or(&Value::Null);
    let group = group_id(world, admitted);
    let template = Template::read(world, properties, &group, true)?;
    preflight::check(world, admitted.caller, &name, &template)?;
    let what = format!("validation {}", world.answers);
    let validated = template.resources.iter().map(|r| json!({ "id": r.id }));
    Ok(Answer::ok(json!({
        "id": id,
        "name": name,
        "type": "Microsoft.Resources/deployments",
        "properties": {
            "templateHash": template.hash,
            "parameters": template.parameters,
            "mode": "Incremental",
            "provisioningState": "Succeeded",
            "timestamp": "0001-01-01T00:00:00Z",
            "duration": "PT0S",
            "correlationId": correlation(world, admitted, &what),
            "providers": template.providers(),
            "dependencies": template.dependencies(),
            "validatedResources": validated.collect::<Vec<_>>(),
        },
    })))
}

/// Cancels a deployment: what its providers work on goes on, what has not begun never does.
fn cancel(world: &mut World, admitted: &Admitted) -> Outcome {
    authorize(world, admitted, "cancel/action")?;
    let run = find(world, admitted)?;
    if !run.is_active() {
        return Err(Refusal::gateway(
            StatusCode::CONFLICT,
            "DeploymentCannotBeCancelled",
            format!(
                "The deployment '{}' cannot be cancelled, because its provisioning state is '{}'.",
                name_of(&run.id),
                run.state.name()
            ),
        ));
    }
    let id = key(&run.id);
    if let Some(mut run) = world.deployments.runs.remove(&id) {
        run.cancel(world);
        world.deployments.runs.insert(id, run);
    }
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// Takes a deployment out of the history; what it deployed stays.
fn delete(world: &mut World, admitted: &Admitted) -> Outcome {
    authorize(world, admitted, "delete")?;
    let Ok(run) = find(world, admitted) else {
        return Ok(Answer::empty(StatusCode::NO_CONTENT));
    };
    if run.is_active() {
        return Err(run.still_active());
    }
    let group = world.resources.get(&admitted.path.scope());
    let location = group.map_or(Value::Null, |group| group["location"].clone());
    let resource = json!({ "id": run.id, "name": name_of(&run.id), "location": location });
    let work = Work {
        style: Style::ResourceManager,
        monitored: true,
        api_version: admitted.request.api_version(),
        resource: &resource,
        takes: std::time::Duration::from_secs(5),
        end: End::Remove,
    };
    let answer = Answer::empty(StatusCode::ACCEPTED);
    Ok(operations::begin(world, answer, work))
}

/// What a deployment has done so far.
fn list_operations(world: &World, admitted: &Admitted) -> Outcome {
    authorize(world, admitted, "operations/read")?;
    let operations = find(world, admitted)?.operations(world);
    page_by_top(world, admitted.request, operations)
}

/// One operation of a deployment.
fn get_operation(world: &World, admitted: &Admitted) -> Outcome {
    authorize(world, admitted, "operations/read")?;
    let name = admitted.path.name();
    let operations = find(world, admitted)?.operations(world);
    let mut operations = operations.into_iter();
    let found = operations.find(|operation| operation["operationId"] == name);
    found.map(Answer::ok).ok_or_else(|| {
        Refusal::gateway(
            StatusCode::NOT_FOUND,
            "DeploymentOperationNotFound",
            format!("Deployment operation '{name}' could not be found."),
        )
    })
}

/// `Azure-AsyncOperation` of a deployment: a status, and the error of one that failed.
fn status(world: &World, admitted: &Admitted) -> Outcome {
    authorize(world, admitted, "operationStatuses/read")?;
    let wanted = admitted.path.name();
    let run = find(world, admitted).ok();
    let run = run.filter(|run| run.status_id == wanted);
    let replaced = world.deployments.replaced.get(wanted);
    let status = run.map(Run::status).or_else(|| replaced.cloned());
    let status = status.ok_or_else(|| not_found(name_of(&deployment_id(world, admitted))))?;
    let running = [State::Accepted, State::Running].map(State::name);
    let over = !running.contains(&status["status"].as_str().unwrap_or_default());
    let answer = Answer::ok(status);
    Ok(if over {
        answer
    } else {
        answer.header(
            "retry-after",
            world.clock.retry_after(POLL_AFTER).to_string(),
        )
    })
}
