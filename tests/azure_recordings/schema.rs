//! The schema of a request body, taken from the published specification.

use std::path::Path;

use serde_json::{Map, Value};

use crate::ground_truth::read;

/// A schema with its references put in place, strict: what it does not name is refused.
pub(crate) struct Schema(Value);

impl Schema {
    /// `definition` of a specification file.
    pub(crate) fn load(file: &Path, definition: &str) -> Self {
        let document = read(file);
        Self(expand(
            &document["definitions"][definition],
            file,
            &document,
        ))
    }

    /// What is wrong with a request body.
    pub(crate) fn faults(&self, body: &Value) -> Vec<String> {
        let validator = jsonschema::validator_for(&self.0).unwrap();
        let mut faults: Vec<String> = validator
            .iter_errors(body)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        read_only(&self.0, body, "", &mut faults);
        faults
    }
}

/// The schema with every `$ref` replaced by what it refers to and every `allOf` merged.
fn expand(schema: &Value, file: &Path, document: &Value) -> Value {
    let Value::Object(schema) = schema else {
        return schema.clone();
    };
    if let Some(Value::String(reference)) = schema.get("$ref") {
        let (other, pointer) = reference.split_once('#').unwrap();
        let mut referred = if other.is_empty() {
            expand(document.pointer(pointer).unwrap(), file, document)
        } else {
            let file = file.parent().unwrap().join(other);
            let document = read(&file);
            expand(document.pointer(pointer).unwrap(), &file, &document)
        };
        if schema.get("readOnly") == Some(&Value::Bool(true)) {
            referred["readOnly"] = true.into();
        }
        return referred;
    }
    let mut expanded = Map::new();
    for (key, value) in schema {
        let value = match (key.as_str(), value) {
            ("properties", Value::Object(properties)) => properties
                .iter()
                .map(|(name, value)| (name.clone(), expand(value, file, document)))
                .collect(),
            ("items" | "additionalProperties", value) => expand(value, file, document),
            ("allOf" | "example" | "format", _) => continue,
            (_, value) => value.clone(),
        };
        expanded.insert(key.clone(), value);
    }
    for base in schema
        .get("allOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let base = expand(base, file, document);
        for part in ["properties", "required"] {
            merge(&mut expanded, part, &base[part]);
        }
    }
    if expanded.contains_key("properties") && !expanded.contains_key("additionalProperties") {
        expanded.insert("additionalProperties".to_owned(), false.into());
    }
    Value::Object(expanded)
}

fn merge(into: &mut Map<String, Value>, part: &str, from: &Value) {
    match (into.get_mut(part), from) {
        (Some(Value::Object(into)), Value::Object(from)) => into.extend(from.clone()),
        (Some(Value::Array(into)), Value::Array(from)) => into.extend(from.clone()),
        (None, Value::Object(_) | Value::Array(_)) => {
            into.insert(part.to_owned(), from.clone());
        }
        _ => {}
    }
}

/// Notes every field of the body that the specification marks `readOnly`.
fn read_only(schema: &Value, body: &Value, at: &str, faults: &mut Vec<String>) {
    match body {
        Value::Object(fields) => {
            for (name, value) in fields {
                let at = format!("{at}/{name}");
                let schema = &schema["properties"][name];
                if schema["readOnly"] == true {
                    faults.push(format!("{at}: is read-only"));
                }
                read_only(schema, value, &at, faults);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                read_only(&schema["items"], item, &format!("{at}/{index}"), faults);
            }
        }
        _ => {}
    }
}
