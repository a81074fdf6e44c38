//! Roles as they are assigned, listed and taken away.

mod assigning;
mod listing;
mod refusing;

use std::collections::BTreeSet;

use super::client::{Client, Reply};
use serde_json::{Value, json};

const MSP: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const CUSTOMER: &str = "aaaaaaaa-0000-4000-8000-000000000002";
const OWN: &str = "/subscriptions/bbbbbbbb-0000-4000-8000-000000000001";
const DELEGATED: &str = "/subscriptions/bbbbbbbb-0000-4000-8000-000000000002";
/// The service principal in the customer's tenant
const APPLICATION: &str = "cccccccc-0000-4000-8000-000000000001";
/// A group that it belongs to
const OPERATORS: &str = "eeeeeeee-0000-4000-8000-000000000001";
pub(super) const GUESTS: &str = "eeeeeeee-0000-4000-8000-000000000002";
const PERSON: &str = "eeeeeeee-0000-4000-8000-000000000003";

pub(super) const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
pub(super) const IMAGE_READER: &str = "cf7c76d2-98a3-4358-a134-615aa78bf44d";
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
