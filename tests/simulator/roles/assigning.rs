//! Roles that are assigned, work after a while, and are taken away.

use super::{
    APPLICATION, CONTRIBUTOR, ESTATE, GUESTS, IMAGE_READER, OPERATORS, READER, assignment,
    definition, gallery, grant, name, refusal, smuggle,
};
use crate::simulator::client::{API, Client, reply};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_role_is_assigned_on_a_gallery_an_image_and_a_version() {
    let client = Client::with_estate(ESTATE).await;
    let image = format!("{}/images/web", gallery());
    let version = format!("{image}/versions/1.0.0");
    for (number, scope) in (1..).zip([&gallery(), &image, &version]) {
        let path = assignment(scope, number);
        let made = client.put(&path, &grant(IMAGE_READER, GUESTS)).await;
        assert_eq!(made.status, 201, "{made:?}");
        assert!(made.header("azure-asyncoperation").is_none());
        let properties = &made.body["properties"];
        assert_eq!(properties["scope"], json!(scope));
        assert_eq!(properties["roleDefinitionId"], definition(IMAGE_READER));
        assert_eq!(properties["principalType"], "Group");
        assert_eq!(properties["createdBy"], Value::Null);
        assert_eq!(properties["updatedBy"], APPLICATION);
        assert_eq!(made.body["name"], name(number));
        let kept = client.get(&path).await;
        assert_eq!(kept.body["id"], path.split('?').next().unwrap());
        assert_eq!(kept.body["properties"]["createdBy"], APPLICATION);
    }
    client.stop().await;
}

#[tokio::test]
async fn an_assignment_is_described_anew_and_stays_the_same() {
    let client = Client::with_estate(ESTATE).await;
    let path = assignment(&gallery(), 1);
    client.put(&path, &grant(IMAGE_READER, GUESTS)).await;
    let first = client.get(&path).await.body;
    client.advance(60).await;
    let mut again = grant(IMAGE_READER, GUESTS);
    again["properties"]["description"] = json!("for the guests");
    let answer = client.put(&path, &again).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let second = client.get(&path).await.body;
    let of = |body: &Value, what: &str| body["properties"][what].clone();
    assert_eq!(of(&second, "description"), "for the guests");
    assert_eq!(of(&second, "createdOn"), of(&first, "createdOn"));
    assert_ne!(of(&second, "updatedOn"), of(&first, "updatedOn"));
    assert_eq!(
        of(&answer.body, "createdOn"),
        of(&second, "updatedOn"),
        "the answer gives the time of the request"
    );
    client.stop().await;
}

#[tokio::test]
async fn an_assigned_role_works_after_a_while_and_a_deleted_one_no_more() {
    let client = Client::with_estate(ESTATE).await;
    let source = format!("{}/images/web/versions/1.0.0?api-version={API}", gallery());
    let tags = json!({ "tags": { "a": "b" } });
    let change = || reply(client.request(Method::PATCH, &source).json(&tags));
    assert_eq!(change().await.status, 403, "only reading is allowed so far");
    let path = assignment(&gallery(), 1);
    let made = client.put(&path, &grant(CONTRIBUTOR, OPERATORS)).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(change().await.status, 403, "not in force yet");
    client.advance(121).await;
    assert_eq!(change().await.status, 200);

    let gone = client.delete(&path).await;
    assert_eq!(gone.status, 200);
    assert_eq!(gone.body["name"], name(1));
    assert_eq!(change().await.status, 403);
    let again = client.delete(&path).await;
    assert_eq!((again.status.as_u16(), again.body), (204, Value::Null));
    let missing = client.get(&path).await;
    assert_eq!(refusal(&missing), (404, "RoleAssignmentNotFound"));
    client.stop().await;
}

#[tokio::test]
async fn a_role_on_a_gallery_does_not_keep_it_from_going() {
    let client = Client::with_estate(ESTATE).await;
    let version = format!("{}/images/web/versions/1.0.0", gallery());
    smuggle(&client, &gallery(), CONTRIBUTOR, APPLICATION, 1).await;
    smuggle(&client, &version, READER, GUESTS, 2).await;
    let at = |id: &str| format!("{id}?api-version={API}");
    let accepted = client.delete(&at(&version)).await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    client.finish(&accepted).await;
    let gone = client.get(&assignment(&version, 2)).await;
    assert_eq!(gone.status, 404);
    client.stop().await;
}
