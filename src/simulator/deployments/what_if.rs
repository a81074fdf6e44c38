//! What a deployment would change, told and not done.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};

use super::expressions::HIDDEN;
use super::templates::{Resource, Template};
use super::{authorize, deployment_id, group_id};
use crate::simulator::answer::{Answer, Outcome};
use crate::simulator::arm::{self, Admitted};
use crate::simulator::operations::{self, End, Style, Work};
use crate::simulator::request::Request;
use crate::simulator::resource_path::name_of;
use crate::simulator::token::Caller;
use crate::simulator::world::World;

/// How long comparing takes.
const TAKES: Duration = Duration::from_secs(10);

/// `POST …/whatIf`: 202, and a `Location` that comes to answer the changes.
pub(super) fn answer(world: &mut World, admitted: &Admitted) -> Outcome {
    authorize(world, admitted, "whatIf/action")?;
    let body = admitted.request.object()?;
    let properties = body.get("properties").unwrap_or(&Value::Null);
    let group = group_id(world, admitted);
    let template = Template::read(world, properties, &group, false)?;
    let mut changes = Vec::new();
    for resource in &template.resources {
        changes.push(change(world, admitted.caller, resource));
    }
    let told = json!({ "status": "Succeeded", "properties": { "changes": changes } });
    let id = deployment_id(world, admitted);
    let location = world.resources.get(&group);
    let location = location.map_or(Value::Null, |group| group["location"].clone());
    let resource = json!({ "id": id, "name": name_of(&id), "location": location });
    let work = Work {
        style: Style::ResourceManager,
        monitored: true,
        api_version: admitted.request.api_version(),
        resource: &resource,
        takes: TAKES,
        end: End::Tell(told),
    };
    let answer = Answer::empty(StatusCode::ACCEPTED);
    Ok(operations::begin(world, answer, work))
}

/// `WhatIfChange` of one resource (Resources 2024-07-01/resources.json): against what a GET answers.
fn change(world: &mut World, caller: &Caller, resource: &Resource) -> Value {
    let url = format!("{}?api-version={}", resource.id, resource.api_version);
    let request = Request::new(Method::GET, &url, HeaderMap::new(), Bytes::new());
    let found = arm::answer(world, &request, caller);
    let before = found.ok().and_then(|answer| answer.body);
    let mut after = resource.body.clone();
    after["id"] = json!(resource.id);
    after["name"] = json!(resource.name);
    after["type"] = json!(resource.kind.name);
    after["apiVersion"] = json!(resource.api_version);
    let Some(before) = before else {
        return json!({
            "resourceId": resource.id,
            "changeType": "Create",
            "after": after,
        });
    };
    let mut delta = Vec::new();
    compare(&before, &resource.body, "", &mut delta);
    let kind = if delta.is_empty() {
        "NoChange"
    } else {
        "Modify"
    };
    let mut change = json!({
        "resourceId": resource.id,
        "changeType": kind,
        "before": before,
        "after": after,
    });
    if !delta.is_empty() {
        change["delta"] = json!(delta);
    }
    change
}

/// What `after` changes; what it does not name stays.
fn compare(before: &Value, after: &Value, at: &str, delta: &mut Vec<Value>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (name, after) in after {
                let path = if at.is_empty() {
                    name.clone()
                } else {
                    format!("{at}.{name}")
                };
                let before = before.get(name).unwrap_or(&Value::Null);
                compare(before, after, &path, delta);
            }
        }
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            for (index, (before, after)) in before.iter().zip(after).enumerate() {
                compare(before, after, &format!("{at}.{index}"), delta);
            }
        }
        (before, after) if same(before, after) => {}
        (Value::Null, after) => delta.push(json!({
            "path": at,
            "propertyChangeType": "Create",
            "after": after,
        })),
        (before, after) => delta.push(json!({
            "path": at,
            "propertyChangeType": "Modify",
            "before": before,
            "after": after,
        })),
    }
}

/// Texts are the same in any case, as ids and regions are. A secret is not compared: none is ever
/// answered.
fn same(before: &Value, after: &Value) -> bool {
    match (before.as_str(), after.as_str()) {
        (Some(before), Some(after)) => before.eq_ignore_ascii_case(after),
        (None, Some(HIDDEN)) => true,
        _ => before == after || *after == json!({}) && before.is_null(),
    }
}
