//! What a new machine, and a change of one, is held against.

use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Client, reply};
use super::hosting::{
    OWN, estate, hosts, interface_url, machine, machine_url, refusal, state_of, web,
};
use super::machines::{create, with_interface};

#[tokio::test]
async fn images_ask_for_what_they_are_made_for() {
    let client = Client::with_estate(&estate("")).await;
    with_interface(&client, &hosts(OWN), "vm-1").await;
    let other = |name: &str| web("1.0.0").replace("/web/", &format!("/{name}/"));
    let standard = create(&client, |body| {
        body["properties"]["storageProfile"]["imageReference"]["id"] = json!(other("sealed"));
        body["properties"]["securityProfile"] = Value::Null;
    })
    .await;
    assert_eq!(
        (standard.status.as_u16(), standard.code()),
        (400, "BadRequest")
    );
    assert!(
        standard
            .message()
            .ends_with("with 'TrustedLaunch' security type.")
    );
    let special = create(&client, |body| {
        body["properties"]["storageProfile"]["imageReference"]["id"] = json!(other("special"));
        body["properties"]["securityProfile"] = Value::Null;
    })
    .await;
    assert_eq!(refusal(&special), (400, "InvalidParameter", "osProfile"));
    assert_eq!(special.message(), "Parameter 'osProfile' is not allowed.");
    let general = create(&client, |body| {
        body["properties"]["osProfile"] = Value::Null;
    })
    .await;
    assert_eq!(refusal(&general), (400, "InvalidParameter", "osProfile"));
    assert_eq!(
        general.message(),
        "Required parameter 'osProfile' is missing (null)."
    );
    let bought = create(&client, |body| {
        body["properties"]["storageProfile"]["imageReference"]["id"] = json!(other("bought"));
        body["properties"]["securityProfile"] = Value::Null;
    })
    .await;
    assert_eq!(
        (bought.status.as_u16(), bought.code()),
        (400, "VMMarketplaceInvalidInput")
    );
    let small = create(&client, |body| {
        body["properties"]["storageProfile"]["osDisk"]["diskSizeGB"] = json!(64);
    })
    .await;
    assert_eq!(refusal(&small).1, "OperationNotAllowed");
    let elsewhere = create(&client, |body| body["location"] = json!("eastus")).await;
    assert_eq!(
        (elsewhere.status.as_u16(), elsewhere.code()),
        (404, "GalleryImageNotFound")
    );
    assert_eq!(
        client.get(&machine_url(&hosts(OWN), "vm-1")).await.status,
        404
    );
    let nic = client
        .get(&interface_url(&hosts(OWN), "vm-1-nic"))
        .await
        .body;
    assert!(
        nic["properties"]["virtualMachine"].is_null(),
        "refused machines leave no trace"
    );
    client.stop().await;
}

#[tokio::test]
async fn users_and_names_of_machines_are_checked() {
    let client = Client::with_estate(&estate("")).await;
    with_interface(&client, &hosts(OWN), "vm-1").await;
    for (target, value) in [
        ("computerName", "vm-desktop-00001"),
        ("adminUsername", "Administrator"),
        ("adminPassword", "password"),
    ] {
        let refused = create(&client, |body| {
            body["properties"]["osProfile"][target] = json!(value);
        })
        .await;
        assert_eq!(refusal(&refused), (400, "InvalidParameter", target));
    }
    let size = create(&client, |body| {
        body["properties"]["hardwareProfile"] = Value::Null;
    })
    .await;
    assert_eq!(refusal(&size), (400, "InvalidParameter", "vmSize"));
    let nic = create(&client, |body| {
        let id = body["properties"]["networkProfile"]["networkInterfaces"][0]["id"]
            .as_str()
            .unwrap();
        body["properties"]["networkProfile"]["networkInterfaces"][0]["id"] =
            json!(id.replace("vm-1", "none"));
    })
    .await;
    assert_eq!(refusal(&nic).1, "InvalidResourceReference");
    for name in ["-a", "a.", &"x".repeat(65)] {
        let body = machine(&hosts(OWN), "vm-1", &web("1.0.0"));
        let refused = client.put(&machine_url(&hosts(OWN), name), &body).await;
        assert_eq!(refusal(&refused).0, 400, "{name}");
    }
    client.stop().await;
}

#[tokio::test]
async fn a_machine_that_is_there_stays_what_it_is() {
    let client = Client::with_estate(&estate("")).await;
    with_interface(&client, &hosts(OWN), "vm-1").await;
    let created = create(&client, |_| ()).await;
    let busy = create(&client, |body| {
        body["properties"]["hardwareProfile"]["vmSize"] = json!("Standard_D8s_v5");
    })
    .await;
    assert_eq!((busy.status.as_u16(), busy.code()), (409, "Conflict"));
    client.finish(&created).await;
    let path = machine_url(&hosts(OWN), "vm-1");
    let before = client.get(&path).await.body;
    let image = create(&client, |body| {
        body["properties"]["storageProfile"]["imageReference"]["id"] = json!(web("1.1.0"));
    })
    .await;
    assert_eq!(
        refusal(&image),
        (409, "PropertyChangeNotAllowed", "imageReference")
    );
    assert_eq!(
        image.message(),
        "Changing property 'imageReference' is not allowed."
    );
    let user = create(&client, |body| {
        body["properties"]["osProfile"]["adminUsername"] = json!("other");
    })
    .await;
    assert_eq!(
        refusal(&user),
        (409, "PropertyChangeNotAllowed", "osProfile.adminUsername")
    );
    let unknown = create(&client, |body| {
        body["properties"]["hardwareProfile"]["vmSize"] = json!("Standard_X1");
    })
    .await;
    assert_eq!(refusal(&unknown), (400, "InvalidParameter", "vmSize"));
    let moved = create(&client, |body| body["location"] = json!("uksouth")).await;
    assert_eq!(moved.code(), "InvalidResourceLocation");
    assert_eq!(client.get(&path).await.body, before);

    let tagged = reply(
        client
            .request(Method::PATCH, &path)
            .json(&json!({ "tags": { "a": "b" } })),
    )
    .await;
    assert_eq!(
        (tagged.status.as_u16(), state_of(&tagged)),
        (200, "Succeeded")
    );
    assert_eq!(tagged.body["tags"], json!({ "a": "b" }));
    let resized = create(&client, |body| {
        body["properties"]["hardwareProfile"]["vmSize"] = json!("Standard_D8s_v5");
    })
    .await;
    assert_eq!(
        (resized.status.as_u16(), state_of(&resized)),
        (200, "Updating")
    );
    client.finish(&resized).await;
    let after = client.get(&path).await.body;
    assert_eq!(
        after["properties"]["hardwareProfile"]["vmSize"],
        "Standard_D8s_v5"
    );
    assert_eq!(after["properties"]["vmId"], before["properties"]["vmId"]);
    assert_eq!(
        after["tags"],
        json!({ "a": "b" }),
        "what a PUT does not name stays"
    );
    client.stop().await;
}

#[tokio::test]
async fn policies_deny_machines() {
    let policies = "policies = [{ deny = \"No large machines\", resource_type = \"Microsoft.Compute/virtualMachines\", resource_group = \"Hosts\", where = { \"properties.hardwareProfile.vmSize\" = [\"Standard_D8s_v5\"], location = [\"westeurope\"] } }]\nroles = [{ role = \"Contributor\" }]\nresource_groups = [{ name = \"images\"";
    let toml = estate("").replace(
        "roles = [{ role = \"Contributor\" }]\nresource_groups = [{ name = \"images\"",
        policies,
    );
    let client = Client::with_estate(&toml).await;
    with_interface(&client, &hosts(OWN), "vm-1").await;
    let denied = create(&client, |body| {
        body["properties"]["hardwareProfile"]["vmSize"] = json!("Standard_D8s_v5");
    })
    .await;
    assert_eq!(refusal(&denied), (403, "RequestDisallowedByPolicy", "vm-1"));
    assert!(
        denied
            .message()
            .starts_with("Resource 'vm-1' was disallowed by policy. Policy identifiers: '[{")
    );
    let info = &denied.body["error"]["additionalInfo"][0];
    assert_eq!(info["type"], "PolicyViolation");
    assert_eq!(
        info["info"]["policyAssignmentDisplayName"],
        "No large machines"
    );
    assert_eq!(
        info["info"]["evaluationDetails"]["evaluatedExpressions"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    assert_eq!(create(&client, |_| ()).await.status, 201);
    client.stop().await;
}
