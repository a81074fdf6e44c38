//! The simulator's answers to every operation, held against the specification: bodies of success and
//! of refusal, the headers of what goes on after its answer, and what is told when that is followed.

mod scenario;

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::Value;

use crate::client::{Client, Reply, reply};
use crate::support::operations::Operation;
use crate::support::spec::{Checked, Spec};
use crate::table::Table;

/// What the specification has against an answer that is right all the same: of which operations,
/// part of the objection, and why. Each has to be needed.
const ACCEPTED: [(&str, &str, &str); 7] = [
    (
        "Tenants_List",
        "\"nextLink\" is a required property",
        "not in the real answers (extensions/account.json of the recordings)",
    ),
    (
        "Subscriptions_List",
        "\"nextLink\" is a required property",
        "likewise",
    ),
    (
        "GalleryImage",
        "x-northwind-",
        "the demo has it to be kept by clients, not to be specified",
    ),
    (
        "RoleAssignments_",
        "null is not of type \"string\"",
        "recorded so (role/role_assignment_create_update.json)",
    ),
    (
        "VirtualMachines_",
        "/properties/hardwareProfile/vmSize: ",
        "the sizes of 2019 are listed, and there may be others",
    ),
    (
        "NetworkInterfaces_",
        "'kind' was unexpected",
        "recorded so (network/network_nic_edge_zone.json)",
    ),
    (
        "NetworkInterfaces_",
        "'allowPort25Out' was unexpected",
        "likewise",
    ),
];

/// What every resource provider answers in (Microsoft's common types).
const COMMON: &str = "common-types/resource-management/v5/types.json";

/// Drives the simulator through each operation; fails for every answer that is not as specified.
pub(crate) async fn check(specifications: &BTreeMap<&'static str, Spec>, table: &mut Table) {
    let common = Spec::load(COMMON).unwrap();
    let mut drive = Drive {
        client: Client::demo().await,
        status: common.definition("OperationStatusResult"),
        refusal: common.definition("ErrorResponse"),
        specifications,
        schemas: BTreeMap::new(),
        table,
        refused: BTreeSet::new(),
        accepted: BTreeSet::new(),
        mistakes: Vec::new(),
    };
    scenario::galleries(&mut drive).await;
    drive.client.stop().await;
    drive.client = scenario::hosting().await;
    scenario::machines(&mut drive).await;
    drive.client.stop().await;
    let mistakes = drive.mistakes.join("\n");
    assert!(mistakes.is_empty(), "answers of the simulator:\n{mistakes}");
    for (operation, part, why) in ACCEPTED {
        let used = drive.accepted.contains(&(operation, part));
        assert!(
            used,
            "{operation}: nothing objects any more that {part} ({why})"
        );
    }
}

struct Drive<'a> {
    client: Client,
    specifications: &'a BTreeMap<&'static str, Spec>,
    /// Of an answer with a status; nothing where the specification says nothing of errors.
    schemas: BTreeMap<(&'static str, u16), Option<Checked>>,
    /// Of a look at an operation.
    status: Checked,
    /// Of a refusal that the specification says nothing of.
    refusal: Checked,
    table: &'a mut Table,
    /// Operations that were refused in the ways in which any can be.
    refused: BTreeSet<String>,
    accepted: BTreeSet<(&'static str, &'static str)>,
    mistakes: Vec<String>,
}

impl Drive<'_> {
    async fn get(&mut self, target: &str, status: u16) -> Reply {
        self.ask(Method::GET, target, None, status).await
    }

    /// Asks, and judges the answer. The first time that an operation is asked it is refused before
    /// in every way that any operation can be.
    async fn ask(
        &mut self,
        method: Method,
        target: &str,
        body: Option<&Value>,
        status: u16,
    ) -> Reply {
        let operation = operation(&method, target);
        if self.refused.insert(operation.label()) && !operation.follows() {
            self.refuse(operation, &method, target, body).await;
        }
        let request = self.client.request(method, target);
        let reply = send(request, body).await;
        assert_eq!(reply.status.as_u16(), status, "{target}\n{reply:?}");
        self.judge(operation, target, &reply);
        reply
    }

    /// Without a token, and with versions that there are not.
    async fn refuse(
        &mut self,
        operation: &'static Operation,
        method: &Method,
        target: &str,
        body: Option<&Value>,
    ) {
        let version = format!("api-version={}", operation.api_version().unwrap());
        assert!(target.contains(&version), "{target} without {version}");
        let bare = self.client.bare(method.clone(), target);
        let reply = send(bare, body).await;
        let challenge = reply.header("www-authenticate").unwrap_or_default();
        assert!(challenge.starts_with("Bearer "), "{target}: {reply:?}");
        self.refused_with(401, operation, target, &reply);
        for wrong in ["api-version=1999-01-01", "version=1"] {
            let target = target.replace(&version, wrong);
            let request = self.client.request(method.clone(), &target);
            let reply = send(request, body).await;
            self.refused_with(400, operation, &target, &reply);
        }
    }

    fn refused_with(
        &mut self,
        status: u16,
        operation: &'static Operation,
        target: &str,
        reply: &Reply,
    ) {
        assert_eq!(reply.status.as_u16(), status, "{target}\n{reply:?}");
        self.judge(operation, target, reply);
    }

    /// Follows what was accepted, wherever the answer says that it can be: while it runs and when it
    /// has ended.
    async fn follow(&mut self, accepted: &Reply) {
        for header in ["azure-asyncoperation", "location"] {
            if let Some(address) = accepted.header(header) {
                let target = self.target(address);
                let running = if header == "location" { 202 } else { 200 };
                self.get(&target, running).await;
            }
        }
        self.client.advance(3600).await;
        for header in ["azure-asyncoperation", "location"] {
            if let Some(address) = accepted.header(header) {
                let target = self.target(address);
                let reply = reply(self.client.request(Method::GET, &target)).await;
                assert!(matches!(reply.status.as_u16(), 200 | 204), "{reply:?}");
                self.judge(operation(&Method::GET, &target), &target, &reply);
            }
        }
    }

    fn target(&self, address: &str) -> String {
        let target = address.trim_start_matches(&self.client.ready.resource_manager);
        assert!(target.starts_with('/'), "{address} is somewhere else");
        target.to_owned()
    }

    fn judge(&mut self, operation: &'static Operation, target: &str, reply: &Reply) {
        let status = reply.status.as_u16();
        self.table.row(operation).answers.insert(status);
        let mut found = self.in_body(operation, status, &reply.body);
        found.extend(in_headers(reply));
        let spec = operation
            .specification
            .and_then(|file| self.specifications.get(file));
        if let Some(spec) = spec
            && spec.is_long_running(operation.id)
            && reply.status.is_success()
        {
            found.extend(going_on(reply));
        }
        found.retain(|mistake| {
            let mut accepted = ACCEPTED.iter();
            let accepted = accepted
                .find(|(of, part, _)| operation.id.starts_with(of) && mistake.contains(part));
            self.accepted
                .extend(accepted.map(|(of, part, _)| (*of, *part)));
            accepted.is_none()
        });
        let place = format!("{} {status} {target}", operation.id);
        self.mistakes.extend(
            found
                .iter()
                .map(|mistake| format!("{place}\n    {mistake}")),
        );
    }

    fn in_body(&mut self, operation: &Operation, status: u16, body: &Value) -> Vec<String> {
        let Some(spec) = operation
            .specification
            .and_then(|file| self.specifications.get(file))
        else {
            let silent = body.is_null() && [200, 202, 204].contains(&status);
            return if silent {
                Vec::new()
            } else {
                self.status.mistakes(body)
            };
        };
        let load = || spec.try_response(operation.id, status);
        let schema = self
            .schemas
            .entry((operation.id, status))
            .or_insert_with(load);
        schema.as_ref().unwrap_or(&self.refusal).mistakes(body)
    }
}

fn operation(method: &Method, target: &str) -> &'static Operation {
    let operation = Operation::of(method.as_str(), target);
    operation.unwrap_or_else(|| panic!("{method} {target} has no line"))
}

async fn send(request: reqwest::RequestBuilder, body: Option<&Value>) -> Reply {
    reply(match body {
        Some(body) => request.json(body),
        None => request,
    })
    .await
}

/// What every answer has (azure-resource-manager-rpc, common-api-details.md).
fn in_headers(reply: &Reply) -> Vec<String> {
    let mut missing = Vec::new();
    for name in ["x-ms-request-id", "x-ms-correlation-request-id"] {
        if reply.header(name).is_none() {
            missing.push(format!("no {name}"));
        }
    }
    let json = reply.header("content-type").unwrap_or_default();
    if !reply.body.is_null() && !json.starts_with("application/json") {
        missing.push(format!("content-type {json:?}"));
    }
    missing
}

/// Where an operation that has not ended goes on (async-api-reference.md), and when to ask.
fn going_on(reply: &Reply) -> Vec<String> {
    let state = &reply.body["properties"]["provisioningState"];
    let ended = reply.status != 202 && (state.is_null() || state == "Succeeded");
    let address = ["azure-asyncoperation", "location"]
        .iter()
        .any(|name| reply.header(name).is_some());
    let wait = reply.header("retry-after").map(str::parse::<u32>);
    match (ended, address, wait) {
        (true, false, _) | (_, true, Some(Ok(1..))) => Vec::new(),
        (_, true, wait) => vec![format!("Retry-After is {wait:?}")],
        (false, false, _) => vec!["not ended, and nowhere to follow it".to_owned()],
    }
}
