//! Galleries that are shared directly, or with the community, and what their consumers see.

mod consumers;
mod features;
mod updates;

use super::client::{API, Client, Reply, reply};
use reqwest::Method;
use serde_json::{Value, json};

const CUSTOMER: &str = "aaaaaaaa-0000-4000-8000-000000000002";
const STRANGER: &str = "aaaaaaaa-0000-4000-8000-000000000003";
const GALLERIES: &str = "/subscriptions/bbbbbbbb-0000-4000-8000-000000000001";
const PLAIN: &str = "/subscriptions/bbbbbbbb-0000-4000-8000-000000000005";
const THEIRS: &str = "bbbbbbbb-0000-4000-8000-000000000002";
const STRANGERS: &str = "bbbbbbbb-0000-4000-8000-000000000003";

const ESTATE: &str = r#"
page_size = 2

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
[[tenant.subscription]]
id = "bbbbbbbb-0000-4000-8000-000000000001"
name = "Galleries"
features = ["Microsoft.Compute/SIGSharing"]
roles = [
  { role = "Contributor" },
  { role = "Compute Gallery Sharing Admin", scope = "resourceGroups/images" },
]
resource_groups = [
  { name = "images", location = "westeurope" },
  { name = "builds", location = "westeurope" },
]
[[tenant.subscription.gallery]]
name = "acg"
resource_group = "images"
location = "westeurope"
permissions = "Groups"
[[tenant.subscription.gallery.image]]
name = "web"
os = "Windows"
publisher = "p"
offer = "o"
sku = "s"
features = { SecurityType = "TrustedLaunchSupported" }
versions = [
  { name = "1.0.0", published = "2026-01-01T00:00:00Z", regions = { westeurope = 1, uksouth = 1 } },
  { name = "1.1.0", published = "2026-02-01T00:00:00Z", regions = { westeurope = 1, uksouth = { exclude_from_latest = true } } },
  { name = "1.2.0", published = "2026-03-01T00:00:00Z", regions = { westeurope = 1 } },
]
[[tenant.subscription.gallery.image]]
name = "kiosk"
os = "Linux"
publisher = "p"
offer = "o"
sku = "k"
versions = [{ name = "1.0.0", published = "2026-01-01T00:00:00Z", regions = { westeurope = 1 } }]
[[tenant.subscription.gallery]]
name = "private"
resource_group = "images"
location = "westeurope"
[[tenant.subscription.gallery]]
name = "builds"
resource_group = "builds"
location = "westeurope"
permissions = "Groups"
[[tenant.subscription.gallery]]
name = "open"
resource_group = "images"
location = "westeurope"
permissions = "Community"
community = { prefix = "open", publisher = "https://p.example", contact = "p@p.example", eula = "https://p.example/eula" }
[[tenant.subscription.gallery.image]]
name = "web"
os = "Linux"
publisher = "p"
offer = "o"
sku = "s"
versions = [{ name = "1.0.0", published = "2026-01-01T00:00:00Z", regions = { westeurope = 1 } }]
[[tenant.subscription]]
id = "bbbbbbbb-0000-4000-8000-000000000005"
name = "Without the preview"
roles = [{ role = "Owner" }]
resource_groups = [{ name = "images", location = "westeurope" }]
[[tenant.subscription.gallery]]
name = "acg"
resource_group = "images"
location = "westeurope"
permissions = "Groups"

[[tenant]]
id = "aaaaaaaa-0000-4000-8000-000000000002"
name = "Customer"
domain = "customer.example"
country = "NL"
application = "cccccccc-0000-4000-8000-000000000002"
[[tenant.subscription]]
id = "bbbbbbbb-0000-4000-8000-000000000002"
name = "Theirs"
roles = [{ role = "Virtual Machine Contributor" }]

[[tenant]]
id = "aaaaaaaa-0000-4000-8000-000000000003"
name = "Stranger"
domain = "stranger.example"
country = "NL"
application = "cccccccc-0000-4000-8000-000000000003"
[[tenant.subscription]]
id = "bbbbbbbb-0000-4000-8000-000000000003"
name = "Theirs"
roles = [{ role = "Reader" }, { role = "Network Contributor" }]
"#;

fn gallery(name: &str) -> String {
    format!("{GALLERIES}/resourceGroups/images/providers/Microsoft.Compute/galleries/{name}")
}

fn at(path: &str) -> String {
    format!("{path}?api-version={API}")
}

async fn share(client: &Client, gallery: &str, body: &Value) -> Reply {
    let path = at(&format!("{gallery}/share"));
    reply(client.request(Method::POST, &path).json(body)).await
}

fn update(operation: &str, kind: &str, ids: &[&str]) -> Value {
    json!({ "operationType": operation, "groups": [{ "type": kind, "ids": ids }] })
}

/// Shares, and waits until that has happened.
async fn shared(client: &Client, gallery: &str, body: &Value) {
    let accepted = share(client, gallery, body).await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    client.advance(3).await;
}

/// A gallery's properties, whom it is shared with among them.
async fn properties(client: &Client, gallery: &str) -> Value {
    let path = format!("{}&$select=Permissions", at(gallery));
    client.get(&path).await.body["properties"].clone()
}

fn refusal(reply: &Reply) -> (u16, &str) {
    (reply.status.as_u16(), reply.code())
}
