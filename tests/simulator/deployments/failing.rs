//! Deployments of which a part fails, and how that is told.

use serde_json::json;

use super::{deploy, finished, of_machines, on, operations};
use crate::simulator::client::Client;
use crate::simulator::hosting::{
    OWN, deployment, estate, hosts, machine_url, machines, names, resource, state_of, web,
};

#[tokio::test]
async fn one_machine_of_twelve_fails_by_a_fault() {
    let client = Client::with_estate(&estate("")).await;
    let own = json!({ "error": { "code": "OSProvisioningTimedOut", "message": "OS Provisioning for VM 'vm-0007' did not finish in the allotted time." } });
    client
        .plan(&json!([{
            "match": { "method": "PUT", "path": "/virtualMachines/vm-0007\\?" },
            "fault": { "status": 409, "body": own },
        }]))
        .await;
    let accepted = client.put(&deploy(), &of_machines(12, "1.0.0")).await;
    let status = finished(&client, &accepted).await;
    assert_eq!(status["status"], "Failed");
    assert_eq!(status["error"]["code"], "DeploymentFailed");
    assert_eq!(status["error"]["details"], json!([own["error"]]));
    let done = operations(&client).await;
    let failed = &on(&done, "vm-0007").unwrap()["properties"];
    assert_eq!(
        (&failed["provisioningState"], &failed["statusCode"]),
        (&json!("Failed"), &json!("Conflict"))
    );
    assert_eq!(failed["statusMessage"], own);
    for name in names("vm", 12) {
        let machine = client.get(&machine_url(&hosts(OWN), &name)).await;
        let expected = if name == "vm-0007" { 404 } else { 200 };
        assert_eq!(machine.status, expected, "{name}");
    }
    let document = client.get(&deploy()).await;
    assert_eq!(state_of(&document), "Failed");
    assert_eq!(document.body["properties"]["error"], status["error"]);
    client.stop().await;
}

#[tokio::test]
async fn a_fault_for_all_requests_is_none_for_resources() {
    let client = Client::with_estate(&estate("")).await;
    let accepted = client.put(&deploy(), &of_machines(1, "1.0.0")).await;
    client.plan(&json!([{ "fault": { "status": 503 } }])).await;
    client.advance_clock(600).await;
    assert_eq!(client.get(&deploy()).await.status, 503);
    assert_eq!(
        client
            .get(accepted.header("azure-asyncoperation").unwrap())
            .await
            .body["status"],
        "Succeeded"
    );
    client.stop().await;
}

#[tokio::test]
async fn a_machine_that_fails_late_is_nested_once_more() {
    let client = Client::with_estate(&estate("")).await;
    client
        .plan(&json!([{
            "match": { "path": "/virtualMachines/vm-0002$" },
            "fault": { "allocation_fails": {} },
        }]))
        .await;
    let mut resources = machines(&hosts(OWN), &names("vm", 2), &web("1.0.0"));
    let extension = json!({ "location": "westeurope", "properties": {
        "publisher": "Microsoft.Compute", "type": "JsonADDomainExtension", "typeHandlerVersion": "1.3",
    } });
    for name in names("vm", 2) {
        let kind = "Microsoft.Compute/virtualMachines/extensions";
        resources.push(resource(
            kind,
            &format!("{name}/join"),
            &extension,
            &[&name],
        ));
    }
    let accepted = client.put(&deploy(), &deployment(&resources)).await;
    let status = finished(&client, &accepted).await;
    let vm = format!(
        "{}/providers/Microsoft.Compute/virtualMachines/vm-0002",
        hosts(OWN)
    );
    let detail = &status["error"]["details"][0];
    assert_eq!(
        (&detail["code"], &detail["target"]),
        (&json!("ResourceDeploymentFailure"), &json!(vm))
    );
    assert!(
        detail["message"]
            .as_str()
            .unwrap()
            .ends_with("it reached terminal provisioning state 'Failed'.")
    );
    assert_eq!(detail["details"][0]["code"], "AllocationFailed");
    let done = operations(&client).await;
    assert_eq!(
        on(&done, "vm-0001/join").unwrap()["properties"]["provisioningState"],
        "Succeeded"
    );
    assert!(
        on(&done, "vm-0002/join").is_none(),
        "what depends on it is not begun"
    );
    assert_eq!(
        on(&done, "vm-0002").unwrap()["properties"]["statusMessage"]["status"],
        "Failed"
    );
    client.stop().await;
}
