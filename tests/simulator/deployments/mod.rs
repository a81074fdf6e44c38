//! Deployments of templates.

mod beforehand;
mod failing;
mod running;

use serde_json::Value;

use super::client::{Client, Reply};
use super::hosting::{OWN, deployment, deployment_url, hosts, machines, names, web};

fn deploy() -> String {
    deployment_url(&hosts(OWN), "wave-1")
}

fn action(name: &str) -> String {
    deployment_url(&hosts(OWN), &format!("wave-1/{name}"))
}

/// A deployment of so many machines of a version.
fn of_machines(count: usize, version: &str) -> Value {
    deployment(&machines(&hosts(OWN), &names("vm", count), &web(version)))
}

async fn operations(client: &Client) -> Vec<Value> {
    let path = format!(
        "{}/deployments/wave-1/operations?api-version=2024-07-01",
        hosts(OWN).replace("resourceGroups", "resourcegroups")
    );
    let list = client.get(&path).await;
    assert_eq!(list.status, 200, "{list:?}");
    list.body["value"].as_array().unwrap().clone()
}

/// The operation on the resource of this name.
fn on<'o>(operations: &'o [Value], name: &str) -> Option<&'o Value> {
    operations
        .iter()
        .find(|o| o["properties"]["targetResource"]["resourceName"] == name)
}

async fn finished(client: &Client, accepted: &Reply) -> Value {
    assert_eq!(accepted.status, 201, "{accepted:?}");
    client.finish(accepted).await
}
