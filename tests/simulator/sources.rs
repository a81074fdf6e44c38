//! What image versions are made of: the demo's machine that is generalized, and what does not do.

use super::client::{API, Client, GALLERIES, Reply, reply};
use reqwest::Method;
use serde_json::{Value, json};

const MACHINE: &str = "/subscriptions/4bcff225-6938-4091-a01c-259ebff5a095/resourceGroups/rg-galleries/providers/Microsoft.Compute/virtualMachines/build-win11-avd";

fn builds(below: &str) -> String {
    format!(
        "{GALLERIES}/resourceGroups/rg-builds/providers/Microsoft.Compute/galleries/acg_builds{below}?api-version={API}"
    )
}

/// Makes a version of a source in a definition with these properties.
async fn make(client: &Client, definition: &Value, storage: &Value) -> Reply {
    let mut properties = json!({
        "osType": "Windows", "osState": "Generalized", "hyperVGeneration": "V2",
        "identifier": { "publisher": "p", "offer": "o", "sku": "s" },
        "features": [{ "name": "SecurityType", "value": "TrustedLaunchSupported" }],
    });
    for (name, value) in definition.as_object().unwrap() {
        properties[name] = value.clone();
    }
    let body = json!({ "location": "westeurope", "properties": properties });
    let image = client.put(&builds("/images/captured"), &body).await;
    assert_eq!(image.status, 201, "{image:?}");
    client.finish(&image).await;
    let body = json!({ "location": "westeurope", "properties": { "storageProfile": storage } });
    client
        .put(&builds("/images/captured/versions/1.0.0"), &body)
        .await
}

async fn remake(client: &Client, definition: &Value, storage: &Value) -> Reply {
    let made = make(client, definition, storage).await;
    let image = client.delete(&builds("/images/captured")).await;
    if image.status == 202 {
        client.finish(&image).await;
    }
    made
}

#[tokio::test]
async fn a_version_is_captured_from_the_generalized_machine() {
    let client = Client::demo().await;
    let view = client
        .get(&format!("{MACHINE}/instanceView?api-version=2024-07-01"))
        .await
        .body;
    let codes: Vec<&Value> = view["statuses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| &s["code"])
        .collect();
    assert!(codes.contains(&&json!("OSState/generalized")), "{codes:?}");
    assert!(
        codes.contains(&&json!("PowerState/deallocated")),
        "{codes:?}"
    );
    assert_eq!(view["hyperVGeneration"], "V2");
    let machine = client
        .get(&format!("{MACHINE}?api-version=2024-07-01"))
        .await
        .body;
    assert_eq!(
        machine["properties"]["securityProfile"]["securityType"],
        "TrustedLaunch"
    );
    let disk = &machine["properties"]["storageProfile"]["osDisk"]["managedDisk"]["id"];
    let disk = format!("{}?api-version=2024-03-02", disk.as_str().unwrap());
    assert_eq!(client.get(&disk).await.status, 200);
    let nic = &machine["properties"]["networkProfile"]["networkInterfaces"][0]["id"];
    let nic = format!("{}?api-version=2024-05-01", nic.as_str().unwrap());
    assert_eq!(client.get(&nic).await.status, 200);
    let start = format!("{MACHINE}/start?api-version=2024-07-01");
    let refused = reply(client.request(Method::POST, &start)).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (409, "OperationNotAllowed")
    );

    for source in [
        json!({ "virtualMachineId": MACHINE }),
        json!({ "id": MACHINE }),
    ] {
        let made = make(&client, &json!({}), &json!({ "source": source })).await;
        assert_eq!(made.status, 201, "{made:?}");
        client.finish(&made).await;
        let path = builds("/images/captured/versions/1.0.0");
        let disk =
            client.get(&path).await.body["properties"]["storageProfile"]["osDiskImage"].clone();
        assert_eq!(disk["sizeInGB"], 127);
        for path in [path, builds("/images/captured")] {
            let gone = client.delete(&path).await;
            client.finish(&gone).await;
        }
    }
    client.stop().await;
}

#[tokio::test]
async fn a_source_fits_its_definition() {
    let client = Client::demo().await;
    let source = json!({ "source": { "virtualMachineId": MACHINE } });
    for (definition, text) in [
        (
            json!({ "osState": "Specialized" }),
            format!(
                "Cannot create Gallery Image Version from: {MACHINE} since the OS State in the \
                 parent gallery image ('Specialized') is not 'Generalized'."
            ),
        ),
        (
            json!({ "hyperVGeneration": "V1", "features": [] }),
            format!(
                "The resource with id '{MACHINE}' has a different Hypervisor generation ['V2'] than \
                 the parent gallery image Hypervisor generation ['V1']"
            ),
        ),
        (
            json!({ "osType": "Linux" }),
            format!(
                "The resource with id '{MACHINE}' has a different OS type ['Windows'] than the \
                 parent gallery image OS type generation ['Linux']"
            ),
        ),
        (
            json!({ "features": [] }),
            format!(
                "The resource with id '{MACHINE}' has a different Security type ['TrustedLaunch'] \
                 than the parent gallery image Security type ['Standard']"
            ),
        ),
    ] {
        let refused = remake(&client, &definition, &source).await;
        assert_eq!(
            (refused.status.as_u16(), refused.message()),
            (409, text.as_str())
        );
    }
    let trusted = json!({ "features": [{ "name": "SecurityType", "value": "TrustedLaunch" }] });
    assert_eq!(make(&client, &trusted, &source).await.status, 201);
    client.stop().await;
}

#[tokio::test]
async fn a_source_is_one_and_of_its_kind_and_there() {
    let client = Client::demo().await;
    let group = MACHINE.split("/virtualMachines/").next().unwrap();
    let disk = format!("{group}/disks/build-win11-avd_OsDisk");
    for (storage, status, text) in [
        (
            json!({ "source": { "id": disk } }),
            400,
            "must either be a managed image, virtual machine or another gallery image version",
        ),
        (
            json!({ "osDiskImage": { "source": { "id": MACHINE } } }),
            400,
            "must be a managed disk or snapshot.",
        ),
        (
            json!({ "source": { "id": MACHINE }, "osDiskImage": { "source": { "id": disk } } }),
            400,
            "One and only one source type",
        ),
        (
            json!({
                "osDiskImage": { "source": { "id": disk } },
                "dataDiskImages": [{ "lun": 0, "source": { "id": disk } }],
            }),
            400,
            "Duplicated source ids are found in the input disks.",
        ),
        (
            json!({ "source": { "id": format!("{MACHINE}x") } }),
            404,
            "Source was not found: ",
        ),
    ] {
        let refused = remake(&client, &json!({}), &storage).await;
        assert_eq!(refused.status, status, "{refused:?}");
        assert!(refused.message().contains(text), "{refused:?}");
    }
    // A machine elsewhere is not found here.
    let far = format!("{group}/virtualMachines/far");
    let mut machine = client
        .get(&format!(
            "{MACHINE}?$expand=instanceView&api-version=2024-07-01"
        ))
        .await
        .body;
    machine["id"] = json!(far);
    machine["location"] = json!("uksouth");
    client.smuggle(&far, &machine).await;
    let refused = remake(&client, &json!({}), &json!({ "source": { "id": far } })).await;
    assert!(
        refused.message().contains("is in the same region"),
        "{refused:?}"
    );
    client.stop().await;
}

#[tokio::test]
async fn a_machine_that_is_only_read_is_no_source() {
    let client = Client::demo().await;
    let group = format!(
        "{GALLERIES}/resourceGroups/rg-galleries/providers/Microsoft.Authorization/roleAssignments"
    );
    let listed = client
        .get(&format!(
            "{GALLERIES}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01"
        ))
        .await
        .body;
    let contributor = "b24988ac-6180-42a0-ab88-20f7382dd24c";
    let assignment = listed["value"].as_array().unwrap().iter().find(|role| {
        let role = &role["properties"];
        let definition = role["roleDefinitionId"].as_str().unwrap();
        definition.ends_with(contributor) && role["principalType"] == "ServicePrincipal"
    });
    let mut assignment = assignment.unwrap().clone();
    // Contributor where the gallery is, Reader where the machine is.
    let id = assignment["id"].as_str().unwrap().to_owned();
    let name = assignment["name"].as_str().unwrap().to_owned();
    reply(client.bare(Method::DELETE, &format!("/_simulator/resources?id={id}"))).await;
    let there = group.replace("rg-galleries", "rg-builds");
    assignment["id"] = json!(format!("{there}/{name}"));
    client
        .smuggle(&format!("{there}/{name}"), &assignment)
        .await;
    let reader = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
    let role = assignment["properties"]["roleDefinitionId"]
        .as_str()
        .unwrap()
        .replace(contributor, reader);
    assignment["properties"]["roleDefinitionId"] = json!(role);
    assignment["id"] = json!(format!("{group}/{name}"));
    client
        .smuggle(&format!("{group}/{name}"), &assignment)
        .await;

    let source = json!({ "source": { "virtualMachineId": MACHINE } });
    let refused = make(&client, &json!({}), &source).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (403, "LinkedAuthorizationFailed")
    );
    assert!(
        refused
            .message()
            .contains("perform action 'write' on the linked scope(s)"),
        "{refused:?}"
    );
    client.stop().await;
}

#[tokio::test]
async fn definitions_and_galleries_are_named_and_counted_as_azure_does() {
    let client = Client::demo_without_limits().await;
    let group = "/resourceGroups/rg-builds/providers/Microsoft.Compute/galleries";
    let gallery = |name: &str| format!("{GALLERIES}{group}/{name}?api-version={API}");
    let body = json!({ "location": "westeurope" });
    let refused = client.put(&gallery("with-dash"), &body).await;
    assert!(
        refused.message().starts_with("Gallery name is invalid."),
        "{refused:?}"
    );
    let refused = client.put(&gallery("acg_northwind"), &body).await;
    assert!(
        refused
            .message()
            .contains("is not unique within the subscription"),
        "{refused:?}"
    );
    let definition = |identifier: Value, more: Value| {
        let mut properties =
            json!({ "osType": "Windows", "osState": "Generalized", "identifier": identifier });
        for (name, value) in more.as_object().unwrap() {
            properties[name] = value.clone();
        }
        json!({ "location": "westeurope", "properties": properties })
    };
    let usual = json!({ "publisher": "p", "offer": "o", "sku": "s" });
    for (body, text) in [
        (
            definition(
                json!({ "publisher": "p", "offer": "o.", "sku": "s" }),
                json!({}),
            ),
            "Asset name galleryImage.properties.identifier.offer is not valid.",
        ),
        (
            definition(
                usual.clone(),
                json!({ "recommended": { "vCPUs": { "min": 8, "max": 4 } } }),
            ),
            "The minimum value of galleryImage.properties.recommended.vCPUs must not be greater",
        ),
        (
            definition(
                usual.clone(),
                json!({ "endOfLifeDate": "2020-01-01T00:00:00Z" }),
            ),
            "EndOfLifeDate must be set to a future date.",
        ),
        (
            definition(
                json!({ "publisher": "northwind", "offer": "WINDOWS-11", "sku": "win11-25h2-avd" }),
                json!({}),
            ),
            "Gallery image: win11-avd-next identified by (publisher:northwind, offer:WINDOWS-11, \
             sku:win11-25h2-avd) already exists.",
        ),
    ] {
        let refused = client.put(&builds("/images/wrong"), &body).await;
        assert!(refused.message().starts_with(text), "{refused:?}");
    }
    // Three of the demo's, and so many more.
    for number in 3..100 {
        let made = client.put(&gallery(&format!("g{number}")), &body).await;
        assert_eq!(made.status, 201, "{made:?}");
    }
    let refused = client.put(&gallery("g100"), &body).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (409, "OperationNotAllowed")
    );
    let elsewhere = client
        .put(&gallery("g100"), &json!({ "location": "uksouth" }))
        .await;
    assert_eq!(elsewhere.status, 201);
    client.stop().await;
}

#[tokio::test]
async fn pages_are_as_short_as_the_control_says() {
    let client = Client::demo().await;
    let size = client
        .bare(Method::POST, "/_simulator/paging")
        .json(&json!({ "page_size": 2 }));
    assert_eq!(reply(size).await.status, 200);
    let first = format!(
        "{GALLERIES}/resourceGroups/rg-galleries/providers/Microsoft.Compute/galleries/acg_northwind/images?api-version={API}"
    );
    let (mut next, mut sizes) = (Some(first), Vec::new());
    while let Some(path) = next {
        let page = client.get(&path).await.body;
        sizes.push(page["value"].as_array().unwrap().len());
        next = page["nextLink"].as_str().map(str::to_owned);
    }
    assert_eq!(sizes, [2, 2, 1]);
    let none = client
        .bare(Method::POST, "/_simulator/paging")
        .json(&json!({ "page_size": 0 }));
    assert_eq!(reply(none).await.status, 400);
    client.stop().await;
}

#[tokio::test]
async fn what_is_shared_is_in_one_region_and_for_every_machine() {
    let client = Client::demo().await;
    let shared = |below: &str| {
        format!(
            "{GALLERIES}/resourceGroups/rg-galleries/providers/Microsoft.Compute/galleries/acg_northwind{below}?api-version={API}"
        )
    };
    let definition = |location: &str, security: &str| {
        json!({
            "location": location,
            "properties": {
                "osType": "Windows", "osState": "Generalized", "hyperVGeneration": "V2",
                "identifier": { "publisher": "p", "offer": "o", "sku": "s" },
                "features": [{ "name": "SecurityType", "value": security }],
            },
        })
    };
    for (body, text) in [
        (
            definition("uksouth", "TrustedLaunchSupported"),
            "outside of its region 'westeurope'",
        ),
        (
            definition("westeurope", "TrustedLaunch"),
            "the security type 'TrustedLaunch'",
        ),
    ] {
        let refused = client.put(&shared("/images/new"), &body).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code()),
            (409, "OperationNotAllowed")
        );
        assert!(refused.message().contains(text), "{refused:?}");
        let private = client.put(&builds("/images/new"), &body).await;
        assert_eq!(private.status, 201, "{private:?}");
        client.finish(&private).await;
        let gone = client.delete(&builds("/images/new")).await;
        client.finish(&gone).await;
    }
    let encryption = json!({ "osDiskImage": { "diskEncryptionSetId": "/subscriptions/s/resourceGroups/r/providers/Microsoft.Compute/diskEncryptionSets/d" } });
    let version = json!({
        "location": "westeurope",
        "properties": {
            "storageProfile": { "source": { "id": MACHINE } },
            "publishingProfile": { "targetRegions": [{ "name": "westeurope", "encryption": encryption }] },
        },
    });
    let refused = client
        .put(&shared("/images/win11-avd/versions/9.9.9"), &version)
        .await;
    assert!(
        refused.message().contains("that are encrypted"),
        "{refused:?}"
    );
    client.stop().await;
}
