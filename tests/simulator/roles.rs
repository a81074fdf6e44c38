//! Roles as they are assigned, listed and taken away.

use std::collections::BTreeSet;

use super::client::{API, Client, GALLERIES, Reply, reply};
use reqwest::Method;
use serde_json::{Value, json};

const MSP: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const CUSTOMER: &str = "aaaaaaaa-0000-4000-8000-000000000002";
const OWN: &str = "/subscriptions/bbbbbbbb-0000-4000-8000-000000000001";
const SUBSCRIPTION: &str = "bbbbbbbb-0000-4000-8000-000000000001";
const DELEGATED: &str = "/subscriptions/bbbbbbbb-0000-4000-8000-000000000002";
/// The service principal in the customer's tenant
const APPLICATION: &str = "cccccccc-0000-4000-8000-000000000001";
/// A group that it belongs to
const OPERATORS: &str = "eeeeeeee-0000-4000-8000-000000000001";
pub(super) const GUESTS: &str = "eeeeeeee-0000-4000-8000-000000000002";
const PERSON: &str = "eeeeeeee-0000-4000-8000-000000000003";

pub(super) const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
pub(super) const IMAGE_READER: &str = "cf7c76d2-98a3-4358-a134-615aa78bf44d";
const RBAC_ADMINISTRATOR: &str = "f58310d9-a9f6-439a-9e8d-f62e7b41a168";
const CONTRIBUTOR: &str = "b24988ac-6180-42a0-ab88-20f7382dd24c";

pub(super) const ESTATE: &str = r#"
[application]
client_id = "dddddddd-0000-4000-8000-000000000001"
client_secret = "s"
home = "aaaaaaaa-0000-4000-8000-000000000001"

[[tenant]]
id = "aaaaaaaa-0000-4000-8000-000000000001"
name = "Provider"
domain = "provider.example"
country = "NL"
application = "cccccccc-0000-4000-8000-000000000001"
groups = ["eeeeeeee-0000-4000-8000-000000000001"]
[tenant.principals]
"Guests" = { id = "eeeeeeee-0000-4000-8000-000000000002", type = "Group" }
"Somebody" = { id = "eeeeeeee-0000-4000-8000-000000000003", type = "User" }
[[tenant.subscription]]
id = "bbbbbbbb-0000-4000-8000-000000000001"
name = "Own"
roles = [
  { role = "Role Based Access Control Administrator", scope = "resourceGroups/images" },
  { role = "Contributor", scope = "resourceGroups/builds" },
  { role = "Reader", principal = "eeeeeeee-0000-4000-8000-000000000001", scope = "resourceGroups/other" },
]
resource_groups = [
  { name = "images", location = "westeurope" },
  { name = "builds", location = "westeurope" },
  { name = "other", location = "westeurope" },
]
[[tenant.subscription.gallery]]
name = "acg"
resource_group = "images"
location = "westeurope"
[[tenant.subscription.gallery.image]]
name = "web"
os = "Linux"
publisher = "p"
offer = "o"
sku = "s"
versions = [{ name = "1.0.0", published = "2026-01-01T00:00:00Z", regions = { westeurope = 1 } }]

[[tenant]]
id = "aaaaaaaa-0000-4000-8000-000000000002"
name = "Customer"
domain = "customer.example"
country = "NL"
application = "cccccccc-0000-4000-8000-000000000002"
[[tenant.subscription]]
id = "bbbbbbbb-0000-4000-8000-000000000002"
name = "Delegated"
roles = [{ role = "Owner" }]
delegations = [{ to = "aaaaaaaa-0000-4000-8000-000000000001", principal = "eeeeeeee-0000-4000-8000-000000000001", roles = ["Contributor"] }]
resource_groups = [{ name = "rg", location = "westeurope" }]
"#;

pub(super) fn gallery() -> String {
    format!("{OWN}/resourceGroups/images/providers/Microsoft.Compute/galleries/acg")
}

fn name(number: u32) -> String {
    format!("ffffffff-0000-4000-8000-{number:012}")
}

pub(super) fn assignment(scope: &str, number: u32) -> String {
    let name = name(number);
    format!(
        "{scope}/providers/Microsoft.Authorization/roleAssignments/{name}?api-version=2022-04-01"
    )
}

pub(super) fn list(scope: &str, filter: &str) -> String {
    format!(
        "{scope}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01{filter}"
    )
}

fn definition(role: &str) -> String {
    format!("{OWN}/providers/Microsoft.Authorization/roleDefinitions/{role}")
}

pub(super) fn grant(role: &str, principal: &str) -> Value {
    json!({ "properties": { "roleDefinitionId": definition(role), "principalId": principal } })
}

pub(super) fn refusal(reply: &Reply) -> (u16, &str) {
    (reply.status.as_u16(), reply.code())
}

/// Roles and where they are granted
type Grants = &'static [(&'static str, &'static str)];

/// Role and scope of each assignment in a list, with the scopes named from the subscription on.
fn listed(reply: &Reply) -> BTreeSet<(String, String)> {
    let all = reply.body["value"].as_array();
    let all = all.unwrap_or_else(|| panic!("{reply:?}")).iter();
    all.map(|one| {
        let properties = &one["properties"];
        let role = properties["roleDefinitionId"].as_str().unwrap();
        let scope = properties["scope"].as_str().unwrap();
        let scope = scope.rsplit('/').next().unwrap();
        (
            role.rsplit('/').next().unwrap().to_owned(),
            scope.to_owned(),
        )
    })
    .collect()
}

/// A role that works as soon as it is there.
async fn smuggle(client: &Client, scope: &str, role: &str, principal: &str, number: u32) {
    let name = name(number);
    let id = format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}");
    let mut document = grant(role, principal);
    document["id"] = json!(id);
    document["name"] = json!(name);
    document["type"] = json!("Microsoft.Authorization/roleAssignments");
    document["properties"]["scope"] = json!(scope);
    client.smuggle(&id, &document).await;
}

#[tokio::test]
async fn a_role_is_assigned_on_a_gallery_an_image_and_a_version() {
    let client = Client::with_estate(ESTATE).await;
    let image = format!("{}/images/web", gallery());
    let version = format!("{image}/versions/1.0.0");
    for (number, scope) in (1..).zip([&gallery(), &image, &version]) {
        let path = assignment(scope, number);
        let made = client.put(&path, &grant(IMAGE_READER, GUESTS)).await;
        assert_eq!(made.status, 201, "{made:?}");
        assert!(made.header("azure-asyncoperation").is_none());
        let properties = &made.body["properties"];
        assert_eq!(properties["scope"], json!(scope));
        assert_eq!(properties["roleDefinitionId"], definition(IMAGE_READER));
        assert_eq!(properties["principalType"], "Group");
        assert_eq!(properties["createdBy"], Value::Null);
        assert_eq!(properties["updatedBy"], APPLICATION);
        assert_eq!(made.body["name"], name(number));
        let kept = client.get(&path).await;
        assert_eq!(kept.body["id"], path.split('?').next().unwrap());
        assert_eq!(kept.body["properties"]["createdBy"], APPLICATION);
    }
    client.stop().await;
}

#[tokio::test]
async fn an_assignment_is_described_anew_and_stays_the_same() {
    let client = Client::with_estate(ESTATE).await;
    let path = assignment(&gallery(), 1);
    client.put(&path, &grant(IMAGE_READER, GUESTS)).await;
    let first = client.get(&path).await.body;
    client.advance(60).await;
    let mut again = grant(IMAGE_READER, GUESTS);
    again["properties"]["description"] = json!("for the guests");
    let answer = client.put(&path, &again).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let second = client.get(&path).await.body;
    let of = |body: &Value, what: &str| body["properties"][what].clone();
    assert_eq!(of(&second, "description"), "for the guests");
    assert_eq!(of(&second, "createdOn"), of(&first, "createdOn"));
    assert_ne!(of(&second, "updatedOn"), of(&first, "updatedOn"));
    assert_eq!(
        of(&answer.body, "createdOn"),
        of(&second, "updatedOn"),
        "the answer gives the time of the request"
    );
    client.stop().await;
}

#[tokio::test]
async fn an_assigned_role_works_after_a_while_and_a_deleted_one_no_more() {
    let client = Client::with_estate(ESTATE).await;
    let source = format!("{}/images/web/versions/1.0.0?api-version={API}", gallery());
    let tags = json!({ "tags": { "a": "b" } });
    let change = || reply(client.request(Method::PATCH, &source).json(&tags));
    assert_eq!(change().await.status, 403, "only reading is allowed so far");
    let path = assignment(&gallery(), 1);
    let made = client.put(&path, &grant(CONTRIBUTOR, OPERATORS)).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(change().await.status, 403, "not in force yet");
    client.advance(121).await;
    assert_eq!(change().await.status, 200);

    let gone = client.delete(&path).await;
    assert_eq!(gone.status, 200);
    assert_eq!(gone.body["name"], name(1));
    assert_eq!(change().await.status, 403);
    let again = client.delete(&path).await;
    assert_eq!((again.status.as_u16(), again.body), (204, Value::Null));
    let missing = client.get(&path).await;
    assert_eq!(refusal(&missing), (404, "RoleAssignmentNotFound"));
    client.stop().await;
}

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

#[tokio::test]
async fn lists_reach_up_and_down_as_they_are_filtered() {
    let client = Client::with_estate(ESTATE).await;
    let image = format!("{}/images/web", gallery());
    smuggle(&client, OWN, READER, OPERATORS, 1).await;
    smuggle(&client, &gallery(), IMAGE_READER, GUESTS, 2).await;
    smuggle(&client, &image, IMAGE_READER, APPLICATION, 3).await;
    let cases: [(&str, String, Grants); 8] = [
        (
            "all",
            list(&gallery(), ""),
            &[
                (READER, SUBSCRIPTION),
                (RBAC_ADMINISTRATOR, "images"),
                (IMAGE_READER, "acg"),
                (IMAGE_READER, "web"),
            ],
        ),
        (
            "at and above",
            list(&gallery(), "&$filter=atScope()"),
            &[
                (READER, SUBSCRIPTION),
                (RBAC_ADMINISTRATOR, "images"),
                (IMAGE_READER, "acg"),
            ],
        ),
        (
            "of a principal",
            list(
                &gallery(),
                &format!("&$filter=principalId%20eq%20'{APPLICATION}'"),
            ),
            &[(RBAC_ADMINISTRATOR, "images"), (IMAGE_READER, "web")],
        ),
        (
            "of a principal and its groups",
            list(&gallery(), &format!("&$filter=assignedTo('{APPLICATION}')")),
            &[
                (READER, SUBSCRIPTION),
                (RBAC_ADMINISTRATOR, "images"),
                (IMAGE_READER, "web"),
            ],
        ),
        (
            "both",
            list(
                &gallery(),
                &format!("&$filter=atScope()+and+assignedTo('{APPLICATION}')"),
            ),
            &[(READER, SUBSCRIPTION), (RBAC_ADMINISTRATOR, "images")],
        ),
        (
            "of the image",
            list(&image, "&$filter=atScope()"),
            &[
                (READER, SUBSCRIPTION),
                (RBAC_ADMINISTRATOR, "images"),
                (IMAGE_READER, "acg"),
                (IMAGE_READER, "web"),
            ],
        ),
        (
            "of the subscription, not below",
            list(OWN, "&$filter=atScope()"),
            &[(READER, SUBSCRIPTION)],
        ),
        (
            "of the subscription",
            list(OWN, ""),
            &[
                (READER, SUBSCRIPTION),
                (READER, "other"),
                (CONTRIBUTOR, "builds"),
                (RBAC_ADMINISTRATOR, "images"),
                (IMAGE_READER, "acg"),
                (IMAGE_READER, "web"),
            ],
        ),
    ];
    for (what, path, expected) in cases {
        let expected = expected
            .iter()
            .map(|(r, s)| ((*r).to_owned(), (*s).to_owned()));
        let seen = client.get(&path).await;
        assert_eq!(listed(&seen), expected.collect(), "{what}");
    }
    let wrong = client
        .get(&list(&gallery(), "&$filter=roleName%20eq%20'Reader'"))
        .await;
    assert_eq!(refusal(&wrong), (400, "InvalidFilterInQueryString"));
    client.stop().await;
}

#[tokio::test]
async fn a_role_on_a_gallery_does_not_keep_it_from_going() {
    let client = Client::with_estate(ESTATE).await;
    let version = format!("{}/images/web/versions/1.0.0", gallery());
    smuggle(&client, &gallery(), CONTRIBUTOR, APPLICATION, 1).await;
    smuggle(&client, &version, READER, GUESTS, 2).await;
    let at = |id: &str| format!("{id}?api-version={API}");
    let accepted = client.delete(&at(&version)).await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    client.finish(&accepted).await;
    let gone = client.get(&assignment(&version, 2)).await;
    assert_eq!(gone.status, 404);
    client.stop().await;
}

#[tokio::test]
async fn permissions_are_those_of_the_callers_roles() {
    let client = Client::with_estate(ESTATE).await;
    let path = |scope: &str| {
        format!("{scope}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01")
    };
    let builds = client
        .get(&path(&format!("{OWN}/resourceGroups/builds")))
        .await;
    let permissions = builds.body["value"].as_array().unwrap();
    assert_eq!(permissions.len(), 1, "{builds:?}");
    assert_eq!(permissions[0]["actions"], json!(["*"]));
    let denied = permissions[0]["notActions"].as_array().unwrap();
    assert!(denied.contains(&json!("Microsoft.Authorization/*/Write")));
    let gallery = client.get(&path(&gallery())).await;
    let actions = &gallery.body["value"][0]["actions"];
    let write = json!("Microsoft.Authorization/roleAssignments/write");
    assert!(actions.as_array().unwrap().contains(&write));
    assert_eq!(client.get(&path(OWN)).await.body, json!({ "value": [] }));
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
