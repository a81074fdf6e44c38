//! Recorded conversations about resource groups, networks and deployments, held with the simulator.

use regex::Regex;
use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Client, Reply, reply};
use super::recordings::{ESTATE, SUBSCRIPTION, differences, path_of};
use crate::spec::azure_folder;

/// A recording with its texts changed: what, into what.
fn recorded(name: &str, changes: &[(&str, &str)]) -> Option<Vec<Value>> {
    let file = azure_folder()?.join(format!("recordings/{name}.json"));
    let mut text = std::fs::read_to_string(&file).unwrap();
    for (what, into) in changes {
        text = text.replace(what, into);
    }
    Some(serde_json::from_str(&text).unwrap())
}

async fn send(client: &Client, pair: &Value) -> Reply {
    let method: Method = pair["method"].as_str().unwrap().parse().unwrap();
    let mut request = client.request(method, &path_of(pair));
    if !pair["request_body"].is_null() {
        request = request.json(&pair["request_body"]);
    }
    reply(request).await
}

async fn with_group(client: &Client, path: &str) {
    let group = path.split('/').nth(4).unwrap().split('?').next().unwrap();
    let id = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}");
    let document = json!({
        "id": id, "name": group, "type": "Microsoft.Resources/resourceGroups",
        "location": "westus", "properties": { "provisioningState": "Succeeded" },
    });
    client.smuggle(&id, &document).await;
}

#[tokio::test]
async fn resource_groups() {
    let Some(pairs) = recorded("resource/resource_group", &[]) else {
        return;
    };
    let client = Client::with_estate(ESTATE).await;
    with_group(&client, &path_of(&pairs[0])).await;
    let deleted = send(&client, &pairs[0]).await;
    let mut mistakes = differences(&pairs[0], &deleted);
    let location = deleted.header("location").unwrap().to_owned();
    mistakes.extend(differences(&pairs[1], &client.get(&location).await));
    client.advance(3600).await;
    mistakes.extend(differences(&pairs[5], &client.get(&location).await));
    // Templates are not exported, which the last pair does.
    for pair in &pairs[6..18] {
        mistakes.extend(differences(pair, &send(&client, pair).await));
    }
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
    client.stop().await;
}

/// Differences of networks that are accepted, and why.
const ACCEPTED: [(&str, &str); 5] = [
    // Recorded in 2023, before the property was there.
    (
        "nic_edge_zone",
        "/ipamPoolPrefixAllocations is not recorded",
    ),
    (
        "nic_edge_zone",
        "/privateEndpointVNetPolicies is not recorded",
    ),
    // Subnets of edge zones have no access to the internet by default.
    ("nic_edge_zone", "/defaultOutboundAccess is missing"),
    // A notice of billing that no specification has.
    (
        "nic_edge_zone",
        "/nicAuxiliarySkuBillingNotificationType is missing",
    ),
    ("nic_edge_zone", "/auxiliaryMode is not recorded"),
];

#[tokio::test]
async fn networks() {
    let mut mistakes = Vec::new();
    let mut compared = 0;
    for name in ["network_vnet", "network_nic_edge_zone"] {
        // The staging region of the recording is none of the simulator's.
        let pairs = recorded(&format!("network/{name}"), &[("eastus2euap", "eastus2")]);
        let Some(pairs) = pairs else {
            return;
        };
        let client = Client::with_estate(ESTATE).await;
        with_group(&client, &path_of(&pairs[1])).await;
        let mut accepted: Option<Reply> = None;
        for (at, pair) in pairs.iter().enumerate() {
            let path = path_of(pair);
            // Other networks of the recorded subscription, and a check that is not simulated.
            let elsewhere = !path.contains("/resourceGroups/") && !path.contains("/locations/");
            if elsewhere
                || path.contains("/CheckIPAddressAvailability")
                || !path.contains("Network/")
            {
                continue;
            }
            let given = if let Some(end) = path.split("/locations/").nth(1) {
                let accepted = accepted.as_ref().unwrap();
                let header = if end.contains("/operationResults/") {
                    "location"
                } else {
                    "azure-asyncoperation"
                };
                if pair["response_body"]["status"] != "InProgress" {
                    client.advance(60).await;
                }
                client.get(accepted.header(header).unwrap()).await
            } else {
                send(&client, pair).await
            };
            let found = differences(pair, &given).into_iter().filter(|what| {
                !ACCEPTED
                    .iter()
                    .any(|(of, part)| name.ends_with(of) && what.contains(part))
            });
            mistakes.extend(found.map(|what| format!("{name} #{at} {path}\n    {what}")));
            compared += 1;
            if given.header("azure-asyncoperation").is_some() && !path.contains("/locations/") {
                accepted = Some(given);
            }
        }
        client.stop().await;
    }
    assert!(compared > 30, "{compared}");
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}

/// Recorded deployments of a machine from a gallery: the recording, and the place of the PUT.
const DEPLOYED: [(&str, usize); 3] = [
    ("vm/specialized_image", 57),
    ("vm/gallery_e2e", 96),
    ("vm/create_vm_with_community_gallery_image", 63),
];

/// Differences of deployments that are accepted, and why.
const ACCEPTED_OF_DEPLOYMENTS: [(&str, &str); 3] = [
    // Encryption sets are not simulated.
    ("gallery_e2e", "/diskEncryptionSet is missing"),
    // It came with the size that was recorded.
    ("", "/enableAcceleratedNetworking is missing"),
    // Recorded without it with an older api-version, and answered with every one here.
    ("", "/disableTcpStateTracking is not recorded"),
];

#[tokio::test]
async fn deployments_of_machines() {
    let mut mistakes = Vec::new();
    for (name, at) in DEPLOYED {
        let Some(pairs) = recorded(name, &[]) else {
            return;
        };
        let real = pairs[at]["response_body"]["name"]
            .as_str()
            .unwrap()
            .to_owned();
        // A size that is offered here, in place of one of the time before.
        let changes = [
            (real.as_str(), "mock-deployment"),
            ("Standard_DS1_v2", "Standard_D2s_v3"),
        ];
        let pairs = recorded(name, &changes).unwrap();
        let client = Client::with_estate(ESTATE).await;
        with_group(&client, &path_of(&pairs[at])).await;
        prepare(&client, &pairs[..at], &pairs[at]).await;
        let mut accepted: Option<Reply> = None;
        let mut compared = 0;
        for pair in pairs[at..].iter().map(without_unsimulated) {
            let path = path_of(&pair);
            let given = if path.contains("/operationStatuses/") {
                if pair["response_body"]["status"] != "Succeeded" {
                    continue;
                }
                client.advance(600).await;
                client
                    .get(
                        accepted
                            .as_ref()
                            .unwrap()
                            .header("azure-asyncoperation")
                            .unwrap(),
                    )
                    .await
            } else if ["/deployments/", "/virtualMachines/", "/networkInterfaces/"]
                .iter()
                .any(|kind| path.contains(kind))
            {
                send(&client, &pair).await
            } else {
                break;
            };
            let mut found = differences(&pair, &comparable(&given));
            found.retain(|what| {
                let mut accepted = ACCEPTED_OF_DEPLOYMENTS.iter();
                !accepted.any(|(of, part)| name.ends_with(of) && what.contains(part))
            });
            mistakes.extend(
                found
                    .iter()
                    .map(|what| format!("{name} {path}\n    {what}")),
            );
            compared += 1;
            if path.contains("/deployments/") && pair["method"] == "PUT" {
                accepted = Some(given);
            }
        }
        assert!(compared >= 4, "{name} {compared}");
        client.stop().await;
    }
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}

/// Puts in what the deployment refers to, as it was read or written before: the gallery with its
/// definitions and versions, and the network.
async fn prepare(client: &Client, before: &[Value], deployment: &Value) {
    for pair in before {
        let body = &pair["response_body"];
        let kind = body["type"].as_str().unwrap_or_default();
        if pair["method"] == "GET" && kind.starts_with("Microsoft.Compute/galleries") {
            client.smuggle(body["id"].as_str().unwrap(), body).await;
        }
        let path = path_of(pair);
        let is_version = pair["method"] == "DELETE" && path.contains("/versions/");
        if is_version {
            let id = path.split('?').next().unwrap();
            let gone = format!("/_simulator/resources?id={id}");
            reply(client.bare(Method::DELETE, &gone)).await;
        }
    }
    // Sharing to the community is told by the gallery only.
    let text = deployment["request_body"].to_string();
    let subnet =
        Regex::new("\"(/subscriptions/[^\"]+/virtualNetworks/[^\"/]+)/subnets/([^\"]+)\"").unwrap();
    let found = subnet.captures(&text).unwrap();
    let region = Regex::new("\"location\":\"([a-z0-9]+)\"").unwrap();
    let network = json!({
        "id": found[1], "name": found[1].rsplit('/').next(),
        "type": "Microsoft.Network/virtualNetworks",
        "location": region.captures(&text).unwrap()[1],
        "properties": { "subnets": [{
            "id": format!("{}/subnets/{}", &found[1], &found[2]), "name": found[2],
            "properties": { "addressPrefix": "10.0.0.0/24" },
        }] },
    });
    client.smuggle(&found[1], &network).await;
}

/// A pair without security groups and public addresses, which are not simulated, and without what a
/// guest reports.
fn without_unsimulated(pair: &Value) -> Value {
    let mut pair = pair.clone();
    strip(&mut pair);
    pair["response_body"] = comparable_body(&pair["response_body"]);
    if let Some(dependencies) = pair.pointer_mut("/response_body/properties/dependencies") {
        let all = dependencies.as_array_mut().unwrap();
        all.retain(|dependency| dependency["dependsOn"] != json!([]));
    }
    pair
}

fn strip(value: &mut Value) {
    let unsimulated = |value: &Value| {
        let named = ["id", "type", "resourceType"].into_iter();
        let texts = named.filter_map(|name| value.get(name)).chain([value]);
        let mut texts = texts.filter_map(Value::as_str).map(str::to_lowercase);
        texts.any(|text| {
            text.contains("networksecuritygroups") || text.contains("publicipaddresses")
        })
    };
    match value {
        Value::Array(items) => {
            items.retain(|item| !unsimulated(item));
            items.iter_mut().for_each(strip);
        }
        Value::Object(members) => {
            members.remove("networkSecurityGroup");
            members.remove("publicIPAddress");
            members.values_mut().for_each(strip);
        }
        _ => {}
    }
}

fn comparable(given: &Reply) -> Reply {
    Reply {
        status: given.status,
        headers: given.headers.clone(),
        body: comparable_body(&given.body),
    }
}

/// Names of disks are Azure's, and instance views what a guest reports.
fn comparable_body(body: &Value) -> Value {
    let names = Regex::new("_(OsDisk|lun_[0-9]+|disk[0-9]+)_[0-9]_[0-9a-f]{32}").unwrap();
    let text = names.replace_all(&body.to_string(), "_disk").into_owned();
    let mut body: Value = serde_json::from_str(&text).unwrap();
    if let Some(properties) = body.get_mut("properties").and_then(Value::as_object_mut) {
        properties.remove("instanceView");
    }
    body
}
