//! Every customer of the demo can be deployed to, as its ready configuration says.

use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};

use super::client::{API, Client, GALLERIES, reply};
use super::hosting::resource;

/// A tenant of the ready configuration, and the token that reaches it.
struct Customer {
    id: String,
    deploy: toml::Table,
    token: String,
    /// Of the gallery's tenant, where the tenant's own token does not reach it
    auxiliary: Option<String>,
}

impl Customer {
    fn default(&self, name: &str) -> &str {
        self.deploy[name].as_str().unwrap()
    }

    /// A request without an auxiliary token.
    fn request(&self, client: &Client, method: Method, path: &str) -> reqwest::RequestBuilder {
        client.bare(method, path).bearer_auth(&self.token)
    }

    fn deployment(&self, name: &str) -> String {
        format!(
            "/subscriptions/{}/resourcegroups/{}/providers/Microsoft.Resources/deployments/{name}",
            self.default("subscription"),
            self.default("resource_group")
        )
    }
}

/// The tenants of the configuration that can be reached.
async fn customers(client: &Client) -> Vec<Customer> {
    let config = std::fs::read_to_string(&client.ready.config).unwrap();
    let config: toml::Table = config.parse().unwrap();
    let identity = config["identity"][0].as_table().unwrap();
    let also = identity["also"].as_array().unwrap();
    let home = client.token_of(&client.ready.tenant).await;
    let mut customers = Vec::new();
    for tenant in config["tenant"].as_array().unwrap() {
        let id = tenant["id"].as_str().unwrap().to_owned();
        let deploy = tenant["deploy"].as_table().unwrap().clone();
        let signs_in = also.iter().any(|also| also.as_str() == Some(&id));
        let (token, auxiliary) = if signs_in {
            let granted = client.ask_token(&id, &[]).await;
            let Some(token) = granted.body["access_token"].as_str() else {
                continue;
            };
            (token.to_owned(), Some(home.clone()))
        } else {
            (home.clone(), None)
        };
        customers.push(Customer {
            id,
            deploy,
            token,
            auxiliary,
        });
    }
    customers
}

/// A version of a Windows definition.
struct Version {
    id: String,
    regions: Vec<String>,
    /// The gallery's name for those that it is shared with directly
    unique_name: String,
    /// Subscriptions that it is shared with directly
    shared_with: Vec<String>,
}

impl Version {
    /// How a customer refers to it, and whether that takes no auxiliary token.
    fn reference(&self, customer: &Customer) -> (Value, bool) {
        let subscription = customer.default("subscription");
        if !self.shared_with.iter().any(|shared| shared == subscription) {
            return (json!({ "id": self.id }), false);
        }
        let names: Vec<&str> = self.id.split('/').collect();
        let shared = format!(
            "/SharedGalleries/{}/Images/{}/Versions/{}",
            self.unique_name, names[10], names[12]
        );
        (json!({ "sharedGalleryImageId": shared }), true)
    }
}

async fn windows_versions(client: &Client) -> Vec<Version> {
    let list = async |path: &str| {
        let list = client.get(&format!("{path}?api-version={API}")).await;
        list.body["value"].as_array().unwrap().clone()
    };
    let mut versions = Vec::new();
    for gallery in list(&format!(
        "{GALLERIES}/providers/Microsoft.Compute/galleries"
    ))
    .await
    {
        let id = gallery["id"].as_str().unwrap();
        let whole = client
            .get(&format!("{id}?api-version={API}&$select=Permissions"))
            .await
            .body;
        let groups = whole["properties"]["sharingProfile"]["groups"].as_array();
        let shared_with: Vec<String> = groups
            .into_iter()
            .flatten()
            .filter(|group| group["type"] == "Subscriptions")
            .flat_map(|group| group["ids"].as_array().unwrap())
            .map(|id| id.as_str().unwrap().to_owned())
            .collect();
        for image in list(&format!("{id}/images")).await {
            if image["properties"]["osType"] != "Windows" {
                continue;
            }
            for version in list(&format!("{}/versions", image["id"].as_str().unwrap())).await {
                let targets = &version["properties"]["publishingProfile"]["targetRegions"];
                let regions = targets.as_array().unwrap().iter();
                let regions = regions.map(|target| target["name"].as_str().unwrap());
                let regions = regions.map(|name| name.replace(' ', "").to_lowercase());
                versions.push(Version {
                    id: version["id"].as_str().unwrap().to_owned(),
                    regions: regions.collect(),
                    unique_name: whole["properties"]["identifier"]["uniqueName"]
                        .as_str()
                        .unwrap()
                        .to_owned(),
                    shared_with: shared_with.clone(),
                });
            }
        }
    }
    versions
}

fn template(customer: &Customer, name: &str, region: &str, reference: &Value) -> Value {
    let nic = format!("{name}-nic");
    let interface = json!({ "location": region, "properties": { "ipConfigurations": [{
        "name": "ipconfig1",
        "properties": { "subnet": { "id": customer.default("subnet") } },
    }] } });
    let group = format!(
        "/subscriptions/{}/resourceGroups/{}",
        customer.default("subscription"),
        customer.default("resource_group")
    );
    let machine = json!({ "location": region, "properties": {
        "hardwareProfile": { "vmSize": customer.default("size") },
        "storageProfile": {
            "imageReference": reference,
            "osDisk": { "createOption": "FromImage" },
        },
        "osProfile": {
            "computerName": name,
            "adminUsername": customer.default("admin_user"),
            "adminPassword": "[parameters('adminPassword')]",
        },
        "securityProfile": {
            "securityType": "TrustedLaunch",
            "uefiSettings": { "secureBootEnabled": true, "vTpmEnabled": true },
        },
        "networkProfile": { "networkInterfaces": [{
            "id": format!("{group}/providers/Microsoft.Network/networkInterfaces/{nic}"),
        }] },
    } });
    let password = std::fs::read_to_string(Path::new(customer.default("password_file"))).unwrap();
    let resources = [
        resource("Microsoft.Network/networkInterfaces", &nic, &interface, &[]),
        resource("Microsoft.Compute/virtualMachines", name, &machine, &[&nic]),
    ];
    let mut body = super::hosting::deployment(&resources);
    body["properties"]["parameters"]["adminPassword"]["value"] = json!(password);
    body
}

#[tokio::test]
async fn every_customer_can_have_every_windows_version_of_its_region() {
    let client = Client::demo().await;
    let versions = windows_versions(&client).await;
    let mut accepted = Vec::new();
    let (mut reached, mut by_share) = (0, 0);
    for customer in customers(&client).await {
        let network = customer
            .default("subnet")
            .split("/subnets/")
            .next()
            .unwrap();
        let network = format!("{network}?api-version=2024-05-01");
        let network = reply(customer.request(&client, Method::GET, &network)).await;
        assert_eq!(network.status, 200, "{} {network:?}", customer.id);
        let region = network.body["location"].as_str().unwrap().to_owned();
        let here = versions.iter().filter(|v| v.regions.contains(&region));
        reached += 1;
        for (number, version) in here.enumerate() {
            let name = format!("vm-new-{number:04}");
            let (reference, shared) = version.reference(&customer);
            let body = template(&customer, &name, &region, &reference);
            let path = customer.deployment(&name);
            let validate = format!("{path}/validate?api-version=2024-07-01");
            let put = format!("{path}?api-version=2024-07-01");
            for (method, path, status) in [
                (Method::POST, validate, 200),
                (Method::PUT, put.clone(), 201),
            ] {
                let mut request = customer.request(&client, method, &path).json(&body);
                if let Some(token) = customer.auxiliary.as_ref().filter(|_| !shared) {
                    let token = format!("Bearer {token}");
                    request = request.header("x-ms-authorization-auxiliary", token);
                }
                let reply = reply(request).await;
                assert_eq!(
                    reply.status, status,
                    "{} {reference} {reply:?}",
                    customer.id
                );
            }
            by_share += usize::from(shared);
            accepted.push((customer.token.clone(), put));
        }
    }
    assert!(reached > 10, "{reached}");
    assert!(accepted.len() > 100, "{}", accepted.len());
    assert!(by_share > 0, "a customer is reached by direct share");
    client.advance_clock(900).await;
    for (token, path) in accepted {
        let over = reply(client.bare(Method::GET, &path).bearer_auth(token)).await;
        let state = &over.body["properties"]["provisioningState"];
        assert_eq!(*state, "Succeeded", "{over:?}");
    }
    client.stop().await;
}
