//! An estate to deploy machines in, and the templates to do it with.

use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Client, Reply, reply};

/// The provider's tenant, which owns the gallery.
pub(crate) const PROVIDER: &str = "6c6b5a4e-0000-4000-8000-000000000001";
/// A customer that the application signs in to.
pub(crate) const CUSTOMER: &str = "6c6b5a4e-0000-4000-8000-000000000002";

/// The provider's own subscription with the gallery and a network.
pub(crate) const OWN: &str = "/subscriptions/6c6b5a4e-0000-4000-8000-000000000011";
/// The customer's, with a network.
pub(crate) const THEIRS: &str = "/subscriptions/6c6b5a4e-0000-4000-8000-000000000012";

/// What is in the estate; `{}` is a place for more at its top.
const ESTATE: &str = r#"
{}

[application]
client_id = "6c6b5a4e-0000-4000-8000-000000000003"
client_secret = "s"
home = "6c6b5a4e-0000-4000-8000-000000000001"

[[tenant]]
id = "6c6b5a4e-0000-4000-8000-000000000001"
name = "Provider"
domain = "provider.example"
country = "NL"
application = "6c6b5a4e-0000-4000-8000-000000000021"
[[tenant.subscription]]
id = "6c6b5a4e-0000-4000-8000-000000000011"
name = "Images"
roles = [{ role = "Contributor" }]
resource_groups = [{ name = "images", location = "westeurope" }, { name = "Hosts", location = "westeurope" }]
networks = [{ name = "net", resource_group = "Hosts", location = "westeurope", address = "10.0.0.0/16", subnets = { hosts = "10.0.1.0/24", small = "10.0.2.0/29" } }]
[[tenant.subscription.gallery]]
name = "acg"
resource_group = "images"
location = "westeurope"
[[tenant.subscription.gallery.image]]
name = "web"
os = "Windows"
publisher = "p"
offer = "o"
sku = "web"
features = { SecurityType = "TrustedLaunchSupported" }
versions = [
  { name = "1.0.0", published = "2026-01-01T00:00:00Z", regions = { westeurope = 1, uksouth = 1 } },
  { name = "1.1.0", published = "2026-02-01T00:00:00Z", regions = { westeurope = 2 } },
]
[[tenant.subscription.gallery.image]]
name = "sealed"
os = "Windows"
publisher = "p"
offer = "o"
sku = "sealed"
features = { SecurityType = "TrustedLaunch" }
versions = [{ name = "1.0.0", published = "2026-01-01T00:00:00Z", regions = { westeurope = 1 } }]
[[tenant.subscription.gallery.image]]
name = "special"
os = "Linux"
state = "Specialized"
publisher = "p"
offer = "o"
sku = "special"
versions = [{ name = "1.0.0", published = "2026-01-01T00:00:00Z", regions = { westeurope = 1 } }]
[[tenant.subscription.gallery.image]]
name = "bought"
os = "Windows"
publisher = "p"
offer = "o"
sku = "bought"
extra = { properties = { purchasePlan = { name = "n", publisher = "p", product = "o" } } }
versions = [{ name = "1.0.0", published = "2026-01-01T00:00:00Z", regions = { westeurope = 1 } }]

[[tenant]]
id = "6c6b5a4e-0000-4000-8000-000000000002"
name = "Customer"
domain = "customer.example"
country = "NL"
application = "6c6b5a4e-0000-4000-8000-000000000022"
[[tenant.subscription]]
id = "6c6b5a4e-0000-4000-8000-000000000012"
name = "Machines"
roles = [{ role = "Contributor" }]
resource_groups = [{ name = "Hosts", location = "westeurope" }]
networks = [{ name = "net", resource_group = "Hosts", location = "westeurope", address = "10.0.0.0/16", subnets = { hosts = "10.0.1.0/24", small = "10.0.2.0/29" } }]
"#;

/// The estate with `top` at its top.
pub(crate) fn estate(top: &str) -> String {
    ESTATE.replacen("{}", top, 1)
}

/// A subscription's group `Hosts`.
pub(crate) fn hosts(subscription: &str) -> String {
    format!("{subscription}/resourceGroups/Hosts")
}

/// The id of a version of `web`.
pub(crate) fn web(version: &str) -> String {
    format!(
        "{OWN}/resourceGroups/images/providers/Microsoft.Compute/galleries/acg/images/web/versions/{version}"
    )
}

/// `{group}/providers/{kind}/{name}?api-version=…`
pub(crate) fn url(group: &str, kind: &str, name: &str) -> String {
    let api = if kind.starts_with("Microsoft.Network") {
        "2024-05-01"
    } else {
        "2024-07-01"
    };
    format!("{group}/providers/{kind}/{name}?api-version={api}")
}

pub(crate) fn interface_url(group: &str, name: &str) -> String {
    url(group, "Microsoft.Network/networkInterfaces", name)
}

pub(crate) fn machine_url(group: &str, name: &str) -> String {
    url(group, "Microsoft.Compute/virtualMachines", name)
}

pub(crate) fn deployment_url(group: &str, name: &str) -> String {
    url(group, "Microsoft.Resources/deployments", name)
}

/// The body of an interface in a subnet of `net`.
pub(crate) fn interface(group: &str, subnet: &str) -> Value {
    let subnet =
        format!("{group}/providers/Microsoft.Network/virtualNetworks/net/subnets/{subnet}");
    json!({
        "location": "westeurope",
        "properties": { "ipConfigurations": [{
            "name": "ipconfig1",
            "properties": { "subnet": { "id": subnet } },
        }] },
    })
}

/// The body of a Windows machine with the interface `{name}-nic`.
pub(crate) fn machine(group: &str, name: &str, image: &str) -> Value {
    json!({
        "location": "westeurope",
        "properties": {
            "hardwareProfile": { "vmSize": "Standard_D4s_v5" },
            "storageProfile": {
                "imageReference": { "id": image },
                "osDisk": { "createOption": "FromImage", "deleteOption": "Delete" },
            },
            "osProfile": {
                "computerName": name,
                "adminUsername": "localadmin",
                "adminPassword": "Right~word7",
            },
            "securityProfile": {
                "securityType": "TrustedLaunch",
                "uefiSettings": { "secureBootEnabled": true, "vTpmEnabled": true },
            },
            "networkProfile": { "networkInterfaces": [{
                "id": format!("{group}/providers/Microsoft.Network/networkInterfaces/{name}-nic"),
                "properties": { "deleteOption": "Delete" },
            }] },
        },
    })
}

/// A template's resource of a body.
pub(crate) fn resource(kind: &str, name: &str, body: &Value, depends_on: &[&str]) -> Value {
    let mut resource = body.clone();
    resource["type"] = json!(kind);
    resource["name"] = json!(name);
    resource["dependsOn"] = json!(depends_on);
    resource["apiVersion"] = json!(if kind.starts_with("Microsoft.Network") {
        "2024-05-01"
    } else {
        "2024-07-01"
    });
    resource
}

/// An interface and a machine for each name, their password a parameter.
pub(crate) fn machines(group: &str, names: &[String], image: &str) -> Vec<Value> {
    let mut resources = Vec::new();
    for name in names {
        let nic = format!("{name}-nic");
        let body = interface(group, "hosts");
        resources.push(resource(
            "Microsoft.Network/networkInterfaces",
            &nic,
            &body,
            &[],
        ));
        let mut body = machine(group, name, image);
        body["properties"]["osProfile"]["adminPassword"] = json!("[parameters('adminPassword')]");
        let on = format!("Microsoft.Network/networkInterfaces/{nic}");
        resources.push(resource(
            "Microsoft.Compute/virtualMachines",
            name,
            &body,
            &[&on],
        ));
    }
    resources
}

/// The body of a deployment of resources.
pub(crate) fn deployment(resources: &[Value]) -> Value {
    json!({ "properties": {
        "mode": "Incremental",
        "template": {
            "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
            "contentVersion": "1.0.0.0",
            "parameters": { "adminPassword": { "type": "secureString" } },
            "resources": resources,
        },
        "parameters": { "adminPassword": { "value": "Right~word7" } },
    } })
}

pub(crate) fn names(prefix: &str, count: usize) -> Vec<String> {
    (1..=count)
        .map(|number| format!("{prefix}-{number:04}"))
        .collect()
}

impl Client {
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        reply(self.request(Method::POST, path).json(body)).await
    }

    /// A PUT with auxiliary tokens of these tenants.
    pub(crate) async fn put_with(&self, path: &str, body: &Value, tenants: &[&str]) -> Reply {
        let mut tokens = Vec::new();
        for tenant in tenants {
            tokens.push(format!("Bearer {}", self.token_of(tenant).await));
        }
        let request = self.request(Method::PUT, path).json(body);
        reply(request.header("x-ms-authorization-auxiliary", tokens.join(", "))).await
    }

    /// All resources, by lower-case id.
    pub(crate) async fn state(&self) -> Value {
        reply(self.bare(Method::GET, "/_simulator/state"))
            .await
            .body
    }

    pub(crate) async fn peaks(&self) -> Value {
        reply(self.bare(Method::GET, "/_simulator/peaks"))
            .await
            .body
    }
}

/// The `provisioningState` of a resource.
pub(crate) fn state_of(reply: &Reply) -> &str {
    reply.body["properties"]["provisioningState"]
        .as_str()
        .unwrap_or_default()
}

/// Status, code and target of a refusal.
pub(crate) fn refusal(reply: &Reply) -> (u16, &str, &str) {
    let target = reply.body["error"]["target"].as_str().unwrap_or_default();
    (reply.status.as_u16(), reply.code(), target)
}
