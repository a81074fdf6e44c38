//! Deployments on their way: what they make and when, and how they are read, cancelled and written
//! again.

use reqwest::Method;
use serde_json::{Value, json};

use super::{action, deploy, finished, of_machines, on, operations};
use crate::simulator::client::{Client, reply};
use crate::simulator::hosting::{
    CUSTOMER, OWN, PROVIDER, THEIRS, deployment, deployment_url, estate, hosts, machine_url,
    machines, names, state_of, web,
};

#[tokio::test]
async fn resources_are_made_in_their_order_and_side_by_side() {
    let client = Client::with_estate(&estate("")).await;
    let accepted = client.put(&deploy(), &of_machines(2, "1.0.0")).await;
    assert_eq!(
        (accepted.status.as_u16(), state_of(&accepted)),
        (201, "Accepted")
    );
    assert!(accepted.header("location").is_none());
    let status = accepted.header("azure-asyncoperation").unwrap().to_owned();
    assert!(
        status.contains("/deployments/wave-1/operationStatuses/08"),
        "{status}"
    );
    let properties = &accepted.body["properties"];
    assert_eq!(
        properties["parameters"],
        json!({ "adminPassword": { "type": "SecureString" } })
    );
    assert_eq!(properties["dependencies"].as_array().unwrap().len(), 2);
    assert_eq!(properties["providers"][0]["namespace"], "Microsoft.Network");
    assert_eq!(
        client.get(&status).await.body,
        json!({ "status": "Accepted" })
    );
    assert!(operations(&client).await.is_empty());

    client.advance(3).await;
    assert_eq!(
        client.get(&status).await.body,
        json!({ "status": "Running" })
    );
    let running = operations(&client).await;
    for name in ["vm-0001-nic", "vm-0002-nic"] {
        let operation = on(&running, name).unwrap();
        assert_eq!(operation["properties"]["provisioningOperation"], "Create");
    }
    client.advance(10).await;
    let running = operations(&client).await;
    assert_eq!(running.len(), 4);
    let nic = &on(&running, "vm-0001-nic").unwrap()["properties"];
    assert_eq!(
        (&nic["provisioningState"], &nic["statusCode"]),
        (&json!("Succeeded"), &json!("Created"))
    );
    let vm = &on(&running, "vm-0001").unwrap()["properties"];
    assert_eq!(vm["provisioningState"], "Running");
    assert_eq!(
        state_of(&client.get(&machine_url(&hosts(OWN), "vm-0001")).await),
        "Creating"
    );
    client.advance(600).await;
    assert_eq!(
        client.get(&status).await.body,
        json!({ "status": "Succeeded" })
    );
    let over = client.get(&deploy()).await;
    assert_eq!(state_of(&over), "Succeeded");
    assert_eq!(
        over.body["properties"]["outputResources"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
    let done = operations(&client).await;
    assert_eq!(done.len(), 5);
    assert_eq!(
        done[4]["properties"]["provisioningOperation"],
        "EvaluateDeploymentOutput"
    );
    let machine = client.get(&machine_url(&hosts(OWN), "vm-0002")).await;
    assert_eq!(state_of(&machine), "Succeeded");
    assert!(!client.state().await.to_string().contains("Right~word7"));
    assert_eq!(client.peaks().await[0]["most"], 2);
    client.stop().await;
}

#[tokio::test]
async fn one_long_step_of_the_clock_comes_to_the_same_as_many_short_ones() {
    let mut outcomes = Vec::new();
    for steps in [vec![600_u32], vec![1; 600]] {
        let client = Client::with_estate(&estate("")).await;
        client.put(&deploy(), &of_machines(3, "1.0.0")).await;
        for step in steps {
            client.advance_clock(step).await;
        }
        let over = client.get(&deploy()).await;
        let mut times = vec![over.body["properties"]["duration"].clone()];
        for operation in operations(&client).await {
            times.push(operation["properties"]["duration"].clone());
        }
        for name in names("vm", 3) {
            let machine = client.get(&machine_url(&hosts(OWN), &name)).await.body;
            let properties = &machine["properties"];
            times.push(properties["vmId"].clone());
            times.push(properties["storageProfile"]["osDisk"]["name"].clone());
        }
        outcomes.push(times);
        client.stop().await;
    }
    assert_eq!(outcomes[0].len(), 14);
    assert_eq!(outcomes[0], outcomes[1]);
}

#[tokio::test]
async fn an_active_deployment_is_not_overwritten_and_can_be_cancelled() {
    let client = Client::with_estate(&estate("")).await;
    let mut resources = machines(&hosts(OWN), &names("vm", 2), &web("1.0.0"));
    resources[3]["dependsOn"] = json!(["vm-0002-nic", "vm-0001"]);
    let accepted = client.put(&deploy(), &deployment(&resources)).await;
    client.advance(20).await;
    let again = client.put(&deploy(), &of_machines(1, "1.0.0")).await;
    assert_eq!(
        (again.status.as_u16(), again.code()),
        (409, "DeploymentActive")
    );
    assert!(again.message().contains("cannot be saved, because this would overwrite an existing deployment which is still active."));
    assert_eq!(client.delete(&deploy()).await.status, 409);
    let cancelled = client.post(&action("cancel"), &json!({})).await;
    assert_eq!(
        (cancelled.status.as_u16(), &cancelled.body),
        (204, &Value::Null)
    );
    let status = accepted.header("azure-asyncoperation").unwrap();
    assert_eq!(
        client.get(status).await.body,
        json!({ "status": "Canceled" })
    );
    assert_eq!(client.post(&action("cancel"), &json!({})).await.status, 409);
    client.advance(600).await;
    assert_eq!(state_of(&client.get(&deploy()).await), "Canceled");
    assert_eq!(
        state_of(&client.get(&machine_url(&hosts(OWN), "vm-0001")).await),
        "Succeeded",
        "it had begun"
    );
    assert_eq!(
        client
            .get(&machine_url(&hosts(OWN), "vm-0002"))
            .await
            .status,
        404,
        "it had not"
    );
    let done = operations(&client).await;
    assert_eq!(
        on(&done, "vm-0001").unwrap()["properties"]["provisioningState"],
        "Succeeded"
    );
    assert!(on(&done, "vm-0002").is_none());

    let replaced = client.put(&deploy(), &of_machines(2, "1.0.0")).await;
    assert_eq!(replaced.status, 200, "{replaced:?}");
    assert_eq!(
        client.get(status).await.body,
        json!({ "status": "Canceled" }),
        "of the one before"
    );
    client.finish(&replaced).await;
    assert_eq!(state_of(&client.get(&deploy()).await), "Succeeded");
    let deleted = client.delete(&deploy()).await;
    assert_eq!(deleted.status, 202);
    client.advance(10).await;
    assert_eq!(client.get(&deploy()).await.code(), "DeploymentNotFound");
    assert_eq!(client.delete(&deploy()).await.status, 204);
    assert_eq!(
        client
            .get(&machine_url(&hosts(OWN), "vm-0002"))
            .await
            .status,
        200
    );
    client.stop().await;
}

#[tokio::test]
async fn a_deployment_writes_what_is_there_as_a_put_would() {
    let client = Client::with_estate(&estate("")).await;
    let first = client.put(&deploy(), &of_machines(1, "1.0.0")).await;
    assert_eq!(finished(&client, &first).await["status"], "Succeeded");
    let before = client.get(&machine_url(&hosts(OWN), "vm-0001")).await.body;
    let path = deployment_url(&hosts(OWN), "wave-2");
    let other = client.put(&path, &of_machines(1, "1.1.0")).await;
    let status = finished(&client, &other).await;
    let detail = &status["error"]["details"][0];
    assert_eq!(
        (&detail["code"], &detail["target"]),
        (&json!("PropertyChangeNotAllowed"), &json!("imageReference"))
    );
    assert_eq!(
        client.get(&machine_url(&hosts(OWN), "vm-0001")).await.body,
        before
    );
    let path = deployment_url(&hosts(OWN), "wave-3");
    let same = client.put(&path, &of_machines(1, "1.0.0")).await;
    assert_eq!(finished(&client, &same).await["status"], "Succeeded");
    client.stop().await;
}

#[tokio::test]
async fn an_image_of_another_tenant_takes_its_token_with_the_deployment() {
    let mut client = Client::with_estate(&estate("")).await;
    client.sign_in(CUSTOMER).await;
    let path = deployment_url(&hosts(THEIRS), "wave-1");
    let body = deployment(&machines(&hosts(THEIRS), &names("vm", 1), &web("1.0.0")));
    let alone = client.put(&path, &body).await;
    let status = finished(&client, &alone).await;
    let detail = &status["error"]["details"][0];
    assert_eq!(detail["code"], "LinkedAuthorizationFailed");
    assert!(
        detail["message"]
            .as_str()
            .unwrap()
            .contains("is not authorized to access linked subscription")
    );
    assert_eq!(
        client
            .get(&machine_url(&hosts(THEIRS), "vm-0001"))
            .await
            .status,
        404
    );
    let with = client.put_with(&path, &body, &[PROVIDER]).await;
    assert_eq!(with.status, 200, "{with:?}");
    client.advance(600).await;
    assert_eq!(state_of(&client.get(&path).await), "Succeeded");
    client.stop().await;
}

#[tokio::test]
async fn deployments_are_listed_and_their_operations_read() {
    let client = Client::with_estate(&estate("")).await;
    let one = client.put(&deploy(), &of_machines(1, "1.0.0")).await;
    client.finish(&one).await;
    let list = async |filter: &str| {
        let path = format!(
            "{}/providers/Microsoft.Resources/deployments/?api-version=2025-04-01{filter}",
            hosts(OWN)
        );
        client.get(&path).await.body["value"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(list("").await, 1);
    assert_eq!(list("&$filter=provisioningState eq 'Succeeded'").await, 1);
    assert_eq!(list("&$filter=provisioningState eq 'Failed'").await, 0);
    let operation = operations(&client).await.remove(0);
    let path = format!(
        "{}?api-version=2024-07-01",
        operation["id"].as_str().unwrap()
    );
    assert_eq!(client.get(&path).await.body, operation);
    let head = reply(client.request(Method::HEAD, &deploy())).await;
    assert_eq!(head.status, 204);
    let head = reply(client.request(Method::HEAD, &deployment_url(&hosts(OWN), "none"))).await;
    assert_eq!(head.status, 404);
    client.stop().await;
}

#[tokio::test]
async fn a_token_that_expires_does_not_stop_what_it_began() {
    let client = Client::with_estate(&estate("")).await;
    let accepted = client.put(&deploy(), &of_machines(1, "1.0.0")).await;
    client.advance_clock(7200).await;
    let status = client
        .get(accepted.header("azure-asyncoperation").unwrap())
        .await;
    assert_eq!(status.code(), "ExpiredAuthenticationToken");
    client.advance(1).await;
    assert_eq!(state_of(&client.get(&deploy()).await), "Succeeded");
    client.stop().await;
}
