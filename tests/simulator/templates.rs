//! Templates as they are read: their shape, resources, parameters.

use serde_json::{Value, json};

use super::client::Client;
use super::hosting::{
    OWN, deployment, deployment_url, estate, hosts, interface, machines, names, refusal, resource,
    url, web,
};

fn deploy() -> String {
    deployment_url(&hosts(OWN), "wave-1")
}

fn of_machines(count: usize) -> Value {
    deployment(&machines(&hosts(OWN), &names("vm", count), &web("1.0.0")))
}

/// A change of the `properties` of a deployment, and what it is refused with.
type Mistake = (fn(&mut Value), &'static str);

/// Deploys two machines with each mistake.
async fn assert_invalid(client: &Client, mistakes: &[Mistake]) {
    for (change, text) in mistakes {
        let mut body = of_machines(2);
        change(&mut body["properties"]);
        let refused = client.put(&deploy(), &body).await;
        assert_eq!(refusal(&refused).0, 400, "{text} {refused:?}");
        assert_eq!(refused.code(), "InvalidTemplate", "{refused:?}");
        assert!(refused.message().contains(text), "{text}: {refused:?}");
    }
}

#[tokio::test]
async fn the_shape_of_templates_is_checked() {
    let client = Client::with_estate(&estate("")).await;
    let mut body = of_machines(1);
    body["properties"]["mode"] = Value::Null;
    let refused = client.put(&deploy(), &body).await;
    assert_eq!(refused.code(), "InvalidRequestContent");
    let mistakes: [Mistake; 6] = [
        (
            |p| p["mode"] = json!("Complete"),
            "Complete is not simulated",
        ),
        (
            |p| p["template"]["$schema"] = Value::Null,
            "Required property '$schema' not found",
        ),
        (
            |p| p["template"]["outputs"] = json!({ "a": {} }),
            "'outputs' is not simulated",
        ),
        (
            |p| p["parameters"] = json!({}),
            "The value for the template parameter 'adminPassword' at line",
        ),
        (
            |p| p["parameters"]["size"] = json!({ "value": 1 }),
            "do not correspond to any parameters defined in the template: 'size'. The parameters \
             defined in the template are: 'adminPassword'.",
        ),
        (
            |p| p["parameters"]["adminPassword"]["value"] = json!(7),
            "Expected 'String, Uri'. Actual 'Integer'.",
        ),
    ];
    assert_invalid(&client, &mistakes).await;
    let long = deployment_url(&hosts(OWN), &"d".repeat(65));
    let long = client.put(&long, &of_machines(1)).await;
    assert_eq!(long.code(), "InvalidDeploymentName");
    let nowhere = deployment_url(&format!("{OWN}/resourceGroups/nowhere"), "d");
    let nowhere = client.put(&nowhere, &of_machines(1)).await;
    assert_eq!(nowhere.code(), "ResourceGroupNotFound");
    client.stop().await;
}

#[tokio::test]
async fn the_resources_of_templates_are_checked() {
    fn at(properties: &mut Value, name: &str, value: Value) {
        properties["template"]["resources"][1][name] = value;
    }
    let client = Client::with_estate(&estate("")).await;
    let mistakes: [Mistake; 10] = [
        (
            |p| at(p, "location", json!("[resourceGroup().location]")),
            "expanded templates only",
        ),
        (|p| at(p, "copy", json!({ "count": 2 })), "uses 'copy'"),
        (|p| at(p, "condition", json!(true)), "uses 'condition'"),
        (
            |p| at(p, "type", json!("Microsoft.Resources/deployments")),
            "uses 'nested templates'",
        ),
        (
            |p| at(p, "type", json!("Microsoft.Compute/toasters")),
            "'Microsoft.Compute/toasters' of the template resource",
        ),
        (
            |p| at(p, "apiVersion", Value::Null),
            "'apiVersion' is required",
        ),
        (
            |p| at(p, "name", json!("vm/1")),
            "incorrect segment lengths",
        ),
        (
            |p| at(p, "dependsOn", json!(["vm-0009"])),
            "The resource 'vm-0009' is not defined in the template.",
        ),
        (
            |p| at(p, "name", json!("vm-0002")),
            "is defined multiple times in a template",
        ),
        (
            |p| p["template"]["resources"][0]["dependsOn"] = json!(["vm-0001"]),
            "Circular dependency detected on resource",
        ),
    ];
    assert_invalid(&client, &mistakes).await;
    let mut old = of_machines(1);
    at(&mut old["properties"], "apiVersion", json!("1999-01-01"));
    let refused = client.put(&deploy(), &old).await;
    assert_eq!(refused.code(), "NoRegisteredProviderFound");
    let message = refused.message();
    assert!(
        message.contains("'1999-01-01' for type 'virtualMachines'"),
        "{message}"
    );
    client.stop().await;
}

#[tokio::test]
async fn parameters_have_defaults_and_limits() {
    let client = Client::with_estate(&estate("")).await;
    let body = |value: Value| {
        let mut nic = interface(&hosts(OWN), "hosts");
        nic["location"] = json!("[parameters('Where')]");
        nic["tags"] = json!("[parameters('tags')]");
        let kind = "Microsoft.Network/networkInterfaces";
        let mut body = deployment(&[resource(kind, "[parameters('name')]", &nic, &[])]);
        body["properties"]["template"]["parameters"] = json!({
            "name": { "type": "String", "minLength": 2, "maxLength": 4 },
            "where": { "type": "string", "defaultValue": "westeurope", "allowedValues": ["westeurope", "uksouth"] },
            "tags": { "type": "object", "defaultValue": { "a": "[[literal]" } },
        });
        body["properties"]["parameters"] = value;
        body
    };
    let given = client
        .put(&deploy(), &body(json!({ "name": { "value": "nic" } })))
        .await;
    assert_eq!(client.finish(&given).await["status"], "Succeeded");
    let shown = client.get(&deploy()).await.body["properties"]["parameters"].clone();
    assert_eq!(
        shown["where"],
        json!({ "type": "String", "value": "westeurope" })
    );
    assert_eq!(
        shown["tags"],
        json!({ "type": "Object", "value": { "a": "[literal]" } })
    );
    let nic = client
        .get(&url(
            &hosts(OWN),
            "Microsoft.Network/networkInterfaces",
            "nic",
        ))
        .await;
    assert_eq!(nic.body["tags"], json!({ "a": "[literal]" }));
    for (value, text) in [
        (
            json!({ "name": { "value": "n" } }),
            "greater than or equal to '2'",
        ),
        (
            json!({ "name": { "value": "nnnnn" } }),
            "less than or equal to '4'",
        ),
        (
            json!({ "name": { "value": "nic" }, "where": { "value": "eastus" } }),
            "not part of the allowed value(s): 'westeurope,uksouth'",
        ),
    ] {
        let refused = client.put(&deploy(), &body(value)).await;
        assert_eq!(refusal(&refused).1, "InvalidTemplate");
        assert!(refused.message().contains(text), "{refused:?}");
    }
    client.stop().await;
}
