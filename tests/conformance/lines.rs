//! The table itself: its lines are operations of the specifications, and of the client.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use serde_json::{Value, json};

use crate::specifications;
use crate::support::Request;
use crate::support::operations::{OPERATIONS, Operation, query};

const GALLERY: &str = "/subscriptions/s/resourceGroups/r/providers/Microsoft.Compute/galleries/g";

#[test]
fn lines_are_those_of_the_specifications() {
    let specifications = specifications();
    for operation in OPERATIONS.iter() {
        let file = operation.specification;
        let Some(spec) = file.and_then(|file| specifications.get(file)) else {
            continue;
        };
        let (template, _) = spec.declared(operation.id);
        assert!(operation.is_at(template), "{operation:?} is at {template}");
        assert_eq!(operation.method, spec.method(operation.id), "{operation:?}");
        let known = spec.query_parameters(operation.id);
        for parameter in operation.parameters() {
            let name = parameter.split('=').next().unwrap().to_owned();
            assert!(known.contains(&name), "{operation:?} takes no {name}");
        }
    }
}

fn of(method: &str, target: &str) -> String {
    Operation::of(method, target).map_or_else(String::new, Operation::label)
}

#[test]
fn requests_are_told_apart() {
    let at = |rest: &str| format!("{GALLERY}{rest}");
    assert_eq!(of("GET", &at("?api-version=1")), "Galleries_Get");
    assert_eq!(of("GET", &at("").to_uppercase()), "Galleries_Get");
    assert_eq!(of("GET", &at("/images")), "GalleryImages_ListByGallery");
    assert_eq!(of("GET", &at("/images/")), "");
    assert_eq!(of("DELETE", GALLERY), "");
    let assignments = "/providers/Microsoft.Authorization/roleAssignments";
    let filter = "?%24filter=principalId+eq+%27p%27";
    assert_eq!(
        of("GET", &format!("{GALLERY}{assignments}{filter}")),
        "RoleAssignments_ListForScope $filter=principalId eq '{}'"
    );
    let one = format!("{assignments}/a");
    assert_eq!(of("GET", &at(&one)), "RoleAssignments_Get");
    assert_eq!(of("GET", &one), "");
    let permissions = "/providers/Microsoft.Authorization/permissions";
    let group = GALLERY.split("/providers/").next().unwrap();
    for (scope, id) in [
        (group.to_owned(), "Permissions_ListForResourceGroup"),
        (GALLERY.to_owned(), "Permissions_ListForResource"),
        (at("/images/i"), "Permissions_ListForResource"),
        ("/subscriptions/s".to_owned(), ""),
    ] {
        assert_eq!(of("GET", &format!("{scope}{permissions}")), id);
    }
    let polled = "/subscriptions/s/providers/p/locations/l/capsOperations/o?t=1";
    assert_eq!(of("GET", polled), "Azure-AsyncOperation");
    assert_eq!(of("GET", &format!("{polled}&monitor=true")), "Location");
    let machine = "/subscriptions/s/resourceGroups/r/providers/Microsoft.Compute/virtualMachines/v";
    assert_eq!(of("PUT", machine), "");
}

#[test]
fn queries_are_compared() {
    let machine = "/subscriptions/s/resourceGroups/r/providers/Microsoft.Compute/virtualMachines/v";
    let machine = Operation::of("GET", machine).unwrap();
    assert_eq!(machine.lacks(&[]), ["$expand=instanceView"]);
    let more = query("?api-version=1&$expand=instanceView&$select=x");
    assert!(machine.lacks(&more).is_empty());
    assert_eq!(machine.exceeded_by(&more), ["$select=x"]);
    let plain = Operation::of("GET", GALLERY).unwrap();
    assert!(plain.tells_of_operations() && plain.ways().len() == 2);
}

#[test]
fn a_request_that_the_program_may_not_make_is_found() {
    let noted = |method: &str, path: &str, query: &str, body: Value| {
        let noted = json!({
            "method": method, "path": path, "query": query, "body": body, "agent": "gallerist/1",
        });
        Request::noted(&noted).unwrap().mistakes().join("\n")
    };
    let read = |query: &str| noted("GET", GALLERY, query, Value::Null);
    assert_eq!(read("api-version=2024-03-03&$select=Permissions"), "");
    assert_eq!(
        read("api-version=2024-03-03&$select=Permissions&$skiptoken=x"),
        ""
    );
    assert!(read("api-version=2023-07-03&$select=Permissions").contains("not api-version="));
    assert!(read("api-version=2024-03-03&$expand=x").contains("asked otherwise"));
    let version = "api-version=2024-03-03";
    let deleted = noted("DELETE", GALLERY, version, Value::Null);
    assert!(deleted.contains("no line"), "{deleted}");
    if specifications().is_empty() {
        return;
    }
    let odd = json!({ "operationType": "Lend", "groups": [] });
    let shared = noted("POST", &format!("{GALLERY}/share"), version, odd);
    assert!(shared.contains("Lend"), "{shared}");
    let machine = json!({
        "type": "Microsoft.Compute/virtualMachines", "name": "vm", "apiVersion": "2024-07-01",
        "location": "westeurope", "properties": { "vmId": "x" },
    });
    let template = json!({ "resources": [machine] });
    let body = json!({ "properties": { "mode": "Incremental", "template": template } });
    let group = GALLERY.split("/providers/").next().unwrap();
    let wave = format!("{group}/providers/Microsoft.Resources/deployments/wave");
    let deployed = noted("PUT", &wave, "api-version=2024-07-01", body);
    assert!(
        deployed.contains("VirtualMachines_CreateOrUpdate /properties/vmId"),
        "{deployed}"
    );
}

#[test]
fn what_others_ask_is_not_judged() {
    let other = json!({ "method": "DELETE", "path": GALLERY, "agent": "azsdk-python" });
    assert!(Request::noted(&other).is_none());
    let token = json!({ "method": "POST", "path": "/t/oauth2/v2.0/token", "agent": "gallerist/1" });
    assert!(Request::noted(&token).is_none());
}

/// The client's sources of what Azure is asked.
fn sources() -> Vec<String> {
    fn files(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let below = |path: PathBuf| match path.is_dir() {
            true => files(&path),
            false => vec![path],
        };
        entries.flat_map(below).collect()
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/azure");
    let files = files(&folder).into_iter();
    files
        .map(|file| fs::read_to_string(file).unwrap())
        .collect()
}

/// Methods of `Session` that ask the authority only.
const SIGN_IN: [&str; 4] = ["account", "begin_sign_in", "sign_in", "sign_out"];

#[test]
fn every_method_of_a_session_has_a_line() {
    let mut methods = BTreeSet::new();
    for source in sources() {
        let Some((_, of_session)) = source.split_once("\nimpl Session {") else {
            continue;
        };
        let of_session = of_session.split("\n}\n").next().unwrap();
        let names = of_session.split("pub async fn ").skip(1);
        let names = names.map(|method| method.split(['(', '<']).next().unwrap());
        methods.extend(names.map(str::to_owned));
    }
    for name in SIGN_IN {
        assert!(methods.remove(name), "{name} is no method");
    }
    let lines = OPERATIONS.iter().filter(|line| !line.is_in_template());
    let lines: BTreeSet<String> = lines.map(|line| line.called.to_owned()).collect();
    assert_eq!(methods, lines);
}

#[test]
fn every_api_version_is_that_of_a_specification() {
    let table = include_str!("../../src/azure/arm/api_versions.rs");
    let table = table.split("#[cfg(test)]").next().unwrap();
    let version = Regex::new(r#""(\d{4}-\d{2}-\d{2}[^"]*)""#).unwrap();
    let used: BTreeSet<&str> = version
        .captures_iter(table)
        .map(|found| found.get(1).unwrap().as_str())
        .collect();
    let lines = OPERATIONS.iter().filter_map(Operation::api_version);
    assert_eq!(used, lines.collect());
}
