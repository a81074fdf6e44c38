//! What has to do with deploying against Microsoft's specifications.

use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Client, Reply, reply};
use super::hosting::{
    OWN, deployment, deployment_url, estate, hosts, interface, interface_url, machine, machine_url,
    machines, names, url, web,
};
use crate::spec::Spec;

const RESOURCES: &str =
    "resources/resource-manager/Microsoft.Resources/stable/2024-07-01/resources.json";
const INTERFACES: &str =
    "network/resource-manager/Microsoft.Network/stable/2024-05-01/networkInterface.json";
const NETWORKS: &str =
    "network/resource-manager/Microsoft.Network/stable/2024-05-01/virtualNetwork.json";
const MACHINES: &str =
    "compute/resource-manager/Microsoft.Compute/ComputeRP/stable/2024-07-01/virtualMachine.json";
const DISKS: &str = "compute/resource-manager/Microsoft.Compute/DiskRP/stable/2024-03-02/disk.json";

fn check(spec: &Spec, operation: &str, reply: &Reply, status: u16) {
    assert_eq!(reply.status.as_u16(), status, "{operation} {reply:?}");
    // The specification lists the sizes of 2019 and lets there be others.
    let body = reply.body.to_string();
    let body = body.replace("Standard_D4s_v5", "Standard_D4s_v3");
    let body = body.replace("Standard_D2s_v5", "Standard_D2s_v3");
    let mut body: Value = serde_json::from_str(&body).unwrap();
    strip(&mut body);
    spec.response(operation, status).check(&body);
}

/// Takes away what Azure answers and the specification does not have
/// (`network/network_nic_edge_zone.json` of the recordings).
fn strip(value: &mut Value) {
    if value["type"] == "Microsoft.Network/networkInterfaces" {
        value.as_object_mut().unwrap().remove("kind");
        let properties = value["properties"].as_object_mut().unwrap();
        properties.remove("allowPort25Out");
    }
    let items = value.get_mut("value").and_then(Value::as_array_mut);
    items.into_iter().flatten().for_each(strip);
}

#[tokio::test]
async fn resource_groups() {
    let Some(spec) = Spec::load(RESOURCES) else {
        return;
    };
    let client = Client::with_estate(&estate("")).await;
    let group = format!("{OWN}/resourcegroups/new?api-version=2024-07-01");
    let body = json!({ "location": "westeurope", "tags": { "a": "b" } });
    spec.request_body("ResourceGroups_CreateOrUpdate")
        .check(&body);
    let put = "ResourceGroups_CreateOrUpdate";
    check(&spec, put, &client.put(&group, &body).await, 201);
    check(&spec, put, &client.put(&group, &body).await, 200);
    let elsewhere = json!({ "location": "uksouth" });
    check(&spec, put, &client.put(&group, &elsewhere).await, 409);
    let patch = client
        .request(Method::PATCH, &group)
        .json(&json!({ "tags": {} }));
    check(&spec, "ResourceGroups_Update", &reply(patch).await, 200);
    let contents = format!("{}/resources?api-version=2024-07-01", hosts(OWN));
    check(
        &spec,
        "Resources_ListByResourceGroup",
        &client.get(&contents).await,
        200,
    );
    check(
        &spec,
        "ResourceGroups_Delete",
        &client.delete(&group).await,
        202,
    );
    client.stop().await;
}

#[tokio::test]
async fn networks_and_interfaces() {
    let Some(spec) = Spec::load(NETWORKS) else {
        return;
    };
    let client = Client::with_estate(&estate("")).await;
    let network = |name: &str| url(&hosts(OWN), "Microsoft.Network/virtualNetworks", name);
    let body = json!({ "location": "westeurope", "properties": {
        "addressSpace": { "addressPrefixes": ["10.1.0.0/16"] },
        "subnets": [{ "name": "a", "properties": { "addressPrefix": "10.1.0.0/24" } }],
    } });
    spec.request_body("VirtualNetworks_CreateOrUpdate")
        .check(&body);
    let created = client.put(&network("new"), &body).await;
    check(&spec, "VirtualNetworks_CreateOrUpdate", &created, 201);
    client.finish(&created).await;
    check(
        &spec,
        "VirtualNetworks_Get",
        &client.get(&network("new")).await,
        200,
    );
    let subnet = json!({ "properties": { "addressPrefix": "10.1.1.0/24" } });
    let created = client.put(&network("new/subnets/b"), &subnet).await;
    check(&spec, "Subnets_CreateOrUpdate", &created, 201);
    client.finish(&created).await;

    let nics = Spec::load(INTERFACES).unwrap();
    let nic = interface_url(&hosts(OWN), "one");
    let body = interface(&hosts(OWN), "hosts");
    nics.request_body("NetworkInterfaces_CreateOrUpdate")
        .check(&body);
    let created = client.put(&nic, &body).await;
    check(&nics, "NetworkInterfaces_CreateOrUpdate", &created, 201);
    client.finish(&created).await;
    check(&nics, "NetworkInterfaces_Get", &client.get(&nic).await, 200);
    let all = url(&hosts(OWN), "Microsoft.Network/networkInterfaces", "");
    check(
        &nics,
        "NetworkInterfaces_List",
        &client.get(&all).await,
        200,
    );
    let wrong = client
        .put(
            &interface_url(&hosts(OWN), "two"),
            &interface(&hosts(OWN), "none"),
        )
        .await;
    check(&nics, "NetworkInterfaces_CreateOrUpdate", &wrong, 400);

    for (path, operation) in [
        ("", "VirtualNetworks_List"),
        ("net", "VirtualNetworks_Get"),
        ("net/subnets", "Subnets_List"),
        ("net/subnets/hosts", "Subnets_Get"),
        ("net/usages", "VirtualNetworks_ListUsage"),
        ("none", "VirtualNetworks_Get"),
    ] {
        let status = if path == "none" { 404 } else { 200 };
        check(&spec, operation, &client.get(&network(path)).await, status);
    }
    check(
        &nics,
        "NetworkInterfaces_Delete",
        &client.delete(&nic).await,
        202,
    );
    client.stop().await;
}

#[tokio::test]
async fn machines_disks_and_extensions() {
    let Some(spec) = Spec::load(MACHINES) else {
        return;
    };
    let client = Client::with_estate(&estate("")).await;
    let put = "VirtualMachines_CreateOrUpdate";
    let nic = client
        .put(
            &interface_url(&hosts(OWN), "vm-1-nic"),
            &interface(&hosts(OWN), "hosts"),
        )
        .await;
    client.finish(&nic).await;
    let path = machine_url(&hosts(OWN), "vm-1");
    let mut body = machine(&hosts(OWN), "vm-1", &web("1.0.0"));
    body["identity"] = json!({ "type": "SystemAssigned" });
    let created = client.put(&path, &body).await;
    check(&spec, put, &created, 201);
    let expanded = format!("{path}&$expand=instanceView");
    check(
        &spec,
        "VirtualMachines_Get",
        &client.get(&expanded).await,
        200,
    );
    client.finish(&created).await;
    let extension = url(
        &hosts(OWN),
        "Microsoft.Compute/virtualMachines",
        "vm-1/extensions/join",
    );
    let of_extension = json!({ "location": "westeurope", "properties": {
        "publisher": "p", "type": "t", "typeHandlerVersion": "1.0", "settings": { "a": 1 },
    } });
    spec.request_body("VirtualMachineExtensions_CreateOrUpdate")
        .check(&of_extension);
    let installed = client.put(&extension, &of_extension).await;
    check(
        &spec,
        "VirtualMachineExtensions_CreateOrUpdate",
        &installed,
        201,
    );
    client.finish(&installed).await;
    let all = extension.replace("/join?", "?");
    check(
        &spec,
        "VirtualMachineExtensions_List",
        &client.get(&all).await,
        200,
    );
    let one = format!("{extension}&$expand=instanceView");
    check(
        &spec,
        "VirtualMachineExtensions_Get",
        &client.get(&one).await,
        200,
    );

    check(
        &spec,
        "VirtualMachines_Get",
        &client.get(&expanded).await,
        200,
    );
    let list = url(&hosts(OWN), "Microsoft.Compute/virtualMachines", "");
    check(&spec, "VirtualMachines_List", &client.get(&list).await, 200);
    let view = path.replace('?', "/instanceView?");
    check(
        &spec,
        "VirtualMachines_InstanceView",
        &client.get(&view).await,
        200,
    );
    let same = client.put(&path, &client.get(&path).await.body).await;
    check(&spec, put, &same, 200);
    body["properties"]["storageProfile"]["imageReference"]["id"] = json!(web("1.1.0"));
    check(&spec, put, &client.put(&path, &body).await, 409);

    let disks = Spec::load(DISKS).unwrap();
    let all = format!(
        "{}/providers/Microsoft.Compute/disks?api-version=2024-03-02",
        hosts(OWN)
    );
    let all = client.get(&all).await;
    check(&disks, "Disks_ListByResourceGroup", &all, 200);
    let one = all.body["value"][0]["id"].as_str().unwrap();
    let one = client.get(&format!("{one}?api-version=2024-03-02")).await;
    check(&disks, "Disks_Get", &one, 200);
    check(
        &spec,
        "VirtualMachines_Delete",
        &client.delete(&path).await,
        202,
    );
    client.stop().await;
}

#[tokio::test]
async fn machines_of_the_demo() {
    let Some(spec) = Spec::load(MACHINES) else {
        return;
    };
    let client = Client::demo().await;
    let (nics, disks) = (Spec::load(INTERFACES).unwrap(), Spec::load(DISKS).unwrap());
    let shared = "/subscriptions/00d1de2f-2bac-43a0-90ee-0415ebdd515d/providers";
    let list = async |kind: &str, api: &str| {
        let path = format!("{shared}/{kind}?api-version={api}");
        let list = client.get(&path).await;
        assert!(!list.body["value"].as_array().unwrap().is_empty());
        list
    };
    let machines = list("Microsoft.Compute/virtualMachines", "2024-07-01").await;
    check(&spec, "VirtualMachines_ListAll", &machines, 200);
    let interfaces = list("Microsoft.Network/networkInterfaces", "2024-05-01").await;
    check(&nics, "NetworkInterfaces_ListAll", &interfaces, 200);
    let address = &interfaces.body["value"][0]["properties"]["ipConfigurations"][0]["properties"];
    assert_eq!(address["privateIPAddress"], "10.10.1.4");
    check(
        &disks,
        "Disks_List",
        &list("Microsoft.Compute/disks", "2024-03-02").await,
        200,
    );
    client.stop().await;
}

#[tokio::test]
async fn deployments() {
    let Some(spec) = Spec::load(RESOURCES) else {
        return;
    };
    let client = Client::with_estate(&estate("")).await;
    let path = deployment_url(&hosts(OWN), "wave-1");
    let body = deployment(&machines(&hosts(OWN), &names("vm", 2), &web("1.0.0")));
    spec.request_body("Deployments_CreateOrUpdate").check(&body);
    let validate = path.replace('?', "/validate?");
    check(
        &spec,
        "Deployments_Validate",
        &client.post(&validate, &body).await,
        200,
    );
    let mut wrong = body.clone();
    wrong["properties"]["template"]["resources"][0]["type"] = json!("a/b");
    check(
        &spec,
        "Deployments_Validate",
        &client.post(&validate, &wrong).await,
        400,
    );
    let accepted = client.post(&path.replace('?', "/whatIf?"), &body).await;
    check(&spec, "Deployments_WhatIf", &accepted, 202);
    client.advance(60).await;
    let told = client.get(accepted.header("location").unwrap()).await;
    check(&spec, "Deployments_WhatIf", &told, 200);

    client
        .plan(&json!([
            { "match": { "path": "/vm-0001$" }, "fault": { "allocation_fails": {} } },
            { "match": { "path": "/vm-0002-nic\\?" }, "fault": { "status": 409 } },
        ]))
        .await;
    let accepted = client.put(&path, &body).await;
    check(&spec, "Deployments_CreateOrUpdate", &accepted, 201);
    let operations = path.replace('?', "/operations?");
    for seconds in [10, 600] {
        client.advance(seconds).await;
        check(&spec, "Deployments_Get", &client.get(&path).await, 200);
        check(
            &spec,
            "DeploymentOperations_List",
            &client.get(&operations).await,
            200,
        );
    }
    let failed = client.get(&path).await;
    assert_eq!(
        failed.body["properties"]["error"]["details"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let again = client
        .put(&deployment_url(&hosts(OWN), "wave-2"), &body)
        .await;
    client.finish(&again).await;
    let list = client.get(&deployment_url(&hosts(OWN), "")).await;
    assert_eq!(
        list.body["value"][1]["properties"]["provisioningState"],
        "Succeeded"
    );
    check(&spec, "Deployments_ListByResourceGroup", &list, 200);
    check(
        &spec,
        "Deployments_Get",
        &client.get(&deployment_url(&hosts(OWN), "none")).await,
        404,
    );
    client.stop().await;
}
