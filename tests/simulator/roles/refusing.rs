//! Roles that are not assigned: they are there already, nobody knows whose they would be, or who
//! asks may not.

use std::collections::BTreeSet;

use super::{
    APPLICATION, CUSTOMER, DELEGATED, ESTATE, GUESTS, IMAGE_READER, MSP, OPERATORS, OWN, PERSON,
    READER, assignment, gallery, grant, list, listed, name, refusal,
};
use crate::simulator::client::{Client, GALLERIES};
use serde_json::json;

#[tokio::test]
async fn the_same_grant_is_not_made_twice() {
    let client = Client::with_estate(ESTATE).await;
    let first = client
        .put(&assignment(&gallery(), 1), &grant(IMAGE_READER, GUESTS))
        .await;
    assert_eq!(first.status, 201);
    let twice = client
        .put(&assignment(&gallery(), 2), &grant(IMAGE_READER, GUESTS))
        .await;
    assert_eq!(refusal(&twice), (409, "RoleAssignmentExists"));
    assert_eq!(
        twice.message(),
        format!(
            "The role assignment already exists. The ID of the existing role assignment is {}.",
            name(1).replace('-', "")
        )
    );
    let image = format!("{}/images/web", gallery());
    for (scope, role, principal) in [
        (&gallery(), IMAGE_READER, PERSON),
        (&gallery(), READER, GUESTS),
        (&image, IMAGE_READER, GUESTS),
    ] {
        let changed = client
            .put(&assignment(scope, 1), &grant(role, principal))
            .await;
        assert_eq!(
            refusal(&changed),
            (400, "RoleAssignmentUpdateNotPermitted"),
            "{changed:?}"
        );
        let other = client
            .put(&assignment(scope, 2), &grant(role, principal))
            .await;
        assert_eq!(other.status, 201, "under another name it is another one");
        client.delete(&assignment(scope, 2)).await;
    }
    client.stop().await;
}

#[tokio::test]
async fn who_is_not_in_the_directory_gets_no_role() {
    let client = Client::with_estate(ESTATE).await;
    // The application's service principal in the customer's tenant.
    let foreign = "cccccccc-0000-4000-8000-000000000002";
    let refused = client
        .put(&assignment(&gallery(), 1), &grant(IMAGE_READER, foreign))
        .await;
    assert_eq!(refusal(&refused), (400, "PrincipalNotFound"));
    let told = format!(
        "Principal {} does not exist in the directory {MSP}. Check that you have the correct \
         principal ID.",
        foreign.replace('-', "")
    );
    assert!(refused.message().starts_with(&told), "{refused:?}");
    for principal in [APPLICATION, OPERATORS, GUESTS, PERSON] {
        let path = assignment(&gallery(), 1);
        let made = client.put(&path, &grant(IMAGE_READER, principal)).await;
        assert_eq!(made.status, 201, "{made:?}");
        client.delete(&path).await;
    }
    client.stop().await;
}

#[tokio::test]
async fn what_is_no_grant_is_refused() {
    let client = Client::with_estate(ESTATE).await;
    let bare = json!({ "properties": { "roleDefinitionId": READER, "principalId": GUESTS } });
    let mut person = grant(READER, GUESTS);
    person["properties"]["principalType"] = json!("User");
    let nowhere = "00000000-0000-0000-0000-00000000dead";
    for (body, code) in [
        (json!({}), "BadRequestFormat"),
        (bare, "BadRequestFormat"),
        (grant("reader", GUESTS), "InvalidRoleDefinitionId"),
        (grant(nowhere, GUESTS), "RoleDefinitionDoesNotExist"),
        (grant(READER, "somebody"), "InvalidPrincipalId"),
        (person, "UnmatchedPrincipalType"),
    ] {
        let refused = client.put(&assignment(&gallery(), 1), &body).await;
        assert_eq!(refusal(&refused), (400, code), "{body}");
    }
    let unnamed = assignment(&gallery(), 1).replace(&name(1), "mine");
    let unnamed = client.put(&unnamed, &grant(READER, GUESTS)).await;
    assert_eq!(refusal(&unnamed), (400, "InvalidRoleAssignmentId"));
    let image = format!("{}/images/missing", gallery());
    let on_nothing = client
        .put(&assignment(&image, 1), &grant(READER, GUESTS))
        .await;
    assert_eq!(refusal(&on_nothing), (404, "ResourceNotFound"));
    client.stop().await;
}

#[tokio::test]
async fn contributors_assign_no_roles_delegated_ones_neither() {
    let mut client = Client::with_estate(ESTATE).await;
    let builds = format!("{OWN}/resourceGroups/builds");
    for (scope, number) in [(builds.as_str(), 1), (DELEGATED, 2)] {
        let path = assignment(scope, number);
        let id = path.split('?').next().unwrap();
        for (verb, reply) in [
            ("write", client.put(&path, &grant(READER, GUESTS)).await),
            ("delete", client.delete(&path).await),
        ] {
            assert_eq!(refusal(&reply), (403, "AuthorizationFailed"));
            let told = format!(
                "action 'Microsoft.Authorization/roleAssignments/{verb}' over scope '{id}'"
            );
            assert!(reply.message().contains(&told), "{reply:?}");
        }
    }
    let seen = client.get(&list(DELEGATED, "")).await;
    assert_eq!(listed(&seen), BTreeSet::new(), "not for a service provider");
    client.sign_in(CUSTOMER).await;
    let seen = client.get(&list(DELEGATED, "")).await;
    assert_eq!(listed(&seen).len(), 1, "{seen:?}");
    client.stop().await;
}

/// In the demo a role goes to every customer but the one whose principal is of the wrong tenant.
#[tokio::test]
async fn one_customer_of_the_demo_has_a_principal_that_nobody_finds() {
    let client = Client::demo().await;
    let config = std::fs::read_to_string(&client.ready.config).unwrap();
    let config: toml::Value = toml::from_str(&config).unwrap();
    let gallery = format!(
        "{GALLERIES}/resourceGroups/rg-galleries/providers/Microsoft.Compute/galleries/acg_northwind"
    );
    let (mut made, mut unfound) = (0, 0);
    for (number, tenant) in (1..).zip(config["tenant"].as_array().unwrap()) {
        let Some(principal) = tenant.get("principal") else {
            continue;
        };
        let principal = principal.as_str().unwrap();
        let body = json!({ "properties": {
            "roleDefinitionId": format!("{GALLERIES}/providers/Microsoft.Authorization/roleDefinitions/{READER}"),
            "principalId": principal,
        }});
        let reply = client.put(&assignment(&gallery, number), &body).await;
        match refusal(&reply) {
            (201, _) => made += 1,
            (400, "PrincipalNotFound") => unfound += 1,
            _ => panic!("{tenant} {reply:?}"),
        }
    }
    assert!(made > 9, "{made}");
    assert_eq!(unfound, 1);
    client.stop().await;
}
