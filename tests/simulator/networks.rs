//! Virtual networks, subnets and network interfaces.

use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Client, reply};
use super::hosting::{
    OWN, THEIRS, estate, hosts, interface, interface_url, machine, machine_url, refusal, state_of,
    url, web,
};

fn network(name: &str) -> String {
    url(&hosts(OWN), "Microsoft.Network/virtualNetworks", name)
}

fn subnet(name: &str) -> String {
    network(&format!("net/subnets/{name}"))
}

#[tokio::test]
async fn an_interface_gets_an_address_and_gives_it_back() {
    let client = Client::with_estate(&estate("")).await;
    let (one, two) = (
        interface_url(&hosts(OWN), "one"),
        interface_url(&hosts(OWN), "two"),
    );
    let put = client.put(&one, &interface(&hosts(OWN), "hosts")).await;
    assert_eq!((put.status.as_u16(), state_of(&put)), (201, "Succeeded"));
    let operation = put.header("azure-asyncoperation").unwrap().to_owned();
    assert!(operation.contains("/Microsoft.Network/locations/westeurope/operations/"));
    assert_eq!(
        client.get(&operation).await.body,
        json!({ "status": "InProgress" })
    );
    let busy = client.put(&one, &interface(&hosts(OWN), "hosts")).await;
    assert_eq!(
        (busy.status.as_u16(), busy.code()),
        (429, "AnotherOperationInProgress")
    );
    assert!(busy.header("retry-after").is_some());
    client.advance(10).await;
    assert_eq!(
        client.get(&operation).await.body,
        json!({ "status": "Succeeded" })
    );
    let address = |body: &Value| {
        body["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"].clone()
    };
    assert_eq!(address(&put.body), "10.0.1.4");
    let second = client.put(&two, &interface(&hosts(OWN), "hosts")).await;
    assert_eq!(address(&second.body), "10.0.1.5");
    client.finish(&second).await;

    let read = client.get(&subnet("hosts")).await;
    assert_eq!(read.header("etag"), read.body["etag"].as_str());
    let users = read.body["properties"]["ipConfigurations"]
        .as_array()
        .unwrap();
    assert_eq!(users.len(), 2);
    assert!(
        users[0]["id"]
            .as_str()
            .unwrap()
            .ends_with("/networkInterfaces/ONE/ipConfigurations/IPCONFIG1")
    );
    let usages = client.get(&network("net/usages")).await;
    let usage = |name: &str| {
        let all = usages.body["value"].as_array().unwrap();
        let one = all
            .iter()
            .find(|u| u["id"].as_str().unwrap().ends_with(name))
            .unwrap();
        (one["currentValue"].clone(), one["limit"].clone())
    };
    assert_eq!(usage("/subnets/hosts"), (json!(2), json!(251)));
    assert_eq!(usage("/subnets/small"), (json!(0), json!(3)));

    let deleted = client.delete(&one).await;
    assert_eq!(deleted.status, 202);
    let location = deleted.header("location").unwrap().to_owned();
    assert!(location.contains("/operationResults/"));
    assert_eq!(client.get(&location).await.status, 202);
    client.finish(&deleted).await;
    assert_eq!(client.get(&location).await.status, 204);
    assert_eq!(client.get(&one).await.code(), "ResourceNotFound");
    assert_eq!(client.delete(&one).await.status, 204);
    let third = client.put(&one, &interface(&hosts(OWN), "hosts")).await;
    assert_eq!(address(&third.body), "10.0.1.4", "the lowest free one");
    client.finish(&third).await;
    let tags = reply(
        client
            .request(Method::PATCH, &one)
            .json(&json!({ "tags": { "a": "b" } })),
    )
    .await;
    assert_eq!(
        (tags.status.as_u16(), &tags.body["tags"]["a"]),
        (200, &json!("b"))
    );
    assert_ne!(tags.body["etag"], third.body["etag"]);
    client.stop().await;
}

#[tokio::test]
async fn a_subnet_can_be_full() {
    let client = Client::with_estate(&estate("")).await;
    let put = async |name: &str| {
        client
            .put(
                &interface_url(&hosts(OWN), name),
                &interface(&hosts(OWN), "small"),
            )
            .await
    };
    for name in ["a", "b", "c"] {
        assert_eq!(put(name).await.status, 201);
    }
    let full = put("d").await;
    assert_eq!((full.status.as_u16(), full.code()), (400, "SubnetIsFull"));
    assert_eq!(
        full.message(),
        format!(
            "Subnet {}/providers/Microsoft.Network/virtualNetworks/net/subnets/small with address \
             prefix 10.0.2.0/29 does not have enough capacity for 1 IP addresses.",
            hosts(OWN)
        )
    );
    assert_eq!(
        client.get(&interface_url(&hosts(OWN), "d")).await.status,
        404
    );
    client.stop().await;
}

#[tokio::test]
async fn addresses_can_be_asked_for() {
    let client = Client::with_estate(&estate("")).await;
    let put = async |name: &str, address: &str| {
        let mut body = interface(&hosts(OWN), "hosts");
        let properties = &mut body["properties"]["ipConfigurations"][0]["properties"];
        properties["privateIPAllocationMethod"] = json!("Static");
        properties["privateIPAddress"] = json!(address);
        client.put(&interface_url(&hosts(OWN), name), &body).await
    };
    assert_eq!(put("a", "10.0.1.77").await.status, 201);
    assert_eq!(
        put("b", "10.0.1.77").await.code(),
        "PrivateIPAddressIsAllocated"
    );
    assert_eq!(
        put("b", "10.0.1.3").await.code(),
        "PrivateIPAddressInReservedRange"
    );
    assert_eq!(
        put("b", "10.0.9.9").await.code(),
        "PrivateIPAddressNotInSubnet"
    );
    client.stop().await;
}

#[tokio::test]
async fn an_interface_needs_a_subnet_beside_it() {
    let client = Client::with_estate(&estate("")).await;
    let one = interface_url(&hosts(OWN), "one");
    let missing = client.put(&one, &interface(&hosts(OWN), "nothing")).await;
    assert_eq!(
        (missing.status.as_u16(), missing.code()),
        (400, "InvalidResourceReference")
    );
    assert!(
        missing
            .message()
            .contains("/subnets/nothing referenced by resource /subscriptions/")
    );
    let foreign = client.put(&one, &interface(&hosts(THEIRS), "hosts")).await;
    assert_eq!(foreign.code(), "InvalidResourceReference");
    let mut elsewhere = interface(&hosts(OWN), "hosts");
    elsewhere["location"] = json!("uksouth");
    assert_eq!(
        client.put(&one, &elsewhere).await.code(),
        "InvalidResourceReference"
    );
    let mut none = interface(&hosts(OWN), "hosts");
    none["properties"]["ipConfigurations"] = json!([]);
    assert_eq!(client.put(&one, &none).await.status, 400);
    for name in ["-a", "a-", "a b", &"x".repeat(81)] {
        let refused = client
            .put(
                &interface_url(&hosts(OWN), name),
                &interface(&hosts(OWN), "hosts"),
            )
            .await;
        assert_eq!(refused.code(), "InvalidResourceName", "{name}");
    }
    client.stop().await;
}

#[tokio::test]
async fn joining_a_subnet_takes_a_role_there() {
    let toml = estate("").replace(
        "roles = [{ role = \"Contributor\" }]",
        "roles = [{ role = \"Contributor\", scope = \"resourceGroups/own\" }, { role = \"Reader\" }]",
    );
    let toml = toml.replace(
        "{ name = \"Hosts\", location = \"westeurope\" }]",
        "{ name = \"Hosts\", location = \"westeurope\" }, { name = \"own\", location = \"westeurope\" }]",
    );
    let client = Client::with_estate(&toml).await;
    let own = format!("{OWN}/resourceGroups/own");
    let refused = client
        .put(
            &interface_url(&own, "one"),
            &interface(&hosts(OWN), "hosts"),
        )
        .await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (403, "LinkedAuthorizationFailed")
    );
    assert!(
        refused
            .message()
            .contains("'Microsoft.Network/virtualNetworks/subnets/join/action'")
    );
    client.stop().await;
}

#[tokio::test]
async fn an_interface_of_a_machine_stays() {
    let client = Client::with_estate(&estate("")).await;
    let nic = interface_url(&hosts(OWN), "vm-1-nic");
    let put = client.put(&nic, &interface(&hosts(OWN), "hosts")).await;
    client.finish(&put).await;
    let vm = machine_url(&hosts(OWN), "vm-1");
    let put = client
        .put(&vm, &machine(&hosts(OWN), "vm-1", &web("1.0.0")))
        .await;
    assert_eq!(put.status, 201, "{put:?}");
    let refused = client.delete(&nic).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (400, "NicInUse"));
    assert!(
        refused.message().ends_with("aka.ms/deletenic."),
        "{refused:?}"
    );
    let other = client
        .put(
            &machine_url(&hosts(OWN), "vm-2"),
            &machine(&hosts(OWN), "vm-1", &web("1.0.0")),
        )
        .await;
    assert_eq!((other.status.as_u16(), other.code()), (400, "NicInUse"));
    let attached = client.get(&nic).await.body;
    assert_eq!(
        attached["properties"]["virtualMachine"]["id"],
        put.body["id"]
    );
    assert_eq!(attached["properties"]["primary"], true);
    client.stop().await;
}

#[tokio::test]
async fn networks_and_subnets_come_and_go() {
    let client = Client::with_estate(&estate("")).await;
    let body = |subnets: Value| {
        json!({ "location": "westeurope", "properties": {
            "addressSpace": { "addressPrefixes": ["10.1.0.0/16"] }, "subnets": subnets,
        } })
    };
    let created = client
        .put(
            &network("new"),
            &body(json!([{ "name": "a", "properties": { "addressPrefix": "10.1.0.0/24" } }])),
        )
        .await;
    assert_eq!(
        (created.status.as_u16(), state_of(&created)),
        (201, "Updating")
    );
    client.finish(&created).await;
    let read = client.get(&network("new")).await;
    assert_eq!(state_of(&read), "Succeeded");
    assert_ne!(read.body["etag"], created.body["etag"]);
    assert_eq!(
        read.body["properties"]["subnets"][0]["etag"],
        read.body["etag"]
    );
    let outside = json!([{ "name": "a", "properties": { "addressPrefix": "10.2.0.0/24" } }]);
    assert_eq!(
        client.put(&network("new"), &body(outside)).await.code(),
        "NetcfgSubnetRangeOutsideVnet"
    );
    let overlapping = json!([
        { "name": "a", "properties": { "addressPrefix": "10.1.0.0/24" } },
        { "name": "b", "properties": { "addressPrefix": "10.1.0.128/25" } },
    ]);
    assert_eq!(
        client.put(&network("new"), &body(overlapping)).await.code(),
        "NetcfgSubnetRangesOverlap"
    );
    let small = json!([{ "name": "a", "properties": { "addressPrefix": "10.1.0.0/30" } }]);
    assert_eq!(
        client.put(&network("new"), &body(small)).await.code(),
        "NetcfgInvalidSubnet"
    );

    let added = client
        .put(
            &network("new/subnets/b"),
            &json!({ "properties": { "addressPrefix": "10.1.1.0/24" } }),
        )
        .await;
    assert_eq!((added.status.as_u16(), state_of(&added)), (201, "Updating"));
    client.finish(&added).await;
    let listed = client.get(&network("new/subnets")).await;
    assert_eq!(listed.body["value"].as_array().unwrap().len(), 2);
    assert_eq!(
        client.get(&network("new/subnets/c")).await.code(),
        "NotFound"
    );
    assert_eq!(
        client.get(&network("none/subnets/c")).await.code(),
        "ResourceNotFound"
    );
    let deleted = client.delete(&network("new/subnets/b")).await;
    assert_eq!(deleted.status, 202);
    client.finish(&deleted).await;
    assert_eq!(client.get(&network("new/subnets/b")).await.status, 404);

    let put = client
        .put(
            &interface_url(&hosts(OWN), "one"),
            &interface(&hosts(OWN), "hosts"),
        )
        .await;
    client.finish(&put).await;
    for path in [network("net"), subnet("hosts")] {
        let refused = client.delete(&path).await;
        assert_eq!(refusal(&refused).1, "InUseSubnetCannotBeDeleted");
    }
    let deleted = client.delete(&network("new")).await;
    assert_eq!(deleted.status, 202);
    client.finish(&deleted).await;
    assert_eq!(client.get(&network("new")).await.status, 404);
    client.stop().await;
}
