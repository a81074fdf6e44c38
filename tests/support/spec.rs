//! Azure's `OpenAPI` documents as JSON schemas.
//!
//! ```ignore
//! let spec = Spec::load("compute/…/gallery.json").unwrap();
//! spec.response("Galleries_Get", 200).check(&body);
//! ```

#![allow(dead_code, reason = "each test program uses its part")]

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use serde_json::{Map, Value, json};

/// Where Azure's specifications and recordings lie: beside this package. None, said aloud, where
/// they are not, unless this is CI.
pub(crate) fn azure_folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/azure");
    if folder.join("specs").is_dir() {
        return Some(folder);
    }
    let what = format!("{} is missing", folder.display());
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{what}");
    println!("skipped: {what}");
    None
}

/// One specification, with all that it refers to.
pub(crate) struct Spec {
    path: PathBuf,
    files: BTreeMap<PathBuf, Value>,
}

/// A schema of a request or a response.
pub(crate) struct Checked {
    what: String,
    validator: jsonschema::Validator,
}

impl Spec {
    /// Loads a specification by its path below `specs/`. None where the folder is missing.
    pub(crate) fn load(path: &str) -> Option<Self> {
        let path = azure_folder()?.join("specs").join(path);
        let mut files = BTreeMap::new();
        load(&path, &mut files);
        Some(Self { path, files })
    }

    /// The folder that it lies in.
    pub(crate) fn folder(&self) -> &Path {
        self.path.parent().unwrap()
    }

    /// The path of an operation, and what is said of it.
    pub(crate) fn declared(&self, operation: &str) -> (&str, &Value) {
        let (path, _, declared) = self.find(operation);
        (path, declared)
    }

    /// The method of an operation, in capitals.
    pub(crate) fn method(&self, operation: &str) -> String {
        self.find(operation).1.to_uppercase()
    }

    /// Whether an operation is said to go on after its answer.
    pub(crate) fn is_long_running(&self, operation: &str) -> bool {
        self.operation(operation)["x-ms-long-running-operation"] == true
    }

    /// The names of the parameters that go into the query.
    pub(crate) fn query_parameters(&self, operation: &str) -> Vec<String> {
        self.parameters(operation, "query")
            .map(|parameter| parameter["name"].as_str().unwrap().to_owned())
            .collect()
    }

    /// What the body is called among the parameters.
    pub(crate) fn body_parameter(&self, operation: &str) -> Option<&str> {
        self.parameters(operation, "body").next()?["name"].as_str()
    }

    /// The schema of a response; a status that is not listed has the default one, the error.
    pub(crate) fn response(&self, operation: &str, status: u16) -> Checked {
        let response = self.try_response(operation, status);
        response.unwrap_or_else(|| panic!("{operation} has no response {status} and no default"))
    }

    /// The same; nothing where the specification says nothing of errors.
    pub(crate) fn try_response(&self, operation: &str, status: u16) -> Option<Checked> {
        let responses = &self.operation(operation)["responses"];
        let response = responses.get(status.to_string());
        let response = response.or(responses.get("default"))?;
        Some(self.checked(
            format!("{operation} {status}"),
            response.get("schema").unwrap_or(&Value::Null),
            false,
        ))
    }

    /// A schema by its name.
    pub(crate) fn definition(&self, name: &str) -> Checked {
        let schema = json!({ "$ref": format!("#/definitions/{name}") });
        self.checked(name.to_owned(), &schema, false)
    }

    /// The schema of a request's body; what only Azure writes is a mistake in it.
    pub(crate) fn request_body(&self, operation: &str) -> Checked {
        let body = self.parameters(operation, "body").next();
        let schema = body.map_or(&Value::Null, |body| &body["schema"]);
        self.checked(format!("{operation} request"), schema, true)
    }

    fn parameters(&self, operation: &str, place: &str) -> impl Iterator<Item = &Value> {
        let parameters = self.operation(operation)["parameters"].as_array();
        let parameters = parameters.into_iter().flatten();
        parameters
            .map(|parameter| self.resolved(parameter))
            .filter(move |parameter| parameter["in"] == place)
    }

    /// A parameter, or what it refers to.
    fn resolved<'a>(&'a self, parameter: &'a Value) -> &'a Value {
        let Some(reference) = parameter["$ref"].as_str() else {
            return parameter;
        };
        let (file, pointer) = target(&self.path, reference);
        self.files[&file].pointer(&pointer).unwrap()
    }

    fn operation(&self, id: &str) -> &Value {
        self.find(id).2
    }

    /// Path, method and the operation itself.
    fn find(&self, id: &str) -> (&str, &str, &Value) {
        let paths = self.files[&self.path]["paths"].as_object().unwrap();
        let mut operations = paths.iter().flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().iter();
            methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
        });
        let found = operations.find(|(_, _, operation)| operation["operationId"] == id);
        found.unwrap_or_else(|| panic!("no operation {id}"))
    }

    fn checked(&self, what: String, schema: &Value, is_request: bool) -> Checked {
        let mut bundle = Bundle {
            spec: self,
            is_request,
            definitions: Map::new(),
        };
        let mut root = if schema.is_null() {
            json!({ "type": "null" })
        } else {
            bundle.closed(&self.path, schema)
        };
        root["definitions"] = Value::Object(bundle.definitions);
        let validator = jsonschema::draft4::new(&root).unwrap_or_else(|e| panic!("{what}: {e}"));
        Checked { what, validator }
    }
}

impl Checked {
    /// Every mistake in `body`; properties that the specification does not have are mistakes too.
    pub(crate) fn mistakes(&self, body: &Value) -> Vec<String> {
        self.validator
            .iter_errors(body)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect()
    }

    /// Fails with every mistake in `body`.
    pub(crate) fn check(&self, body: &Value) {
        let mistakes = self.mistakes(body);
        assert!(
            mistakes.is_empty(),
            "{}\n{}\n{body:#}",
            self.what,
            mistakes.join("\n")
        );
    }
}

fn load(path: &Path, files: &mut BTreeMap<PathBuf, Value>) {
    if files.contains_key(path) {
        return;
    }
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let text = text.trim_start_matches('\u{feff}');
    let document: Value = serde_json::from_str(text).unwrap();
    let mut found = Vec::new();
    references(&document, &mut found);
    files.insert(path.to_owned(), document);
    for reference in found {
        let (file, _) = reference.split_once('#').unwrap_or((&reference, ""));
        if !file.is_empty() {
            load(&beside(path, file), files);
        }
    }
}

/// All references but those to examples.
fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(reference) if name == "$ref" => found.push(reference.clone()),
                    _ if name == "x-ms-examples" => {}
                    _ => references(member, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

/// What `file` means in the file `path`, without `..` inside.
fn beside(path: &Path, file: &str) -> PathBuf {
    let mut result = PathBuf::new();
    for part in path.parent().unwrap().join(file).components() {
        match part {
            Component::ParentDir if result.file_name().is_some_and(|name| name != "..") => {
                result.pop();
            }
            part => result.push(part),
        }
    }
    result
}

/// Schemas gathered into one document.
struct Bundle<'s> {
    spec: &'s Spec,
    is_request: bool,
    definitions: Map<String, Value>,
}

impl Bundle<'_> {
    /// A schema of `file` with its references into this bundle, `allOf` flattened, and closed to
    /// properties that it does not name.
    fn closed(&mut self, file: &Path, schema: &Value) -> Value {
        if let Some(reference) = schema["$ref"].as_str() {
            return self.referred(file, reference);
        }
        let mut flat = Map::new();
        flatten(self.spec, file, schema, &mut flat);
        let mut result = Map::new();
        for keyword in ["type", "enum", "pattern", "minimum", "maximum", "required"] {
            if let Some(value) = flat.get(keyword) {
                result.insert(keyword.into(), value.clone());
            }
        }
        let home = |value: &Value| PathBuf::from(value["file"].as_str().unwrap());
        if let Some(items) = flat.get("items") {
            let items = self.closed(&home(items), &items["schema"]);
            result.insert("items".into(), items);
        }
        if let Some(Value::Object(properties)) = flat.get("properties") {
            let mut closed = Map::new();
            for (name, property) in properties {
                let schema = &property["schema"];
                let property = if self.is_request && schema["readOnly"] == true {
                    json!({ "not": {} })
                } else {
                    self.closed(&home(property), schema)
                };
                closed.insert(name.clone(), property);
            }
            result.insert("properties".into(), Value::Object(closed));
            result.insert("additionalProperties".into(), json!(false));
        }
        match flat.get("additionalProperties") {
            Some(additional) if additional["schema"].is_object() => {
                let additional = self.closed(&home(additional), &additional["schema"]);
                result.insert("additionalProperties".into(), additional);
            }
            Some(additional) => {
                let allowed = additional["schema"].clone();
                result.insert("additionalProperties".into(), allowed);
            }
            None => {}
        }
        if flat.get("x-nullable") == Some(&json!(true)) {
            return json!({ "anyOf": [Value::Object(result), { "type": "null" }] });
        }
        Value::Object(result)
    }

    fn referred(&mut self, file: &Path, reference: &str) -> Value {
        let (file, pointer) = target(file, reference);
        let name = format!("{}#{pointer}", file.display()).replace(['/', '~', '%', '#'], "_");
        if !self.definitions.contains_key(&name) {
            self.definitions.insert(name.clone(), Value::Null);
            let schema = self.spec.files[&file].pointer(&pointer).cloned();
            let schema = schema.unwrap_or_else(|| panic!("{reference} leads nowhere"));
            let closed = self.closed(&file, &schema);
            self.definitions.insert(name.clone(), closed);
        }
        json!({ "$ref": format!("#/definitions/{name}") })
    }
}

/// Gathers a schema and all that it is made of into one; subschemas keep the file they are in.
fn flatten(spec: &Spec, file: &Path, schema: &Value, into: &mut Map<String, Value>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let (file, pointer) = target(file, reference);
        let schema = spec.files[&file].pointer(&pointer).unwrap();
        return flatten(spec, &file, schema, into);
    }
    let located = |schema: &Value| json!({ "file": file, "schema": schema });
    for part in schema["allOf"].as_array().into_iter().flatten() {
        flatten(spec, file, part, into);
    }
    for (keyword, value) in schema.as_object().into_iter().flatten() {
        match keyword.as_str() {
            "properties" => {
                let all = into.entry("properties").or_insert_with(|| json!({}));
                for (name, property) in value.as_object().into_iter().flatten() {
                    all[name] = located(property);
                }
            }
            "required" => {
                let all = into.entry("required").or_insert_with(|| json!([]));
                let all = all.as_array_mut().unwrap();
                all.extend(value.as_array().into_iter().flatten().cloned());
            }
            "items" | "additionalProperties" => {
                into.insert(keyword.clone(), located(value));
            }
            "allOf" => {}
            _ => {
                into.insert(keyword.clone(), value.clone());
            }
        }
    }
}

fn target(file: &Path, reference: &str) -> (PathBuf, String) {
    let (other, pointer) = reference.split_once('#').unwrap_or((reference, ""));
    let file = if other.is_empty() {
        file.to_owned()
    } else {
        beside(file, other)
    };
    (file, pointer.to_owned())
}
