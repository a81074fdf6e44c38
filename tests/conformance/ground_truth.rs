//! What Azure really says, beside the project: recorded traffic, and the examples of the
//! specification.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::support::operations::{self, Operation};
use crate::support::spec::Spec;

/// A request with its answer.
pub(crate) struct Exchange {
    /// Where it is written.
    pub(crate) file: String,
    pub(crate) method: String,
    /// Path and query, as they were sent.
    pub(crate) target: String,
    pub(crate) request: Value,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) response: Value,
}

impl Exchange {
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }

    /// The query's parameters but for `api-version`, percent-encoding undone.
    pub(crate) fn query(&self) -> Vec<String> {
        operations::query(&self.target)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn is_example(&self) -> bool {
        self.file.starts_with("example ")
    }

    pub(crate) fn succeeded(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Its place in words.
    pub(crate) fn place(&self) -> String {
        format!(
            "{} {} {} {}",
            self.file, self.method, self.target, self.status
        )
    }
}

/// Every exchange with Resource Manager, file by file in order.
pub(crate) fn recordings(folder: &Path) -> Vec<Vec<Exchange>> {
    let mut conversations = Vec::new();
    for file in json_files(&folder.join("recordings")) {
        let name = file.strip_prefix(folder).unwrap().display().to_string();
        if let Value::Array(items) = read(&file) {
            conversations.push(items.iter().filter_map(|i| recorded(&name, i)).collect());
        }
    }
    conversations
}

fn recorded(file: &str, item: &Value) -> Option<Exchange> {
    let target = item["uri"]
        .as_str()?
        .strip_prefix("https://management.azure.com")?;
    Some(Exchange {
        file: file.to_owned(),
        method: item["method"].as_str()?.to_owned(),
        target: target.to_owned(),
        request: item["request_body"].clone(),
        status: u16::try_from(item["status"].as_u64()?).ok()?,
        headers: headers(item["response_headers"].as_object()?),
        response: item["response_body"].clone(),
    })
}

fn headers(headers: &Map<String, Value>) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let headers = headers.iter();
    headers.map(|(name, v)| (name.clone(), text(v))).collect()
}

const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// The examples that the specification has of an operation, one exchange a status.
pub(crate) fn examples(spec: &Spec, operation: &Operation) -> Vec<Exchange> {
    let (template, declared) = spec.declared(operation.id);
    let mut exchanges = Vec::new();
    for example in declared["x-ms-examples"].as_object().into_iter().flatten() {
        let file = spec.folder().join(example.1["$ref"].as_str().unwrap());
        let mut text = read(&file).to_string();
        // What they call a subscription is no GUID everywhere.
        let given: Value = serde_json::from_str(&text).unwrap();
        let given = given["parameters"]["subscriptionId"].as_str();
        for place in ["{subscription-id}", "{subscriptionId}", "subid"]
            .into_iter()
            .chain(given)
        {
            text = text.replace(place, NOBODY);
        }
        let example: Value = serde_json::from_str(&text).unwrap();
        let parameters = example["parameters"].as_object().unwrap();
        let body = spec.body_parameter(operation.id);
        for (status, response) in example["responses"].as_object().unwrap() {
            let mut answer = response["body"].clone();
            if let Some(list) = answer.as_object_mut() {
                // Examples continue at addresses that are nobody's.
                list.remove("nextLink");
            }
            exchanges.push(Exchange {
                file: format!("example {}", file.file_name().unwrap().display()),
                method: operation.method.to_owned(),
                target: target(template, parameters, &spec.query_parameters(operation.id)),
                request: body.map_or(Value::Null, |name| parameters[name].clone()),
                status: status.parse().unwrap(),
                headers: response["headers"]
                    .as_object()
                    .map(headers)
                    .unwrap_or_default(),
                response: answer,
            });
        }
    }
    exchanges
}

/// The template with the values of an example.
fn target(template: &str, parameters: &Map<String, Value>, query: &[String]) -> String {
    let mut path = template.to_owned();
    for (name, value) in parameters {
        let value = value.as_str().unwrap_or_default();
        let mut value = value.trim_start_matches('/').to_owned();
        // The client knows no scopes but resources and their groups.
        if name == "scope" && value.split('/').count() == 2 {
            value.push_str("/resourceGroups/rg");
        }
        // A parent is types and names; that of the example is neither.
        if name == "parentResourcePath" {
            path = path.replace("{parentResourcePath}/", "");
        }
        if name == "location" {
            value.make_ascii_lowercase();
        }
        path = path.replace(&format!("{{{name}}}"), &value);
    }
    let mut written = url::form_urlencoded::Serializer::new(String::new());
    for name in query {
        if let Some(value) = parameters.get(name).and_then(Value::as_str) {
            written.append_pair(name, value);
        }
    }
    format!("{path}?{}", written.finish())
}

pub(crate) fn json_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(json_files(&path));
        } else if path.extension().is_some_and(|e| e == "json") {
            files.push(path);
        }
    }
    files.sort();
    files
}

pub(crate) fn read(file: &Path) -> Value {
    let text = fs::read_to_string(file).unwrap();
    serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap()
}
