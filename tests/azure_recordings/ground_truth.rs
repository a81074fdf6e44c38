//! What Azure really says: recorded traffic and the published specification, beside the project.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// A recorded request with its answer.
pub(crate) struct Exchange {
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
        query(&self.target)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

pub(crate) fn query(target: &str) -> Vec<String> {
    let (_, query) = target.split_once('?').unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name != "api-version")
        .map(|(name, value)| format!("{name}={value}"))
        .collect()
}

/// Every exchange with Resource Manager, file by file in order.
pub(crate) fn recordings(folder: &Path) -> Vec<Exchange> {
    let mut exchanges = Vec::new();
    for file in json_files(&folder.join("recordings")) {
        let name = file.strip_prefix(folder).unwrap().display().to_string();
        let Value::Array(items) = read(&file) else {
            continue;
        };
        exchanges.extend(items.iter().filter_map(|item| exchange(&name, item)));
    }
    exchanges
}

fn exchange(file: &str, item: &Value) -> Option<Exchange> {
    let target = item["uri"]
        .as_str()?
        .strip_prefix("https://management.azure.com")?;
    let headers = item["response_headers"].as_object()?.iter();
    Some(Exchange {
        file: file.to_owned(),
        method: item["method"].as_str()?.to_owned(),
        target: target.to_owned(),
        request: item["request_body"].clone(),
        status: u16::try_from(item["status"].as_u64()?).ok()?,
        headers: headers
            .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
            .collect(),
        response: item["response_body"].clone(),
    })
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
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}
