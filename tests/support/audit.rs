//! The audit of an installation against what Azure saw.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Gallerist, Simulator};

/// The lines of the file that can be read, oldest first.
pub fn lines(gallerist: &Gallerist) -> Vec<Value> {
    let text = std::fs::read_to_string(gallerist.state().join("audit.jsonl")).unwrap_or_default();
    let lines = text.lines().map(serde_json::from_str);
    lines.filter_map(Result::ok).collect()
}

/// The outcomes that lines tell, in their order, with a star where they were found by reading.
pub fn told(lines: &[Value]) -> Vec<String> {
    let told = |line: &Value| {
        let star = if line["found"] == true { "*" } else { "" };
        format!("{}{star}", line["outcome"].as_str().unwrap())
    };
    lines.iter().map(told).collect()
}

/// The requests that the program sent to change something, whatever came of them.
fn sent(azure: &Simulator) -> Vec<Value> {
    let mut requests = azure.requests();
    requests.retain(|request| {
        let text = |name: &str| request[name].as_str().unwrap_or_default();
        let asks = ["/oauth2/", "/validate", "/Microsoft.ResourceGraph/"];
        ["PUT", "POST", "PATCH", "DELETE"].contains(&text("method"))
            && text("agent").starts_with("gallerist/")
            && !asks.iter().any(|path| text("path").contains(path))
    });
    requests
}

/// Fails the test unless the audit accounts for every write that Azure saw, as Azure saw it, and for
/// no other. Returns how many there were.
#[track_caller]
pub fn accounts_for_all(azure: &Simulator, gallerist: &Gallerist) -> usize {
    let mut by_request: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in lines(gallerist) {
        let request = line["request"].as_str().unwrap().to_owned();
        by_request.entry(request).or_default().push(line);
    }
    let sent = sent(azure);
    for request in &sent {
        let id = request["client_request_id"].as_str().unwrap();
        let lines = by_request.remove(id);
        let lines = lines.unwrap_or_else(|| panic!("not in the audit: {request:#}"));
        let first = &lines[0];
        assert_eq!(first["outcome"], "sending", "{lines:#?}");
        assert_eq!(first["method"], request["method"]);
        let path = |path: &Value| path.as_str().unwrap().to_lowercase();
        assert_eq!(path(&first["resource"]), path(&request["path"]));
        // Of what didn't get through, Azure knows no more.
        if !request["status"].is_null() {
            assert_eq!(first["principal"]["tenant"], request["tenant"]);
        }
        for line in &lines[1..] {
            for (ours, azures) in [
                ("status", "status"),
                ("requestId", "request_id"),
                ("correlationId", "correlation_id"),
            ] {
                // What Azure said of an operation that failed may have a correlation of its own.
                let told = line.get(ours).filter(|_| line["outcome"] != "failed");
                assert!(told.is_none_or(|told| *told == request[azures]), "{line:#}");
            }
        }
    }
    for line in by_request.values().flatten() {
        let outcome = line["outcome"].as_str().unwrap();
        assert!(
            ["sending", "void"].contains(&outcome),
            "Azure never saw this: {line:#}"
        );
    }
    sent.len()
}
