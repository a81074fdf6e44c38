//! What is answered about roles, against Microsoft's definitions, specification and recordings.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::client::{Client, GALLERIES, Reply, reply};
use super::recordings::{differences, path_of};
use super::roles::{
    ESTATE, GUESTS, IMAGE_READER, READER, assignment, gallery, grant, list, refusal,
};
use crate::spec::{Spec, azure_folder};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn definitions_are_microsofts() {
    let Some(folder) = azure_folder() else {
        return;
    };
    let text = std::fs::read_to_string(folder.join("builtin-roles.json")).unwrap();
    let real: Value = serde_json::from_str(&text).unwrap();
    let client = Client::demo().await;
    let at = |query: &str| {
        format!(
            "{GALLERIES}/providers/Microsoft.Authorization/roleDefinitions{query}api-version=2022-04-01"
        )
    };
    let all = client.get(&at("?$filter=type%20eq%20'BuiltInRole'&")).await;
    let all = all.body["value"].as_array().unwrap().clone();
    assert!(all.len() > 10, "{}", all.len());
    for role in &all {
        let name = role["properties"]["roleName"].as_str().unwrap();
        let subscription = GALLERIES.rsplit('/').next().unwrap();
        let text = real[name].to_string();
        let text = text.replace("00000000-0000-0000-0000-000000000000", subscription);
        let expected: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(*role, expected);
        let id = role["name"].as_str().unwrap();
        let one = client.get(&at(&format!("/{id}?"))).await;
        assert_eq!(one.body, *role);
        let named = at(&format!(
            "?$filter=roleName%20eq%20'{}'&",
            name.to_lowercase()
        ));
        let named = client.get(&named).await;
        assert_eq!(named.body["value"], json!([role]));
    }
    let custom = client.get(&at("?$filter=type%20eq%20'CustomRole'&")).await;
    assert_eq!(custom.body["value"], json!([]));
    let missing = client
        .get(&at("/00000000-0000-0000-0000-00000000dead?"))
        .await;
    assert_eq!(refusal(&missing), (404, "RoleDefinitionDoesNotExist"));
    client.stop().await;
}

const SPECS: &str = "authorization/resource-manager/Microsoft.Authorization/stable/2022-04-01";

/// Azure says null for what an assignment lacks, which the specification does not foresee.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.iter().filter(|(_, member)| !member.is_null());
            members
                .map(|(name, member)| (name.clone(), without_nulls(member)))
                .collect()
        }
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

#[tokio::test]
async fn answers_are_as_specified() {
    let Some(assignments) = Spec::load(&format!("{SPECS}/authorization-RoleAssignmentsCalls.json"))
    else {
        return;
    };
    let definitions =
        Spec::load(&format!("{SPECS}/authorization-RoleDefinitionsCalls.json")).unwrap();
    let client = Client::with_estate(ESTATE).await;
    let check = |spec: &Spec, operation: &str, reply: &Reply| {
        let schema = spec.response(operation, reply.status.as_u16());
        schema.check(&without_nulls(&reply.body));
    };
    let path = assignment(&gallery(), 1);
    let body = grant(IMAGE_READER, GUESTS);
    let made = client.put(&path, &body).await;
    check(&assignments, "RoleAssignments_Create", &made);
    let one = client.get(&path).await;
    check(&assignments, "RoleAssignments_Get", &one);
    let all = client.get(&list(&gallery(), "")).await;
    assert_eq!(all.body["value"].as_array().unwrap().len(), 2, "{all:?}");
    check(&assignments, "RoleAssignments_ListForScope", &all);
    let refused = client.put(&path, &grant(READER, GUESTS)).await;
    check(&assignments, "RoleAssignments_Create", &refused);
    let gone = client.delete(&path).await;
    check(&assignments, "RoleAssignments_Delete", &gone);
    let none = client.delete(&path).await;
    check(&assignments, "RoleAssignments_Delete", &none);

    let at = |what: &str| {
        format!(
            "{}/providers/Microsoft.Authorization/{what}?api-version=2022-04-01",
            gallery()
        )
    };
    let all = client.get(&at("roleDefinitions")).await;
    check(&definitions, "RoleDefinitions_List", &all);
    let one = client.get(&at(&format!("roleDefinitions/{READER}"))).await;
    check(&definitions, "RoleDefinitions_Get", &one);
    let permissions = client.get(&at("permissions")).await;
    assert_eq!(permissions.status, 200);
    check(&definitions, "Permissions_ListForResource", &permissions);
    client.stop().await;
}

/// The redacted subscription of all recordings.
const RECORDED: &str = "/subscriptions/00000000-0000-0000-0000-000000000000";

/// The recorded requests of these types, in order, with their files.
fn recorded(folder: &std::path::Path) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for below in ["role", "vm"] {
        let folder = folder.join("recordings").join(below);
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().path())
            .collect();
        files.sort();
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            let Ok(Value::Array(pairs)) = serde_json::from_str(&text) else {
                continue;
            };
            let name = file.display().to_string();
            let of_roles = |pair: &Value| {
                let uri = pair["uri"].as_str().unwrap_or_default();
                uri.contains("/Microsoft.Authorization/role")
            };
            let pairs = pairs.into_iter().filter(of_roles);
            found.extend(pairs.map(|pair| (name.clone(), pair)));
        }
    }
    found
}

#[tokio::test]
async fn the_recorded_requests_are_answered_as_azure_did() {
    let Some(folder) = azure_folder() else {
        return;
    };
    let recorded = recorded(&folder);
    let mut estate = r#"
[application]
client_id = "6c6b5a4e-0000-4000-8000-000000000001"
client_secret = "s"
home = "6c6b5a4e-0000-4000-8000-000000000002"

[[tenant]]
id = "6c6b5a4e-0000-4000-8000-000000000002"
name = "Recorded"
domain = "recorded.example"
country = "US"
application = "6c6b5a4e-0000-4000-8000-000000000003"

[tenant.principals]
"#
    .to_owned();
    let principals: BTreeSet<(&str, &str)> = recorded
        .iter()
        .filter_map(|(_, pair)| {
            let properties = &pair["request_body"]["properties"];
            let id = properties["principalId"].as_str()?;
            Some((id, properties["principalType"].as_str()?))
        })
        .collect();
    for (id, kind) in principals {
        writeln!(estate, "\"{id}\" = {{ id = \"{id}\", type = \"{kind}\" }}").unwrap();
    }
    estate.push_str(
        r#"
[[tenant.subscription]]
id = "00000000-0000-0000-0000-000000000000"
name = "Recorded"
roles = [{ role = "Owner" }]
"#,
    );
    let client = Client::with_estate(&estate).await;
    let mut compared = 0;
    let mut mistakes = Vec::new();
    let mut file_before = "";
    for (file, pair) in &recorded {
        let path = path_of(pair);
        // Names were redacted to the same few in every recording.
        if file != file_before {
            for number in 1..4 {
                let name = format!("88888888-0000-0000-0000-{number:012}");
                forget(&client, &name).await;
            }
            file_before = file;
        }
        let trimmed = pair["response_body"].get("__TRIMMED__").is_some();
        let custom = file.ends_with("custom_role_definition_scenario.json");
        if custom || trimmed {
            continue;
        }
        let (scope, _) = path
            .split_once("/providers/Microsoft.Authorization")
            .unwrap();
        if scope != RECORDED {
            client
                .smuggle(scope, &json!({ "id": scope, "type": "Recorded/scopes" }))
                .await;
            let group: Vec<&str> = scope.split('/').take(5).collect();
            let group = group.join("/");
            let document = json!({ "id": group, "type": "Microsoft.Resources/resourceGroups" });
            client.smuggle(&group, &document).await;
        }
        let method: Method = pair["method"].as_str().unwrap().parse().unwrap();
        let mut request = client.request(method, &path);
        if !pair["request_body"].is_null() {
            request = request.json(&pair["request_body"]);
        }
        let answer = reply(request).await;
        compared += 1;
        let mut found = differences(pair, &answer);
        // Contributor was denied more since some of the recordings were made.
        found.retain(|what| !what.starts_with("/value/0/properties/permissions/0/notActions is"));
        mistakes.extend(
            found
                .iter()
                .map(|what| format!("{file} {path}\n    {what}")),
        );
    }
    assert!(compared > 30, "{compared}");
    assert!(
        mistakes.is_empty(),
        "{compared} compared\n{}",
        mistakes.join("\n")
    );
    client.stop().await;
}

/// Takes away the assignment of a name, wherever it is.
async fn forget(client: &Client, name: &str) {
    let all = client.get(&list(RECORDED, "")).await;
    for one in all.body["value"].as_array().unwrap() {
        if one["name"] == name {
            let id = one["id"].as_str().unwrap();
            let gone = client.delete(&format!("{id}?api-version=2022-04-01")).await;
            assert_eq!(gone.status, 200);
        }
    }
}
