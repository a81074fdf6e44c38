use std::collections::BTreeSet;

use serde_json::Value;

/// Without what differs from run to run by nature: when something was, and for how long.
pub fn timeless(mut value: Value) -> Value {
    scrub(&mut value);
    value
}

fn scrub(value: &mut Value) {
    const BY_NATURE: [&str; 11] = [
        "templateHash",
        "timeCreated",
        "createdOn",
        "updatedOn",
        "timestamp",
        "time",
        "startTime",
        "endTime",
        "duration",
        "correlationId",
        "trackingId",
    ];
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !BY_NATURE.contains(&name.as_str()));
            members.values_mut().for_each(scrub);
        }
        Value::Array(items) => items.iter_mut().for_each(scrub),
        _ => {}
    }
}

/// With `JOB` for the names of the jobs that resources are tagged with, also where something is
/// called after them: each run derives them anew.
pub fn without_jobs(value: &Value) -> Value {
    let mut jobs = BTreeSet::new();
    collect_jobs(value, &mut jobs);
    let mut text = value.to_string();
    for job in jobs {
        text = text.replace(&job, "JOB").replace(&job[..12], "JOB");
    }
    serde_json::from_str(&text).unwrap()
}

fn collect_jobs(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(job) if name == "gallerist-job" => {
                        found.insert(job.clone());
                    }
                    _ => collect_jobs(member, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_jobs(item, found)),
        _ => {}
    }
}

/// Where two values differ, and how.
pub fn differences(one: &Value, other: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("", one, other, &mut found);
    found
}

fn compare(at: &str, one: &Value, other: &Value, found: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(some), Value::Object(others)) => {
            let names: BTreeSet<&String> = some.keys().chain(others.keys()).collect();
            for name in names {
                compare(&format!("{at} {name}"), &one[name], &other[name], found);
            }
        }
        (Value::Array(some), Value::Array(others)) if some.len() == others.len() => {
            for (one, other) in some.iter().zip(others) {
                compare(at, one, other, found);
            }
        }
        _ if one == other => {}
        _ => found.push(format!("{at}: {one} and {other}")),
    }
}
