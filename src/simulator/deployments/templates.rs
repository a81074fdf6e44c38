//! Templates, expanded ones: every resource stands there with its name.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::expressions::{self, Scope};
use super::parameters::Parameters;
use crate::simulator::answer::Refusal;
use crate::simulator::kinds::{self, Kind};
use crate::simulator::resource_path::ResourcePath;
use crate::simulator::world::World;

/// A template with its parameters, ready to be deployed into one resource group.
pub(super) struct Template {
    /// As a deployment answers them
    pub(super) parameters: Value,
    pub(super) resources: Vec<Resource>,
    pub(super) hash: String,
    /// Whether it has a section of outputs; there is none in it
    pub(super) has_outputs: bool,
}

/// One resource of a template.
#[derive(Clone)]
pub(super) struct Resource {
    pub(super) kind: &'static Kind,
    pub(super) id: String,
    /// `machine/extension`
    pub(super) name: String,
    pub(super) api_version: String,
    /// What is sent to its provider
    pub(super) body: Value,
    /// Places of the resources that have to be there first
    pub(super) depends_on: Vec<usize>,
}

impl Resource {
    /// As operations and dependencies refer to it.
    pub(super) fn reference(&self) -> Value {
        json!({ "id": self.id, "resourceType": self.kind.name, "resourceName": self.name })
    }
}

/// A template that ARM does not take. Where in the text a mistake is, is not told.
pub(super) fn invalid(what: impl std::fmt::Display) -> Refusal {
    let place = json!({ "lineNumber": 0, "linePosition": 0, "path": "" });
    Refusal::gateway(
        StatusCode::BAD_REQUEST,
        "InvalidTemplate",
        format!("Deployment template validation failed: '{what}'."),
    )
    .informing("TemplateViolation", &place)
}

impl Template {
    /// Reads the `properties` of a deployment's body, for the resource group `group`.
    ///
    /// # Errors
    /// `InvalidRequestContent` and `InvalidTemplate`, the latter also for whatever is not simulated.
    pub(super) fn read(
        world: &World,
        properties: &Value,
        group: &str,
        with_secrets: bool,
    ) -> Result<Self, Refusal> {
        check_mode(properties)?;
        let template = &properties["template"];
        check_shape(template)?;
        let empty = Map::new();
        let declared = template["parameters"].as_object().unwrap_or(&empty);
        let given = properties["parameters"].as_object().unwrap_or(&empty);
        let parameters = Parameters::read(declared, given)?;
        let scope = Scope {
            parameters: &parameters,
            with_secrets,
        };
        let entries = template["resources"].as_array().into_iter().flatten();
        let entries: Vec<Value> = entries
            .map(|entry| expressions::evaluated(entry, Some(scope)))
            .collect::<Result<_, _>>()?;
        let mut resources = Vec::new();
        for entry in &entries {
            let resource = resource(entry, group)?;
            refuse_second(&resources, &resource)?;
            resources.push(resource);
        }
        for (at, entry) in entries.iter().enumerate() {
            let wanted = entry["dependsOn"].as_array().into_iter().flatten();
            let wanted: Vec<usize> = wanted
                .map(|wanted| depended_on(&resources, wanted.as_str().unwrap_or_default(), group))
                .collect::<Result<_, _>>()?;
            resources[at].depends_on = wanted;
        }
        refuse_circles(&resources)?;
        let guid = world.chance.id(&format!("template {template}"));
        Ok(Self {
            parameters: parameters.shown(),
            resources,
            hash: guid.as_u64_pair().0.to_string(),
            has_outputs: template["outputs"].is_object(),
        })
    }

    /// `providers` of a deployment: namespaces with their types and regions, in order.
    pub(super) fn providers(&self) -> Value {
        let mut providers: Vec<(String, Vec<Value>)> = Vec::new();
        for resource in &self.resources {
            let (namespace, kind) = resource.kind.name.split_once('/').unwrap_or_default();
            let entry = json!({
                "resourceType": kind,
                "locations": [resource.body["location"]],
            });
            let known = providers.iter().position(|(known, _)| known == namespace);
            let at = known.unwrap_or_else(|| {
                providers.push((namespace.to_owned(), Vec::new()));
                providers.len() - 1
            });
            if !providers[at].1.contains(&entry) {
                providers[at].1.push(entry);
            }
        }
        let providers = providers
            .into_iter()
            .map(|(namespace, types)| json!({ "namespace": namespace, "resourceTypes": types }));
        providers.collect()
    }

    /// `dependencies` of a deployment.
    pub(super) fn dependencies(&self) -> Value {
        let dependent = self.resources.iter().filter(|r| !r.depends_on.is_empty());
        let dependencies = dependent.map(|resource| {
            let mut dependency = resource.reference();
            let wanted = resource.depends_on.iter();
            let wanted = wanted.map(|at| self.resources[*at].reference());
            dependency["dependsOn"] = wanted.collect();
            dependency
        });
        dependencies.collect()
    }
}

fn check_mode(properties: &Value) -> Result<(), Refusal> {
    let mode = properties["mode"].as_str().unwrap_or_default();
    if mode.eq_ignore_ascii_case("Incremental") {
        return Ok(());
    }
    if mode.eq_ignore_ascii_case("Complete") {
        return Err(invalid("The deployment mode Complete is not simulated"));
    }
    Err(Refusal::gateway(
        StatusCode::BAD_REQUEST,
        "InvalidRequestContent",
        "The request content was invalid and could not be deserialized: 'Required property 'mode' \
         not found in JSON. Path 'properties', line 1, position 1.'.",
    ))
}

/// What a template has to have, and what it must not have here.
fn check_shape(template: &Value) -> Result<(), Refusal> {
    for required in ["$schema", "contentVersion", "resources"] {
        if template[required].is_null() {
            return Err(Refusal::gateway(
                StatusCode::BAD_REQUEST,
                "InvalidTemplate",
                format!(
                    "Deployment template parse failed: 'Required property '{required}' not found \
                     in JSON. Path '', line 1, position 1.'."
                ),
            ));
        }
    }
    if !template["resources"].is_array() {
        return Err(invalid(
            "Resources by symbolic names are not simulated: this simulator takes an array",
        ));
    }
    for not_simulated in [
        "variables",
        "outputs",
        "functions",
        "definitions",
        "imports",
    ] {
        let section = &template[not_simulated];
        let is_empty = section.as_object().is_none_or(Map::is_empty);
        if !section.is_null() && !is_empty {
            return Err(invalid(format!(
                "The section '{not_simulated}' is not simulated: this simulator takes expanded \
                 templates only"
            )));
        }
    }
    Ok(())
}

/// Members of a resource that are the template's, not the provider's.
const OF_THE_TEMPLATE: [&str; 7] = [
    "type",
    "name",
    "apiVersion",
    "dependsOn",
    "comments",
    "metadata",
    "resources",
];

/// Members that make a template a program.
const NOT_SIMULATED: [&str; 7] = [
    "copy",
    "condition",
    "scope",
    "resourceGroup",
    "subscriptionId",
    "existing",
    "import",
];

fn resource(entry: &Value, group: &str) -> Result<Resource, Refusal> {
    let text = |name: &str| {
        let found = entry[name].as_str().filter(|text| !text.is_empty());
        found.map(str::to_owned).ok_or_else(|| {
            invalid(format!(
                "The template resource '{}' at line '1' and column '1' is not valid: the property \
                 '{name}' is required. Please see https://aka.ms/arm-syntax-resources for usage \
                 details",
                entry["name"].as_str().unwrap_or_default()
            ))
        })
    };
    let (kind, name, api_version) = (text("type")?, text("name")?, text("apiVersion")?);
    let children = entry["resources"].as_array();
    let has_children = children.is_some_and(|children| !children.is_empty());
    let program = NOT_SIMULATED
        .into_iter()
        .find(|member| !entry[*member].is_null());
    let program = program.or_else(|| has_children.then_some("resources"));
    let is_nested = kind.eq_ignore_ascii_case("Microsoft.Resources/deployments");
    if let Some(what) = program.or_else(|| is_nested.then_some("nested templates")) {
        return Err(invalid(format!(
            "The template resource '{name}' of type '{kind}' uses '{what}': this simulator takes \
             expanded templates only"
        )));
    }
    let path = path(&kind, &name, group)?;
    let known = kinds::named(&kind).ok_or_else(|| {
        invalid(format!(
            "The resource type '{kind}' of the template resource '{name}' could not be found"
        ))
    })?;
    kinds::of(&path, &api_version)?;
    let members = entry.as_object().into_iter().flatten();
    let body = members
        .filter(|(name, _)| !OF_THE_TEMPLATE.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()));
    Ok(Resource {
        kind: known,
        id: id_of(known, &path, group),
        name,
        api_version,
        body: Value::Object(body.collect()),
        depends_on: Vec::new(),
    })
}

/// The path of a resource by its type, `Microsoft.Compute/virtualMachines/extensions`, and its name,
/// `machine/extension`.
fn path(kind: &str, name: &str, group: &str) -> Result<ResourcePath, Refusal> {
    let (namespace, types) = kind.split_once('/').unwrap_or((kind, ""));
    let types: Vec<&str> = types.split('/').collect();
    let names: Vec<&str> = name.split('/').collect();
    if types.len() != names.len() || names.iter().any(|name| name.is_empty()) {
        return Err(invalid(format!(
            "The template resource '{name}' for type '{kind}' at line '1' and column '1' has \
             incorrect segment lengths. A nested resource type must have identical number of \
             segments as its resource name. A root resource type must have segment length one \
             greater than its resource name. Please see https://aka.ms/arm-syntax-resources for \
             usage details."
        )));
    }
    let pairs = types.iter().zip(&names);
    let pairs: Vec<String> = pairs.map(|(kind, name)| format!("{kind}/{name}")).collect();
    let id = format!("{group}/providers/{namespace}/{}", pairs.join("/"));
    ResourcePath::parse(&id)
        .ok_or_else(|| invalid(format!("The template resource '{name}' has no valid id")))
}

fn id_of(kind: &Kind, path: &ResourcePath, group: &str) -> String {
    let (namespace, types) = kind.name.split_once('/').unwrap_or_default();
    let pairs = types.split('/').zip(&path.names);
    let pairs: Vec<String> = pairs.map(|(kind, name)| format!("{kind}/{name}")).collect();
    format!("{group}/providers/{namespace}/{}", pairs.join("/"))
}

fn refuse_second(known: &[Resource], resource: &Resource) -> Result<(), Refusal> {
    if !known
        .iter()
        .any(|other| other.id.eq_ignore_ascii_case(&resource.id))
    {
        return Ok(());
    }
    Err(invalid(format!(
        "The resource '{}' at line '1' and column '1' is defined multiple times in a template. \
         Please see https://aka.ms/arm-syntax-resources for usage details.",
        resource.id
    )))
}

/// The place of what `dependsOn` names: an id, a type with a name, or a name that only one has.
fn depended_on(resources: &[Resource], wanted: &str, group: &str) -> Result<usize, Refusal> {
    let whole = if wanted.starts_with('/') {
        wanted.to_owned()
    } else {
        format!("{group}/providers/{wanted}")
    };
    let by_id = |resource: &Resource| {
        let by_type_and_name = format!("{}/{}", resource.kind.name, resource.name);
        resource.id.eq_ignore_ascii_case(&whole) || by_type_and_name.eq_ignore_ascii_case(wanted)
    };
    if let Some(at) = resources.iter().position(by_id) {
        return Ok(at);
    }
    let named = resources.iter().enumerate();
    let mut named = named.filter(|(_, resource)| resource.name.eq_ignore_ascii_case(wanted));
    match (named.next(), named.next()) {
        (Some((at, _)), None) => Ok(at),
        _ => Err(invalid(format!(
            "The resource '{wanted}' is not defined in the template. Please see \
             https://aka.ms/arm-template for usage details."
        ))),
    }
}

/// Takes away what depends on nothing that is left, until nothing can be taken.
fn refuse_circles(resources: &[Resource]) -> Result<(), Refusal> {
    let mut left: Vec<usize> = (0..resources.len()).collect();
    loop {
        let before = left.len();
        let kept = left.clone();
        left.retain(|at| resources[*at].depends_on.iter().any(|on| kept.contains(on)));
        if left.len() == before {
            break;
        }
    }
    match left.first() {
        None => Ok(()),
        Some(at) => Err(invalid(format!(
            "Circular dependency detected on resource: {}. Please see \
             https://aka.ms/arm-syntax-resources for usage details.",
            resources[*at].id
        ))),
    }
}
