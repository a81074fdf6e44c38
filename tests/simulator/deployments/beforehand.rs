//! What is looked at before anything is deployed: by a deployment itself, by a validation, and by a
//! what-if.

use reqwest::Method;
use serde_json::{Value, json};

use super::{action, deploy, of_machines};
use crate::simulator::client::{Client, reply};
use crate::simulator::hosting::{OWN, deployment, estate, hosts, machines, names, state_of, web};

#[tokio::test]
async fn roles_policies_and_sizes_are_looked_at_before() {
    let refused = async |toml: &str| {
        let client = Client::with_estate(toml).await;
        let mut refusals = Vec::new();
        for path in [action("validate"), deploy()] {
            let method = if path.contains("validate") {
                Method::POST
            } else {
                Method::PUT
            };
            let request = client.request(method, &path).json(&of_machines(2, "1.0.0"));
            let reply = reply(request).await;
            assert_eq!(
                (reply.status.as_u16(), reply.code()),
                (400, "InvalidTemplateDeployment")
            );
            refusals.push(reply.body["error"].clone());
        }
        assert!(client.get(&deploy()).await.code() == "DeploymentNotFound");
        client.stop().await;
        refusals.remove(1)
    };
    let roles = "roles = [{ role = \"Contributor\" }]";
    let networkers = estate("").replace(roles, "roles = [{ role = \"Network Contributor\" }]");
    let role = refused(&networkers).await;
    let message = role["message"].as_str().unwrap();
    assert!(message.starts_with("Deployment failed with multiple errors: 'Authorization failed for template resource 'vm-0001' of type 'Microsoft.Compute/virtualMachines'. The client '"));
    let policy = format!(
        "{roles}\npolicies = [{{ deny = \"No machines\", resource_type = \"Microsoft.Compute/virtualMachines\" }}]"
    );
    let policy = refused(&estate("").replacen(roles, &policy, 1)).await;
    assert_eq!(
        policy["message"],
        "The template deployment failed because of policy violation. Please see details for more information."
    );
    assert_eq!(policy["details"].as_array().unwrap().len(), 2);
    assert_eq!(policy["details"][1]["code"], "RequestDisallowedByPolicy");
    assert_eq!(
        policy["details"][1]["additionalInfo"][0]["type"],
        "PolicyViolation"
    );
    let size = refused(&estate(
        "allocation_fails = [{ code = \"SkuNotAvailable\", times = 9 }]",
    ))
    .await;
    assert!(size["message"].as_str().unwrap().starts_with("The template deployment 'wave-1' is not valid according to the validation procedure. The tracking id is '"));
    assert_eq!(size["details"][0]["code"], "SkuNotAvailable");
}

#[tokio::test]
async fn validation_deploys_nothing() {
    let client = Client::with_estate(&estate("")).await;
    let before = client.state().await;
    let valid = client
        .post(&action("validate"), &of_machines(2, "1.0.0"))
        .await;
    assert_eq!(
        (valid.status.as_u16(), state_of(&valid)),
        (200, "Succeeded")
    );
    assert_eq!(
        valid.body["properties"]["validatedResources"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
    client.advance(600).await;
    assert_eq!(client.state().await, before);
    client.stop().await;
}

#[tokio::test]
async fn what_if_tells_what_would_change() {
    let client = Client::with_estate(&estate("")).await;
    let one = client.put(&deploy(), &of_machines(1, "1.0.0")).await;
    client.finish(&one).await;
    let mut resources = machines(&hosts(OWN), &names("vm", 2), &web("1.0.0"));
    resources[1]["tags"] = json!({ "ring": "1" });
    let accepted = client
        .post(&action("whatIf"), &deployment(&resources))
        .await;
    assert_eq!(
        (accepted.status.as_u16(), &accepted.body),
        (202, &Value::Null)
    );
    let location = accepted.header("location").unwrap().to_owned();
    assert_eq!(client.get(&location).await.status, 202);
    client.advance(30).await;
    let told = client.get(&location).await;
    assert_eq!(told.body["status"], "Succeeded");
    let changes = told.body["properties"]["changes"].as_array().unwrap();
    let kinds: Vec<&Value> = changes.iter().map(|change| &change["changeType"]).collect();
    assert_eq!(kinds, ["NoChange", "Modify", "Create", "Create"]);
    let paths: Vec<&Value> = changes[1]["delta"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| &d["path"])
        .collect();
    assert_eq!(paths, ["tags"]);
    assert!(!told.body.to_string().contains("Right~word7"));
    client.stop().await;
}
