//! Every customer of the demo can be deployed to, as its ready configuration says.

use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};

use super::client::{API, Client, GALLERIES, Reply, reply};
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

    fn request(&self, client: &Client, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = client.bare(method, path).bearer_auth(&self.token);
        match &self.auxiliary {
            None => request,
            Some(token) => {
                request.header("x-ms-authorization-auxiliary", format!("Bearer {token}"))
            }
        }
    }

    async fn get(&self, client: &Client, path: &str) -> Reply {
        reply(self.request(client, Method::GET, path)).await
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

/// Ids and regions of every version of a Windows definition.
async fn windows_versions(client: &Client) -> Vec<(String, Vec<String>)> {
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
        for image in list(&format!("{}/images", gallery["id"].as_str().unwrap())).await {
            if image["properties"]["osType"] != "Windows" {
                continue;
            }
            for version in list(&format!("{}/versions", image["id"].as_str().unwrap())).await {
                let targets = &version["properties"]["publishingProfile"]["targetRegions"];
                let regions = targets.as_array().unwrap().iter();
                let regions = regions.map(|target| target["name"].as_str().unwrap());
                let regions = regions.map(|name| name.replace(' ', "").to_lowercase());
                let id = version["id"].as_str().unwrap().to_owned();
                versions.push((id, regions.collect()));
            }
        }
    }
    versions
}

fn template(customer: &Customer, name: &str, region: &str, image: &Value) -> Value {
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
            "imageReference": image,
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
    let mut reached = 0;
    for customer in customers(&client).await {
        let network = customer
            .default("subnet")
            .split("/subnets/")
            .next()
            .unwrap();
        let network = customer
            .get(&client, &format!("{network}?api-version=2024-05-01"))
            .await;
        assert_eq!(network.status, 200, "{} {network:?}", customer.id);
        let region = network.body["location"].as_str().unwrap().to_owned();
        let here = versions
            .iter()
            .filter(|(_, regions)| regions.contains(&region));
        reached += 1;
        for (number, (version, _)) in here.enumerate() {
            let name = format!("vm-new-{number:04}");
            let path = format!(
                "/subscriptions/{}/resourcegroups/{}/providers/Microsoft.Resources/deployments/{name}?api-version=2024-07-01",
                customer.default("subscription"),
                customer.default("resource_group")
            );
            let image = json!({ "id": version });
            let body = template(&customer, &name, &region, &image);
            let validate = path.replace("?api", "/validate?api");
            let validate = customer
                .request(&client, Method::POST, &validate)
                .json(&body);
            assert_eq!(
                reply(validate).await.status,
                200,
                "{} {version}",
                customer.id
            );
            let put = customer.request(&client, Method::PUT, &path).json(&body);
            let put = reply(put).await;
            assert_eq!(put.status, 201, "{} {version} {put:?}", customer.id);
            let status = put.header("azure-asyncoperation").unwrap().to_owned();
            accepted.push((customer.id.clone(), customer.token.clone(), version, status));
        }
    }
    assert!(reached > 10, "{reached}");
    assert!(accepted.len() > 100, "{}", accepted.len());
    client.advance_clock(900).await;
    for (tenant, token, version, status) in accepted {
        let over = reply(client.bare(Method::GET, &status).bearer_auth(token)).await;
        assert_eq!(
            over.body["status"], "Succeeded",
            "{tenant} {version} {over:?}"
        );
    }
    client.stop().await;
}

#[tokio::test]
async fn a_shared_image_takes_no_token_of_the_provider() {
    let client = Client::demo().await;
    let shared_with = "cf68d1c5-d57d-4f0a-8247-036f7061e92e";
    let all = customers(&client).await.into_iter();
    let outsiders = all.filter(|customer| customer.auxiliary.is_some());
    let mut refused = 0;
    for mut customer in outsiders {
        customer.auxiliary = None;
        customer.token = client.token_of(&customer.id).await;
        let network = customer.default("subnet").split("/subnets/").next();
        let network = format!("{}?api-version=2024-05-01", network.unwrap());
        let network = customer.get(&client, &network).await;
        let region = network.body["location"].as_str().unwrap();
        let shared = "/SharedGalleries/4bcff225-6938-4091-a01c-259ebff5a095-ACG_NORTHWIND";
        let image = format!("{shared}/Images/win11-avd/Versions/latest");
        let image = json!({ "sharedGalleryImageId": image });
        let group = format!(
            "/subscriptions/{}/resourcegroups/{}",
            customer.default("subscription"),
            customer.default("resource_group")
        );
        let path = format!(
            "{group}/providers/Microsoft.Resources/deployments/shared?api-version=2024-07-01"
        );
        let body = template(&customer, "vm-new-0001", region, &image);
        let put = customer.request(&client, Method::PUT, &path).json(&body);
        assert_eq!(reply(put).await.status, 201);
        client.advance_clock(900).await;
        let machine = format!(
            "{group}/providers/Microsoft.Compute/virtualMachines/vm-new-0001?api-version=2024-07-01"
        );
        let machine = customer.get(&client, &machine).await;
        let deployment = customer.get(&client, &path).await;
        let deployment = &deployment.body["properties"];
        if customer.id == shared_with {
            assert_eq!(deployment["provisioningState"], "Succeeded", "{deployment}");
            let told = &machine.body["properties"]["storageProfile"]["imageReference"];
            assert_eq!(told["sharedGalleryImageId"], image["sharedGalleryImageId"]);
            assert_eq!(told["exactVersion"], "2026.10.1");
        } else {
            assert_eq!(deployment["provisioningState"], "Failed", "{}", customer.id);
            assert!(deployment.to_string().contains("GalleryImageNotFound"));
            refused += 1;
        }
    }
    assert!(refused > 3, "{refused}");
    client.stop().await;
}
