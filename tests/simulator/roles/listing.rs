//! Roles and permissions as they are listed.

use super::{
    APPLICATION, CONTRIBUTOR, ESTATE, GUESTS, IMAGE_READER, OPERATORS, OWN, READER, gallery, list,
    listed, refusal, smuggle,
};
use crate::simulator::client::Client;
use serde_json::json;

const SUBSCRIPTION: &str = "bbbbbbbb-0000-4000-8000-000000000001";
const RBAC_ADMINISTRATOR: &str = "f58310d9-a9f6-439a-9e8d-f62e7b41a168";

/// Roles and where they are granted
type Grants = &'static [(&'static str, &'static str)];

#[tokio::test]
async fn lists_reach_up_and_down_as_they_are_filtered() {
    let client = Client::with_estate(ESTATE).await;
    let image = format!("{}/images/web", gallery());
    smuggle(&client, OWN, READER, OPERATORS, 1).await;
    smuggle(&client, &gallery(), IMAGE_READER, GUESTS, 2).await;
    smuggle(&client, &image, IMAGE_READER, APPLICATION, 3).await;
    let cases: [(&str, String, Grants); 8] = [
        (
            "all",
            list(&gallery(), ""),
            &[
                (READER, SUBSCRIPTION),
                (RBAC_ADMINISTRATOR, "images"),
                (IMAGE_READER, "acg"),
                (IMAGE_READER, "web"),
            ],
        ),
        (
            "at and above",
            list(&gallery(), "&$filter=atScope()"),
            &[
                (READER, SUBSCRIPTION),
                (RBAC_ADMINISTRATOR, "images"),
                (IMAGE_READER, "acg"),
            ],
        ),
        (
            "of a principal",
            list(
                &gallery(),
                &format!("&$filter=principalId%20eq%20'{APPLICATION}'"),
            ),
            &[(RBAC_ADMINISTRATOR, "images"), (IMAGE_READER, "web")],
        ),
        (
            "of a principal and its groups",
            list(&gallery(), &format!("&$filter=assignedTo('{APPLICATION}')")),
            &[
                (READER, SUBSCRIPTION),
                (RBAC_ADMINISTRATOR, "images"),
                (IMAGE_READER, "web"),
            ],
        ),
        (
            "both",
            list(
                &gallery(),
                &format!("&$filter=atScope()+and+assignedTo('{APPLICATION}')"),
            ),
            &[(READER, SUBSCRIPTION), (RBAC_ADMINISTRATOR, "images")],
        ),
        (
            "of the image",
            list(&image, "&$filter=atScope()"),
            &[
                (READER, SUBSCRIPTION),
                (RBAC_ADMINISTRATOR, "images"),
                (IMAGE_READER, "acg"),
                (IMAGE_READER, "web"),
            ],
        ),
        (
            "of the subscription, not below",
            list(OWN, "&$filter=atScope()"),
            &[(READER, SUBSCRIPTION)],
        ),
        (
            "of the subscription",
            list(OWN, ""),
            &[
                (READER, SUBSCRIPTION),
                (READER, "other"),
                (CONTRIBUTOR, "builds"),
                (RBAC_ADMINISTRATOR, "images"),
                (IMAGE_READER, "acg"),
                (IMAGE_READER, "web"),
            ],
        ),
    ];
    for (what, path, expected) in cases {
        let expected = expected
            .iter()
            .map(|(r, s)| ((*r).to_owned(), (*s).to_owned()));
        let seen = client.get(&path).await;
        assert_eq!(listed(&seen), expected.collect(), "{what}");
    }
    let wrong = client
        .get(&list(&gallery(), "&$filter=roleName%20eq%20'Reader'"))
        .await;
    assert_eq!(refusal(&wrong), (400, "InvalidFilterInQueryString"));
    client.stop().await;
}

#[tokio::test]
async fn permissions_are_those_of_the_callers_roles() {
    let client = Client::with_estate(ESTATE).await;
    let path = |scope: &str| {
        format!("{scope}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01")
    };
    let builds = client
        .get(&path(&format!("{OWN}/resourceGroups/builds")))
        .await;
    let permissions = builds.body["value"].as_array().unwrap();
    assert_eq!(permissions.len(), 1, "{builds:?}");
    assert_eq!(permissions[0]["actions"], json!(["*"]));
    let denied = permissions[0]["notActions"].as_array().unwrap();
    assert!(denied.contains(&json!("Microsoft.Authorization/*/Write")));
    let gallery = client.get(&path(&gallery())).await;
    let actions = &gallery.body["value"][0]["actions"];
    let write = json!("Microsoft.Authorization/roleAssignments/write");
    assert!(actions.as_array().unwrap().contains(&write));
    assert_eq!(client.get(&path(OWN)).await.body, json!({ "value": [] }));
    client.stop().await;
}
