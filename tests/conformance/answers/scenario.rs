//! What is asked of the simulator: each operation, done and refused.

use reqwest::Method;
use serde_json::{Value, json};

use super::Drive;
use crate::client::{Client, GALLERIES};
use crate::hosting::{self, OWN, deployment, deployment_url, estate, hosts, web};

const COMPUTE: &str = "/providers/Microsoft.Compute";
const NETWORK: &str = "/providers/Microsoft.Network";
const VERSION: &str = "?api-version=2024-03-03";

/// The customer that the demo's gallery is shared with, and its subscription.
const FOURTH: &str = "cf68d1c5-d57d-4f0a-8247-036f7061e92e";
const SUBSCRIPTION: &str = "/subscriptions/45e0f8b0-41c5-4b34-b7a5-10f1a2ffd711";

/// An estate whose application owns what it works with.
pub(super) async fn hosting() -> Client {
    Client::with_estate(&estate("").replace("\"Contributor\"", "\"Owner\"")).await
}

/// Tenants, subscriptions, galleries and all that is in them, sharing and what consumers see.
pub(super) async fn galleries(drive: &mut Drive<'_>) {
    drive.get("/tenants?api-version=2022-12-01", 200).await;
    drive
        .get("/subscriptions?api-version=2022-12-01", 200)
        .await;
    let locations = format!("{GALLERIES}/locations?api-version=2022-12-01");
    drive.get(&locations, 200).await;
    let nobody = "/subscriptions/00000000-0000-0000-0000-00000000dead";
    let locations = format!("{nobody}/locations?api-version=2022-12-01");
    drive.get(&locations, 404).await;
    let feature = |name: &str| {
        let features = "/providers/Microsoft.Features/providers/Microsoft.Compute/features";
        format!("{GALLERIES}{features}/{name}?api-version=2021-07-01")
    };
    drive.get(&feature("SIGSharing"), 200).await;
    drive.get(&feature("Unheard"), 404).await;

    let provider = format!("{GALLERIES}/providers/Microsoft.Compute?api-version=2024-07-01");
    drive.get(&provider, 200).await;
    drive
        .get(&provider.replace("Compute", "Unheard"), 404)
        .await;

    let all = format!("{GALLERIES}{COMPUTE}/galleries{VERSION}");
    let list = drive.get(&all, 200).await;
    drive.get(&all.replace(GALLERIES, nobody), 404).await;
    for gallery in items(&list.body) {
        everything_in(drive, &gallery).await;
    }
    let gallery =
        format!("{GALLERIES}/resourceGroups/rg-galleries{COMPUTE}/galleries/acg_northwind");
    let plain = format!("{gallery}{VERSION}");
    drive.get(&plain, 200).await;
    drive
        .get(&plain.replace("acg_northwind", "none"), 404)
        .await;
    let permissions = format!("{gallery}{VERSION}&$select=Permissions");
    drive
        .get(&permissions.replace("acg_northwind", "none"), 404)
        .await;
    let images = format!("{gallery}/images{VERSION}");
    drive
        .get(&images.replace("acg_northwind", "none"), 404)
        .await;
    let image = format!("{gallery}/images/win11-avd");
    drive
        .get(&format!("{gallery}/images/none{VERSION}"), 404)
        .await;
    drive
        .get(&format!("{gallery}/images/none/versions{VERSION}"), 404)
        .await;
    let version = format!("{image}/versions/2026.11.3{VERSION}&$expand=ReplicationStatus");
    drive.get(&version.replace("2026.11.3", "9.9.9"), 404).await;
    query(drive).await;
    replicate(drive, &format!("{image}/versions/2026.11.3{VERSION}")).await;
    share(drive, &gallery).await;
    consume(drive).await;
}

async fn everything_in(drive: &mut Drive<'_>, gallery: &str) {
    let permissions = format!("{gallery}{VERSION}&$select=Permissions");
    drive.get(&permissions, 200).await;
    let images = format!("{gallery}/images{VERSION}");
    for image in items(&drive.get(&images, 200).await.body) {
        drive.get(&format!("{image}{VERSION}"), 200).await;
        let versions = format!("{image}/versions{VERSION}");
        for version in items(&drive.get(&versions, 200).await.body) {
            let expanded = format!("{version}{VERSION}&$expand=ReplicationStatus");
            drive.get(&expanded, 200).await;
        }
    }
}

/// What Resource Graph tells, and what it does not understand.
async fn query(drive: &mut Drive<'_>) {
    let target = "/providers/Microsoft.ResourceGraph/resources?api-version=2024-04-01";
    let subscription = GALLERIES.rsplit('/').next();
    let question = |query: &str| json!({ "subscriptions": [subscription], "query": query });
    let versions =
        question("resources | where type =~ 'Microsoft.Compute/galleries/images/versions'");
    drive.ask(Method::POST, target, Some(&versions), 200).await;
    let odd = question("where where");
    drive.ask(Method::POST, target, Some(&odd), 400).await;
}

/// A further region, and what is refused.
async fn replicate(drive: &mut Drive<'_>, version: &str) {
    let expanded = format!("{version}&$expand=ReplicationStatus");
    let mut body = drive.get(&expanded, 200).await.body;
    let regions = body.pointer_mut("/properties/publishingProfile/targetRegions");
    let regions = regions.unwrap().as_array_mut().unwrap();
    regions.push(json!({ "name": "swedencentral", "regionalReplicaCount": 1 }));
    let accepted = drive.ask(Method::PUT, version, Some(&body), 200).await;
    drive.get(&expanded, 200).await;
    drive.get(version, 200).await;
    drive.get(&version.replace("2026.11.3", "9.9.9"), 404).await;
    drive.ask(Method::PUT, version, Some(&body), 409).await;
    drive.follow(&accepted).await;
    drive.get(&expanded, 200).await;
    let mut nowhere = body.clone();
    nowhere["properties"]["publishingProfile"]["targetRegions"] = json!([{ "name": "atlantis" }]);
    drive.ask(Method::PUT, version, Some(&nowhere), 400).await;
}

async fn share(drive: &mut Drive<'_>, gallery: &str) {
    let target = format!("{gallery}/share{VERSION}");
    let update = |operation: &str| json!({ "operationType": operation, "groups": [{ "type": "AADTenants", "ids": [FOURTH] }] });
    let add = update("Add");
    let accepted = drive.ask(Method::POST, &target, Some(&add), 202).await;
    let permissions = format!("{gallery}{VERSION}&$select=Permissions");
    drive.get(&permissions, 200).await;
    drive.ask(Method::POST, &target, Some(&add), 409).await;
    drive.follow(&accepted).await;
    drive.get(&permissions, 200).await;
    let odd = update("Lend");
    drive.ask(Method::POST, &target, Some(&odd), 400).await;
}

async fn consume(drive: &mut Drive<'_>) {
    drive.client.sign_in(FOURTH).await;
    let shared = format!("{SUBSCRIPTION}{COMPUTE}/locations/eastus/sharedGalleries");
    drive.get(&format!("{shared}{VERSION}"), 200).await;
    drive
        .get(&format!("{shared}{VERSION}&sharedTo=tenant"), 200)
        .await;
    let name = "4bcff225-6938-4091-a01c-259ebff5a095-ACG_NORTHWIND";
    let version = format!("{shared}/{name}/images/win11-avd/versions/2026.10.1{VERSION}");
    drive.get(&version, 200).await;
    drive.get(&version.replace("2026.10.1", "9.9.9"), 404).await;
}

/// Groups, roles, networks, deployments and the machines that they make.
pub(super) async fn machines(drive: &mut Drive<'_>) {
    let group = |name: &str| format!("{OWN}/resourcegroups/{name}?api-version=2024-07-01");
    let body = json!({ "location": "westeurope" });
    drive
        .ask(Method::PUT, &group("new"), Some(&body), 201)
        .await;
    drive
        .ask(Method::PUT, &group("new"), Some(&body), 200)
        .await;
    let elsewhere = json!({ "location": "uksouth" });
    drive
        .ask(Method::PUT, &group("new"), Some(&elsewhere), 409)
        .await;
    drive.get(&group("new"), 200).await;
    drive.get(&group("none"), 404).await;
    assign(drive).await;

    let network = format!("{}{NETWORK}/virtualNetworks/net", hosts(OWN));
    let version = "?api-version=2024-05-01";
    drive.get(&format!("{network}{version}"), 200).await;
    drive.get(&format!("{network}s{version}"), 404).await;
    drive.get(&format!("{network}/usages{version}"), 200).await;
    drive.get(&format!("{network}s/usages{version}"), 404).await;
    let usages = format!("{OWN}{COMPUTE}/locations/westeurope/usages?api-version=2024-07-01");
    drive.get(&usages, 200).await;
    drive
        .get(&usages.replace("westeurope", "atlantis"), 400)
        .await;
    let skus =
        format!("{OWN}{COMPUTE}/skus?api-version=2021-07-01&$filter=location eq 'westeurope'");
    drive.get(&skus, 200).await;
    deploy(drive).await;

    let below = |path: &str| format!("{}{path}", hosts(OWN));
    let nics = below(&format!("{NETWORK}/networkInterfaces"));
    drive.get(&format!("{nics}{version}"), 200).await;
    drive
        .get(&format!("{nics}/vm-0001-nic{version}"), 200)
        .await;
    drive.get(&format!("{nics}/none{version}"), 404).await;
    let machines = format!("{COMPUTE}/virtualMachines");
    let version = "?api-version=2024-07-01";
    drive.get(&format!("{OWN}{machines}{version}"), 200).await;
    drive
        .get(&below(&format!("{machines}{version}")), 200)
        .await;
    let one = below(&format!("{machines}/vm-0001{version}&$expand=instanceView"));
    drive.get(&one, 200).await;
    drive.get(&one.replace("vm-0001", "none"), 404).await;
}

async fn assign(drive: &mut Drive<'_>) {
    let version = "?api-version=2022-04-01";
    let assignments = format!(
        "{}/providers/Microsoft.Authorization/roleAssignments",
        hosts(OWN)
    );
    let principal = "6c6b5a4e-0000-4000-8000-000000000021";
    let one = |name: u32| format!("{assignments}/ffffffff-0000-4000-8000-{name:012}{version}");
    let reader = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
    let body = |role: &str| {
        let role = format!("{OWN}/providers/Microsoft.Authorization/roleDefinitions/{role}");
        json!({ "properties": { "roleDefinitionId": role, "principalId": principal } })
    };
    let grant = body(reader);
    drive.ask(Method::PUT, &one(1), Some(&grant), 201).await;
    drive.ask(Method::PUT, &one(2), Some(&grant), 409).await;
    let unheard = body("00000000-0000-4000-8000-000000000000");
    drive.ask(Method::PUT, &one(2), Some(&unheard), 400).await;
    drive.get(&one(1), 200).await;
    drive.get(&one(2), 404).await;
    drive
        .get(&format!("{assignments}{version}&$filter=atScope()"), 200)
        .await;
    let of_one = format!("{assignments}{version}&$filter=principalId eq '{principal}'");
    drive.get(&of_one, 200).await;
    for scope in [
        hosts(OWN).replace("resourceGroups", "resourcegroups"),
        format!("{}{NETWORK}/virtualNetworks/net", hosts(OWN)),
    ] {
        let permissions = format!("{scope}/providers/Microsoft.Authorization/permissions{version}");
        drive.get(&permissions, 200).await;
    }
    drive.ask(Method::DELETE, &one(1), None, 200).await;
    drive.ask(Method::DELETE, &one(1), None, 204).await;
}

async fn deploy(drive: &mut Drive<'_>) {
    let target = deployment_url(&hosts(OWN), "wave-1");
    let body = deployment(&machine("vm-0001"));
    let validate = target.replace('?', "/validate?");
    drive.ask(Method::POST, &validate, Some(&body), 200).await;
    let mut wrong = body.clone();
    wrong["properties"]["template"]["resources"][0]["type"] = json!("a/b");
    drive.ask(Method::POST, &validate, Some(&wrong), 400).await;
    drive.ask(Method::PUT, &target, Some(&wrong), 400).await;
    let operations = operations("wave-1");
    drive.get(&target, 404).await;
    drive.get(&operations, 404).await;
    let accepted = drive.ask(Method::PUT, &target, Some(&body), 201).await;
    drive.get(&target, 200).await;
    drive.get(&operations, 200).await;
    drive.follow(&accepted).await;
    drive.get(&target, 200).await;
    drive.get(&operations, 200).await;

    let fault = json!([{ "match": { "path": "/vm-0002$" }, "fault": { "allocation_fails": {} } }]);
    drive.client.plan(&fault).await;
    let target = deployment_url(&hosts(OWN), "wave-2");
    let body = deployment(&machine("vm-0002"));
    let accepted = drive.ask(Method::PUT, &target, Some(&body), 201).await;
    drive.follow(&accepted).await;
    let failed = drive.get(&target, 200).await;
    assert_eq!(failed.body["properties"]["provisioningState"], "Failed");
    drive.get(&self::operations("wave-2"), 200).await;
}

fn operations(deployment: &str) -> String {
    let group = hosts(OWN).replace("resourceGroups", "resourcegroups");
    format!("{group}/deployments/{deployment}/operations?api-version=2024-07-01")
}

fn machine(name: &str) -> Vec<Value> {
    hosting::machines(&hosts(OWN), &[name.to_owned()], &web("1.0.0"))
}

/// The ids of a list.
fn items(list: &Value) -> Vec<String> {
    let items = list["value"].as_array().unwrap().iter();
    items
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect()
}
