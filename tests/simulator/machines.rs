//! Virtual machines, their disks and extensions.

use serde_json::{Value, json};

use super::client::{Client, Reply};
use super::hosting::{
    CUSTOMER, OWN, PROVIDER, THEIRS, estate, hosts, interface, interface_url, machine, machine_url,
    names, refusal, state_of, url, web,
};

/// Puts an interface `{name}-nic` into a group, and waits for it.
pub(crate) async fn with_interface(client: &Client, group: &str, name: &str) {
    let path = interface_url(group, &format!("{name}-nic"));
    let put = client.put(&path, &interface(group, "hosts")).await;
    assert_eq!(put.status, 201, "{put:?}");
    client.advance(10).await;
}

/// Tries to create the machine `vm-1` with a changed body.
pub(crate) async fn create(client: &Client, change: impl Fn(&mut Value)) -> Reply {
    let mut body = machine(&hosts(OWN), "vm-1", &web("1.0.0"));
    change(&mut body);
    client.put(&machine_url(&hosts(OWN), "vm-1"), &body).await
}

#[tokio::test]
async fn a_machine_from_its_creation_to_its_end() {
    let client = Client::with_estate(&estate("")).await;
    let group = hosts(OWN);
    with_interface(&client, &group, "vm-1").await;
    let path = machine_url(&group, "vm-1");
    let created = create(&client, |_| ()).await;
    assert_eq!(
        (created.status.as_u16(), state_of(&created)),
        (201, "Creating")
    );
    assert!(created.header("location").is_none());
    let operation = created.header("azure-asyncoperation").unwrap().to_owned();
    assert!(operation.contains("/Microsoft.Compute/locations/westeurope/operations/"));
    assert!(operation.contains("?p="));
    let properties = &created.body["properties"];
    assert_eq!(
        properties["storageProfile"]["imageReference"]["exactVersion"],
        "1.0.0"
    );
    assert_eq!(properties["storageProfile"]["osDisk"]["diskSizeGB"], 127);
    assert_eq!(properties["osProfile"]["computerName"], "vm-1");
    assert!(uuid::Uuid::try_parse(properties["vmId"].as_str().unwrap()).is_ok());
    assert!(!created.body.to_string().contains("Right~word7"));
    assert!(!client.state().await.to_string().contains("Right~word7"));

    client.advance(60).await;
    let poll = client.get(&operation).await;
    assert_eq!(poll.body["status"], "InProgress");
    let view = client.get(&format!("{path}&$expand=instanceView")).await;
    assert_eq!(
        view.body["properties"]["instanceView"]["statuses"][0]["code"],
        "ProvisioningState/creating"
    );
    client.advance(200).await;
    assert_eq!(client.get(&operation).await.body["status"], "Succeeded");
    let read = client.get(&path).await;
    assert_eq!(state_of(&read), "Succeeded");
    assert_eq!(read.header("etag"), Some("\"1\""));
    assert!(read.body["properties"]["instanceView"].is_null());
    let view = client.get(&path.replace('?', "/instanceView?")).await;
    let codes: Vec<&Value> = view.body["statuses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| &s["code"])
        .collect();
    assert_eq!(codes, ["ProvisioningState/succeeded", "PowerState/running"]);

    let disk = read.body["properties"]["storageProfile"]["osDisk"]["managedDisk"]["id"]
        .as_str()
        .unwrap();
    let disk = format!("{disk}?api-version=2024-03-02");
    let found = client.get(&disk).await;
    assert_eq!(found.body["managedBy"], read.body["id"]);
    assert_eq!(
        found.body["properties"]["creationData"]["galleryImageReference"]["id"],
        web("1.0.0")
    );

    let deleted = client.delete(&path).await;
    assert_eq!(deleted.status, 202);
    assert!(deleted.header("location").unwrap().contains("monitor=true"));
    assert_eq!(state_of(&client.get(&path).await), "Deleting");
    let again = client.delete(&path).await;
    assert_eq!(
        (again.status.as_u16(), again.code()),
        (409, "OperationNotAllowed")
    );
    client.finish(&deleted).await;
    for gone in [path.as_str(), &disk, &interface_url(&group, "vm-1-nic")] {
        assert_eq!(client.get(gone).await.status, 404, "{gone}");
    }
    assert_eq!(client.delete(&path).await.status, 204);
    client.stop().await;
}

#[tokio::test]
async fn what_is_not_deleted_with_a_machine_is_free_again() {
    let client = Client::with_estate(&estate("")).await;
    with_interface(&client, &hosts(OWN), "vm-1").await;
    let created = create(&client, |body| {
        body["properties"]["storageProfile"]["osDisk"] =
            json!({ "createOption": "fromImage", "name": "kept" });
        body["properties"]["networkProfile"]["networkInterfaces"][0]["properties"] = Value::Null;
    })
    .await;
    client.finish(&created).await;
    let deleted = client.delete(&machine_url(&hosts(OWN), "vm-1")).await;
    client.finish(&deleted).await;
    let nic = client.get(&interface_url(&hosts(OWN), "vm-1-nic")).await;
    assert_eq!(nic.status, 200);
    assert!(nic.body["properties"]["virtualMachine"].is_null());
    let disk = format!(
        "{}/providers/Microsoft.Compute/disks/kept?api-version=2024-03-02",
        hosts(OWN)
    );
    let disk = client.get(&disk).await.body;
    assert_eq!(disk["properties"]["diskState"], "Unattached");
    assert!(disk["managedBy"].is_null());
    assert_eq!(create(&client, |_| ()).await.status, 201);
    client.stop().await;
}

#[tokio::test]
async fn an_image_of_another_tenant_takes_its_token_at_every_write() {
    let mut client = Client::with_estate(&estate("")).await;
    client.sign_in(CUSTOMER).await;
    with_interface(&client, &hosts(THEIRS), "vm-1").await;
    let path = machine_url(&hosts(THEIRS), "vm-1");
    let mut body = machine(&hosts(THEIRS), "vm-1", &web("1.0.0"));
    let alone = client.put(&path, &body).await;
    assert_eq!(
        (alone.status.as_u16(), alone.code()),
        (403, "LinkedAuthorizationFailed")
    );
    let with = client.put_with(&path, &body, &[PROVIDER]).await;
    assert_eq!(with.status, 201, "{with:?}");
    client.finish(&with).await;
    body["properties"]["hardwareProfile"]["vmSize"] = json!("Standard_D8s_v5");
    let later = client.put(&path, &body).await;
    assert_eq!(
        (later.status.as_u16(), later.code()),
        (403, "LinkedAuthorizationFailed")
    );
    assert_eq!(client.put_with(&path, &body, &[PROVIDER]).await.status, 200);
    client.stop().await;
}

#[tokio::test]
async fn a_replica_serves_so_many_creations_and_no_more() {
    let client = Client::with_estate(&estate("machines_per_replica = 3")).await;
    for name in names("vm", 4) {
        with_interface(&client, &hosts(OWN), &name).await;
    }
    let put = async |name: &str| {
        client
            .put(
                &machine_url(&hosts(OWN), name),
                &machine(&hosts(OWN), name, &web("1.0.0")),
            )
            .await
    };
    let mut created = Vec::new();
    for name in names("vm", 4) {
        let reply = put(&name).await;
        assert_eq!(reply.status, 201, "too many are refused later");
        created.push(reply);
    }
    let peaks = client.peaks().await;
    assert_eq!(
        peaks,
        json!([{ "version": web("1.0.0"), "region": "westeurope", "most": 4 }])
    );
    client.advance(600).await;
    let mut outcomes = Vec::new();
    for (name, reply) in names("vm", 4).iter().zip(&created) {
        let machine = client.get(&machine_url(&hosts(OWN), name)).await;
        let status = client
            .get(reply.header("azure-asyncoperation").unwrap())
            .await
            .body;
        outcomes.push((
            state_of(&machine).to_owned(),
            status["error"]["code"].clone(),
        ));
    }
    let good = ("Succeeded".to_owned(), Value::Null);
    let failed = ("Failed".to_owned(), json!("OperationNotAllowed"));
    assert_eq!(outcomes, [good.clone(), good.clone(), good, failed]);
    let failed = client
        .get(&format!(
            "{}&$expand=instanceView",
            machine_url(&hosts(OWN), "vm-0004")
        ))
        .await;
    let status = &failed.body["properties"]["instanceView"]["statuses"][0];
    assert_eq!(
        status["code"],
        "ProvisioningState/failed/OperationNotAllowed"
    );
    client.stop().await;
}

#[tokio::test]
async fn capacity_can_be_short() {
    let client = Client::with_estate(&estate(
        "allocation_fails = [{ region = \"West Europe\", size = \"standard_d4s_v5\" }, { code = \"SkuNotAvailable\" }]",
    ))
    .await;
    with_interface(&client, &hosts(OWN), "vm-1").await;
    let refused = create(&client, |_| ()).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (409, "SkuNotAvailable")
    );
    let accepted = create(&client, |_| ()).await;
    assert_eq!(accepted.status, 201);
    let status = client.finish(&accepted).await;
    assert_eq!(
        (&status["status"], &status["error"]["code"]),
        (&json!("Failed"), &json!("AllocationFailed"))
    );
    assert_eq!(
        state_of(&client.get(&machine_url(&hosts(OWN), "vm-1")).await),
        "Failed"
    );
    let retried = create(&client, |_| ()).await;
    assert_eq!(
        (retried.status.as_u16(), state_of(&retried)),
        (200, "Updating")
    );
    assert_eq!(client.finish(&retried).await["status"], "Succeeded");
    assert_eq!(
        state_of(&client.get(&machine_url(&hosts(OWN), "vm-1")).await),
        "Succeeded"
    );
    client.stop().await;
}

#[tokio::test]
async fn a_machine_under_creation_can_be_deleted() {
    let client = Client::with_estate(&estate("machines_per_replica = 1")).await;
    for name in ["vm-1", "vm-2"] {
        with_interface(&client, &hosts(OWN), name).await;
    }
    let created = create(&client, |_| ()).await;
    let deleted = client.delete(&machine_url(&hosts(OWN), "vm-1")).await;
    assert_eq!(deleted.status, 202);
    let status = client
        .get(created.header("azure-asyncoperation").unwrap())
        .await
        .body;
    assert_eq!(
        (&status["status"], &status["error"]["code"]),
        (&json!("Canceled"), &json!("OperationPreempted"))
    );
    let body = machine(&hosts(OWN), "vm-2", &web("1.0.0"));
    let other = client.put(&machine_url(&hosts(OWN), "vm-2"), &body).await;
    assert_eq!(
        client.finish(&other).await["status"],
        "Succeeded",
        "the replica is free again"
    );
    client.stop().await;
}

#[tokio::test]
async fn machines_are_started_and_stopped() {
    let client = Client::with_estate(&estate("")).await;
    with_interface(&client, &hosts(OWN), "vm-1").await;
    let created = create(&client, |_| ()).await;
    client.finish(&created).await;
    let path = machine_url(&hosts(OWN), "vm-1");
    let power = async |action: &str| {
        let accepted = client
            .post(&path.replace('?', &format!("/{action}?")), &json!({}))
            .await;
        assert_eq!(accepted.status, 202, "{accepted:?}");
        assert!(accepted.header("location").is_some());
        client.finish(&accepted).await;
        let view = client.get(&path.replace('?', "/instanceView?")).await.body;
        view["statuses"].as_array().unwrap().last().unwrap()["code"].clone()
    };
    assert_eq!(power("powerOff").await, "PowerState/stopped");
    assert_eq!(power("start").await, "PowerState/running");
    assert_eq!(power("restart").await, "PowerState/running");
    assert_eq!(power("deallocate").await, "PowerState/deallocated");
    let extension = json!({ "location": "westeurope", "properties": { "publisher": "p", "type": "t", "typeHandlerVersion": "1.0" } });
    let refused = client
        .put(
            &url(
                &hosts(OWN),
                "Microsoft.Compute/virtualMachines",
                "vm-1/extensions/e",
            ),
            &extension,
        )
        .await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (409, "OperationNotAllowed")
    );
    client.stop().await;
}

#[tokio::test]
async fn extensions_hide_what_is_protected() {
    let client = Client::with_estate(&estate("")).await;
    with_interface(&client, &hosts(OWN), "vm-1").await;
    let path = url(
        &hosts(OWN),
        "Microsoft.Compute/virtualMachines",
        "vm-1/extensions/join",
    );
    let body = json!({ "location": "westeurope", "properties": {
        "publisher": "Microsoft.Compute", "type": "JsonADDomainExtension", "typeHandlerVersion": "1.3",
        "settings": { "Name": "corp.example" }, "protectedSettings": { "Password": "hidden" },
    } });
    assert_eq!(
        client.put(&path, &body).await.code(),
        "ParentResourceNotFound"
    );
    let created = create(&client, |_| ()).await;
    assert_eq!(
        client.put(&path, &body).await.code(),
        "Conflict",
        "the machine is not there yet"
    );
    client.finish(&created).await;
    let put = client.put(&path, &body).await;
    assert_eq!((put.status.as_u16(), state_of(&put)), (201, "Creating"));
    assert_eq!(put.body["properties"]["settings"]["Name"], "corp.example");
    client.finish(&put).await;
    assert!(!client.state().await.to_string().contains("hidden"));
    let read = client.get(&format!("{path}&$expand=instanceView")).await;
    assert_eq!(
        read.body["properties"]["instanceView"]["statuses"][0]["code"],
        "ProvisioningState/succeeded"
    );
    let listed = client
        .get(&url(
            &hosts(OWN),
            "Microsoft.Compute/virtualMachines",
            "vm-1/extensions",
        ))
        .await;
    assert_eq!(listed.body["value"].as_array().unwrap().len(), 1);
    let machine = client.get(&machine_url(&hosts(OWN), "vm-1")).await;
    assert_eq!(machine.body["resources"][0]["name"], "join");
    let incomplete = json!({ "location": "westeurope", "properties": { "publisher": "p" } });
    assert_eq!(
        refusal(&client.put(&path, &incomplete).await),
        (400, "InvalidParameter", "type")
    );
    let deleted = client.delete(&path).await;
    assert_eq!(deleted.status, 202);
    client.finish(&deleted).await;
    assert_eq!(client.get(&path).await.status, 404);
    client.stop().await;
}
