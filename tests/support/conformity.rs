//! Whether a request that the program made is one that it may make: an operation of the table, asked
//! as its line says, with a body that the specification allows.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};

use super::operations::{Operation, query};
use super::spec::{Checked, Spec};

/// A request to Resource Manager.
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) body: Value,
}

/// A body of an operation.
pub(crate) type Body = (&'static Operation, Value);

impl Request {
    /// One that the simulator noted, what it masks given back its form; nothing for one that is not
    /// the program's, or not to Resource Manager.
    pub(crate) fn noted(noted: &Value) -> Option<Self> {
        let text = |name: &str| noted[name].as_str().unwrap_or_default();
        let path = text("path");
        let entras = path.contains("/oauth2/") || path.contains("/.well-known/");
        if entras || path.starts_with("/_simulator") || !text("agent").starts_with("gallerist/") {
            return None;
        }
        let mut body = noted["body"].clone();
        let parameters = body.pointer_mut("/properties/parameters");
        let parameters = parameters.and_then(Value::as_object_mut);
        for (_, value) in parameters.into_iter().flatten() {
            if value.is_string() {
                *value = json!({ "value": "" });
            }
        }
        Some(Self {
            method: text("method").to_owned(),
            target: format!("{path}?{}", text("query")),
            body,
        })
    }

    /// Every mistake in it.
    pub(crate) fn mistakes(&self) -> Vec<String> {
        let request = format!("{} {}", self.method, self.target);
        let Some(operation) = Operation::of(&self.method, &self.target) else {
            return vec![format!("{request} has no line in operations.txt")];
        };
        if operation.follows() {
            return Vec::new();
        }
        let mut mistakes = Vec::new();
        let version = format!(
            "api-version={}",
            operation.api_version().unwrap_or_default()
        );
        if !self.target.contains(&version) {
            mistakes.push(format!("{request}: not {version}"));
        }
        let asked = query(&self.target);
        // Later pages are asked for as the first said.
        let further = asked.iter().any(|p| p.to_lowercase().starts_with("$skip"));
        let exactly =
            operation.lacks(&asked).is_empty() && operation.exceeded_by(&asked).is_empty();
        if !further && !exactly {
            mistakes.push(format!("{request}: asked otherwise than {operation:?}"));
        }
        for (operation, body) in self.bodies() {
            let found = body_mistakes(operation, &body).into_iter();
            mistakes.extend(found.map(|m| format!("{request}: {} {m}", operation.id)));
        }
        mistakes
    }

    /// What it carries: its body, and what is in the template of a deployment.
    pub(crate) fn bodies(&self) -> Vec<Body> {
        let Some(operation) = Operation::of(&self.method, &self.target) else {
            return Vec::new();
        };
        if self.body.is_null() {
            return Vec::new();
        }
        let resources = self.body.pointer("/properties/template/resources");
        let resources = resources.and_then(Value::as_array).into_iter().flatten();
        let resources = resources.filter_map(|resource| {
            let operation = Operation::in_template(resource["type"].as_str()?)?;
            Some((operation, without_template_members(resource)))
        });
        let mut bodies = vec![(operation, self.body.clone())];
        bodies.extend(resources);
        bodies
    }
}

/// The request that Azure makes of a resource in a template.
fn without_template_members(resource: &Value) -> Value {
    let members = resource.as_object().into_iter().flatten();
    let members = members
        .filter(|(name, _)| !["type", "apiVersion", "name", "dependsOn"].contains(&name.as_str()));
    let members = members.map(|(name, value)| (name.clone(), value.clone()));
    Value::Object(members.collect::<Map<_, _>>())
}

/// What the specification has against a body; nothing where there are no specifications.
pub(crate) fn body_mistakes(operation: &Operation, body: &Value) -> Vec<String> {
    static SCHEMAS: Mutex<BTreeMap<&'static str, Option<Arc<Checked>>>> =
        Mutex::new(BTreeMap::new());
    let schema = {
        let mut schemas = SCHEMAS.lock().unwrap();
        let load = || {
            let spec = Spec::load(operation.specification?)?;
            Some(Arc::new(spec.request_body(operation.id)))
        };
        schemas.entry(operation.id).or_insert_with(load).clone()
    };
    let mut body = with_listed_size(body);
    forget_strangers(&mut body);
    schema.map_or_else(Vec::new, |schema| schema.mistakes(&body))
}

/// Takes away what the demo and tests put into documents to see it kept, which nobody specifies.
fn forget_strangers(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !name.starts_with("x-"));
            members.values_mut().for_each(forget_strangers);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_strangers),
        _ => {}
    }
}

/// The specification lists the sizes of 2019 and lets there be others.
fn with_listed_size(body: &Value) -> Value {
    let mut body = body.clone();
    if let Some(size) = body.pointer_mut("/properties/hardwareProfile/vmSize") {
        *size = json!("Standard_D4s_v3");
    }
    body
}
